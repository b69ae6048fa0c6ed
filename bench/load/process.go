package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of the times in /proc/<pid>/stat: USER_HZ is 100 on every architecture that Linux and Go share.
const tick = 10 * time.Millisecond

// process is a server that this program started and will stop.
type process struct {
	cmd    *exec.Cmd
	log    *os.File
	exited chan error
	// Ready is how long it took from the start of the process to its first answer.
	ready time.Duration
}

// start runs a server and waits until a GET of probe answers 200. What it prints goes to the file logPath.
func start(argv []string, probe *url.URL, logPath string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), log: log, exited: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.exited <- p.cmd.Wait() }()
	if err := p.await(probe, begun.Add(30*time.Second)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; its output is in %s", argv[0], err, logPath), p.stop())
	}
	p.ready = time.Since(begun)
	return p, nil
}

// await asks every half millisecond: a start is to be measured in tens of them.
func (p *process) await(probe *url.URL, until time.Time) error {
	request := get(probe, "", "")
	for time.Now().Before(until) {
		if c, err := dial(probe.Host); err == nil {
			a, err := c.do(request)
			c.close()
			if err == nil && a.status == 200 {
				return nil
			}
		}
		select {
		case err := <-p.exited:
			p.exited <- err
			return fmt.Errorf("it ended before it answered: %v", err)
		case <-time.After(500 * time.Microsecond):
		}
	}
	return fmt.Errorf("no answer from %s in time", probe)
}

// stop asks the server to end, and ends it if it does not within ten seconds.
func (p *process) stop() error {
	defer p.log.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		return nil
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return errors.New("the server did not stop on SIGTERM")
	}
}

// cpu is the time the process has computed, in user and kernel mode.
func (p *process) cpu() (time.Duration, error) { return cpuOf(strconv.Itoa(p.cmd.Process.Pid)) }

// cpuOf reads utime and stime, fields 14 and 15 of proc(5), counted after the command's name in brackets.
func cpuOf(pid string) (time.Duration, error) {
	data, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%s/stat: %d fields", pid, len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// anonymous is the memory of the process that no file backs (RssAnon), in bytes.
func (p *process) anonymous() (int64, error) {
	path := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status")
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, found := strings.CutPrefix(line, "RssAnon:"); found {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s: no RssAnon", path)
}

// freePort is a port of the loopback address that nobody listens on just now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
