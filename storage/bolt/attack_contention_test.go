package bolt

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"signet/storage"
)

// Whatever long work goes on, a backup that stands still, a check of everything, a sweep of thousands, an import in the largest
// batches there are: two hundred writers wait for the commit that is running and for their own, not for the work.
func TestAttack_AO13_LongWorkKeepsNobodyWaiting(t *testing.T) {
	e := openNew(t)
	fill(t, e, 3000, 450)
	slow := &slowWriter{began: make(chan struct{}), goOn: make(chan struct{})}
	resume := sync.OnceFunc(func() { close(slow.goOn) })
	t.Cleanup(resume) // or the engine could not be closed if this test fails
	backup := make(chan error, 1)
	go func() { backup <- e.Backup(context.WithoutCancel(t.Context()), slow) }()
	<-slow.began

	var imported atomic.Int64
	var long, writers sync.WaitGroup
	stop := make(chan struct{})
	working := func(work func(n int) error) {
		long.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := work(n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	working(func(n int) error {
		var b storage.Batch
		for i := range storage.MaxWrites {
			b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: storage.Key{Kind: lasting, ID: fmt.Sprintf("import %d of %d", i, n%20)}, Version: uint64(n + 1), Value: make([]byte, 200)}})
		}
		defer imported.Add(1)
		return e.Apply(t.Context(), start, b)
	})
	working(func(int) error { return e.Check(t.Context()) })
	working(func(n int) error {
		_, err := e.Sweep(t.Context(), start+1000+int64(n%100), 10_000)
		return err
	})
	for imported.Load() == 0 {
		// It has no end: the sweep is ahead in time, and what has ended cannot be written.
		apply(t, e, puts(storage.Record{Key: storage.Key{Kind: lasting, ID: "meanwhile"}, Version: 1, Value: []byte("value")}))
	}

	var mu sync.Mutex
	var waited []int64
	for w := range 200 {
		writers.Go(func() {
			for i := range 2 {
				r := storage.Record{Key: storage.Key{Kind: lasting, ID: fmt.Sprintf("writer %d, %d", w, i)}, Version: 1, Value: []byte("value")}
				before := imported.Load()
				if err := e.Apply(t.Context(), start, puts(r)); err != nil {
					t.Error(err)
				}
				mu.Lock()
				waited = append(waited, imported.Load()-before)
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	select {
	case err := <-backup:
		t.Errorf("the backup ended by itself: %v", err)
	default:
	}
	close(stop)
	long.Wait()
	resume()
	if err := <-backup; err != nil {
		t.Error(err)
	}
	slices.Sort(waited)
	if p99 := waited[len(waited)*99/100]; p99 > 10 {
		t.Errorf("of 400 writes, four waited for more than %d batches of the import", p99)
	}
}
