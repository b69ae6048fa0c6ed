package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"signet/storage"
)

var lifeTests = []test{
	{"a context that has ended", func(h *harness) {
		ctx, cancel := context.WithCancel(h.ctx)
		cancel()
		for name, err := range h.callEach(ctx) {
			if !errors.Is(err, context.Canceled) {
				h.Errorf("%s: got error %v, want context.Canceled", name, err)
			}
		}
		h.wantAbsent(forever("called"))
	}},
	{"contexts that end meanwhile", contextsEnd},
	{"closed", func(h *harness) {
		if err := h.engine.Close(); err != nil {
			h.Fatalf("Close: %v", err)
		}
		for name, err := range h.callEach(h.ctx) {
			if !errors.Is(err, storage.ErrStopped) {
				h.Errorf("%s after Close: got error %v, want ErrStopped", name, err)
			}
		}
	}},
	{"closed while batches run", closeWhileRunning},
	{"reopened", reopened},
	{"reopened after a sweep", func(h *harness) {
		w := put(key(passing, "a"), 1, "value")
		h.write(w)
		h.now = start + hour
		h.sweep(10)
		h.close()
		h.again()
		h.now = start
		h.wantAbsent(w.Key)
		h.refuse(then(w), storage.ErrPast)
	}},
}

// callEach makes one call of each method that takes a context.
func (h *harness) callEach(ctx context.Context) map[string]error {
	_, get := h.engine.Get(ctx, h.now, forever("called"))
	_, list := h.engine.List(ctx, h.now, storage.Query{Kind: lasting, Limit: 1})
	apply := h.engine.Apply(ctx, h.now, then(put(forever("called"), 1, "value")))
	_, sweep := h.engine.Sweep(ctx, h.now, 1)
	return map[string]error{"Get": get, "List": list, "Apply": apply, "Sweep": sweep}
}

// contextsEnd applies batches whose contexts end at any moment. What Apply says must be so.
func contextsEnd(h *harness) {
	const writers, each = 16, 20
	var verdicts [writers][each]error
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(h.seed, uint64(i)))
			for j := range each {
				ctx, cancel := context.WithTimeout(h.ctx, time.Duration(rnd.IntN(1500))*time.Microsecond)
				verdicts[i][j] = h.engine.Apply(ctx, h.now, then(put(forever(fmt.Sprint(i, " ", j)), 1, "value")))
				cancel()
			}
		})
	}
	wg.Wait()
	for i := range writers {
		for j, err := range verdicts[i] {
			there := h.get(forever(fmt.Sprint(i, " ", j)))[0].Present()
			if !errors.Is(err, storage.ErrUnknown) && there != (err == nil) {
				h.Errorf("a batch is there: %t, but Apply returned %v", there, err)
			}
		}
	}
}

// closeWhileRunning closes under load. Every batch must have been written or refused as stopped, and nothing else.
func closeWhileRunning(h *harness) {
	const writers = 16
	var written [writers]int
	var wg sync.WaitGroup
	started := make(chan struct{}, writers)
	for i := range writers {
		wg.Go(func() {
			for j := 0; ; j++ {
				err := h.engine.Apply(h.ctx, h.now, then(put(forever(fmt.Sprint(i, " ", j)), 1, "value")))
				if err != nil {
					if !errors.Is(err, storage.ErrStopped) {
						h.Errorf("Apply while closing: got error %v, want ErrStopped", err)
					}
					written[i] = j
					return
				}
				if j == 2 {
					started <- struct{}{}
				}
			}
		})
	}
	for range writers {
		<-started
	}
	h.close()
	wg.Wait()
	h.again()
	for i := range writers {
		for j := range written[i] {
			h.want(put(forever(fmt.Sprint(i, " ", j)), 1, "value"))
		}
		h.wantAbsent(forever(fmt.Sprint(i, " ", written[i])))
	}
}

func reopened(h *harness) {
	var all []storage.Write
	for _, k := range both {
		for i := range 20 {
			w := put(key(k, fmt.Sprint("id", i)), uint64(i+1), fmt.Sprint("value ", i), entry("x", fmt.Sprint("v", i%3)))
			h.write(w)
			if i%4 == 0 {
				h.write(del(w.Key))
				continue
			}
			all = append(all, w)
		}
	}
	h.close()
	h.again()
	for _, w := range all {
		h.want(w)
	}
	for _, k := range both {
		h.wantAbsent(key(k, "id0"), key(k, "id4"))
		h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte("v1"), Limit: 3}, "id1", "id10", "id13", "id19", "id7")
	}
	h.write(put(all[0].Key, 100, "later"))
	h.want(put(all[0].Key, 100, "later"))
}

func (h *harness) close() {
	h.Helper()
	if err := h.engine.Close(); err != nil {
		h.Fatalf("Close: %v", err)
	}
}

// again opens the closed engine's data anew, or ends the test where that is impossible.
func (h *harness) again() {
	h.Helper()
	if h.reopen == nil {
		h.Skip("no Reopen option")
	}
	e := h.reopen(h.T, h.engine)
	h.Cleanup(func() { _ = e.Close() })
	h.engine = e
}
