package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/cli/config"
)

// asServer makes this test binary a stand-in for either server.
const asServer = "LOAD_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asServer) == "":
		os.Exit(m.Run())
	case os.Args[1] == "serve":
		fmt.Fprintln(os.Stderr, standInForSignet(os.Args[3]))
	default:
		fmt.Fprintln(os.Stderr, standInForBaseline(os.Args[2]))
	}
	os.Exit(1)
}

func standInForBaseline(listen string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /document", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"document":""}`) })
	mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"access_token":""}`) })
	return http.ListenAndServe(listen, mux)
}

func standInForSignet(file string) error {
	c, err := config.Load(config.Sources{File: file})
	if err != nil {
		return err
	}
	p := &provider{codes: map[string]string{}, refresh: map[string]bool{}, origin: c.Issuer}
	go func() {
		fmt.Fprintln(os.Stderr, http.ListenAndServe(c.Server.MetricsListen, http.HandlerFunc(p.metrics)))
	}()
	return http.ListenAndServe(c.Server.Listen, p.routes())
}

// TestWholeCampaign starts, signs in, fills and measures as with real servers. The system counts a process's time in
// hundredths of a second, so that fewer operations can seem to take none.
func TestWholeCampaign(t *testing.T) {
	t.Setenv(asServer, "1")
	kept := t.TempDir()
	o, err := parse([]string{"-signet", os.Args[0], "-baseline", os.Args[0], "-out", t.TempDir(), "-data", kept, "-c", "64", "-rounds", "2",
		"-length", "1s", "-ops", "3000", "-warmup", "1ms", "-people", "3", "-grants", "1100"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCampaign(o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.run(); err != nil {
		t.Fatal(err)
	}
	r := c.report
	if len(r.Rows) != 2*9 || r.Rows[0].Grants != 1000 || r.Rows[9].Grants != 1100 || len(r.Verdicts) != len(goals) {
		t.Errorf("%d rows, %d verdicts: %+v", len(r.Rows), len(r.Verdicts), r.Rows)
	}
	if r.FirstStart <= 0 || r.LaterStart <= 0 || r.IdleMemory < 1<<18 || r.BusyMemory < r.IdleMemory || r.BinarySize < 1<<20 {
		t.Errorf("%+v", r)
	}
	for _, row := range r.Rows {
		want := map[string]float64{loginES256: 1, refresh: 1}[row.Scenario]
		if row.Signet.Signatures != want || row.Baseline.Signatures != 0 {
			t.Errorf("%s: %v signatures an operation, of the baseline %v", row.Scenario, row.Signet.Signatures, row.Baseline.Signatures)
		}
	}
	held, err := c.held()
	if err != nil || held < 1100 {
		t.Errorf("the kept directory holds %d, %v", held, err)
	}
	if again, err := c.fill(held, 1000); again != held || err != nil {
		t.Errorf("filled to %d, %v", again, err)
	}
}

// TestBaselineAgainstItself runs a campaign as a whole, with a real process that it starts, measures and stops.
func TestBaselineAgainstItself(t *testing.T) {
	t.Setenv(asServer, "1")
	o, err := parse([]string{"-signet", "none", "-baseline", os.Args[0], "-out", t.TempDir(), "-c", "2", "-rounds", "1", "-length", "150ms", "-warmup", "20ms", "-scenario", "document|token$"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCampaign(o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			c.close()
		}
	}()
	if err := c.run(); err != nil {
		t.Fatal(err)
	}
	if len(c.report.Rows) != 2 || len(c.report.Runs) != 4 {
		t.Fatalf("%d rows of %d runs", len(c.report.Rows), len(c.report.Runs))
	}
	for _, r := range c.report.Rows {
		if r.Signet.Ops == 0 || r.Baseline.ServerCPU <= 0 || r.Scenario != r.Peer {
			t.Errorf("%+v", r)
		}
	}
	if memory, err := c.baseline.anonymous(); err != nil || memory < 1<<18 {
		t.Errorf("anonymous memory %d, %v", memory, err)
	}
	c.close()
	stopped = true
	if _, err := dial(c.base.Host); err == nil {
		t.Error("the baseline still answers")
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("the data directory is still there: %v", err)
	}
}

func TestAServerThatDoesNotStart(t *testing.T) {
	begun := time.Now()
	c, u := dialTest(t, nil)
	c.close()
	_, err := start([]string{"/bin/false"}, u, filepath.Join(t.TempDir(), "log"))
	if err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("got %v", err)
	}
}
