package provider

import (
	"context"
	"errors"
	"net/http"

	"github.com/ory/fosite"

	"signet/provider/audit"
	"signet/storage"
)

// Revoke answers a revocation request (RFC 7009 §2). r.PostForm has been parsed. Revoking a refresh token ends its grant and
// with it every token of the grant; revoking an access token ends that token. An unknown token, and one of another client,
// is no error, and nothing happens to it. What is to be written is on disk when Revoke returns. Errors are *Error.
func (p *Provider) Revoke(ctx context.Context, r *http.Request) error {
	c := &call{now: p.db.Now(), revoking: true}
	if err := p.revoke(withCall(ctx, c), c, r); err != nil {
		return p.tokenRefused(ctx, c, p.settleRefusal(ctx, c, err))
	}
	if c.refresh != nil || c.access != nil {
		p.observeEvent(ctx, Event{Kind: "revoke", Client: c.client.ID, Text: "token revoked"})
	}
	return nil
}

func (p *Provider) revoke(ctx context.Context, c *call, r *http.Request) error {
	if err := checkRepeats(r.PostForm); err != nil {
		return err
	}
	if r.PostForm.Get("token") == "" {
		return refuse("E-REQ-01").got("no token")
	}
	err := p.fosite.NewRevocationRequest(ctx, r)
	if errors.Is(err, fosite.ErrUnauthorizedClient) {
		c.access, c.refresh, err = nil, nil, nil // another client's token: to this one it is unknown
	}
	if c.fault != nil {
		return c.fault
	}
	if err != nil {
		return err
	}
	if err := p.recordRevoked(ctx, c); err != nil {
		return err
	}
	err = p.settle(ctx, c)
	if errors.Is(err, storage.ErrFull) {
		c.batch = audit.Without(c.batch)
		err = p.settle(ctx, c)
	}
	if errors.Is(err, storage.ErrPast) {
		return nil // it has ended by itself meanwhile
	}
	return err
}
