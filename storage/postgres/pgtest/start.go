package pgtest

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// shared is the server of all tests of a process that need no other.
var shared = sync.OnceValues(func() (*Server, error) { return StartServer(Options{}) })

// Start returns the connection string of a new, empty database, which is dropped when the test ends. All tests of a process
// share one server, which ends with the process. Without a server on the machine the test is skipped, or fails where the
// environment has CI=true.
func Start(tb testing.TB) (url string) {
	tb.Helper()
	s, err := shared()
	Require(tb, err)
	url, err = s.CreateDatabase(tb.Context())
	Require(tb, err)
	tb.Cleanup(func() {
		if err := s.dropDatabase(context.Background(), url); err != nil {
			tb.Error(err)
		}
	})
	return url
}

// StartOwn starts a server for one test alone, which may kill it, and stops it when the test ends.
func StartOwn(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := StartServer(o)
	Require(tb, err)
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Require fails the test if err is not nil, or skips it if err is ErrNotInstalled and the environment has no CI=true.
func Require(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true":
		tb.Skipf("NOT TESTED: %v", err)
	default:
		tb.Fatal(err)
	}
}

func (s *Server) dropDatabase(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, s.SocketURL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	name := strings.TrimSuffix(url[strings.LastIndexByte(url, '/')+1:], "?sslmode=disable")
	_, err = conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}
