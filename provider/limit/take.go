package limit

import (
	"context"
	"time"
)

// freshFor is for how long a node goes by what it has read.
const freshFor = 5 * time.Second

// Take counts a try at some buckets together, or tells how long to wait for the next one; then it is counted at none of them. The
// buckets are of different limits or keys. What the records say is taken into account; if they cannot be reached, what this node
// knows.
func (k *Keeper) Take(ctx context.Context, tries ...Use) (wait time.Duration) {
	tries = limited(tries)
	if len(tries) == 0 {
		return 0
	}
	k.mu.Lock()
	wait, blocked, stale := k.judge(tries)
	k.mu.Unlock()
	if len(stale) > 0 && !blocked {
		k.read(ctx, stale)
	}
	k.mu.Lock()
	if wait, _, _ = k.judge(tries); wait > 0 {
		k.mu.Unlock()
		return refused(tries, wait)
	}
	unwritten := false
	for _, u := range tries {
		unwritten = k.add(u, k.now(), u.Limit.every) || unwritten
	}
	if unwritten {
		k.wait(tries, 1)
	}
	k.mu.Unlock()
	if unwritten {
		k.settle(ctx, tries)
		wait = k.settled(tries)
	}
	return refused(tries, wait)
}

// limited leaves out limits that are off.
func limited(tries []Use) []use {
	on := tries[:0:0]
	for _, u := range tries {
		if !u.Limit.rate.Off() {
			on = append(on, u)
		}
	}
	return on
}

func refused(tries []use, wait time.Duration) time.Duration {
	if wait > 0 {
		for _, u := range tries {
			u.Limit.refused.Add(1)
		}
	}
	return wait
}

// judge tells how long a try has to wait, whether a bucket of which this node has news says so, and of which it has none.
func (k *Keeper) judge(tries []use) (wait time.Duration, blocked bool, stale []use) {
	now := k.now()
	for _, u := range tries {
		e := k.look(u, now)
		old := e == nil || e.read == 0 || now-e.read > int64(freshFor)
		if old {
			stale = append(stale, u)
		}
		if w := u.missing(e); w > 0 {
			wait = max(wait, w)
			blocked = blocked || !old
		}
	}
	return wait, blocked, stale
}

// missing is how long it takes until a bucket has a try.
func (u Use) missing(e *entry) time.Duration {
	if e == nil {
		return 0
	}
	return max(e.debt-u.Limit.full+u.Limit.every, 0)
}

// add counts a try, or takes one back, and tells whether more is owed now than may be unwritten.
func (k *Keeper) add(u use, now int64, cost time.Duration) (unwritten bool) {
	e := k.entry(u, now)
	e.debt = max(e.debt+cost, 0)
	e.own += cost
	if e.own > u.Limit.slack {
		k.due[u] = true
		return true
	}
	return false
}

// wait counts who waits until a try is written.
func (k *Keeper) wait(tries []use, change int) {
	for _, u := range tries {
		if e := k.entries[u]; e != nil {
			if e.waiting += change; e.waiting <= 0 {
				e.waiting, e.excess = 0, 0
			}
		}
	}
}

// settled takes back a try that was counted and written, if other nodes have had it.
func (k *Keeper) settled(tries []use) (wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	for _, u := range tries {
		if e := k.look(u, now); e != nil && e.excess > 0 {
			e.excess -= u.Limit.every
			wait = max(wait, e.debt-u.Limit.full, 1)
		}
	}
	if wait > 0 {
		for _, u := range tries {
			k.giveBack(u, now)
		}
	}
	k.wait(tries, -1)
	return wait
}

// GiveBack says that tries that were counted shall not count.
func (k *Keeper) GiveBack(tries ...Use) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	for _, u := range limited(tries) {
		k.giveBack(u, now)
	}
}

func (k *Keeper) giveBack(u use, now int64) {
	e := k.look(u, now)
	if e == nil {
		return
	}
	k.add(u, now, -u.Limit.every)
	e.own = max(e.own, -u.Limit.full)
	switch {
	case !e.stored && e.debt == 0:
		k.drop(u)
	case e.stored && e.own < 0:
		k.due[u] = true
	}
}

// missing is how long a bucket has to be waited for, as far as memory knows.
func (k *Keeper) missing(u use) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return u.missing(k.look(u, k.now()))
}

// count counts what has happened. The first time the records are asked, so that a node that was just started goes on from there.
func (k *Keeper) count(ctx context.Context, u use) {
	k.mu.Lock()
	_, _, stale := k.judge([]use{u})
	k.mu.Unlock()
	if len(stale) > 0 {
		k.read(ctx, stale)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); u.missing(k.look(u, now)) == 0 {
		k.add(u, now, u.Limit.every)
	}
}

// forget fills a bucket, and its record if there is one.
func (k *Keeper) forget(u use) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entries[u]
	switch {
	case e == nil:
	case e.stored:
		e.debt, e.own, e.forgotten = 0, 0, true
		e.forgets++
		k.due[u] = true
	default:
		k.drop(u)
	}
}
