package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say how a server is set up. The zero value is for speed.
type Options struct {
	// Fsync makes the server write to disk as it would in earnest. Without it data survive the death of the server, but
	// not of the machine.
	Fsync bool
	// Settings are further server settings, each "name=value".
	Settings []string
}

// Server is a running PostgreSQL server in a directory of its own.
type Server struct {
	options Options
	bin     string
	dir     string
	port    int
	user    *user
	reaper  *reaper
	process *process
	made    atomic.Int64
}

// startTimeout bounds how long a server may take to answer, recovery after a crash included.
const startTimeout = 30 * time.Second

// StartServer makes a data directory and starts a server in it, which listens on a unix socket there and on a free port of
// the loopback address. It returns ErrNotInstalled if the machine has none. Stop ends it, as does the end of the process.
func StartServer(o Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, bin: bin}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.Restart(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare makes the directories and the data. A unix socket's path is short, so they lie in the system's temporary
// directory and not in the test's.
func (s *Server) prepare() (err error) {
	if s.user, err = unprivileged(); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "pgtest-"); err != nil {
		return err
	}
	if err := s.user.own(s.dir); err != nil {
		return err
	}
	if s.reaper, err = newReaper(s.dir, s.user); err != nil {
		return err
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	cmd := s.command("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata", s.data())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// URL is the connection string of one of the server's databases, by TCP.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// SocketURL is the connection string of one of the server's databases, by unix socket.
func (s *Server) SocketURL(database string) string {
	return fmt.Sprintf("postgres://postgres@/%s?host=%s&port=%d", database, s.dir, s.port)
}

// Addr is the server's TCP address.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// CreateDatabase makes a new, empty database and returns its connection string.
func (s *Server) CreateDatabase(ctx context.Context) (url string, err error) {
	conn, err := pgx.Connect(ctx, s.SocketURL("postgres"))
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("test%d", s.made.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", fmt.Errorf("pgtest: create database: %w", err)
	}
	return s.URL(name), nil
}

// Restart starts the server again after Kill, and returns when it answers.
func (s *Server) Restart() (err error) {
	args := []string{"-D", s.data(), "-k", s.dir, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=" + onOff(s.options.Fsync), "-c", "unix_socket_permissions=0777", "-c", "max_connections=300"}
	for _, setting := range s.options.Settings {
		args = append(args, "-c", setting)
	}
	if s.process, err = start(s.command("postgres", args...), s.dir); err != nil {
		return err
	}
	return s.wait()
}

// wait returns when the server answers.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.SocketURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.process.exited:
			return fmt.Errorf("pgtest: the server did not start: %s", s.process.log())
		case <-ctx.Done():
			return fmt.Errorf("pgtest: the server does not answer: %w: %s", err, s.process.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends all of the server's processes at once with SIGKILL, as a crash would, and returns when they are gone.
func (s *Server) Kill() error { return s.process.end() }

// Freeze stops all of the server's processes where they are: connections stay open and nothing answers. Thaw lets them go on.
func (s *Server) Freeze() error { return s.process.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *Server) Thaw() error { return s.process.signal(syscall.SIGCONT) }

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	var err error
	if s.process != nil {
		err = s.process.end()
	}
	if s.reaper != nil {
		err = errors.Join(err, s.reaper.finish())
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PGDATA=")
	cmd.SysProcAttr = s.user.attributes()
	return cmd
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
