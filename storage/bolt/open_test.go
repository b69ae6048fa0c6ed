package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

func TestOpenCreatesAPrivateFileAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	openAt(t, filepath.Join(dir, "test.db"))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Name() != "test.db" {
		t.Fatalf("the directory has %v", files)
	}
	info, _ := files[0].Info()
	if info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

func TestOpenMakesAFilePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	e := openAt(t, good)
	fill(t, e, 20, 20)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		make func(path string) error
		want error
		text string
	}{
		"empty":       {func(p string) error { return os.WriteFile(p, nil, 0o600) }, storage.ErrDamaged, "not a store"},
		"text":        {func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("x", 99999)), 0o600) }, storage.ErrDamaged, "not a store"},
		"zeros":       {func(p string) error { return os.WriteFile(p, make([]byte, 99999), 0o600) }, storage.ErrDamaged, "not a store"},
		"foreign":     {makeForeign, storage.ErrDamaged, "not a store of this program"},
		"no freelist": {makeWithoutFreelist, storage.ErrDamaged, ""},
		"newer":       {makeNewer, storage.ErrSchema, "format 2"},
		"symlink":     {func(p string) error { return os.Symlink(good, p) }, nil, "symbolic link"},
		"dangling":    {func(p string) error { return os.Symlink(p+"x", p) }, nil, "symbolic link"},
		"directory":   {func(p string) error { return os.Mkdir(p, 0o700) }, nil, "directory"},
		"no room":     {func(p string) error { return nil }, os.ErrNotExist, ""},
	} {
		path := filepath.Join(dir, name)
		if name == "no room" {
			path = filepath.Join(dir, "missing", name)
		}
		if err := c.make(path); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before, _ := os.ReadFile(path)
		_, err := Open(path, Options{})
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got error %v, want %v with %q", name, err, c.want, c.text)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func makeForeign(path string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("other"))
		return err
	})
	return errors.Join(err, db.Close())
}

// makeWithoutFreelist makes a file that bbolt would look through in a goroutine of its own.
func makeWithoutFreelist(path string) error {
	if err := initialize(path); err != nil {
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put([]byte("x"), nil) })
	return errors.Join(err, db.Close())
}

func makeNewer(path string) error {
	if err := initialize(path); err != nil {
		return err
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(metaBucket).Put(formatKey, binary.BigEndian.AppendUint64(nil, format+1))
	})
	return errors.Join(err, db.Close())
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := openAt(t, path)
	_, err := Open(path, Options{Timeout: time.Millisecond})
	if !errors.Is(err, ErrLocked) || !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("got error %v, want ErrLocked", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
}

func TestOpenWaitsForTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := openAt(t, path)
	var wg sync.WaitGroup
	wg.Go(func() {
		second, err := Open(path, Options{Timeout: time.Minute})
		if err != nil {
			t.Errorf("Open: %v", err)
			return
		}
		_ = second.Close()
	})
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// TestCreateTogether has many create the same store at once: all must end in the same file.
func TestCreateTogether(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		path := filepath.Join(dir, "test.db")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				e, err := Open(path, Options{Timeout: time.Minute})
				if err != nil {
					t.Errorf("Open: %v", err)
					return
				}
				if err := e.Apply(t.Context(), start, puts(nth(lasting, i))); err != nil {
					t.Errorf("Apply: %v", err)
				}
				_ = e.Close()
			})
		}
		wg.Wait()
		e := openAt(t, path)
		for i := range 8 {
			if !present(t, e, nth(lasting, i).Key) {
				t.Errorf("what opener %d wrote is gone", i)
			}
		}
		if files, _ := os.ReadDir(dir); len(files) != 1 {
			t.Errorf("left behind: %v", files)
		}
	}
}
