package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// report is everything that was measured. Memory and sizes are in bytes, starts in milliseconds.
type report struct {
	When       time.Time `json:"when"`
	Processors int       `json:"processors"`
	LoadBefore float64   `json:"load_average_before"` // of the last minute, before anything was started
	GoVersion  string    `json:"go_version"`
	Options    options   `json:"options"`

	FirstStart float64 `json:"first_start_ms,omitempty"`
	LaterStart float64 `json:"later_start_ms,omitempty"` // median
	IdleMemory int64   `json:"idle_rss_anon,omitempty"`
	BusyMemory int64   `json:"busy_rss_anon,omitempty"`
	BinarySize int64   `json:"binary,omitempty"`

	Rows     []row     `json:"rows"`
	Runs     []sample  `json:"runs"`
	Verdicts []verdict `json:"goals,omitempty"`
}

// sample is one round of one server.
type sample struct {
	Scenario string `json:"scenario"`
	Conns    int    `json:"connections"`
	Grants   int    `json:"grants,omitempty"`
	Round    int    `json:"round"`
	result
}

// row is the medians of one scenario beside those of its peer of the baseline.
type row struct {
	Scenario string `json:"scenario"`
	Peer     string `json:"peer"`
	Conns    int    `json:"connections"`
	Grants   int    `json:"grants,omitempty"` // that the server held at least
	Signet   result `json:"signet"`
	Baseline result `json:"baseline"`
}

// ratio is the rate as a part of the baseline's.
func (r row) ratio() float64 { return r.Signet.Rate / r.Baseline.Rate }

func newReport(o options) *report {
	return &report{When: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), LoadBefore: loadAverage(), GoVersion: runtime.Version(), Options: o}
}

// loadAverage is how many processes wanted a processor during the last minute (proc(5), /proc/loadavg); 0 if unknown.
func loadAverage() float64 {
	var load float64
	data, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(data), &load)
	return load
}

// row finds the figures of a scenario, those at the fewest grants first.
func (r *report) row(name string, conns int) (row, bool) {
	i := slices.IndexFunc(r.Rows, func(x row) bool { return x.Scenario == name && x.Conns == conns })
	if i < 0 {
		return row{}, false
	}
	return r.Rows[i], true
}

// middle is the median of values that it sorts.
func middle(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// median takes each figure's own.
func median(runs []result) result {
	pick := func(value func(result) float64) float64 {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = value(r)
		}
		return middle(values)
	}
	return result{
		Ops:  int64(pick(func(r result) float64 { return float64(r.Ops) })),
		Rate: pick(func(r result) float64 { return r.Rate }),
		P50:  pick(func(r result) float64 { return r.P50 }), P99: pick(func(r result) float64 { return r.P99 }),
		ServerCPU: pick(func(r result) float64 { return r.ServerCPU }), ClientCPU: pick(func(r result) float64 { return r.ClientCPU }),
		Signatures: pick(func(r result) float64 { return r.Signatures }),
	}
}

// print writes the tables. On a machine with other work to do it says first what they are worth.
func (r *report) print(w io.Writer) {
	if r.LoadBefore > 0.5*float64(r.Processors) {
		fmt.Fprintf(w, "The machine was busy before (load %.1f on %d processors): rates and ratios are not to be trusted, processor times waver less.\n\n", r.LoadBefore, r.Processors)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scenario\tconns\tgrants\trate/s\tp50 us\tp99 us\tserver us\tclient us\tsignatures\tbaseline/s\tserver us\tratio\tCPU ratio\t")
	for _, x := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.3g\t%.0f\t%.1f\t%.2f\t%.2f\t\n", x.Scenario, x.Conns, x.Grants,
			x.Signet.Rate, x.Signet.P50, x.Signet.P99, x.Signet.ServerCPU, x.Signet.ClientCPU, x.Signet.Signatures,
			x.Baseline.Rate, x.Baseline.ServerCPU, x.ratio(), x.Signet.ServerCPU/x.Baseline.ServerCPU)
	}
	_ = t.Flush()
	if r.BinarySize > 0 {
		fmt.Fprintf(w, "\nfirst start %.0f ms, later %.0f ms; anonymous memory idle %.1f MiB, after the load %.1f MiB; binary %.1f MiB\n",
			r.FirstStart, r.LaterStart, float64(r.IdleMemory)/mib, float64(r.BusyMemory)/mib, float64(r.BinarySize)/mib)
	}
	r.printGrowth(w)
	r.printVerdicts(w)
}

// printGrowth compares the rows of one scenario at few and at many grants.
func (r *report) printGrowth(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	heading := "\ngrowth\tconns\tgrants\trate, of few\tserver CPU, of few\t\n"
	for _, many := range r.Rows {
		few, _ := r.row(many.Scenario, many.Conns)
		if few.Grants == many.Grants {
			continue
		}
		fmt.Fprintf(t, "%s%s\t%d\t%d : %d\t%.2f\t%.2f\t\n", heading, many.Scenario, many.Conns, many.Grants, few.Grants,
			many.Signet.Rate/few.Signet.Rate, many.Signet.ServerCPU/few.Signet.ServerCPU)
		heading = ""
	}
	_ = t.Flush()
}

func (r *report) printVerdicts(w io.Writer) {
	if len(r.Verdicts) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ngoal\tgot\twant\t")
	for _, v := range r.Verdicts {
		word := "met"
		if !v.Met {
			word = "MISSED"
		}
		fmt.Fprintf(t, "%s\t%.4g %s\t%s %s\t%s\n", v.What, v.Got, v.Unit, v.Want, v.Unit, word)
	}
	_ = t.Flush()
}

// write keeps the report as JSON.
func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// missed tells whether a goal was measured and not met.
func (r *report) missed() bool {
	return slices.ContainsFunc(r.Verdicts, func(v verdict) bool { return !v.Met })
}
