package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
	"signet/storage/storagetest"
)

// TestContract runs against several nodes at once, which must be as good as one engine: each call goes to another of them.
func TestContract(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	var made atomic.Int64
	storagetest.Run(t, func(t testing.TB) storage.Engine {
		// A schema is quicker made than a database.
		return openNodes(t, postgres.Options{URL: url, Schema: fmt.Sprint("contract ", made.Add(1))})
	}, storagetest.Reopen(func(t testing.TB, closed storage.Engine) storage.Engine {
		return openNodes(t, closed.(*nodes).options)
	}))
}

// nodes are several engines on one database that behave as one.
type nodes struct {
	options postgres.Options
	engines []*postgres.Engine
	calls   atomic.Int64
}

const nodeCount = 3

// openNodes opens them all at the same moment.
func openNodes(tb testing.TB, o postgres.Options) *nodes {
	tb.Helper()
	o.Migrate, o.MaxConns = true, 6
	n := &nodes{options: o, engines: make([]*postgres.Engine, nodeCount)}
	errs := make([]error, nodeCount)
	var wg sync.WaitGroup
	for i := range n.engines {
		wg.Go(func() { n.engines[i], errs[i] = postgres.Open(tb.Context(), o) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := n.Close(); err != nil {
			tb.Error(err)
		}
	})
	return n
}

func (n *nodes) next() storage.Engine { return n.engines[n.calls.Add(1)%nodeCount] }

func (n *nodes) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	return n.next().Get(ctx, now, keys...)
}

func (n *nodes) List(ctx context.Context, now int64, q storage.Query) (storage.Page, error) {
	return n.next().List(ctx, now, q)
}

func (n *nodes) Apply(ctx context.Context, now int64, b storage.Batch) error {
	return n.next().Apply(ctx, now, b)
}

func (n *nodes) Sweep(ctx context.Context, now int64, limit int) (int, error) {
	return n.next().Sweep(ctx, now, limit)
}

func (n *nodes) Watch(fn func(storage.Change)) (stop func()) {
	stops := make([]func(), nodeCount)
	for i, e := range n.engines {
		stops[i] = e.Watch(fn)
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

func (n *nodes) Close() error {
	var errs error
	for _, e := range n.engines {
		errs = errors.Join(errs, e.Close())
	}
	return errs
}
