package outbound

import (
	"errors"
	"sync"
	"time"
)

const (
	// breakAfter failures of a host one after another it is not asked any more, for breakFor. Then one request finds out how it is.
	breakAfter = 5
	breakFor   = 30 * time.Second
	// maxBroken bounds how many hosts are remembered; beyond it an arbitrary one is forgotten.
	maxBroken = 1000
)

// ErrBroken is the cause where a host was not asked, because it has just failed again and again.
var ErrBroken = errors.New("the host has failed several times in a row and is left alone for half a minute")

// Breaker remembers which hosts are down, so that nobody has to wait for them. It is kept in memory.
type Breaker struct {
	clock func() time.Time

	mu    sync.Mutex
	hosts map[string]*failing
}

// failing is a host that has failed since it last answered.
type failing struct {
	times int
	// until is when it may be asked again.
	until time.Time
}

// NewBreaker returns one that has seen nothing fail. clock gives the time.
func NewBreaker(clock func() time.Time) *Breaker {
	return &Breaker{clock: clock, hosts: map[string]*failing{}}
}

// allow tells whether a host may be asked. Of those who come when its time is up, one is let through until it is known how it went.
func (b *Breaker) allow(host string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.hosts[host]
	if f == nil || f.times < breakAfter {
		return nil
	}
	now := b.clock()
	if now.Before(f.until) {
		return ErrBroken
	}
	f.until = now.Add(breakFor)
	return nil
}

// report says how a request went.
func (b *Breaker) report(host string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		delete(b.hosts, host)
		return
	}
	f := b.hosts[host]
	if f == nil {
		b.makeRoom()
		f = &failing{}
		b.hosts[host] = f
	}
	if f.times++; f.times >= breakAfter {
		f.until = b.clock().Add(breakFor)
	}
}

func (b *Breaker) makeRoom() {
	for host := range b.hosts {
		if len(b.hosts) < maxBroken {
			return
		}
		delete(b.hosts, host)
	}
}
