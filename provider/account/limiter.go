package account

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// AccountKey stands for an account in a Limiter, whoever spells it how. It says nothing of the account.
type AccountKey [16]byte

// AccountKey returns the key of what someone typed to say who they are: the same for a person's username and e-mail
// address in any spelling, and as good as another person's for who does not exist.
func (a *Accounts) AccountKey(ctx context.Context, identifier string) (AccountKey, error) {
	p, err := a.resolve(ctx, identifier)
	switch {
	case err == nil:
		return a.accountKey("sub", p.Subject), nil
	case !errors.Is(err, ErrUnknownPerson):
		return AccountKey{}, err
	}
	if look, err := a.canonical(identifier); err == nil {
		return a.accountKey(look.field, look.key.ID), nil
	}
	return a.accountKey("nobody", ""), nil
}

func (a *Accounts) accountKey(kind, value string) AccountKey {
	return AccountKey(a.db.Hash("account.limit", []byte(kind+"\x00"+value)))
}

// LimiterConfig says how fast passwords may be tried. Zero values mean the defaults.
type LimiterConfig struct {
	// Account tries are free at once (default 10); then one each AccountEvery (default 30 s).
	Account      int
	AccountEvery time.Duration
	// Network tries are free at once from one /24 or /56 (default 60); then one each NetworkEvery (default 2 s).
	Network      int
	NetworkEvery time.Duration
	// Entries bounds how many accounts and networks are remembered, default 100,000.
	Entries int
	// Clock gives the time; required.
	Clock func() time.Time
}

// Limiter slows down guessing, by account and by network, in memory. It delays and never locks. Every try is counted when it
// is allowed, so that many at once are no way around it.
type Limiter struct {
	account, network rate
	max              int
	clock            func() time.Time

	mu      sync.Mutex
	buckets map[bucketKey]bucket
}

// rate is a token bucket's size and what fills it.
type rate struct {
	size  float64
	every time.Duration
}

// bucket is how many tries were left at a time.
type bucket struct {
	left float64
	at   time.Time
}

// bucketKey is an account's or a network's.
type bucketKey struct {
	network bool
	id      [16]byte
}

// NewLimiter returns an empty limiter.
func NewLimiter(c LimiterConfig) *Limiter {
	return &Limiter{
		account: rate{float64(orDefault(c.Account, 10)), orDefault(c.AccountEvery, 30*time.Second)},
		network: rate{float64(orDefault(c.Network, 60)), orDefault(c.NetworkEvery, 2*time.Second)},
		max:     orDefault(c.Entries, 100_000), clock: c.Clock, buckets: map[bucketKey]bucket{},
	}
}

// Allow counts a try and tells whether it may go ahead, or how long to wait before the next; what is refused is not counted.
// addr is the client's own address; loopback is an address as any other.
func (l *Limiter) Allow(account AccountKey, addr netip.Addr) (ok bool, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	who, where := keysOf(account, addr)
	mine, ours := l.look(who, now), l.look(where, now)
	if wait := max(l.account.wait(mine), l.network.wait(ours)); wait > 0 {
		return false, wait
	}
	mine.left--
	ours.left--
	l.store(who, mine)
	l.store(where, ours)
	return true, 0
}

// Succeeded says that an allowed try signed the person in: their account is free of delay, and the try does not count
// for the network. Tries of others from there do.
func (l *Limiter) Succeeded(account AccountKey, addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	who, where := keysOf(account, addr)
	delete(l.buckets, who)
	l.giveBack(where)
}

// Withdrawn says that an allowed try was not judged, because the server was busy: it does not count.
func (l *Limiter) Withdrawn(account AccountKey, addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	who, where := keysOf(account, addr)
	l.giveBack(who)
	l.giveBack(where)
}

func (l *Limiter) giveBack(k bucketKey) {
	b := l.look(k, l.clock())
	b.left = min(b.left+1, l.rate(k).size)
	l.store(k, b)
}

func (l *Limiter) rate(k bucketKey) rate {
	if k.network {
		return l.network
	}
	return l.account
}

// look returns a bucket as it is now. A clock that was set back fills nothing.
func (l *Limiter) look(k bucketKey, now time.Time) bucket {
	r := l.rate(k)
	b, ok := l.buckets[k]
	if !ok {
		return bucket{left: r.size, at: now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(b.left+float64(passed)/float64(r.every), r.size)
	}
	b.at = now
	return b
}

func (r rate) wait(b bucket) time.Duration {
	if b.left >= 1 {
		return 0
	}
	return max(time.Duration((1-b.left)*float64(r.every)), 1)
}

// store keeps a bucket unless it is full, which is as good as none.
func (l *Limiter) store(k bucketKey, b bucket) {
	if b.left >= l.rate(k).size {
		delete(l.buckets, k)
		return
	}
	if _, ok := l.buckets[k]; !ok && len(l.buckets) >= l.max {
		l.evict(b.at)
	}
	l.buckets[k] = b
}

// evictSample is how many buckets are looked at to make room for one.
const evictSample = 16

// evict drops, of a few buckets, the one that is fullest: nobody gets rid of a delay by making the limiter forget, as long
// as there are others with less.
func (l *Limiter) evict(now time.Time) {
	var fullest bucketKey
	most, seen := -1.0, 0
	for k := range l.buckets {
		if share := l.look(k, now).left / l.rate(k).size; share > most {
			fullest, most = k, share
		}
		if seen++; seen == evictSample {
			break
		}
	}
	delete(l.buckets, fullest)
}

func keysOf(account AccountKey, addr netip.Addr) (who, where bucketKey) {
	return bucketKey{id: account}, bucketKey{network: true, id: networkOf(addr)}
}

// networkOf is the part of an address that one owner holds: /24 of IPv4, in whatever form, and /56 of IPv6. What is no
// address, such as a socket's peer, is one network.
func networkOf(addr netip.Addr) [16]byte {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return [16]byte{}
	}
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return [16]byte{}
	}
	return prefix.Addr().As16()
}
