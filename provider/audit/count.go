package audit

import (
	"context"
	"maps"
	"sync"
	"time"

	"signet/storage"
)

// counter is what is counted together: the same thing, of the same person and client, from the same place, in one minute.
type counter struct {
	minute                                   int64
	kind, subject, client, address, why, who string
}

// maxCounters bounds how many are kept; what is beyond is counted together by kind.
const maxCounters = 10_000

// counters are what happened without being written yet.
type counters struct {
	mu     sync.Mutex
	counts map[counter]int
}

// FactWhy is the fact by which counted events are kept apart; all others of them are left out.
const FactWhy = "why"

// Count counts an event that anybody can cause at will, or that must cost no write where it happens. When the minute is over, it
// becomes a record with a count. It takes from the context's Origin what the event does not say, but no Agent.
func (t *Trail) Count(ctx context.Context, e Event) {
	if t == nil {
		return
	}
	e = e.from(ctx)
	key := counter{minute: t.db.Now().Unix() / 60, kind: e.Kind, subject: e.Subject, client: e.ClientID,
		address: e.Address, why: e.Facts[FactWhy], who: e.Actor}
	t.counters.mu.Lock()
	defer t.counters.mu.Unlock()
	if t.counters.counts[key] == 0 && len(t.counters.counts) >= maxCounters {
		key = counter{minute: key.minute, kind: key.kind}
	}
	t.counters.counts[key]++
}

// due takes out what was counted in minutes before one.
func (c *counters) due(minute int64) map[counter]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := map[counter]int{}
	for key, n := range c.counts {
		if key.minute < minute {
			due[key] = n
			delete(c.counts, key)
		}
	}
	return due
}

// restore puts back what could not be written.
func (c *counters) restore(counts map[counter]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, n := range counts {
		c.counts[key] += n
	}
}

// atOnce is how many counted events are written in one batch.
const atOnce = 500

// writeCounts writes what was counted in minutes that are over, or with all, also in the present one.
func (t *Trail) writeCounts(ctx context.Context, all bool) error {
	minute := t.db.Now().Unix() / 60
	if all {
		minute++
	}
	due := t.counters.due(minute)
	for len(due) > 0 {
		part := map[counter]int{}
		for key, n := range due {
			if part[key] = n; len(part) == atOnce {
				break
			}
		}
		if err := t.writePart(ctx, part); err != nil {
			t.counters.restore(due)
			return err
		}
		maps.DeleteFunc(due, func(key counter, _ int) bool { return part[key] > 0 })
	}
	return nil
}

func (t *Trail) writePart(ctx context.Context, part map[counter]int) error {
	var b storage.Batch
	for key, n := range part {
		e := Event{Kind: key.kind, Subject: key.subject, ClientID: key.client, Actor: key.who, Address: key.address, Facts: map[string]string{FactWhy: key.why}}
		w, err := t.write(&Record{Event: e, Time: time.Unix(key.minute*60, 0).UTC(), Count: n})
		if err != nil {
			return err
		}
		b.Then = append(b.Then, w)
	}
	return t.db.Apply(ctx, b)
}
