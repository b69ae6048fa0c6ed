package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"signet/storage"
)

// racers is how many goroutines run a race.
const racers = 16

// duel is a race that exactly one batch may win.
type duel struct {
	name string
	// prepare writes what the race is about; round makes its ids unlike those of other rounds.
	prepare func(h *harness, round string)
	// batch is what a racer applies.
	batch func(round string, racer int) storage.Batch
	now   int64
}

var duels = []duel{
	{name: "lasting absent", batch: func(round string, racer int) storage.Batch { return create(forever(round), racer) }},
	{name: "passing absent", batch: func(round string, racer int) storage.Batch { return create(key(passing, round), racer) }},
	{name: "lasting version", prepare: existing(lasting), batch: func(round string, racer int) storage.Batch {
		return update(key(lasting, round), racer)
	}},
	{name: "passing version", prepare: existing(passing), batch: func(round string, racer int) storage.Batch {
		return update(key(passing, round), racer)
	}},
	{name: "delete at version", prepare: existing(lasting), batch: func(round string, racer int) storage.Batch {
		k := key(lasting, round)
		return storage.Batch{If: []storage.Condition{at(k, 1)}, Then: []storage.Write{del(k)}}
	}},
	{name: "expired counts as absent", now: start + hour, prepare: existing(lasting), batch: func(round string, racer int) storage.Batch {
		return create(storage.Key{Kind: lasting, ID: round, Expires: start + 2*hour}, racer)
	}},
	{name: "update or delete", prepare: existing(passing), batch: func(round string, racer int) storage.Batch {
		k := key(passing, round)
		if racer%2 == 0 {
			return update(k, racer)
		}
		return storage.Batch{If: []storage.Condition{at(k, 1)}, Then: []storage.Write{del(k)}}
	}},
	{name: "two in either order", prepare: existing(lasting), batch: func(round string, racer int) storage.Batch {
		one, two := create(key(passing, round), racer), update(key(lasting, round), racer)
		if racer%2 == 0 {
			one, two = two, one
		}
		one.Add(two)
		return one
	}},
	{name: "a condition on what another writes", prepare: existing(lasting), batch: func(round string, racer int) storage.Batch {
		// Each claims its own name if nobody has claimed the common one, and then claims that.
		b := create(forever(fmt.Sprint(round, " own ", racer)), racer)
		b.If = append(b.If, at(key(lasting, round), 1), absent(key(passing, round)))
		b.Then = append(b.Then, put(key(passing, round), 1, "claimed"))
		return b
	}},
}

func existing(k *storage.Kind) func(*harness, string) {
	return func(h *harness, round string) { h.write(put(key(k, round), 1, "old", entry("x", round))) }
}

func create(k storage.Key, racer int) storage.Batch {
	return storage.Batch{If: []storage.Condition{absent(k)}, Then: []storage.Write{put(k, 1, fmt.Sprint("racer ", racer))}}
}

func update(k storage.Key, racer int) storage.Batch {
	return storage.Batch{If: []storage.Condition{at(k, 1)}, Then: []storage.Write{put(k, 2, fmt.Sprint("racer ", racer))}}
}

var raceTests = append(duelTests(), []test{
	{"everyone wins what is their own", func(h *harness) {
		for i := range h.races {
			errs := h.race(func(racer int) error {
				return h.engine.Apply(h.ctx, h.now, create(forever(fmt.Sprint(i, " ", racer)), racer))
			})
			for _, err := range errs {
				if err != nil {
					h.Fatalf("Apply: %v", err)
				}
			}
		}
	}},
	{"no update is lost", noneLost},
	{"nobody sees half a batch", noHalf},
	{"batches, sweeps and lists at once", everythingAtOnce},
}...)

func duelTests() []test {
	tests := make([]test, len(duels))
	for i, d := range duels {
		tests[i] = test{d.name, d.run}
	}
	return tests
}

// run races again and again. Every loser's Else must have been written, the winner's not.
func (d duel) run(h *harness) {
	for i := range h.races {
		round := fmt.Sprint("round ", i)
		if d.prepare != nil {
			d.prepare(h, round)
		}
		now := max(h.now, d.now)
		lost := func(racer int) storage.Key { return forever(fmt.Sprint(round, " lost ", racer)) }
		errs := h.race(func(racer int) error {
			b := d.batch(round, racer)
			b.Else = []storage.Write{put(lost(racer), 1, "")}
			return h.engine.Apply(h.ctx, now, b)
		})
		winners := 0
		for racer, err := range errs {
			if err == nil {
				winners++
			} else if !errors.Is(err, storage.ErrConflict) {
				h.Fatalf("%s: Apply: %v", round, err)
			}
			if there := h.get(lost(racer))[0].Present(); there != (err != nil) {
				h.Fatalf("%s: Else is written: %t, but Apply returned %v", round, there, err)
			}
		}
		if winners != 1 {
			h.Fatalf("%s: %d winners", round, winners)
		}
	}
}

// race lets all racers go at once and returns what each got.
func (h *harness) race(run func(racer int) error) []error {
	errs := make([]error, racers)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			<-gate
			errs[i] = run(i)
		})
	}
	close(gate)
	wg.Wait()
	return errs
}

// noneLost has everybody count in one record.
func noneLost(h *harness) {
	k, each := forever("counter"), max(h.races/4, 3)
	h.write(put(k, 1, ""))
	h.race(func(int) error {
		for n := 0; n < each; {
			recs, err := h.engine.Get(h.ctx, h.now, k)
			if err != nil {
				h.Errorf("Get: %v", err)
				return err
			}
			version := recs[0].Version
			err = h.engine.Apply(h.ctx, h.now, storage.Batch{
				If:   []storage.Condition{at(k, version)},
				Then: []storage.Write{put(k, version+1, "")},
			})
			switch {
			case err == nil:
				n++
			case !errors.Is(err, storage.ErrConflict):
				h.Errorf("Apply: %v", err)
				return err
			}
		}
		return nil
	})
	if got, want := h.get(k)[0].Version, uint64(1+racers*each); got != want {
		h.Fatalf("counted to %d, want %d", got, want)
	}
}

// noHalf reads records that are only ever written together.
func noHalf(h *harness) {
	a, b := forever("a"), key(passing, "b")
	h.write(put(a, 1, "", entry("x", "same")), put(b, 1, ""))
	var done atomic.Bool
	errs := h.race(func(racer int) error {
		if racer == 0 {
			defer done.Store(true)
			return h.writeBoth(a, b)
		}
		for !done.Load() {
			if err := h.readBoth(a, b); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			h.Fatal(err)
		}
	}
}

func (h *harness) writeBoth(a, b storage.Key) error {
	for v := uint64(2); v < uint64(20+h.races*2); v++ {
		err := h.engine.Apply(h.ctx, h.now, then(put(a, v, fmt.Sprint(v), entry("x", "same")), put(b, v, fmt.Sprint(v))))
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *harness) readBoth(a, b storage.Key) error {
	recs, err := h.engine.Get(h.ctx, h.now, a, b)
	if err != nil {
		return err
	}
	if recs[0].Version != recs[1].Version {
		return fmt.Errorf("read versions %d and %d", recs[0].Version, recs[1].Version)
	}
	page, err := h.engine.List(h.ctx, h.now, storage.Query{Kind: lasting, Index: "x", Limit: 5})
	if err == nil && len(page.Records) != 1 {
		err = fmt.Errorf("listed %d records, want 1", len(page.Records))
	}
	return err
}

// everythingAtOnce has sweeps run beside batches that write what they remove and lists that read it.
func everythingAtOnce(h *harness) {
	rounds := 10 + h.races
	errs := h.race(func(racer int) error {
		for i := range rounds {
			now := start + int64(i)
			k := storage.Key{Kind: both[racer%2], ID: fmt.Sprint(racer, " ", i), Expires: now + 2}
			err := h.engine.Apply(h.ctx, now, then(put(k, 1, "value", entry("x", "same"))))
			if err != nil && !errors.Is(err, storage.ErrPast) {
				return err
			}
			if racer%4 == 0 {
				if _, err := h.engine.Sweep(h.ctx, now, 10); err != nil {
					return err
				}
			}
			if _, err := h.engine.List(h.ctx, now, storage.Query{Kind: both[i%2], Index: "x", Limit: 100}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			h.Fatal(err)
		}
	}
	h.now = start + int64(rounds) + 10
	for h.sweep(storage.MaxWrites) == storage.MaxWrites {
	}
	for _, k := range both {
		h.wantIDs(storage.Query{Kind: k, Index: "x", Limit: 100})
	}
}
