package torture

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait. It is long, because other tests may have the processors.
const patience = time.Minute

// journal is what a server writes to standard error, while it is still writing.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// Reset forgets everything.
func (j *journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Reset()
}

// Bytes is a copy of what was written so far.
func (j *journal) Bytes() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.text.Bytes())
}

// Len is how many bytes were written so far.
func (j *journal) Len() int { return len(j.Bytes()) }

// String implements fmt.Stringer.
func (j *journal) String() string { return string(j.Bytes()) }

// configure puts lines into a section of the configuration, in place of those with the same keys.
func (s *server) configure(section string, lines ...string) {
	s.t.Helper()
	text, err := os.ReadFile(s.config())
	if err != nil {
		s.t.Fatal(err)
	}
	out, current := []string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "[") {
			current = line
		}
		key, _, _ := strings.Cut(line, "=")
		replaced := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, key+"=") })
		if current != section || !replaced {
			out = append(out, line)
		}
		if line == section && section != "" {
			out = append(out, lines...)
		}
	}
	if section == "" {
		out = append(slices.Clone(lines), out...)
	}
	if err := os.WriteFile(s.config(), []byte(strings.Join(out, "\n")), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// metered gives a server the private listener and returns its address.
func (s *server) metered() string {
	addr := freeAddress(s.t)
	s.configure("[server]", fmt.Sprintf("metrics_listen = %q", addr))
	return "http://" + addr
}

// metrics reads the private listener: values by their names with labels.
func metrics(t *testing.T, addr string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(private(t, addr+"/metrics")))
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if v, err := strconv.ParseFloat(lines.Text()[at+1:], 64); err == nil {
			values[lines.Text()[:max(at, 0)]] = v
		}
	}
	return values
}

// private reads an address of the private listener; it may be called by any goroutine.
func private(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(address)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d, %v", address, resp.StatusCode, err)
	}
	return string(text)
}

// status is a value of /proc/PID/status in bytes, of a field that has kB.
func (s *server) status(field string) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Error(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kB, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return kB << 10
		}
	}
	s.t.Errorf("no %s in /proc", field)
	return 0
}

// watchMemory looks at the server's own memory until it is told to stop, and returns the most that it saw.
func (s *server) watchMemory() (stop func() (most int)) {
	end, done := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			most = max(most, s.status("RssAnon"))
			select {
			case <-end:
				done <- most
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() int { close(end); return <-done }
}

// database is the bytes of the embedded engine's file.
func (s *server) database() []byte {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "signet.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// exit waits until the server ends by itself and returns its exit code.
func (s *server) exit() int {
	s.t.Helper()
	cmd := s.cmd
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	s.cmd = nil
	s.http.CloseIdleConnections()
	return cmd.ProcessState.ExitCode()
}

// environ is the test's environment without settings of the program.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "SIGNET_") })
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
