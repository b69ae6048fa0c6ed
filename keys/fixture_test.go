package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/bolt"
)

const day = 24 * time.Hour

// clock is a clock that stands still until it is moved.
type clock struct{ unix atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.unix.Store(1_800_000_000)
	return c
}

func (c *clock) now() time.Time          { return time.Unix(c.unix.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.unix.Add(int64(d / time.Second)) }

// site is one installation: an engine, a master, a clock that all nodes share, and what they logged.
type site struct {
	*clock
	path   string
	engine storage.Engine
	master *Master
	db     *storage.DB
	logged *bytes.Buffer
	log    *slog.Logger
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{clock: newClock(), path: filepath.Join(t.TempDir(), "data"), master: newMaster(t), logged: &bytes.Buffer{}}
	s.log = slog.New(slog.NewTextHandler(s.logged, nil))
	engine, err := bolt.Open(s.path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s.engine = engine
	s.db = storage.New(s.engine, NewSealer(s.master, rand.Reader), s.now)
	return s
}

func (s *site) config() Config { return Config{DB: s.db, Rand: rand.Reader, Log: s.log} }

// node opens a Ring, as one more node does.
func (s *site) node(t testing.TB) *Ring {
	t.Helper()
	r, err := Open(context.Background(), s.config())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func signer(t testing.TB, r *Ring, algorithm string) *Signer {
	t.Helper()
	s, err := r.Signer(context.Background(), algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, s *Signer, typ, claims string) string {
	t.Helper()
	token, err := s.SignJWT(typ, []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func list(t testing.TB, r *Ring, algorithm string, states ...State) []Info {
	t.Helper()
	all, err := r.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var out []Info
	for _, info := range all {
		for _, state := range states {
			if info.Algorithm == algorithm && info.State == state {
				out = append(out, info)
			}
		}
	}
	return out
}

// anyJWT accepts every algorithm of the table and every type.
var anyJWT = VerifyOptions{Algorithms: Algorithms(), Types: []string{AnyType}}

// generated makes a key of each algorithm once, for the tests that only need some key.
func generated(t testing.TB, algorithm string) *Signer {
	t.Helper()
	if s, ok := some[algorithm]; ok {
		return s
	}
	a, err := algorithmByName(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	key, err := a.generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(algorithm, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	some[algorithm] = s
	return s
}

var some = map[string]*Signer{}
