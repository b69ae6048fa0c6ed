package bolt

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// together commits batches in one transaction and returns what each gets.
func together(t *testing.T, e *Engine, now int64, batches ...storage.Batch) []error {
	t.Helper()
	var group []*request
	for _, b := range batches {
		p, err := newPlan(now, b)
		if err != nil {
			t.Fatal(err)
		}
		group = append(group, &request{run: func(t *txn) error { return t.apply(p) }})
	}
	before := transaction(e)
	e.commit(group)
	if n := transaction(e) - before; n > 1 {
		t.Fatalf("%d transactions", n)
	}
	errs := make([]error, len(group))
	for i, r := range group {
		errs[i] = r.err
	}
	return errs
}

// transaction is the number of the transaction committed last.
func transaction(e *Engine) (id int) {
	_ = e.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil })
	return id
}

func ifAbsent(r storage.Record) storage.Batch {
	b := puts(r)
	b.If = []storage.Condition{{Key: r.Key}}
	return b
}

func TestBatchesOfOneCommitAreApart(t *testing.T) {
	e := openNew(t)
	first, second, other := nth(lasting, 1), nth(lasting, 1), nth(passing, 2)
	second.Value = []byte("second")
	past := storage.Record{Key: storage.Key{Kind: lasting, ID: "past", Expires: 5}, Version: 1}
	errs := together(t, e, start,
		ifAbsent(first),
		ifAbsent(second),
		puts(nth(lasting, 3), past),
		ifAbsent(other),
		storage.Batch{If: []storage.Condition{{Key: other.Key, Version: other.Version}}, Then: []storage.Write{{Record: nth(lasting, 4)}}},
	)
	for i, want := range []error{nil, storage.ErrConflict, storage.ErrPast, nil, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("batch %d: got error %v, want %v", i, errs[i], want)
		}
	}
	recs, err := e.Get(t.Context(), start, first.Key, nth(lasting, 3).Key, other.Key, nth(lasting, 4).Key)
	if err != nil {
		t.Fatal(err)
	}
	if string(recs[0].Value) != string(first.Value) || recs[1].Present() || !recs[2].Present() || !recs[3].Present() {
		t.Errorf("got %v", recs)
	}
	if err := e.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestADamagedRecordSpoilsItsOwnBatchOnly(t *testing.T) {
	e := openNew(t)
	bad := nth(lasting, 1)
	apply(t, e, puts(bad, nth(lasting, 2)))
	spoil(t, e, func(tx *bbolt.Tx) error { return tx.Bucket(recordsBucket(lasting)).Put([]byte(bad.ID), []byte("x")) })
	errs := together(t, e, start,
		puts(nth(lasting, 3)),
		puts(nth(lasting, 4), bad),
		storage.Batch{If: []storage.Condition{{Key: bad.Key, Version: 1}}, Then: []storage.Write{{Record: nth(lasting, 5)}}},
		puts(nth(lasting, 6)))
	for i, want := range []error{nil, storage.ErrDamaged, storage.ErrDamaged, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("batch %d: got error %v, want %v", i, errs[i], want)
		}
	}
	for i, want := range map[int]bool{2: true, 3: true, 4: false, 5: false, 6: true} {
		if got := present(t, e, nth(lasting, i).Key); got != want {
			t.Errorf("record %d is there: %t, want %t", i, got, want)
		}
	}
	if _, err := e.Get(t.Context(), start, bad.Key); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Get: got error %v, want ErrDamaged", err)
	}
}

// spoil changes the file's contents behind the engine's back.
func spoil(t *testing.T, e *Engine, change func(*bbolt.Tx) error) {
	t.Helper()
	if err := e.db.Update(change); err != nil {
		t.Fatal(err)
	}
}

func TestNothingWrittenIsNoTransaction(t *testing.T) {
	e := openNew(t)
	r := nth(lasting, 1)
	apply(t, e, puts(r))
	before := transaction(e)
	gone := storage.Write{Record: storage.Record{Key: nth(lasting, 2).Key}, Delete: true}
	errs := together(t, e, start, ifAbsent(r), storage.Batch{If: []storage.Condition{{Key: r.Key, Version: r.Version}}}, storage.Batch{Then: []storage.Write{gone}})
	if !errors.Is(errs[0], storage.ErrConflict) || errs[1] != nil || errs[2] != nil {
		t.Errorf("got errors %v", errs)
	}
	if n := transaction(e) - before; n != 0 {
		t.Errorf("%d transactions for nothing", n)
	}
}

func TestARecordTwiceInOneArm(t *testing.T) {
	e := openNew(t)
	r := nth(lasting, 1)
	again := r
	again.Expires++
	if err := e.Apply(t.Context(), start, puts(r, again)); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("got error %v, want ErrInvalid", err)
	}
	apply(t, e, storage.Batch{Then: []storage.Write{{Record: r}}, Else: []storage.Write{{Record: r}}})
}

// TestWaitingBatchesShareATransaction holds the seat while batches queue.
func TestWaitingBatchesShareATransaction(t *testing.T) {
	e := openNew(t)
	before := transaction(e)
	e.queue.seat <- struct{}{}
	const n = 50
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := e.Apply(context.Background(), start, puts(nth(lasting, i))); err != nil {
				t.Errorf("Apply: %v", err)
			}
		})
	}
	waitFor(t, e, n)
	<-e.queue.seat
	wg.Wait()
	if got := transaction(e) - before; got != 1 {
		t.Errorf("%d batches took %d transactions, want 1", n, got)
	}
}

func waitFor(t *testing.T, e *Engine, n int) {
	t.Helper()
	for waiting := -1; waiting != n; {
		e.queue.mu.Lock()
		waiting = len(e.queue.waiting)
		e.queue.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

func TestAWithdrawnBatchIsNotWritten(t *testing.T) {
	e := openNew(t)
	e.queue.seat <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := e.Apply(ctx, start, puts(nth(lasting, 1))); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context.Canceled", err)
		}
	})
	waitFor(t, e, 1)
	cancel()
	wg.Wait()
	<-e.queue.seat
	apply(t, e, puts(nth(lasting, 2)))
	if present(t, e, nth(lasting, 1).Key) {
		t.Error("a withdrawn batch was written")
	}
}

func TestGroupsAreBounded(t *testing.T) {
	q := newQueue(nil)
	for i := range maxGroup + 10 {
		q.waiting = append(q.waiting, &request{size: i % 2})
	}
	if n := len(q.take()); n != maxGroup {
		t.Errorf("took %d, want %d", n, maxGroup)
	}
	if n := len(q.take()); n != 10 {
		t.Errorf("took %d, want the 10 that were left", n)
	}
	for range 3 {
		q.waiting = append(q.waiting, &request{size: maxGroupBytes * 2 / 3})
	}
	q.waiting = append(q.waiting, &request{size: 5 * maxGroupBytes})
	for i := range 4 {
		if n := len(q.take()); n != 1 {
			t.Errorf("%d: took %d large ones, want 1", i, n)
		}
	}
}

// TestAWatcherThatPanics must not take the committer with it.
func TestAWatcherThatPanics(t *testing.T) {
	e := openNew(t)
	noticed := &storage.Kind{Name: "noticed", Notify: true}
	heard := 0
	stop := e.Watch(func(storage.Change) { heard++; panic("watcher") })
	defer stop()
	for i := range 3 {
		apply(t, e, puts(nth(noticed, i)))
	}
	if heard != 3 {
		t.Errorf("told %d times, want 3", heard)
	}
}

// TestDamagedPagesEndWriting has bbolt meet a page that makes it panic in the midst of a commit.
func TestDamagedPagesEndWriting(t *testing.T) {
	e := openNew(t)
	fill(t, e, 2000, 500)
	size := int(e.pageSize)
	junk := make([]byte, size)
	for i := 2; i < int(e.pages(t)); i++ {
		if _, err := e.file.WriteAt(junk, int64(i*size)); err != nil {
			t.Fatal(err)
		}
	}
	err := e.Apply(t.Context(), start, puts(nth(lasting, 1)))
	if !errors.Is(err, storage.ErrDamaged) || !errors.Is(err, storage.ErrStopped) {
		t.Errorf("Apply: got error %v, want ErrDamaged and ErrStopped", err)
	}
	if err := e.Apply(t.Context(), start, puts(nth(lasting, 2))); !errors.Is(err, storage.ErrStopped) {
		t.Errorf("Apply: got error %v, want ErrStopped", err)
	}
	if _, err := e.Get(t.Context(), start, nth(lasting, 1).Key); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Get: got error %v, want ErrDamaged", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := Open(e.path, Options{}); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Open: got error %v, want ErrDamaged", err)
	}
}

// TestLostFirstPages overwrites the pages that every transaction begins with.
func TestLostFirstPages(t *testing.T) {
	for _, writeFirst := range []bool{false, true} {
		e := openNew(t)
		fill(t, e, 10, 10)
		if _, err := e.file.WriteAt(make([]byte, 2*e.pageSize), 0); err != nil {
			t.Fatal(err)
		}
		if writeFirst {
			if err := e.Apply(t.Context(), start, puts(nth(lasting, 1))); !errors.Is(err, storage.ErrDamaged) {
				t.Errorf("Apply: got error %v, want ErrDamaged", err)
			}
		}
		for range 3 {
			if _, err := e.Get(t.Context(), start, nth(lasting, 1).Key); !errors.Is(err, storage.ErrDamaged) {
				t.Errorf("Get: got error %v, want ErrDamaged", err)
			}
			if err := e.Apply(t.Context(), start, puts(nth(lasting, 1))); !errors.Is(err, storage.ErrStopped) {
				t.Errorf("Apply: got error %v, want ErrStopped", err)
			}
		}
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func (e *Engine) pages(t *testing.T) (n int64) {
	t.Helper()
	if err := e.db.View(func(tx *bbolt.Tx) error { n = tx.Size() / e.pageSize; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}
