package storage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"signet/storage"
)

// counting is a migration of so many parts that counts in a record how far it has come.
func counting(name string, parts int, fail func(part int) error) storage.Migration {
	return storage.Migration{Name: name, Step: func(ctx context.Context, db *storage.DB, cursor string) (string, error) {
		part := 0
		if cursor != "" {
			if _, err := fmt.Sscan(cursor, &part); err != nil {
				return "", err
			}
		}
		if err := fail(part); err != nil {
			return "", err
		}
		err := db.Apply(ctx, storage.Batch{Then: []storage.Write{{Record: storage.Record{
			Key: storage.Key{Kind: petKind, ID: fmt.Sprint(name, part)}, Version: 1,
		}}}})
		if part++; part == parts {
			return "", err
		}
		return fmt.Sprint(part), err
	}}
}

func never(int) error { return nil }

func (f *fixture) done(name string, parts int) {
	f.Helper()
	for i := range parts + 1 {
		recs, err := f.db.Get(f.Context(), storage.Key{Kind: petKind, ID: fmt.Sprint(name, i)})
		if err != nil || recs[0].Present() != (i < parts) {
			f.Errorf("part %d of %s is done: %t, error %v", i, name, recs[0].Present(), err)
		}
	}
}

func TestMigrateNewData(t *testing.T) {
	f := newFixture(t)
	all := []storage.Migration{counting("a", 2, never)}
	f.must(storage.Migrate(t.Context(), f.db, all))
	f.done("a", 0)
	f.must(storage.Migrate(t.Context(), f.db, all))
	f.done("a", 0)
}

func TestMigrateGoesOnWhereItStopped(t *testing.T) {
	f := newFixture(t)
	f.must(storage.Migrate(t.Context(), f.db, nil))
	broken, calls := errors.New("broken"), 0
	all := []storage.Migration{counting("a", 3, never), counting("b", 3, func(part int) error {
		if calls++; part == 2 && calls == 3 {
			return broken
		}
		return nil
	})}
	if err := storage.Migrate(t.Context(), f.db, all); !errors.Is(err, broken) {
		t.Fatalf("got error %v, want %v", err, broken)
	}
	f.done("a", 3)
	f.done("b", 2)
	f.must(storage.Migrate(t.Context(), f.db, all))
	f.done("b", 3)
	if calls != 4 {
		t.Errorf("%d steps, want 4: none that was done again", calls)
	}
	if err := storage.Migrate(t.Context(), f.db, all[:1]); !errors.Is(err, storage.ErrSchema) {
		t.Errorf("an older program: got error %v, want ErrSchema", err)
	}
}

func TestMigrateByManyNodes(t *testing.T) {
	f := newFixture(t)
	f.must(storage.Migrate(t.Context(), f.db, nil))
	all := []storage.Migration{counting("a", 5, never), counting("b", 5, never)}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := storage.Migrate(t.Context(), f.db, all); err != nil {
				t.Errorf("Migrate: %v", err)
			}
		})
	}
	wg.Wait()
	f.done("a", 5)
	f.done("b", 5)
}

func TestMigrateWithAnotherKey(t *testing.T) {
	f := newFixture(t)
	f.must(storage.Migrate(t.Context(), f.db, nil))
	other := storage.New(f.engine, testSealer{"two"}, f.clock)
	if err := storage.Migrate(t.Context(), other, nil); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("got error %v, want ErrDamaged", err)
	}
}
