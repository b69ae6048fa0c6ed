package handlers

import (
	"net/http"
	"net/netip"
	"time"

	"signet/provider"
	"signet/provider/account"
)

// DeviceLimits bound the device grant. A zero Rate sets no limit.
type DeviceLimits struct {
	// Start is how many devices of one client from one network may begin to wait.
	Start Rate
	// Person, Network and All are how many wrong codes one person, one network, and everybody together may type. Together with
	// provider.Config.MaxDevices they say how likely it is that a guess is right (RFC 8628 §5.1): each wrong code is one of 20⁸.
	Person, Network, All Rate
}

// devices is what DeviceLimits become. Counts are kept in memory, for each node.
type devices struct {
	starts *failures
	// guesses counts by person and network, all counts everybody's as those of one.
	guesses, all *account.Limiter
}

func newDevices(l DeviceLimits, clock func() time.Time) *devices {
	guesses, all := account.LimiterConfig{Clock: clock}, account.LimiterConfig{Clock: clock}
	guesses.Account, guesses.AccountEvery = l.Person.bucket()
	guesses.Network, guesses.NetworkEvery = l.Network.bucket()
	all.Account, all.AccountEvery = l.All.bucket()
	all.Network, all.NetworkEvery = Rate{}.bucket()
	return &devices{starts: newFailures(l.Start), guesses: account.NewLimiter(guesses), all: account.NewLimiter(all)}
}

// bucket turns a rate into so many at once, and one more after each while.
func (r Rate) bucket() (size int, every time.Duration) {
	if r.Count == 0 {
		return 1 << 30, time.Nanosecond
	}
	return r.Count, r.Per / time.Duration(r.Count)
}

// start counts a device that wants to begin, or refuses it.
func (d *devices) start(r *http.Request, now time.Time) error {
	if wait := d.starts.wait(r, now); wait > 0 {
		return &waitError{refuse(codeThrottled), wait}
	}
	d.starts.count(r, now)
	return nil
}

// guesser stands for the signed-in person, whatever sessions they begin.
func (h *Handlers) guesser(v *visitor) account.AccountKey {
	return account.AccountKey(h.db.Hash("handlers.device", []byte(v.person.Subject)))
}

// everybody stands for all people together.
var everybody account.AccountKey

// try looks a code up unless there were too many wrong ones. A try counts before it is made, so that many at once are no way
// around the limits, and is given back unless the code was wrong. A right one buys no further wrong ones: whoever guesses could
// mix in codes of their own.
func (d *devices) try(who account.AccountKey, addr netip.Addr, look func() (*provider.Asking, error)) (*provider.Asking, error) {
	if ok, wait := d.guesses.Allow(who, addr); !ok {
		return nil, &waitError{refuse(codeThrottled), wait}
	}
	if ok, wait := d.all.Allow(everybody, netip.Addr{}); !ok {
		d.guesses.Withdrawn(who, addr)
		return nil, &waitError{refuse(codeThrottled), wait}
	}
	asking, err := look()
	if err == nil || explain(err).Code != codeNoDevice {
		d.guesses.Withdrawn(who, addr)
		d.all.Withdrawn(everybody, netip.Addr{})
	}
	return asking, err
}
