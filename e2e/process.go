package e2e

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a process. It is long, because other tests may have the processors.
const patience = time.Minute

// Process is a program that a test has started. It ends with the test.
type Process struct {
	tb     testing.TB
	cmd    *exec.Cmd
	output buffer
	exited chan struct{}
	err    error
}

// buffer keeps what a program says, while it is still speaking.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is what was written so far.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Start starts a program. Environment variables, "NAME=value", are added to the test's own. When the test fails its
// log has what the program said.
func Start(tb testing.TB, dir string, env []string, name string, args ...string) *Process {
	tb.Helper()
	return start(tb, dir, env, io.Discard, name, args...)
}

func start(tb testing.TB, dir string, env []string, out io.Writer, name string, args ...string) *Process {
	tb.Helper()
	p := &Process{tb: tb, cmd: exec.Command(name, args...), exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = io.MultiWriter(&p.output, out), &p.output
	p.cmd.WaitDelay = patience
	noOrphan(p.cmd)
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.end)
	return p
}

// run is the program's life. It keeps the thread that started it; see noOrphan.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
	}
	close(p.exited)
}

// end stops the program as an operator would, and by force if that takes long.
func (p *Process) end() {
	p.tb.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		p.tb.Errorf("%s does not end", p.cmd.Path)
	}
	if p.tb.Failed() {
		p.tb.Logf("%s said:\n%s", p.cmd.Path, p.output.String())
	}
}

// WaitFor returns when the program answers with success at an address.
func (p *Process) WaitFor(address string) {
	p.tb.Helper()
	p.WaitForBy(&http.Client{Timeout: patience}, address)
}

// WaitForBy is WaitFor by a client that trusts whom the program's certificate comes from.
func (p *Process) WaitForBy(client *http.Client, address string) {
	p.tb.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		answer, err := client.Get(address)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.exited:
			p.tb.Fatalf("%s ended: %v", p.cmd.Path, p.err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.tb.Fatalf("%s does not answer at %s", p.cmd.Path, address)
}

// firstPort and ports are the range of FreePort. Systems take the ports of outgoing connections from above it, so that
// none of these takes the port before the program listens there.
const (
	firstPort = 20000
	ports     = 12000
)

// FreePort returns a port of localhost on which nobody listens.
func FreePort(tb testing.TB) int {
	tb.Helper()
	var err error
	for range 100 {
		port := firstPort + rand.IntN(ports)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("localhost", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	tb.Fatal(err)
	return 0
}

// Missing skips a test for which the machine lacks something, or fails it where the environment has CI=true.
func Missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(what)
	}
	tb.Skip("NOT TESTED: " + what)
}
