package provider_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/storage"
	"signet/storage/bolt"
)

// tap is an engine that counts the calls that go through it, and meddles with those that a test names.
type tap struct {
	storage.Engine

	mu     sync.Mutex
	reads  int
	writes int
	// meddle is asked about every call, with its number from 1. What it returns is the call's error.
	meddle func(n int, write bool) error
	// before runs before every batch, if it is set.
	before func(storage.Batch)
}

func (e *tap) count(write bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if write {
		e.writes++
	} else {
		e.reads++
	}
	if e.meddle == nil {
		return nil
	}
	return e.meddle(e.reads+e.writes, write)
}

// reset begins to count anew, and meddles from now on as it is told.
func (e *tap) reset(meddle func(n int, write bool) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reads, e.writes, e.meddle = 0, 0, meddle
}

// counted are the reads and the batches since the last reset.
func (e *tap) counted() (reads, writes int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reads, e.writes
}

// Get implements storage.Engine.
func (e *tap) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	if err := e.count(false); err != nil {
		return nil, err
	}
	return e.Engine.Get(ctx, now, keys...)
}

// List implements storage.Engine.
func (e *tap) List(ctx context.Context, now int64, q storage.Query) (storage.Page, error) {
	if err := e.count(false); err != nil {
		return storage.Page{}, err
	}
	return e.Engine.List(ctx, now, q)
}

// errAfter makes the tap write a batch and then say that nobody knows whether it was written.
var errAfter = errors.New("after the write")

// Apply implements storage.Engine.
func (e *tap) Apply(ctx context.Context, now int64, b storage.Batch) error {
	err := e.count(true)
	if err != nil && !errors.Is(err, errAfter) {
		return err
	}
	if e.before != nil {
		e.before(b)
	}
	if applied := e.Engine.Apply(ctx, now, b); applied != nil {
		return applied
	}
	if err != nil {
		return storage.ErrUnknown
	}
	return nil
}

// seed is a store with keys and one person. Making keys takes long, so worlds begin with a copy of one store.
type seed struct {
	sealer *keys.Sealer
	store  []byte
}

var seedOnce = sync.OnceValues(func() (seed, error) {
	dir, err := os.MkdirTemp("", "signet-provider-")
	if err != nil {
		return seed{}, err
	}
	defer os.RemoveAll(dir)
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		return seed{}, err
	}
	s := seed{sealer: keys.NewSealer(master, rand.Reader)}
	file := filepath.Join(dir, "seed.db")
	engine, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		return s, err
	}
	err = populate(storage.New(engine, s.sealer, time.Now))
	if err = errors.Join(err, engine.Close()); err == nil {
		s.store, err = os.ReadFile(file)
	}
	return s, err
})

func populate(db *storage.DB) error {
	_, err := keys.Open(context.Background(), keys.Config{DB: db, Rand: rand.Reader, Log: discard})
	if err != nil {
		return err
	}
	accounts, err := account.New(account.Config{DB: db, Rand: rand.Reader})
	if err != nil {
		return err
	}
	defer accounts.Close()
	_, err = accounts.AddPerson(context.Background(), account.Person{Username: "ada", Email: "ada@example.test", EmailVerified: true, Profile: account.Profile{Name: "Ada Lovelace"}}, "")
	return err
}

// newStillWorld is a world whose clock stands, over an engine that can be tapped. It costs little.
func newStillWorld(t testing.TB, change func(*provider.Config)) *world {
	t.Helper()
	s, err := seedOnce()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signet.db")
	if err := os.WriteFile(file, s.store, 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	w := &world{t: t, sealer: s.sealer, still: time.Now().UnixNano(), tap: &tap{Engine: engine}}
	w.join(w.tap, change)
	if w.ada, err = w.accounts.FindPerson(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	return w
}

// afresh is the same world to a process that has just begun: nothing is cached.
func (w *world) afresh(change func(*provider.Config)) *world {
	w.t.Helper()
	n := &world{t: w.t, sealer: w.sealer, ada: w.ada, still: w.still, tap: w.tap}
	n.offset.Store(w.offset.Load())
	n.tap.reset(nil)
	n.join(n.tap, change)
	return n
}

// person adds one more person.
func (w *world) person(username string) *account.Person {
	w.t.Helper()
	p, err := w.accounts.AddPerson(w.t.Context(), account.Person{Username: username, Email: username + "@example.test"}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// refused tells how many refusals the observer has heard of.
func (w *world) refusals() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == "refused" {
			n++
		}
	}
	return n
}

// keep returns a tap's before that gathers the keys, values and indexes of a kind that are written.
func (w *world) keep(kind string, kept *[]byte) func(storage.Batch) {
	return func(b storage.Batch) {
		for _, write := range slices.Concat(b.Then, b.Else) {
			if write.Kind.Name != kind {
				continue
			}
			*kept = append(append(*kept, write.ID...), write.Value...)
			for _, entry := range write.Index {
				*kept = append(*kept, entry.Value...)
			}
		}
	}
}
