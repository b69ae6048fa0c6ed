package e2e

import (
	"os/exec"
	"syscall"
)

// noOrphan makes a program end with the thread that starts it (prctl(2), PR_SET_PDEATHSIG), so also when the test process
// dies and cleans nothing up.
func noOrphan(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
