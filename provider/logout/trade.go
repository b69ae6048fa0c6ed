package logout

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"signet/provider/courier"
	"signet/storage"
)

// trade is how clients are told.
type trade struct{ *Outbox }

// State implements courier.Trade.
func (trade) State(d *Delivery) *courier.State { return &d.State }

// Name implements courier.Trade.
func (trade) Name(d *Delivery) slog.Attr { return slog.String("client", d.ClientID) }

// Address implements courier.Trade.
func (t trade) Address(ctx context.Context, d *Delivery) (to, host string, err error) {
	if to, err = t.messenger.Address(ctx, d.ClientID); err != nil {
		return "", "", err
	}
	if u, err := url.Parse(to); err == nil {
		host = u.Host
	}
	return to, host, nil
}

// Send implements courier.Trade. A client that answers 200 has been told, or 204, as some frameworks make of an empty answer (OIDC
// Back-Channel Logout §2.8). One that refuses is asked twice more: its clock or its keys may have been behind. One that does not
// answer, or says that it cannot just now, is tried for a day.
func (t trade) Send(ctx context.Context, to string, d *Delivery) error {
	status, err := t.messenger.Send(ctx, to, *d)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK || status == http.StatusNoContent:
		return nil
	}
	refusal := &courier.Refusal{Problem: fmt.Sprintf("status %d", status)}
	if refused(status) {
		refusal.Tries = maxRefused
	}
	return refusal
}

// refused tells whether an answer says that asking again would be of no use.
func refused(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// Settled implements courier.Trade.
func (t trade) Settled(b *storage.Batch, d *Delivery, o courier.Outcome) error {
	which := failed
	if o.Problem == "" {
		which = succeeded
	}
	return t.note(b, d.ClientID, which, Outcome{At: o.At, Ended: d.Ended, Attempts: d.Attempts, Problem: o.Problem, GivenUp: o.GivenUp})
}
