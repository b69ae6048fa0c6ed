package pgtest

import (
	"fmt"
	"os"
	osuser "os/user"
	"strconv"
	"syscall"
)

// user is who runs the server: PostgreSQL refuses to be root. A nil one is whoever runs the test.
type user struct{ uid, gid uint32 }

// unprivileged returns the user of the installed package, or nobody.
func unprivileged() (*user, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &user{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("pgtest: root cannot run the server, and there is neither a user postgres nor nobody")
}

func (u *user) own(dir string) error {
	if u == nil {
		return nil
	}
	return os.Chown(dir, int(u.uid), int(u.gid))
}

// attributes give a process its user, and a group of its own, so that an interrupt from the terminal does not reach it.
func (u *user) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if u != nil {
		attr.Credential = &syscall.Credential{Uid: u.uid, Gid: u.gid}
	}
	return attr
}
