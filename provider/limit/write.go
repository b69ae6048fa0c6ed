package limit

import (
	"context"
	"errors"
	"time"

	"signet/storage"
)

const (
	// maxTogether is how many buckets are written in one batch.
	maxTogether = 300
	// writeEvery is how often Run writes what is due.
	writeEvery = time.Second
	// writeLimit is how long a batch may take.
	writeLimit = 5 * time.Second
	// writeTries is how often a batch is begun again because another node was faster.
	writeTries = 32
)

// Run writes what is due until the context ends, and then what is left.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = k.Write(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
			_ = k.Write(ctx)
		}
	}
}

// Write writes what is due. It returns what storage does, and has told the log.
func (k *Keeper) Write(ctx context.Context) error {
	for k.anyDue(nil) {
		select {
		case <-k.turn:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := k.write(ctx)
		k.pass()
		if err != nil {
			return err
		}
	}
	return nil
}

// settle waits until the records know of some buckets what this node does.
func (k *Keeper) settle(ctx context.Context, uses []use) {
	for k.anyDue(uses) {
		select {
		case <-k.turn:
		case <-ctx.Done():
			return
		}
		var err error
		if k.anyDue(uses) {
			err = k.write(ctx)
		}
		k.pass()
		if err != nil {
			return
		}
	}
}

// pass lets the next one write, after a pause.
func (k *Keeper) pass() {
	if k.c.Pause > 0 {
		time.AfterFunc(k.c.Pause, func() { k.turn <- struct{}{} })
		return
	}
	k.turn <- struct{}{}
}

// anyDue tells whether one of some buckets, or of all, is to be written.
func (k *Keeper) anyDue(uses []use) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range uses {
		if k.due[u] {
			return true
		}
	}
	return uses == nil && len(k.due) > 0
}

// part is what one batch writes of a bucket.
type part struct {
	use
	debt, own time.Duration
	forgotten bool
	forgets   uint32
}

// takeDue returns what is to be written.
func (k *Keeper) takeDue() (parts []part, uses []use) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	for u := range k.due {
		e := k.look(u, now)
		if e == nil {
			delete(k.due, u)
			continue
		}
		parts, uses = append(parts, part{u, e.debt, e.own, e.forgotten, e.forgets}), append(uses, u)
		if len(parts) == maxTogether {
			break
		}
	}
	return parts, uses
}

// write adds to the records what this node has let through, all in one batch, and takes over what others have. Who asks for it may
// go: others wait for it, too.
func (k *Keeper) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	parts, uses := k.takeDue()
	if len(parts) == 0 {
		return nil
	}
	var err error
	for range writeTries {
		var rows []found
		if rows, err = k.fetch(ctx, uses); err != nil {
			break
		}
		var b storage.Batch
		if err = k.fill(&b, parts, rows); err != nil {
			break
		}
		if err = k.c.DB.Apply(ctx, b); err == nil {
			k.batches.Add(1)
			k.written(parts, rows)
			return nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			break
		}
	}
	k.complain(ctx, err)
	return err
}

// fill makes the batch. The rows get what is owed now.
func (k *Keeper) fill(b *storage.Batch, parts []part, rows []found) error {
	now := k.now()
	for i, p := range parts {
		owed := rows[i].Value.look(now)
		switch {
		case p.forgotten:
			owed.debt = 0
		case !rows[i].known: // it was forgotten before this node did
			owed.debt = max(p.debt-p.own, 0)
		}
		owed.debt = max(owed.debt+p.own, 0)
		rows[i].Value = owed
		if err := k.put(b, rows[i].Row); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) put(b *storage.Batch, row storage.Row[bucket]) error {
	if row.Version == 0 {
		return k.records.Create(b, row.Key, &row.Value)
	}
	return k.records.Update(b, row, &row.Value)
}

// written notes what the records say now. What came meanwhile is owed beside it.
func (k *Keeper) written(parts []part, rows []found) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	for i, p := range parts {
		e := k.look(p.use, now)
		if e == nil {
			delete(k.due, p.use)
			continue
		}
		owed := rows[i].Value.look(now)
		if e.forgets == p.forgets {
			e.own -= p.own
			e.forgotten = false
		}
		if e.own < 0 && -e.own < p.Limit.every { // paid while it was written
			e.own = 0
		}
		if over := min(owed.debt-p.Limit.full, p.own); over > 0 && e.waiting > 0 {
			e.excess += (over + p.Limit.every - 1) / p.Limit.every * p.Limit.every
		}
		e.changes++
		e.read, e.stored = now, owed.debt > 0
		if !e.forgotten {
			e.debt = max(owed.debt+e.own, 0)
		}
		if e.own <= p.Limit.slack && !e.forgotten {
			delete(k.due, p.use)
		}
	}
}
