package provider

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"signet/storage"
)

// PathPush is the path of the pushed authorization request endpoint below the issuer.
const PathPush = "/par"

// requestMetadata are the members of discovery about the ways to ask (RFC 9126 §5).
func (p *Provider) requestMetadata() map[string]any {
	return map[string]any{
		"pushed_authorization_request_endpoint": p.issuer + PathPush,
		"require_pushed_authorization_requests": false,
	}
}

// resolve finds the parameters of a fresh request where request_uri says they are. After it, r.Params are the ones that
// count, and none of them names another place.
func (p *Provider) resolve(ctx context.Context, r *Request) error {
	if err := checkRepeats(r.Params); err != nil {
		return err
	}
	if strings.HasPrefix(r.Params.Get("request_uri"), pushedPrefix) {
		return p.takePushed(ctx, r)
	}
	return nil
}

// readOrigin holds a client to the way of asking that its record names (RFC 9126 §6).
func (p *Provider) readOrigin(_ context.Context, in *intent, _ url.Values) error {
	if in.client.RequirePAR && !in.origin.Pushed {
		return refuse("E-REQ-09")
	}
	return nil
}

// settleAnswer applies the batch of an answer. A request that is good for one answer is spent by it: of two that are finished
// at once, one is answered. Tokens that come with it are issued in a session that is still there.
func (p *Provider) settleAnswer(ctx context.Context, c *call, r *Request) error {
	if c.intent.kind.Front {
		if err := p.participate(&c.batch, c.mandate, c.client); err != nil {
			return err
		}
	}
	spent := len(c.batch.If)
	if r.Origin.Pushed {
		if err := p.spendPushed(&c.batch, r); err != nil {
			return err
		}
	}
	err := p.settle(ctx, c)
	conflict := (*storage.ConflictError)(nil)
	switch {
	case !errors.As(err, &conflict):
		return err
	case slices.Contains(conflict.Failed, spent):
		return refuse("E-REQ-08").got("answered before").because(err)
	}
	return refuse("E-PROMPT-01").got("signed out meanwhile").because(err)
}
