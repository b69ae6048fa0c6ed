package postgres

import (
	"fmt"
	"slices"
	"testing"

	"signet/storage"
)

var (
	lastingKind = &storage.Kind{Name: "lasting"}
	passingKind = &storage.Kind{Name: "passing", Passing: true}
)

func TestLocks(t *testing.T) {
	space := newLockspace("signet")
	asked, written := storage.Key{Kind: lastingKind, ID: "asked"}, storage.Key{Kind: passingKind, ID: "written", Expires: 9}
	locks := space.locks(storage.Batch{
		If:   []storage.Condition{{Key: asked}, {Key: written}, {Key: asked, Version: 4}},
		Then: []storage.Write{{Record: storage.Record{Key: written}}},
		Else: []storage.Write{{Record: storage.Record{Key: written}, Delete: true}},
	})
	if len(locks) != 3 || locks[0] != (lock{key: space.everything()}) {
		t.Fatalf("got %v, want the lock on everything for share and two more", locks)
	}
	for _, want := range []lock{{space.record(asked), false}, {space.record(written), true}} {
		if !slices.Contains(locks, want) {
			t.Errorf("got %v, want %v among them", locks, want)
		}
	}
	if !slices.IsSortedFunc(locks[1:], compareLocks) {
		t.Errorf("not in order: %v", locks)
	}
}

func TestLocksOfManyKeys(t *testing.T) {
	space := newLockspace("signet")
	var b storage.Batch
	for i := range manyKeys {
		b.If = append(b.If, storage.Condition{Key: storage.Key{Kind: lastingKind, ID: fmt.Sprint(i)}})
	}
	if n := len(space.locks(b)); n != manyKeys+1 {
		t.Errorf("%d locks, want %d", n, manyKeys+1)
	}
	b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: storage.Key{Kind: lastingKind, ID: "one more"}}})
	if got, want := space.locks(b), []lock{{space.everything(), true}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestLockNumbers pins numbers that nodes of other versions reckon with, and checks what must make a difference.
func TestLockNumbers(t *testing.T) {
	space := newLockspace("signet")
	k := storage.Key{Kind: passingKind, ID: "a", Expires: 9}
	if got, want := space.record(k), int64(-8246473063914931113); got != want {
		t.Errorf("number %d, want %d", got, want)
	}
	seen := map[int64]string{space.everything(): "everything", space.migration(): "migration"}
	for name, number := range map[string]int64{
		"passing":        space.record(k),
		"other id":       space.record(storage.Key{Kind: passingKind, ID: "b", Expires: 9}),
		"other expiry":   space.record(storage.Key{Kind: passingKind, ID: "a", Expires: 10}),
		"other kind":     space.record(storage.Key{Kind: &storage.Kind{Name: "passin", Passing: true}, ID: "ga", Expires: 9}),
		"lasting":        space.record(storage.Key{Kind: &storage.Kind{Name: "passing"}, ID: "a"}),
		"other schema":   newLockspace("two").record(k),
		"all of another": newLockspace("two").everything(),
	} {
		if other, twice := seen[number]; twice {
			t.Errorf("%s and %s have the same number", name, other)
		}
		seen[number] = name
	}
	five, six := storage.Key{Kind: lastingKind, ID: "a", Expires: 5}, storage.Key{Kind: lastingKind, ID: "a", Expires: 6}
	if space.record(five) != space.record(six) {
		t.Error("a lasting record's number depends on its expiry")
	}
}
