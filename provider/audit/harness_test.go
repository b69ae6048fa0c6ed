package audit

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
	"signet/storage/bolt"
)

// world is a trail on a real engine, with a clock that the test moves.
type world struct {
	*Trail
	*Sealer
	engine  *counting
	db      *storage.DB
	ring    *keys.Ring
	sealing *keys.Sealer
	clock   *clock
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

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// counting counts batches.
type counting struct {
	storage.Engine
	batches atomic.Int64
}

// Apply implements storage.Engine.
func (c *counting) Apply(ctx context.Context, now int64, b storage.Batch) error {
	c.batches.Add(1)
	return c.Engine.Apply(ctx, now, b)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	noErr(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	noErr(t, err)
	w := &world{engine: &counting{Engine: engine}, sealing: keys.NewSealer(master, rand.Reader), clock: &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}}
	w.db = storage.New(w.engine, w.sealing, w.clock.time)
	w.ring, err = keys.Open(t.Context(), keys.Config{DB: w.db, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	noErr(t, err)
	w.restart()
	return w
}

// restart is what is left when the program was killed and begins again.
func (w *world) restart() {
	w.Trail = New(w.db, rand.Reader, 0)
	w.Sealer = NewSealer(w.Trail, w.ring, "ES256", slog.New(slog.DiscardHandler))
}

// happen records events, each in a batch of its own, a tenth of a second apart.
func (w *world) happen(t testing.TB, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		var b storage.Batch
		noErr(t, w.Append(&b, Event{Kind: kind, Subject: "usr_ada", ClientID: "shop"}))
		noErr(t, w.db.Apply(t.Context(), b))
		w.clock.pass(100 * time.Millisecond)
	}
}

func (w *world) seal(t testing.TB) {
	t.Helper()
	noErr(t, w.Seal(t.Context()))
}

// all are the records that a query finds, by kind.
func (w *world) all(t testing.TB, q Query) []string {
	t.Helper()
	list := []string{}
	noErr(t, w.Each(t.Context(), q, func(r Record) error {
		list = append(list, r.Kind)
		return nil
	}))
	return list
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
