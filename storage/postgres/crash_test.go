package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// TestCrash kills all of the server's processes under load and starts it again, so often as POSTGRES_CRASHES says. What was
// acknowledged is there, nothing was spent twice, and in between there were only errors that say "try again" or "unknown".
func TestCrash(t *testing.T) {
	t.Parallel()
	server := pgtest.StartOwn(t, pgtest.Options{Fsync: true})
	url, err := server.CreateDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := openNodes(t, postgres.Options{URL: url})
	heard := watch(t, n.engines[0])
	l := &load{T: t, nodes: n}
	for range times(t, "POSTGRES_CRASHES", 3) {
		stop := l.start()
		time.Sleep(time.Duration(100+rand.IntN(200)) * time.Millisecond)
		heard.forget()
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		l.waitForRecovery()
		heard.wait(t, storage.Change{})
		l.check()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d tokens, %d acknowledged, %d unknown, %d refused", l.next.Load(), l.acked.Load(), l.unknown.Load(), l.refused.Load())
}

// load spends tokens, each of which several workers try on several nodes.
type load struct {
	*testing.T
	*nodes
	next                    atomic.Int64
	acked, unknown, refused atomic.Int64
	// winners maps each token to the worker that was told that it spent it.
	winners sync.Map
	checked int64
}

const (
	workers   = 12
	perToken  = 3
	tokenName = "token %d"
)

func (l *load) start() (stop func()) {
	var wg sync.WaitGroup
	done := make(chan struct{})
	for worker := range workers {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					l.spend(l.next.Add(1)/perToken, worker)
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }
}

func (l *load) spend(token int64, worker int) {
	who := fmt.Sprint(worker, " of ", token)
	err := l.engines[worker%nodeCount].Apply(l.Context(), now, spend(fmt.Sprintf(tokenName, token), who))
	switch {
	case err == nil:
		l.acked.Add(1)
		if before, twice := l.winners.LoadOrStore(token, who); twice {
			l.Errorf("token %d was spent by %v and by %s", token, before, who)
		}
	case errors.Is(err, storage.ErrUnknown):
		l.unknown.Add(1)
	case errors.Is(err, storage.ErrUnavailable):
		l.refused.Add(1)
		time.Sleep(time.Millisecond)
	case !errors.Is(err, storage.ErrConflict):
		l.Errorf("token %d: %v", token, err)
	}
}

// waitForRecovery returns when every node writes again.
func (l *load) waitForRecovery() {
	limit := time.Now().Add(patience)
	for _, e := range l.engines {
		for {
			err := e.Apply(l.Context(), now, then(put(key(grant, "sign of life"), 1, "")))
			if err == nil {
				break
			}
			if time.Now().After(limit) {
				l.Fatalf("no recovery: %v", err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// check looks at every token since the last check: it was spent whole or not at all, and by whom it was said.
func (l *load) check() {
	last := l.next.Load() / perToken
	for ; l.checked <= last; l.checked++ {
		id := fmt.Sprintf(tokenName, l.checked)
		recs, err := l.Get(l.Context(), now, key(spent, id), key(person, id))
		if err != nil {
			l.Fatal(err)
		}
		if recs[0].Present() != recs[1].Present() {
			l.Errorf("%s: half a batch is there", id)
		}
		if winner, acked := l.winners.Load(l.checked); acked && string(recs[1].Value) != winner {
			l.Errorf("%s: acknowledged to %v, but there is %q", id, winner, recs[1].Value)
		}
	}
}
