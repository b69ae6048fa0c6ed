package pgtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// children returns the pids of a process's children.
func children(parent int) (pids []int) {
	for pid, ppid := range parents() {
		if ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// CPU is the processor time that the server's present processes have used, in steps of 10 ms; 0 where there is no /proc.
func (s *Server) CPU() (used time.Duration) {
	first := s.process.cmd.Process.Pid
	for _, pid := range append(children(first), first) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue
		}
		// utime and stime are fields 14 and 15, in ticks of which every Linux tells its programs 100 a second.
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		for _, field := range f[11:13] {
			ticks, _ := strconv.Atoi(string(field))
			used += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return used
}

// parents maps each process of the machine to its parent, by /proc or, where there is none, by ps.
func parents() map[int]int {
	of := make(map[int]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		if _, ppid, ok := stat(name); ok {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			of[pid] = ppid
		}
	}
	if len(stats) > 0 {
		return of
	}
	out, _ := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 {
			pid, _ := strconv.Atoi(f[0])
			of[pid], _ = strconv.Atoi(f[1])
		}
	}
	return of
}

// stat reads state and parent of a process (proc_pid_stat(5)). They follow the name, which stands in parentheses.
func stat(name string) (state string, ppid int, ok bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", 0, false
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 2 {
		return "", 0, false
	}
	ppid, err = strconv.Atoi(string(f[1]))
	return string(f[0]), ppid, err == nil
}

// alive tells whether a process still runs. A dead one that nobody has waited for does not.
func alive(pid int) bool {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	state, _, ok := stat("/proc/" + strconv.Itoa(pid) + "/stat")
	return ok && state != "Z" && state != "X"
}
