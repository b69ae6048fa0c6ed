package storage_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/bolt"
)

// testSealer authenticates and disguises, but keeps no secrets.
type testSealer struct{ key string }

func (s testSealer) tag(purpose string, plaintext, associated []byte) []byte {
	h := hmac.New(sha256.New, []byte(s.key))
	for _, part := range [][]byte{[]byte(purpose), associated, plaintext} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return h.Sum(nil)
}

func (s testSealer) Seal(purpose string, plaintext, associated []byte) []byte {
	return append(s.tag(purpose, plaintext, associated), disguise(plaintext)...)
}

func (s testSealer) Open(purpose string, sealed, associated []byte) ([]byte, error) {
	if len(sealed) < sha256.Size {
		return nil, errors.New("short")
	}
	plain := disguise(sealed[sha256.Size:])
	if !hmac.Equal(sealed[:sha256.Size], s.tag(purpose, plain, associated)) {
		return nil, errors.New("wrong tag")
	}
	return plain, nil
}

func (s testSealer) Hash(purpose string, value []byte) []byte {
	return s.tag("hash."+purpose, value, nil)
}

func disguise(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = c ^ 0x5A
	}
	return out
}

// fixture is a DB on an engine of its own, with a clock that can be moved.
type fixture struct {
	*testing.T
	engine storage.Engine
	db     *storage.DB
	now    atomic.Int64
}

const start = 1_800_000_000

func newFixture(t *testing.T) *fixture {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	f := &fixture{T: t, engine: e}
	f.now.Store(start)
	f.db = storage.New(e, testSealer{"one"}, f.clock)
	return f
}

func (f *fixture) clock() time.Time { return time.Unix(f.now.Load(), 0) }

func (f *fixture) apply(b storage.Batch) {
	f.Helper()
	if err := f.db.Apply(f.Context(), b); err != nil {
		f.Fatalf("Apply: %v", err)
	}
}

func (f *fixture) refuse(b storage.Batch, want error) {
	f.Helper()
	if err := f.db.Apply(f.Context(), b); !errors.Is(err, want) {
		f.Fatalf("Apply: got error %v, want %v", err, want)
	}
}

// must is for what has no reason to fail.
func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}
