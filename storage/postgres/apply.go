package postgres

import (
	"context"
	"time"

	"signet/storage"
)

// maxAttempts bounds how often a batch is sent that the server refused for a passing reason and did not write.
const maxAttempts = 5

// past is what apply_1 returns for a put that is expired already.
const past = -1

// Apply implements storage.Engine.
func (e *Engine) Apply(ctx context.Context, now int64, b storage.Batch) error {
	p, err := newPlan(e.locks, b)
	if err != nil {
		return err
	}
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	failed, err := e.apply(ctx, now, p)
	switch {
	case isUnknown(err):
		// It may have been written, or may still be. Should its notice come, it must not be taken for one of ours.
		e.origin.renew()
		e.announce(p.then.changes)
		e.announce(p.els.changes)
		return err
	case err != nil:
		return err
	case len(failed) == 0:
		e.announce(p.then.changes)
		return nil
	case failed[0] == past:
		return storage.ErrPast
	}
	e.announce(p.els.changes)
	return conflict(failed)
}

func conflict(failed []int32) error {
	err := &storage.ConflictError{Failed: make([]int, len(failed))}
	for i, n := range failed {
		err.Failed[i] = int(n)
	}
	return err
}

// apply sends a batch until the server has judged it, or fails for good. It returns the conditions that did not hold.
func (e *Engine) apply(ctx context.Context, now int64, p *plan) (failed []int32, err error) {
	for attempt := range maxAttempts {
		if err = e.prepareDays(ctx, now, p); err != nil {
			return nil, err
		}
		if failed, err = e.send(ctx, now, p); err == nil {
			return failed, nil
		}
		switch {
		case isMissingDay(err):
			e.days.forget()
		case isRetryable(err):
			time.Sleep(time.Duration(attempt) * 5 * time.Millisecond)
		default:
			return nil, e.writeError("apply", err)
		}
	}
	return nil, e.writeError("apply", err)
}

const applyCall = `SELECT apply_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, ` +
	`$21, $22, $23, $24, $25)`

// send makes the one round trip. The row that it reads precedes the commit; Scan returns without an error only after the
// server has confirmed that too.
func (e *Engine) send(ctx context.Context, now int64, p *plan) (failed []int32, err error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release(conn)
	ctx, cancel := shield(ctx)
	defer cancel()
	keys, alone := p.lockColumns()
	origin := e.origin.current()
	c, w := &p.ask, &p.write
	err = conn.QueryRow(ctx, applyCall, now, keys, alone,
		c.passing, c.kind, c.expires, c.id, c.version,
		p.then.writes, w.deleted, w.passing, w.kind, w.expires, w.id, w.version, w.value, w.asked,
		w.entries, w.name, w.term, p.then.soonest, p.els.soonest,
		e.schema, notices(origin, p.then.changes), notices(origin, p.els.changes)).Scan(&failed)
	return failed, err
}

func (p *plan) lockColumns() (keys []int64, alone []bool) {
	for _, l := range p.locks {
		keys = append(keys, l.key)
		alone = append(alone, l.alone)
	}
	return keys, alone
}
