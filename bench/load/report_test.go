package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuantiles(t *testing.T) {
	var values []time.Duration
	for i := 1; i <= 100; i++ {
		values = append(values, time.Duration(i))
	}
	if a, b := quantile(values, 0.5), quantile(values, 0.99); a != 50 || b != 99 {
		t.Errorf("p50 %d, p99 %d", a, b)
	}
	if a, b := quantile(values[:1], 0.5), quantile(values[:3], 0.99); a != 1 || b != 3 {
		t.Errorf("of one %d, of three %d", a, b)
	}
}

func TestSummarize(t *testing.T) {
	took := []time.Duration{3 * time.Millisecond, time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond}
	got, err := summarize(took, 2*time.Second, 8*time.Millisecond, 4*time.Millisecond)
	want := result{Ops: 4, Rate: 2, P50: 2000, P99: 4000, ServerCPU: 2000, ClientCPU: 1000}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := summarize(nil, time.Second, 0, 0); err == nil {
		t.Error("a run without operations passed")
	}
}

func TestMedian(t *testing.T) {
	got := median([]result{{Ops: 1, Rate: 30, P50: 1}, {Ops: 9, Rate: 10, P50: 5}, {Ops: 5, Rate: 20, P50: 100}})
	if diff := cmp.Diff(result{Ops: 5, Rate: 20, P50: 5}, got); diff != "" {
		t.Error(diff)
	}
	if got := middle([]float64{4, 1}); got != 2.5 {
		t.Errorf("median of two is %v", got)
	}
}

// figures are a report in which every goal is just met.
func figures() *report {
	at := func(name string, rate, cpu float64) row {
		return row{Scenario: name, Conns: busy, Signet: result{Rate: rate, ServerCPU: cpu, Signatures: 1}, Baseline: result{Rate: 10000, ServerCPU: 20}}
	}
	return &report{
		LaterStart: 50, IdleMemory: 30 * mib, BinarySize: 20 * mib,
		Rows: []row{
			at(loginES256, 2500, 1), at(refresh, 4500, 1), at(ccOpaque, 6000, 40), at(ccES256, 6000, 1), at(introspection, 6000, 1),
			at(discovery, 1, 25), at(jwks, 1, 25), at(ccWrong, 1, 40),
		},
	}
}

func TestGoals(t *testing.T) {
	r := figures()
	verdicts := r.judge()
	if len(verdicts) != len(goals) {
		t.Fatalf("%d of %d goals judged", len(verdicts), len(goals))
	}
	for _, v := range verdicts {
		if !v.Met {
			t.Errorf("missed at its bound: %+v", v)
		}
	}
	for i := range r.Rows {
		r.Rows[i].Signet.Rate *= 0.99
		r.Rows[i].Signet.ServerCPU *= 1.01
		r.Rows[i].Signet.Signatures++
	}
	r.Rows[7].Signet.ServerCPU *= 1.01
	r.LaterStart, r.IdleMemory, r.BinarySize = 51, 31*mib, 25*mib
	for _, v := range r.judge() {
		if v.Met {
			t.Errorf("met beyond its bound: %+v", v)
		}
	}
	if got := new(report).judge(); got != nil {
		t.Errorf("judged without figures: %+v", got)
	}
}

func TestPrintAndWrite(t *testing.T) {
	r := figures()
	r.Rows = append(r.Rows, row{Scenario: refresh, Conns: busy, Grants: 1_000_000, Signet: result{Rate: 2250, ServerCPU: 2}, Baseline: result{Rate: 1}})
	r.Verdicts = r.judge()
	var b strings.Builder
	r.print(&b)
	for _, words := range []string{"signatures", "1000000 : 0", "0.50", "2.00", ">= 4500 /s", "met", "binary 20.0 MiB"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("%q is not in\n%s", words, b.String())
		}
	}
	if strings.Contains(b.String(), "not to be trusted") {
		t.Error("warns of a quiet machine")
	}
	r.LoadBefore, r.Processors = 13, 2
	b.Reset()
	if r.print(&b); !strings.Contains(b.String(), "load 13.0 on 2 processors") {
		t.Errorf("does not warn of a busy machine:\n%s", b.String())
	}
	if r.missed() || strings.Contains(b.String(), "MISSED") {
		t.Error("a goal counts as missed")
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Rows, back.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestProcessorTime(t *testing.T) {
	before := ownCPU()
	for ownCPU()-before < 30*time.Millisecond {
	}
	seen, err := cpuOf(strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	// Both count the same process; the kernel rounds one of them to ticks.
	if off := ownCPU() - seen; off < -5*tick || off > 20*tick {
		t.Errorf("proc says %v, getrusage %v", seen, ownCPU())
	}
}

func TestFlags(t *testing.T) {
	o, err := parse([]string{"-c", "1,64", "-scenario", "login"})
	if err != nil || len(o.Conns) != 2 || o.Conns[1] != 64 || o.Rounds != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"-c", "0"}, {"-c", "1,x"}, {"-rounds", "0"}, {"-scenario", "("}, {"-length", "0s"}, {"extra"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
