package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"signet/handlers/dev"
)

// listen opens the listener, and settles the issuer by the port that it got.
func (r *devRun) listen() (l net.Listener, err error) {
	if r.flags.listen == "" {
		l, err = r.listenNear(r.flags.port)
	} else {
		l, err = r.listenAt(r.flags.listen)
	}
	if err != nil {
		return nil, err
	}
	if !r.ownIssuer() {
		r.config.Issuer = r.issuerAt(portOf(l))
	}
	return l, nil
}

func (r *devRun) listenAt(address string) (net.Listener, error) {
	exposed, err := dev.CheckListen(address, r.flags.expose)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cli: listen: %w", err)
	}
	if exposed {
		r.exposed = l.Addr().String()
	}
	return l, nil
}

// nextPorts is how many ports after a taken one are tried.
const nextPorts = 20

// listenNear takes the next port if one is taken, unless the issuer was chosen: then the port must be that one.
func (r *devRun) listenNear(port int) (net.Listener, error) {
	l, err := listenLocalhost(port)
	for next := port + 1; errors.Is(err, syscall.EADDRINUSE) && next <= min(port+nextPorts, 65535) && !r.ownIssuer(); next++ {
		if l, err = listenLocalhost(next); err == nil {
			fmt.Fprintf(r.program.err, "%d is in use%s; using %d\n", port, byWhom(port), next)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cli: listen: %w%s", err, byWhom(port))
	}
	return l, nil
}

// byWhom names the program that listens on a port, " by node (pid 4121)", or is empty where that cannot be found out. It
// knows Linux.
func byWhom(port int) string {
	sockets := append(listeningSockets("/proc/net/tcp", port), listeningSockets("/proc/net/tcp6", port)...)
	if len(sockets) == 0 {
		return ""
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err != nil || !slices.Contains(sockets, to) {
			continue
		}
		process := strings.Split(file, "/")[2]
		name, err := os.ReadFile(filepath.Join("/proc", process, "comm"))
		if err != nil {
			return ""
		}
		return fmt.Sprintf(" by %s (pid %s)", strings.TrimSpace(string(name)), process)
	}
	return ""
}

// listeningSockets reads one of the kernel's tables of connections and returns the sockets that listen on a port, as the
// links of open files name them.
func listeningSockets(table string, port int) []string {
	const listening = "0A" // TCP_LISTEN
	text, err := os.ReadFile(table)
	if err != nil {
		return nil
	}
	suffix := fmt.Sprintf(":%04X", port)
	var found []string
	for line := range strings.Lines(string(text)) {
		columns := strings.Fields(line)
		if len(columns) > 9 && strings.HasSuffix(columns[1], suffix) && columns[3] == listening {
			found = append(found, "socket:["+columns[9]+"]")
		}
	}
	return found
}
