package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// atOnce applies batches at the same moment, each on another node, and returns how many of them won.
func (n *nodes) atOnce(t *testing.T, batches ...storage.Batch) (winners int) {
	t.Helper()
	var wg sync.WaitGroup
	gate := make(chan struct{})
	errs := make([]error, len(batches))
	for i, b := range batches {
		wg.Go(func() {
			<-gate
			errs[i] = n.engines[i%nodeCount].Apply(t.Context(), now, b)
		})
	}
	close(gate)
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			winners++
		} else if !errors.Is(err, storage.ErrConflict) {
			t.Fatal(err)
		}
	}
	return winners
}

func ifAbsent(asked storage.Key, writes ...storage.Write) storage.Batch {
	return storage.Batch{If: []storage.Condition{{Key: asked}}, Then: writes}
}

// TestWriteSkew has batches each of which asks that there be no other's record, and writes its own: one after the other,
// only the first can win. There is no row on which they meet.
func TestWriteSkew(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	for i := range times(t, "POSTGRES_RACES", 60) {
		a, b, c := key(spent, fmt.Sprint("a", i)), key(grant, fmt.Sprint("b", i)), key(spent, fmt.Sprint("c", i))
		winners := n.atOnce(t,
			ifAbsent(a, put(b, 1, ""), put(c, 1, "")),
			ifAbsent(b, put(a, 1, ""), put(c, 1, "")),
			ifAbsent(c, put(a, 1, ""), put(b, 1, "")))
		if winners != 1 {
			t.Fatalf("round %d: %d winners, want 1", i, winners)
		}
	}
}

// TestConditionsDoNotExclude has batches that ask the same of the same records and write others: all win.
func TestConditionsDoNotExclude(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	if err := n.Apply(t.Context(), now, then(put(key(grant, "client"), 3, ""))); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		var batches []storage.Batch
		for j := range 9 {
			b := ifAbsent(key(spent, "denied"), put(key(grant, fmt.Sprint(i, " ", j)), 1, ""))
			b.If = append(b.If, storage.Condition{Key: key(grant, "client"), Version: 3})
			batches = append(batches, b)
		}
		if winners := n.atOnce(t, batches...); winners != len(batches) {
			t.Fatalf("round %d: %d winners, want %d", i, winners, len(batches))
		}
	}
}

// TestLargeBatches has batches with so many keys that they lock everything at once, beside small ones on the same records,
// in every order: one of each round wins, and none waits for ever.
func TestLargeBatches(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	for i := range 10 {
		token := key(spent, fmt.Sprint("token ", i))
		var batches []storage.Batch
		for j := range 6 {
			b := ifAbsent(token, put(token, 1, ""))
			for k := range 100 * (j % 2) {
				b.Then = append(b.Then, put(key(grant, fmt.Sprint((k+j*17)%100)), uint64(i+1), ""))
			}
			batches = append(batches, b)
		}
		if winners := n.atOnce(t, batches...); winners != 1 {
			t.Fatalf("round %d: %d winners, want 1", i, winners)
		}
	}
}

// TestRowsGuardThemselves changes records in the moment between a batch's judgement and its write, as somebody would who
// does not take the locks. The write does not go through on what was judged before.
func TestRowsGuardThemselves(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	a := connect(t, url)
	for name, c := range map[string]struct {
		key     storage.Key
		version uint64
		meddle  string
	}{
		"lasting version moves":  {key(grant, "moves"), 1, "UPDATE lasting SET version = 2 WHERE id = 'moves'"},
		"lasting version goes":   {key(grant, "goes"), 1, "DELETE FROM lasting WHERE id = 'goes'"},
		"lasting record appears": {key(grant, "appears"), 0, "INSERT INTO lasting VALUES ('grant', 'appears', 0, 9, '')"},
		"passing version moves":  {key(spent, "pmoves"), 1, "UPDATE passing SET version = 2 WHERE id = 'pmoves'"},
		"passing version goes":   {key(spent, "pgoes"), 1, "DELETE FROM passing WHERE id = 'pgoes'"},
		"passing record appears": {key(spent, "pappears"), 0, fmt.Sprintf("INSERT INTO passing VALUES ('spent', %d, 'pappears', 9, '')", now+60)},
	} {
		for _, write := range []storage.Write{put(c.key, c.version+1, "ours"), {Record: storage.Record{Key: c.key}, Delete: true}} {
			if c.version == 0 && write.Delete {
				// Deleting what should be absent asks nothing of the row.
				continue
			}
			reset(t, e, c.key, c.version)
			a.exec("BEGIN")
			a.exec(c.meddle)
			done := make(chan error)
			go func() {
				done <- e.Apply(t.Context(), now, storage.Batch{
					If: []storage.Condition{{Key: c.key, Version: c.version}}, Then: []storage.Write{write}})
			}()
			a.until(waiters, 1)
			a.exec("COMMIT")
			if err := <-done; !errors.Is(err, storage.ErrConflict) {
				t.Errorf("%s, delete %t: got error %v, want ErrConflict", name, write.Delete, err)
			}
		}
	}
}

// reset brings a record to a version, 0 for none.
func reset(t *testing.T, e *postgres.Engine, k storage.Key, version uint64) {
	t.Helper()
	batch := then(storage.Write{Record: storage.Record{Key: k}, Delete: true})
	if version > 0 {
		batch = then(put(k, version, ""))
	}
	// The partition must be there for whoever meddles.
	batch.Then = append(batch.Then, put(key(spent, "other"), 1, ""))
	if err := e.Apply(t.Context(), now, batch); err != nil {
		t.Fatal(err)
	}
}
