package storage_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
	"signet/storage/bolt"
)

type note struct {
	Text string `json:"text"`
}

var noteKind = &storage.Kind{Name: "note"}

func openDB(t *testing.T, path string, master *keys.Master) *storage.DB {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return storage.New(engine, keys.NewSealer(master, rand.Reader), time.Now)
}

func newMaster(t *testing.T) *keys.Master {
	t.Helper()
	m, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newDB(t *testing.T) *storage.DB {
	return openDB(t, filepath.Join(t.TempDir(), "test.db"), newMaster(t))
}

var errKilled = errors.New("killed")

// upperMigration rewrites one note a step; the cursor is the next one's number. It is cut off before the steps in fail.
func upperMigration(notes int, fail map[int]bool) storage.Migration {
	return storage.Migration{Name: "rewrite", Step: func(ctx context.Context, db *storage.DB, cursor string) (string, error) {
		n, _ := strconv.Atoi(cursor)
		if fail[n] {
			delete(fail, n)
			return "", errKilled
		}
		table := storage.NewTable(db, noteKind, storage.JSON[note](), nil)
		row, err := table.Get(ctx, strconv.Itoa(n), 0)
		if err != nil {
			return "", err
		}
		var b storage.Batch
		if err := table.Update(&b, row, &note{Text: "new"}); err != nil {
			return "", err
		}
		if err := db.Apply(ctx, b); err != nil && !errors.Is(err, storage.ErrConflict) {
			return "", err
		}
		if n+1 == notes {
			return "", nil
		}
		return strconv.Itoa(n + 1), nil
	}}
}

func fill(t *testing.T, db *storage.DB, notes int) {
	t.Helper()
	table := storage.NewTable(db, noteKind, storage.JSON[note](), nil)
	var b storage.Batch
	for i := range notes {
		if err := table.Create(&b, table.Key(strconv.Itoa(i), 0), &note{Text: "old"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func wantAll(t *testing.T, db *storage.DB, notes int, text string) {
	t.Helper()
	table := storage.NewTable(db, noteKind, storage.JSON[note](), nil)
	for i := range notes {
		row, err := table.Get(t.Context(), strconv.Itoa(i), 0)
		if err != nil || row.Value.Text != text {
			t.Fatalf("note %d: %+v %v", i, row.Value, err)
		}
	}
}

func TestMigrateIsResumedWhereItWasKilled(t *testing.T) {
	db := newDB(t)
	if err := storage.Migrate(t.Context(), db, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, db, 6)
	migrations := []storage.Migration{upperMigration(6, map[int]bool{0: true, 3: true, 5: true})}
	for range 3 {
		if err := storage.Migrate(t.Context(), db, migrations); !errors.Is(err, errKilled) {
			t.Fatalf("got %v", err)
		}
	}
	if err := storage.Migrate(t.Context(), db, migrations); err != nil {
		t.Fatal(err)
	}
	wantAll(t, db, 6, "new")
	if err := storage.Migrate(t.Context(), db, nil); !errors.Is(err, storage.ErrSchema) {
		t.Fatalf("an older program on newer data: got %v", err)
	}
}

func TestMigrateByManyNodes(t *testing.T) {
	db := newDB(t)
	if err := storage.Migrate(t.Context(), db, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, db, 20)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := storage.Migrate(t.Context(), db, []storage.Migration{upperMigration(20, nil)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantAll(t, db, 20, "new")
}

func TestMigrateWithAnotherMasterKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := storage.New(engine, keys.NewSealer(newMaster(t), rand.Reader), time.Now)
	if err := storage.Migrate(t.Context(), db, nil); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if err := storage.Migrate(t.Context(), openDB(t, path, newMaster(t)), nil); !errors.Is(err, storage.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
}

// otherHash is a sealer that opens everything and hashes as another would.
type otherHash struct{ *keys.Sealer }

func (s otherHash) Hash(purpose string, value []byte) []byte {
	return s.Sealer.Hash("other."+purpose, value)
}

func TestMigrateWithAnotherHashKey(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	sealer := keys.NewSealer(newMaster(t), rand.Reader)
	right, wrong := storage.New(engine, sealer, time.Now), storage.New(engine, otherHash{sealer}, time.Now)
	for range 2 {
		if err := storage.Migrate(t.Context(), right, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := storage.Migrate(t.Context(), wrong, nil); !errors.Is(err, storage.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
}
