package account

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/provider/audit"
	"signet/storage"
	"signet/storage/bolt"
)

// world is accounts on a real engine, with a clock that the test moves.
type world struct {
	*Accounts
	db    *storage.DB
	clock *clock
	trail *audit.Trail
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// cheap are the smallest parameters that argon2id takes.
var cheap = PasswordConfig{Memory: 8, Time: 1, Threads: 1}

func newDB(t testing.TB, c *clock) *storage.DB {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return storage.New(engine, keys.NewSealer(master, rand.Reader), c.time)
}

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	cfg := Config{DB: newDB(t, c), Rand: rand.Reader, Passwords: cheap}
	cfg.Trail = audit.New(cfg.DB, rand.Reader, 0)
	for _, f := range change {
		f(&cfg)
	}
	return &world{Accounts: open(t, cfg), db: cfg.DB, clock: c, trail: cfg.Trail}
}

func open(t testing.TB, cfg Config) *Accounts {
	t.Helper()
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

const goodPassword = "seven red herrings"

func (w *world) add(t testing.TB, username, password string) *Person {
	t.Helper()
	p, err := w.AddPerson(t.Context(), Person{Username: username, Email: username + "@example.org"}, password)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) apply(t testing.TB, b *storage.Batch) {
	t.Helper()
	if err := w.db.Apply(t.Context(), *b); err != nil {
		t.Fatal(err)
	}
}

func (w *world) begin(t testing.TB, p *Person, in SignIn) (string, *Session) {
	t.Helper()
	var b storage.Batch
	token, session, err := w.Sessions.Begin(&b, p, in)
	if err != nil {
		t.Fatal(err)
	}
	w.apply(t, &b)
	return token, session
}

func wantErr(t testing.TB, got error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(got, w) {
			t.Fatalf("error %v, want %v", got, w)
		}
	}
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
