package postgres

import (
	"context"
	"sync"
)

const secondsPerDay = 86400

// days are the days of which this engine knows that they have partitions.
type days struct {
	mu sync.Mutex
	// known has true for a day that has one for entries too.
	known map[int64]bool
}

func (d *days) has(day int64, entries bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	both, ok := d.known[day]
	return ok && (both || !entries)
}

func (d *days) add(day int64, entries bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = make(map[int64]bool)
	}
	d.known[day] = d.known[day] || entries
}

// forget is for when a day turned out to be missing, and leaves all to be asked for again.
func (d *days) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.known)
}

// forgetBefore drops the days that have passed.
func (d *days) forgetBefore(day int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for known := range d.known {
		if known < day {
			delete(d.known, known)
		}
	}
}

// prepareDays makes the partitions that a batch may need. Each costs a round trip the first time that this engine sees its
// day. What is expired already needs none, for it will not be written.
func (e *Engine) prepareDays(ctx context.Context, now int64, p *plan) error {
	w := &p.write
	for i, passing := range w.passing {
		if !passing || w.deleted[i] || w.expires[i] <= now {
			continue
		}
		day, entries := w.expires[i]/secondsPerDay, w.hasEntries(i)
		if e.days.has(day, entries) {
			continue
		}
		if err := e.addDay(ctx, day, entries); err != nil {
			return err
		}
		e.days.add(day, entries)
	}
	return nil
}

func (w *writes) hasEntries(i int) bool {
	return i == 0 && w.entries[0] > 0 || i > 0 && w.entries[i] > w.entries[i-1]
}

// addDay may be called by any number of nodes at once.
func (e *Engine) addDay(ctx context.Context, day int64, entries bool) error {
	return e.scan(ctx, "add day", new(bool), "SELECT true FROM add_day_1($1, $2)", day, entries)
}
