package limit

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
	"signet/storage/bolt"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// world is a store on which nodes count, with a clock that the test moves.
type world struct {
	t      testing.TB
	engine *countingEngine
	db     *storage.DB

	mu  sync.Mutex
	now time.Time
}

// countingEngine counts calls, and fails them all when it is told to.
type countingEngine struct {
	storage.Engine
	reads, writes, records atomic.Int64
	broken                 atomic.Bool
}

var errBroken = errors.New("broken")

func (e *countingEngine) Apply(ctx context.Context, now int64, b storage.Batch) error {
	if e.broken.Load() {
		return errBroken
	}
	e.writes.Add(1)
	e.records.Add(int64(len(b.Then)))
	return e.Engine.Apply(ctx, now, b)
}

func (e *countingEngine) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	if e.broken.Load() {
		return nil, errBroken
	}
	e.reads.Add(1)
	return e.Engine.Get(ctx, now, keys...)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, engine)
}

// newPostgres is a world on PostgreSQL.
func newPostgres(t testing.TB) *world {
	t.Helper()
	engine, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.Start(t), Migrate: true, MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, engine)
}

func newWorldOn(t testing.TB, engine storage.Engine) *world {
	t.Helper()
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, engine: &countingEngine{Engine: engine}, now: time.Date(2026, 11, 1, 12, 3, 4, 0, time.UTC)}
	w.db = storage.New(w.engine, keys.NewSealer(master, rand.Reader), w.time)
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// node is one node's limit of ten in a quarter of an hour.
func (w *world) node() *Limit { return New(Config{DB: w.db}).Limit("test", tenPerQuarter) }

var tenPerQuarter = Rate{10, 15 * time.Minute}

// drain takes as often as it can.
func drain(t testing.TB, l *Limit, key Key) (taken int) {
	for l.Take(t.Context(), key) == 0 {
		if taken++; taken > 10_000 {
			t.Fatal("no limit")
		}
	}
	return taken
}
