package handlers

import (
	"context"
	"net/http"
	"net/netip"

	"signet/provider"
	"signet/provider/limit"
)

// startAllowed counts a device that wants to begin, or refuses it.
func (h *Handlers) startAllowed(r *http.Request) error {
	return h.limits.take(r.Context(), limit.Use{Limit: h.limits.starts, Key: claimedFrom(r)})
}

// guesser stands for the signed-in person, whatever sessions they begin.
func (h *Handlers) guesser(v *visitor) limit.Key { return limit.KeyOf(v.person.Subject) }

// guess looks a code up unless there were too many wrong ones. A try counts before it is made, so that many at once are no way
// around the limits, and is given back unless the code was wrong. A right one buys no further wrong ones: whoever guesses could
// mix in codes of their own.
func (l *limits) guess(ctx context.Context, who limit.Key, addr netip.Addr, look func() (*provider.Asking, error)) (*provider.Asking, error) {
	uses := []limit.Use{{Limit: l.codesPerson, Key: who}, {Limit: l.codesNetwork, Key: limit.NetworkKey(addr)}, {Limit: l.codesAltogether, Key: everybody}}
	if err := l.take(ctx, uses...); err != nil {
		return nil, err
	}
	asking, err := look()
	if err == nil || explain(err).Code != codeNoDevice {
		l.keeper.GiveBack(uses...)
	}
	return asking, err
}
