package limit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"
)

// Key names a bucket among those of one Limit.
type Key [16]byte

// KeyOf is the key of what some texts name together.
func KeyOf(parts ...string) Key {
	var all []byte
	for _, part := range parts {
		all = fmt.Appendf(all, "%d:%s", len(part), part)
	}
	sum := sha256.Sum256(all)
	return Key(sum[:16])
}

// Network is the part of an address that one owner holds: /24 of IPv4, in whatever form, and /56 of IPv6; the zero value for no
// address, as a unix socket's.
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// NetworkKey is the key of an address's Network. All that is no address is one.
func NetworkKey(addr netip.Addr) Key {
	network := Network(addr)
	if !network.IsValid() {
		return Key{}
	}
	return network.Addr().As16()
}

// Limit is one thing that is limited, with a bucket for each Key. Its methods may be called from many goroutines.
type Limit struct {
	keeper *Keeper
	name   string
	rate   Rate
	// full is what an empty bucket owes, every what one try adds, slack what may be owed without being in a record.
	full, every, slack time.Duration
	// window is in seconds; see recordKeys.
	window  int64
	refused atomic.Uint64
	// held is how many buckets are in memory.
	held atomic.Int64
}

// slackShare is which part of a bucket one node may let through beyond what the records know of.
const slackShare = 4

// minWindow is in seconds.
const minWindow = 600

func newLimit(k *Keeper, name string, r Rate) *Limit {
	l := &Limit{keeper: k, name: name, rate: r}
	if r.Off() {
		return l
	}
	l.every = r.every()
	l.full = l.every * time.Duration(r.Count)
	l.slack = l.every * time.Duration(r.Count/slackShare)
	l.window = max(int64(l.full/time.Second)+1, minWindow)
	return l
}

// Refused tells how many tries this node refused since it began.
func (l *Limit) Refused() uint64 { return l.refused.Load() }

// Any tells whether this node has any bucket in memory. Without one nobody has to wait.
func (l *Limit) Any() bool { return l.held.Load() > 0 }

// Take counts a try, or tells how long to wait for the next one; then it is not counted.
func (l *Limit) Take(ctx context.Context, key Key) (wait time.Duration) {
	return l.keeper.Take(ctx, Use{l, key})
}

// GiveBack says that a counted try shall not count.
func (l *Limit) GiveBack(key Key) { l.keeper.GiveBack(Use{l, key}) }

// Wait tells how long to wait for the next try, as far as this node knows without looking at records: it is for what is asked with
// every request, of buckets from which Count takes.
func (l *Limit) Wait(key Key) time.Duration {
	if l.rate.Off() {
		return 0
	}
	wait := l.keeper.missing(use{l, key})
	if wait > 0 {
		l.refused.Add(1)
	}
	return wait
}

// Count counts what has happened, whether or not it was allowed. A bucket is never more than empty.
func (l *Limit) Count(ctx context.Context, key Key) {
	if !l.rate.Off() {
		l.keeper.count(ctx, use{l, key})
	}
}

// Forget fills a bucket.
func (l *Limit) Forget(key Key) {
	if !l.rate.Off() {
		l.keeper.forget(use{l, key})
	}
}
