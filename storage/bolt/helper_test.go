package bolt

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"signet/storage"
)

const start int64 = 1_800_000_000

var (
	lasting = &storage.Kind{Name: "lasting"}
	passing = &storage.Kind{Name: "passing", Passing: true}
)

// openNew opens a new store and closes it with the test.
func openNew(t testing.TB) *Engine {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "test.db"))
}

func openAt(t testing.TB, path string) *Engine {
	t.Helper()
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// nth is a record of which everything follows from its number.
func nth(k *storage.Kind, i int) storage.Record {
	return storage.Record{
		Key:     storage.Key{Kind: k, ID: fmt.Sprintf("id%06d", i), Expires: start + 1000 + int64(i%100)},
		Version: uint64(i + 1),
		Value:   bytes.Repeat([]byte(fmt.Sprintf("value %06d ", i)), 1+i%20),
		Index:   []storage.Entry{{Index: "x", Value: fmt.Appendf(nil, "%03d", i%100)}},
	}
}

func apply(t testing.TB, e *Engine, b storage.Batch) {
	t.Helper()
	if err := e.Apply(t.Context(), start, b); err != nil {
		t.Fatalf("Apply: %v", err)
	}
}

func puts(recs ...storage.Record) storage.Batch {
	var b storage.Batch
	for _, r := range recs {
		b.Then = append(b.Then, storage.Write{Record: r})
	}
	return b
}

// fill writes n records of each kind, so many to a batch.
func fill(t testing.TB, e *Engine, n, each int) {
	t.Helper()
	for i := 0; i < n; i += each {
		var b storage.Batch
		for j := i; j < min(n, i+each); j++ {
			b.Add(puts(nth(lasting, j), nth(passing, j)))
		}
		apply(t, e, b)
	}
}

func present(t testing.TB, e *Engine, k storage.Key) bool {
	t.Helper()
	recs, err := e.Get(t.Context(), start, k)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return recs[0].Present()
}

// log collects what an engine logs.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *log) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
