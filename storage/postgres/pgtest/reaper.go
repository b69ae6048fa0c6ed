package pgtest

import (
	"io"
	"os/exec"
)

// reaper ends the server and removes its directory when the test process is gone, whatever ended it. It is a shell that
// reads from a pipe of which the test process has the other end.
type reaper struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

const reaperScript = `cat >/dev/null
if read -r pid <"$1/pid"; then
	kill -QUIT "$pid"; kill -CONT "$pid"
	while kill -0 "$pid"; do sleep 0.1; done
fi
rm -rf "$1"`

func newReaper(dir string, u *user) (*reaper, error) {
	cmd := exec.Command("/bin/sh", "-c", reaperScript, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = u.attributes()
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &reaper{cmd: cmd, pipe: pipe}, cmd.Start()
}

// finish lets the reaper do its work now, and waits for it.
func (r *reaper) finish() error {
	_ = r.pipe.Close()
	return r.cmd.Wait()
}
