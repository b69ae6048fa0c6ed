package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/bolt"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// swept is an engine that counts what sweeps remove, and fails as often as it is told to.
type swept struct {
	storage.Engine
	t       testing.TB
	removed *atomic.Int64
	steps   atomic.Int64
	fail    atomic.Int64
}

// Sweep implements storage.Engine.
func (s *swept) Sweep(ctx context.Context, now int64, limit int) (int, error) {
	if s.fail.Add(-1) >= 0 {
		return 0, storage.ErrUnavailable
	}
	if limit > 1000 {
		s.t.Errorf("a step of %d records", limit)
	}
	n, err := s.Engine.Sweep(ctx, now, limit)
	s.removed.Add(int64(n))
	s.steps.Add(1)
	return n, err
}

var (
	sweptLasting = &storage.Kind{Name: "lasting"}
	sweptPassing = &storage.Kind{Name: "passing", Passing: true}
)

// sweptNoon is noon, so that some of what lives expires today and some on another day.
const sweptNoon = 20000*86400 + 43200

// living are records that no sweep may touch: they expire a second too late, on another day, or never.
func living() (all []storage.Record) {
	for _, expires := range []int64{sweptNoon + 61, sweptNoon + 3600, sweptNoon + 3*86400, 0} {
		for _, kind := range []*storage.Kind{sweptLasting, sweptPassing} {
			for i := range 20 {
				if expires != 0 || !kind.Passing {
					all = append(all, sweptRecord(kind, fmt.Sprintf("living %d", i), expires))
				}
			}
		}
	}
	for i := range all {
		all[i].ID += fmt.Sprint(" until ", all[i].Expires)
	}
	return all
}

func sweptRecord(kind *storage.Kind, id string, expires int64) storage.Record {
	return storage.Record{Key: storage.Key{Kind: kind, ID: id, Expires: expires}, Version: 1, Value: []byte("value")}
}

const sweptDead = 1200

func fillForSweep(t *testing.T, e storage.Engine) {
	t.Helper()
	records := living()
	for i := range sweptDead {
		records = append(records, sweptRecord(sweptLasting, fmt.Sprint("dead ", i), sweptNoon+1+int64(i%60)), sweptRecord(sweptPassing, fmt.Sprint("dead ", i), sweptNoon+1+int64(i%60)))
	}
	for len(records) > 0 {
		n := min(len(records), 400)
		var b storage.Batch
		for _, r := range records[:n] {
			b.Then = append(b.Then, storage.Write{Record: r})
		}
		if err := e.Apply(t.Context(), sweptNoon, b); err != nil {
			t.Fatal(err)
		}
		records = records[n:]
	}
}

// Nodes that all sweep at the same moment remove what has expired, each of it once and in short steps, and nothing else. A node
// whose storage is away sweeps at its next turn.
func TestAttack_AO17_SweepersRemoveWhatHasExpired(t *testing.T) {
	for name, open := range map[string]func(*testing.T) []storage.Engine{"bolt": oneBolt, "three nodes on PostgreSQL": threeNodes} {
		t.Run(name, func(t *testing.T) {
			engines := open(t)
			fillForSweep(t, engines[0])
			var now, removed atomic.Int64
			clock := func() time.Time { return time.Unix(now.Load(), 0) }
			var nodes sync.WaitGroup
			ctx, stop := context.WithCancel(t.Context())
			var ticks []chan time.Time
			var counted []*swept
			for _, e := range engines {
				c := &swept{Engine: e, t: t, removed: &removed}
				counted = append(counted, c)
				turn := make(chan time.Time)
				ticks = append(ticks, turn)
				db := storage.New(c, nil, clock)
				nodes.Go(func() { sweepAt(ctx, turn, func() *storage.DB { return db }, slog.New(slog.DiscardHandler)) })
			}
			// tick is over when every node has taken another one: it does so between two sweeps.
			tick := func() {
				var all sync.WaitGroup
				for _, turn := range ticks {
					all.Go(func() { turn <- time.Time{}; turn <- time.Time{} })
				}
				all.Wait()
			}
			now.Store(sweptNoon)
			tick()
			if removed.Load() != 0 {
				t.Errorf("%d removed before they expired", removed.Load())
			}
			now.Store(sweptNoon + 60)
			for _, c := range counted {
				c.fail.Store(1) // the first of the two turns of this tick
			}
			tick()
			tick()
			stop()
			nodes.Wait()
			if removed.Load() != 2*sweptDead {
				t.Errorf("%d removed, want %d", removed.Load(), 2*sweptDead)
			}
			for i, c := range counted {
				if c.steps.Load() < 2 {
					t.Errorf("node %d: %d steps", i, c.steps.Load())
				}
			}
			for _, r := range living() {
				if got, err := engines[0].Get(t.Context(), now.Load(), r.Key); err != nil || !got[0].Present() {
					t.Errorf("%s %q is gone: %v", r.Kind.Name, r.ID, err)
				}
			}
		})
	}
}

func oneBolt(t *testing.T) []storage.Engine {
	e, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return []storage.Engine{e}
}

func threeNodes(t *testing.T) (all []storage.Engine) {
	url := pgtest.Start(t)
	for range 3 {
		e, err := postgres.Open(t.Context(), postgres.Options{URL: url, Migrate: true, MaxConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		all = append(all, e)
	}
	return all
}

// A server sweeps by itself, also after its configuration was read again.
func TestAttack_AO17_TheServerSweeps(t *testing.T) {
	defer func(d time.Duration) { sweepEvery = d }(sweepEvery)
	sweepEvery = time.Millisecond
	r := newReloading(t, "name = \"One\"\n")
	ctx, stop := context.WithCancel(t.Context())
	defer r.running.Wait()
	defer stop()
	r.background(ctx)
	count := func() uint64 {
		s, err := r.node.Load().engine.(*bolt.Engine).Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Records["passing"]
	}
	for range 2 {
		db := r.node.Load().db
		err := storage.ErrPast
		for errors.Is(err, storage.ErrPast) { // the clock went on in between
			err = db.Apply(t.Context(), storage.Batch{Then: []storage.Write{{Record: sweptRecord(sweptPassing, "short", db.Now().Unix()+1)}}})
		}
		if err != nil {
			t.Fatal(err)
		}
		for tries := 0; count() != 0; tries++ {
			if tries == 30_000 {
				t.Fatal("nobody sweeps")
			}
			time.Sleep(time.Millisecond)
		}
		r.reload(ctx)
	}
}
