package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	Signet   string        `json:"signet"`
	Baseline string        `json:"baseline"`
	Out      string        `json:"-"`
	Data     string        `json:"-"`
	Engine   string        `json:"engine"`
	Conns    []int         `json:"connections"`
	Rounds   int           `json:"rounds"`
	Length   time.Duration `json:"length_ns"`
	Warmup   time.Duration `json:"warmup_ns"`
	Ops      int64         `json:"ops"`
	Scenario string        `json:"scenario"`
	People   int           `json:"people"`
	Grants   int           `json:"grants"`
}

func main() {
	missed, err := realMain(os.Args[1:])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	case missed:
		os.Exit(2)
	}
}

func realMain(args []string) (missed bool, err error) {
	o, err := parse(args)
	if err != nil {
		return false, err
	}
	c, err := newCampaign(o, os.Stderr)
	if err != nil {
		return false, err
	}
	defer c.close()
	if err := c.run(); err != nil {
		return false, err
	}
	c.report.print(os.Stdout)
	path := filepath.Join(o.Out, c.report.When.Format("20060102-150405")+".json")
	if err := c.report.write(path); err != nil {
		return false, err
	}
	fmt.Println("\nwritten to", path)
	return c.report.missed(), nil
}

func parse(args []string) (options, error) {
	var o options
	var conns string
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&o.Signet, "signet", "", "signet `binary`; none measures the baseline against itself (default: build it)")
	f.StringVar(&o.Baseline, "baseline", "", "baseline `binary` (default: build it)")
	f.StringVar(&o.Out, "out", "bench/out", "`directory` for binaries, data and results, on a real disk")
	f.StringVar(&o.Data, "data", "", "`directory` of the measured server, kept for later runs (default: a new one under -out, removed at the end)")
	f.StringVar(&o.Engine, "engine", "bolt", "where Signet keeps its data: bolt, or `postgres`, for which a server is started on the same disk")
	f.StringVar(&conns, "c", "1,8,64", "`numbers` of connections")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds of each server, of which the medians count")
	f.DurationVar(&o.Length, "length", 2*time.Second, "measured time of a round")
	f.DurationVar(&o.Warmup, "warmup", 500*time.Millisecond, "time before it that is not measured")
	f.Int64Var(&o.Ops, "ops", 0, "end a round after so many operations, if that is sooner")
	f.StringVar(&o.Scenario, "scenario", "", "measure only scenarios that match this regular `expression`")
	f.IntVar(&o.People, "people", 16, "people who are signed in")
	f.IntVar(&o.Grants, "grants", 0, "measure at a thousand grants, and again at so `many`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for part := range strings.SplitSeq(conns, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > 4096 {
			return o, fmt.Errorf("-c %s: numbers from 1 to 4096, separated by commas", conns)
		}
		o.Conns = append(o.Conns, n)
	}
	if o.Engine != "bolt" && o.Engine != "postgres" {
		return o, fmt.Errorf("-engine %s: bolt or postgres", o.Engine)
	}
	if o.Rounds < 1 || o.Length <= 0 || o.People < 1 || f.NArg() > 0 {
		return o, fmt.Errorf("rounds, length and people begin at 1, and there are no arguments beside flags: %v", f.Args())
	}
	_, err := regexp.Compile(o.Scenario)
	return o, err
}
