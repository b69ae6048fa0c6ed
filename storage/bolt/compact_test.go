package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	e := openAt(t, path)
	fill(t, e, 2000, 500)
	secret := nth(lasting, 9999)
	secret.Value = []byte("this was deleted")
	apply(t, e, puts(secret))
	var b storage.Batch
	for i := range 900 {
		b.Then = append(b.Then, storage.Write{Record: nth(lasting, i), Delete: true})
	}
	b.Then = append(b.Then, storage.Write{Record: secret, Delete: true})
	apply(t, e, b)
	if _, err := e.Sweep(t.Context(), start+10, 10); err != nil {
		t.Fatal(err)
	}
	before, _ := e.Stats(t.Context())
	if _, _, err := Compact(t.Context(), path, Options{Timeout: time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("while open: got error %v, want ErrLocked", err)
	}
	_ = e.Close()
	if _, _, err := Compact(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(path); bytes.Contains(raw, secret.Value) {
		t.Error("what was deleted is still in the file")
	}
	e = openAt(t, path)
	after, err := e.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.UsedSize >= before.UsedSize*3/4 || after.HighWater != before.HighWater {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if !present(t, e, nth(lasting, 1999).Key) || !present(t, e, nth(passing, 7).Key) || present(t, e, nth(lasting, 7).Key) {
		t.Error("records are not what they were")
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestCompactRefusesADamagedStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := openAt(t, path)
	fill(t, e, 10, 10)
	spoil(t, e, func(tx *bbolt.Tx) error { return tx.Bucket(recordsBucket(lasting)).Delete([]byte(nth(lasting, 3).ID)) })
	_ = e.Close()
	before, _ := os.ReadFile(path)
	if _, _, err := Compact(t.Context(), path, Options{}); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("got error %v, want ErrDamaged", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

// TestWaitingForAFileThatIsReplaced waits for the lock of a store that is compacted meanwhile.
func TestWaitingForAFileThatIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := openAt(t, path)
	fill(t, e, 100, 100)
	opened := make(chan *Engine)
	go func() {
		second, err := Open(path, Options{Timeout: time.Minute})
		if err != nil {
			t.Errorf("Open: %v", err)
		}
		opened <- second
	}()
	time.Sleep(5 * time.Millisecond)
	if _, err := e.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
	second := <-opened
	if second == nil {
		t.FailNow()
	}
	apply(t, second, puts(nth(lasting, 500)))
	_ = second.Close()
	if !present(t, openAt(t, path), nth(lasting, 500).Key) {
		t.Error("what was written after the file was replaced is gone")
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test[1].db")
	for _, name := range []string{".test[1].db.new-123", ".other.db.new-1", "kept"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openAt(t, path)
	files, _ := os.ReadDir(dir)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{".other.db.new-1", "kept", "test[1].db"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
