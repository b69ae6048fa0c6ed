package handlers

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"signet/provider"
)

// Rate is a number of events in a time. The zero Rate sets no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// maxFailing bounds how many sources of failures are remembered; beyond it an arbitrary one is forgotten.
const maxFailing = 100_000

// failures slows down who guesses the credentials of clients: by network and claimed client, so that nobody else is held up.
// It delays and never locks.
type failures struct {
	limit rate.Limit
	burst int

	mu      sync.Mutex
	sources map[source]*rate.Limiter
}

// source is a network and the client that it claims to be.
type source struct {
	network netip.Prefix
	client  string
}

func newFailures(r Rate) *failures {
	f := &failures{limit: rate.Inf, sources: map[source]*rate.Limiter{}}
	if r.Count > 0 {
		f.limit, f.burst = rate.Limit(float64(r.Count)/r.Per.Seconds()), r.Count
	}
	return f
}

func sourceOf(r *http.Request) source { return source{networkOf(r), provider.ClaimedClient(r)} }

// networkOf is the network that a request comes from.
func networkOf(r *http.Request) netip.Prefix { return networkAt(ClientAddr(r)) }

// networkAt is the part of an address that one owner holds, an IPv4 address's /24 and an IPv6 address's /56; the zero value for
// no address, as a unix socket's.
func networkAt(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap()
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

// wait is how long a source that has failed too often has to wait, or 0.
func (f *failures) wait(r *http.Request, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sources) == 0 {
		return 0
	}
	return f.missing(sourceOf(r), now)
}

// waitOf is wait for a source that is known.
func (f *failures) waitOf(s source, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missing(s, now)
}

func (f *failures) missing(s source, now time.Time) time.Duration {
	l := f.sources[s]
	if l == nil {
		return 0
	}
	if missing := 1 - l.TokensAt(now); missing > 0 {
		return time.Duration(missing / float64(f.limit) * float64(time.Second))
	}
	return 0
}

// count notes a failure.
func (f *failures) count(r *http.Request, now time.Time) {
	if f.limit != rate.Inf {
		f.countOf(sourceOf(r), now)
	}
}

// countOf notes a failure of a source that is known.
func (f *failures) countOf(s source, now time.Time) {
	if f.limit == rate.Inf {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.sources[s]
	if l == nil {
		f.makeRoom(now)
		l = rate.NewLimiter(f.limit, f.burst)
		f.sources[s] = l
	}
	l.AllowN(now, 1)
}

// makeRoom forgets sources that have waited long enough, and if there is none, anyone.
func (f *failures) makeRoom(now time.Time) {
	if len(f.sources) < maxFailing {
		return
	}
	for s, l := range f.sources {
		if l.TokensAt(now) >= float64(f.burst) {
			delete(f.sources, s)
		}
	}
	for s := range f.sources {
		if len(f.sources) < maxFailing {
			return
		}
		delete(f.sources, s)
	}
}

// guarded is a client's call behind the limit of failed authentications.
func (h *Handlers) guarded(call Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if wait := h.failures.wait(r, h.db.Now()); wait > 0 {
			return &waitError{refuse("E-LIMIT-01"), wait}
		}
		err := call(w, r)
		if err != nil && explain(err).OAuth == "invalid_client" {
			h.failures.count(r, h.db.Now())
		}
		return err
	}
}
