package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is the server's first process, the parent of the others.
type process struct {
	cmd     *exec.Cmd
	logFile string
	pidFile string
	exited  chan struct{}
}

// start runs the server. Its pid stands in a file beside the log for as long as it runs.
func start(cmd *exec.Cmd, dir string) (*process, error) {
	p := &process{cmd: cmd, logFile: dir + "/log", pidFile: dir + "/pid", exited: make(chan struct{})}
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("pgtest: start the server: %w", err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	return p, os.WriteFile(p.pidFile, fmt.Appendln(nil, cmd.Process.Pid), 0o644)
}

// end ends all processes and returns when they are gone. The first one is stopped before, so that it starts no more.
func (p *process) end() error {
	first := p.cmd.Process.Pid
	if p.hasExited() {
		return os.RemoveAll(p.pidFile)
	}
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
		return err
	}
	others := children(first)
	for _, pid := range append(others, first) {
		// One that has ended by itself is no error.
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	<-p.exited
	for _, pid := range others {
		if err := waitGone(pid); err != nil {
			return err
		}
	}
	return os.RemoveAll(p.pidFile)
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// signal sends all processes a signal, the first one first.
func (p *process) signal(sig syscall.Signal) error {
	first := p.cmd.Process.Pid
	if err := syscall.Kill(first, sig); err != nil {
		return err
	}
	for _, pid := range children(first) {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// waitGone returns when a process that was killed is no more. Its memory is then free for the next server.
func waitGone(pid int) error {
	for range 500 {
		if !alive(pid) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("pgtest: process %d does not end", pid)
}

// log is the end of the server's log.
func (p *process) log() string {
	b, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}
