package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"signet/storage/postgres/pgtest"
)

// campaign is one run of the program: two servers, and what is measured of them.
type campaign struct {
	options
	progress io.Writer
	dir      string // of this run's server data
	baseline *process
	base     *url.URL
	signet   *signet
	postgres *pgtest.Server // nil unless Signet keeps its data there
	report   *report
}

const (
	laterStarts = 7
	// settle is how long an idle server is left alone before its memory is read.
	settle = 2 * time.Second
	// fewGrants is what a server is filled to before the first measurement with -grants.
	fewGrants = 1000
)

// newCampaign builds what is not given, and starts the baseline.
func newCampaign(o options, progress io.Writer) (*campaign, error) {
	out, err := filepath.Abs(o.Out)
	if err != nil {
		return nil, err
	}
	o.Out = out
	c := &campaign{options: o, progress: progress, report: newReport(o), dir: o.Data}
	if c.dir == "" {
		c.dir = filepath.Join(out, "data-"+strconv.Itoa(os.Getpid()))
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	if c.Baseline, err = built(c.Baseline, filepath.Join(out, "baseline"), "signet/bench/baseline"); err != nil {
		return nil, err
	}
	if c.Signet != "none" {
		if c.Signet, err = built(c.Signet, filepath.Join(out, "signet"), "signet"); err != nil {
			return nil, err
		}
	}
	return c, c.startBaseline()
}

// built returns the binary that was given, or builds it as a release is built.
func built(given, target, pkg string) (string, error) {
	if given != "" {
		return given, nil
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", target, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build of %s: %w\n%s", pkg, err, output)
	}
	return target, nil
}

func (c *campaign) startBaseline() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	c.base = &url.URL{Scheme: "http", Host: addr}
	c.baseline, err = start([]string{c.Baseline, "-listen", addr}, c.base.JoinPath("/document"), filepath.Join(c.dir, "baseline.log"))
	return err
}

// close stops the servers, and removes the data unless they are to be kept.
func (c *campaign) close() {
	var errs []error
	if c.baseline != nil {
		errs = append(errs, c.baseline.stop())
	}
	if c.signet != nil && c.signet.process != nil {
		errs = append(errs, c.signet.process.stop())
	}
	if c.postgres != nil {
		errs = append(errs, c.postgres.Stop())
	}
	if c.Data == "" {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(c.progress, "load:", err)
	}
}

func (c *campaign) run() error {
	if c.Signet == "none" {
		return c.compareBaselineWithItself()
	}
	if err := c.prepare(); err != nil {
		return err
	}
	var err error
	if c.Grants > 0 {
		err = c.grow()
	} else {
		err = c.measureAll(c.signet.scenarios(), c.signetSide, 0)
	}
	if err != nil {
		return err
	}
	c.report.BusyMemory, err = c.signet.process.anonymous()
	if c.Engine == "bolt" { // the goals are those of the default
		c.report.Verdicts = c.report.judge()
	}
	return err
}

// prepare starts Signet several times, notes what an idle one takes, and signs everybody in.
func (c *campaign) prepare() (err error) {
	storage, err := c.startEngine()
	if err != nil {
		return err
	}
	if c.signet, err = newSignet(c.Signet, c.dir, storage, c.People); err != nil {
		return err
	}
	var later []float64
	for i := range laterStarts + 1 {
		if err := c.signet.start(); err != nil {
			return err
		}
		took := microseconds(c.signet.process.ready) / 1000
		if i == 0 {
			c.report.FirstStart = took
		} else {
			later = append(later, took)
		}
		if i < laterStarts {
			if err := c.signet.process.stop(); err != nil {
				return err
			}
		}
	}
	c.report.LaterStart = middle(later)
	time.Sleep(settle)
	if c.report.IdleMemory, err = c.signet.process.anonymous(); err != nil {
		return err
	}
	info, err := os.Stat(c.Signet)
	if err != nil {
		return err
	}
	c.report.BinarySize = info.Size()
	if err := c.signet.discover(); err != nil {
		return err
	}
	return c.signet.signInEverybody()
}

// side runs a scenario once on one of the servers.
type side func(s scenario, conns int) (result, error)

func (c *campaign) signetSide(s scenario, conns int) (result, error) {
	return measure(c.signet.discovery.Host, s, conns, c.window(), c.signet.meters())
}

func (c *campaign) baselineSide(s scenario, conns int) (result, error) {
	return measure(c.base.Host, s, conns, c.window(), meters{cpu: c.baseline.cpu})
}

func (c *campaign) window() window {
	return window{warmup: c.Warmup, length: c.Length, ops: c.Ops}
}

// measureAll measures every chosen scenario at every number of connections. grants is how many the server holds.
func (c *campaign) measureAll(scenarios []scenario, measured side, grants int) error {
	chosen := regexp.MustCompile(c.Scenario)
	peers := baselineScenarios(c.base)
	for _, s := range scenarios {
		if !chosen.MatchString(s.name) {
			continue
		}
		for _, conns := range c.Conns {
			if err := c.alternate(s, peers[s.peer], conns, measured, grants); err != nil {
				return err
			}
		}
	}
	return nil
}

// alternate takes turns between the two servers, and keeps the medians.
func (c *campaign) alternate(s, peer scenario, conns int, measured side, grants int) error {
	var ours, theirs []result
	for round := range c.Rounds {
		a, err := measured(s, conns)
		if err != nil {
			return err
		}
		b, err := c.baselineSide(peer, conns)
		if err != nil {
			return err
		}
		ours, theirs = append(ours, a), append(theirs, b)
		c.report.Runs = append(c.report.Runs, sample{s.name, conns, grants, round + 1, a}, sample{peer.name, conns, grants, round + 1, b})
	}
	r := row{Scenario: s.name, Peer: peer.name, Conns: conns, Grants: grants, Signet: median(ours), Baseline: median(theirs)}
	c.report.Rows = append(c.report.Rows, r)
	fmt.Fprintf(c.progress, "%s at %d: %.0f/s, baseline %.0f/s\n", s.name, conns, r.Signet.Rate, r.Baseline.Rate)
	return nil
}

// compareBaselineWithItself shows how far two measurements of the same thing lie apart.
func (c *campaign) compareBaselineWithItself() error {
	var scenarios []scenario
	for _, name := range []string{plainDocument, plainToken, signedES256, signedRS256} {
		s := baselineScenarios(c.base)[name]
		s.peer = name
		scenarios = append(scenarios, s)
	}
	return c.measureAll(scenarios, c.baselineSide, 0)
}
