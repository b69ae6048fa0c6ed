package provider

import (
	"sync"
	"time"
)

// pollInterval is how long a device has to wait between polls, and by how much that grows when it does not (RFC 8628 §3.5).
const pollInterval = 5 * time.Second

// pollLeeway is by how much a poll may come too early: what the network took longer for the poll before.
const pollLeeway = 500 * time.Millisecond

// maxPaced bounds how many devices a node remembers the polls of.
const maxPaced = 20_000

// polls are when devices have last asked. They are kept in memory: a poll writes nothing. A device that spreads its polls over
// several nodes may ask each of them at its own pace, and no more.
type polls struct {
	mu   sync.Mutex
	byID map[string]poll
}

type poll struct {
	last     time.Time
	interval time.Duration
	expires  int64
}

// tooSoon notes a poll and tells whether it came too soon after the one before.
func (p *polls) tooSoon(id string, now time.Time, expires int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.byID[id]
	if !known {
		p.makeRoom(now)
		p.byID[id] = poll{now, pollInterval, expires}
		return false
	}
	passed := now.Sub(before.last)
	soon := passed >= 0 && passed < before.interval-pollLeeway
	if soon {
		before.interval += pollInterval
	}
	before.last = now
	p.byID[id] = before
	return soon
}

// makeRoom forgets devices whose codes have ended, and if there are none, any.
func (p *polls) makeRoom(now time.Time) {
	if len(p.byID) < maxPaced {
		return
	}
	for id, one := range p.byID {
		if one.expires <= now.Unix() {
			delete(p.byID, id)
		}
	}
	for id := range p.byID {
		if len(p.byID) < maxPaced {
			return
		}
		delete(p.byID, id)
	}
}

// maxDevices is how many devices may wait for a person at a time, unless the configuration says otherwise.
const maxDevices = 2000

// outstanding counts the codes for typing that this node has given out and that have not expired. The more there are, the more
// often a guess is right: so there is an end.
type outstanding struct {
	max int

	mu sync.Mutex
	// ends are their expiries in Unix seconds, in the order in which they were given out.
	ends []int64
}

// take counts one more, unless there are too many.
func (o *outstanding) take(now, expires int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	gone := 0
	for gone < len(o.ends) && o.ends[gone] <= now {
		gone++
	}
	o.ends = o.ends[gone:]
	if len(o.ends) >= o.max {
		return false
	}
	o.ends = append(o.ends, expires)
	return true
}
