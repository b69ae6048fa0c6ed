package postgres_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// partitions counts the partitions of the passing records and of their entries.
const partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('passing'::regclass, 'passing_entry'::regclass)"

// passing writes a passing record that expires then.
func passing(id string, expires int64, entries ...storage.Entry) storage.Write {
	w := put(storage.Key{Kind: spent, ID: id, Expires: expires}, 1, "value")
	w.Index = entries
	return w
}

func named(value string) storage.Entry { return storage.Entry{Index: "name", Value: []byte(value)} }

// TestDaysAreRacedFor has all nodes write the first records of the same days, near and far, at the same time.
func TestDaysAreRacedFor(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	n := openNodes(t, postgres.Options{URL: url})
	days := []int64{0, 1, 2, 7, 30, 90, 365, 3650}
	var wg sync.WaitGroup
	for writer := range 12 {
		wg.Go(func() {
			for i := range days {
				expires := now + days[(i+writer)%len(days)]*day + 60
				w := passing(fmt.Sprint(writer), expires)
				if writer%2 == 0 {
					w.Index = []storage.Entry{named("same")}
				}
				if err := n.Apply(t.Context(), now, then(w)); err != nil {
					t.Errorf("writer %d: %v", writer, err)
				}
			}
		})
	}
	wg.Wait()
	if got, want := connect(t, url).number(partitions), int64(2*len(days)); got != want {
		t.Errorf("%d partitions, want %d", got, want)
	}
	page, err := n.List(t.Context(), now, storage.Query{Kind: spent, Limit: 1000})
	if got, want := len(page.Records), 12*len(days); err != nil || got != want {
		t.Errorf("%d records, %v, want %d", got, err, want)
	}
	page, err = n.List(t.Context(), now, storage.Query{Kind: spent, Index: "name", Equal: []byte("same"), Limit: 1000})
	if got, want := len(page.Records), 6*len(days); err != nil || got != want {
		t.Errorf("%d records by index, %v, want %d", got, err, want)
	}
}

func TestEndOfTime(t *testing.T) {
	t.Parallel()
	e := open(t, postgres.Options{URL: pgtest.Start(t), Migrate: true})
	last := passing("last", math.MaxInt64, named("x"))
	if err := e.Apply(t.Context(), now, then(last, passing("before", math.MaxInt64-1))); err != nil {
		t.Fatal(err)
	}
	page, err := e.List(t.Context(), now, storage.Query{Kind: spent, Limit: 10})
	if err != nil || len(page.Records) != 2 {
		t.Fatalf("%v, %v", page.Records, err)
	}
	if n, err := e.Sweep(t.Context(), math.MaxInt64, 10); err != nil || n != 2 {
		t.Fatalf("Sweep at the end of time removed %d, %v", n, err)
	}
}

// TestPastDaysAreDropped sweeps after some days: whole days go with their tables, the current one keeps what is alive.
func TestPastDaysAreDropped(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	n := openNodes(t, postgres.Options{URL: url})
	noon := now - now%day + day/2
	for d := range int64(5) {
		for i := range 4 {
			// Two before noon, two after.
			expires := noon + d*day + int64(i-2)*3600 + 60
			w := passing(fmt.Sprint(d, i), expires, named("same"))
			if err := n.Apply(t.Context(), noon-3*3600, then(w)); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := connect(t, url)
	if got := a.number(partitions); got != 10 {
		t.Fatalf("%d partitions, want 10", got)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	removed := 0
	for _, e := range n.engines {
		wg.Go(func() {
			got, err := e.Sweep(t.Context(), noon+3*day, 100)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			removed += got
		})
	}
	wg.Wait()
	// Three whole days and the morning of the fourth.
	if removed != 14 {
		t.Errorf("removed %d records, want 14", removed)
	}
	if got := a.number(partitions); got != 4 {
		t.Errorf("%d partitions are left, want 4", got)
	}
	page, err := n.List(t.Context(), noon-3*3600, storage.Query{Kind: spent, Index: "name", Limit: 100})
	if err != nil || len(page.Records) != 6 {
		t.Errorf("%d records are left, %v, want 6", len(page.Records), err)
	}
	if got := a.number("SELECT count(*) FROM passing_entry"); got != 6 {
		t.Errorf("%d entries are left, want 6", got)
	}
}

// TestFullDayIsSweptByRow checks that a day with more records than a sweep may remove is not dropped before they are few.
func TestFullDayIsSweptByRow(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	var b storage.Batch
	for i := range 25 {
		b.Then = append(b.Then, passing(fmt.Sprint(i), now+60))
	}
	if err := e.Apply(t.Context(), now, b); err != nil {
		t.Fatal(err)
	}
	a := connect(t, url)
	for i, want := range []int{10, 10, 5, 0} {
		got, err := e.Sweep(t.Context(), now+2*day, 10)
		if err != nil || got != want {
			t.Errorf("sweep %d removed %d, %v, want %d", i, got, err, want)
		}
	}
	if got := a.number(partitions); got != 0 {
		t.Errorf("%d partitions are left", got)
	}
}

// TestManyAreSwept removes more than one statement does.
func TestManyAreSwept(t *testing.T) {
	t.Parallel()
	e := open(t, postgres.Options{URL: pgtest.Start(t), Migrate: true})
	const each, batches = 500, 5
	for i := range batches {
		var b storage.Batch
		for j := range each {
			w := put(key(grant, fmt.Sprint(i, " ", j)), 1, "")
			w.Expires = now + 60
			b.Then = append(b.Then, w, passing(fmt.Sprint(i, " ", j), now+60))
		}
		if err := e.Apply(t.Context(), now, b); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{3000, 2*each*batches - 3000, 0} {
		if got, err := e.Sweep(t.Context(), now+60, 3000); err != nil || got != want {
			t.Errorf("sweep %d removed %d, %v, want %d", i, got, err, want)
		}
	}
}

// TestDayThatCannotBeDropped has somebody read the table for long: the sweep removes the rows and leaves the day for later.
func TestDayThatCannotBeDropped(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	if err := e.Apply(t.Context(), now, then(passing("a", now+60))); err != nil {
		t.Fatal(err)
	}
	a := connect(t, url)
	a.exec("BEGIN")
	a.exec("LOCK TABLE passing IN ACCESS SHARE MODE")
	if n, err := e.Sweep(t.Context(), now+2*day, 10); err != nil || n != 1 {
		t.Errorf("Sweep beside a reader: %d, %v", n, err)
	}
	a.exec("COMMIT")
	if n, err := e.Sweep(t.Context(), now+2*day, 10); err != nil || n != 0 {
		t.Errorf("Sweep after it: %d, %v", n, err)
	}
	if got := a.number(partitions); got != 0 {
		t.Errorf("%d partitions are left", got)
	}
}

// TestDayThatWent has a partition vanish behind an engine's back.
func TestDayThatWent(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	for _, drop := range []string{"passing", "passing_entry"} {
		if err := e.Apply(t.Context(), now, then(passing("a", now+60, named("x")))); err != nil {
			t.Fatal(err)
		}
		connect(t, url).exec(fmt.Sprintf("DROP TABLE %s_%d", drop, (now+60)/day))
		if err := e.Apply(t.Context(), now, then(passing("b", now+60, named("x")))); err != nil {
			t.Errorf("after %s's partition went: %v", drop, err)
		}
	}
}

// TestClockBehind has a node whose clock stands before a day that another node has swept away. What was spent stays spent.
func TestClockBehind(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	var b storage.Batch
	storage.Markers{Kind: spent}.Spend(&b, "token", now+60)
	if err := n.Apply(t.Context(), now, b); err != nil {
		t.Fatal(err)
	}
	if _, err := n.engines[0].Sweep(t.Context(), now+2*day, 10); err != nil {
		t.Fatal(err)
	}
	for _, e := range n.engines {
		if err := e.Apply(t.Context(), now, b); !errors.Is(err, storage.ErrPast) {
			t.Errorf("got error %v, want ErrPast", err)
		}
	}
}
