package provider

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"signet/keys"
	"signet/storage"
)

// PathPush is the path of the pushed authorization request endpoint below the issuer.
const PathPush = "/par"

// requestMetadata are the members of discovery about the ways to ask (RFC 9126 §5, RFC 9101 §10.5, OIDC Discovery §3).
func (p *Provider) requestMetadata() map[string]any {
	return map[string]any{
		"pushed_authorization_request_endpoint":          p.issuer + PathPush,
		"require_pushed_authorization_requests":          false,
		"request_parameter_supported":                    true,
		"request_uri_parameter_supported":                true,
		"require_request_uri_registration":               true,
		"require_signed_request_object":                  false,
		"request_object_signing_alg_values_supported":    objectAlgs,
		"request_object_encryption_alg_values_supported": keys.EncryptionAlgorithms(),
		"request_object_encryption_enc_values_supported": keys.ContentEncryptions(),
	}
}

// resolve finds the parameters of a fresh request where it says they are: as they came, at the client that pushed them, or in a
// request object. After it, r.Params are the ones that count, and none of them names another place.
func (p *Provider) resolve(ctx context.Context, r *Request) error {
	if err := checkRepeats(r.Params); err != nil {
		return err
	}
	id := r.Params.Get("client_id")
	if err := p.take(ctx, r); err != nil {
		e := AsError(err)
		e.ClientID = id
		return e
	}
	return nil
}

func (p *Provider) take(ctx context.Context, r *Request) error {
	uri, object := r.Params.Get("request_uri"), r.Params.Get("request")
	switch {
	case strings.HasPrefix(uri, pushedPrefix):
		return p.takePushed(ctx, r)
	case uri != "" && object != "":
		return refuse("E-REQ-01").got("request and request_uri").allowed("one of them")
	case uri != "":
		return p.takeReferred(ctx, r, uri)
	case object != "":
		return p.takeObject(ctx, r, object)
	}
	return nil
}

// takeReferred makes of a request the one in the request object at an address (RFC 9101 §5.2).
func (p *Provider) takeReferred(ctx context.Context, r *Request, uri string) error {
	id := r.Params.Get("client_id")
	client, err := p.Client(ctx, id)
	if err != nil {
		return orUnknownClient(err, id)
	}
	text, err := p.fetchObject(ctx, client, uri)
	if err != nil {
		return err
	}
	return p.takeObject(ctx, r, text)
}

// takeObject makes of a request the one in its request object. What stands beside the object counts for nothing
// (RFC 9101 §6.3), the client_id aside, which must be the same.
func (p *Provider) takeObject(ctx context.Context, r *Request, text string) error {
	id := r.Params.Get("client_id")
	client, err := p.enabledClient(ctx, id)
	if err != nil {
		return orUnknownClient(err, id)
	}
	if r.Params, r.Origin, err = p.openObject(ctx, client, text); err != nil {
		return err
	}
	return p.unspent(ctx, r)
}

// outside is where a refusal of a request object goes: to the address beside the object, if it stands there and is one of the
// client's, for what is in the object cannot be believed. A request that was pushed has nothing beside it that counts.
// Whether somebody vouches for the client does not depend on what the object says, either: a stranger's is never followed unseen.
func (p *Provider) outside(ctx context.Context, params url.Values) *intent {
	uri := params.Get("request_uri")
	if strings.HasPrefix(uri, pushedPrefix) || uri == "" && params.Get("request") == "" || params.Get("redirect_uri") == "" {
		return nil
	}
	in, err := p.address(ctx, params)
	if err != nil {
		return nil
	}
	in.unvouched = in.client.Unverified()
	return in
}

// readOrigin holds a client to the way of asking that its record names (RFC 9126 §6, RFC 9101 §10.5).
func (p *Provider) readOrigin(_ context.Context, in *intent, _ url.Values) error {
	switch {
	case in.client.RequirePAR && !in.origin.Pushed:
		return refuse("E-REQ-09")
	case in.client.RequireSignedRequestObject && !in.origin.Signed:
		return refuse("E-REQ-13")
	}
	return nil
}

// unspent reads what a request that is good for one answer depends on, and refuses one that was answered.
func (p *Provider) unspent(ctx context.Context, r *Request) error {
	switch {
	case r.Origin.Pushed:
		return p.loadPushed(ctx, r)
	case r.Origin.ID == "":
		return nil
	}
	recs, err := p.db.Get(ctx, p.spent.Key(r.Origin.ID, r.Origin.Expires))
	if err == nil && recs[0].Present() {
		return badObject("a jti that was used before")
	}
	return err
}

// settleAnswer applies the batch of an answer. Tokens that come with it are issued in a session that is still there.
func (p *Provider) settleAnswer(ctx context.Context, c *call, r *Request) error {
	if c.intent.kind.Front {
		if err := p.participate(&c.batch, c.mandate, c.client); err != nil {
			return err
		}
	}
	err := p.settleOnce(ctx, c, r)
	if errors.As(err, new(*storage.ConflictError)) && !errors.As(err, new(*Error)) {
		return refuse("E-PROMPT-01").got("signed out meanwhile").because(err)
	}
	return err
}

// settleOnce applies the batch of an answer, and spends the request if it is good for one answer: of two that are finished at
// once, one is answered.
func (p *Provider) settleOnce(ctx context.Context, c *call, r *Request) error {
	at, used := len(c.batch.If), badObject("a jti that was used before")
	switch {
	case r.Origin.Pushed:
		used = refuse("E-REQ-08").got("answered before")
		if err := p.spendPushed(&c.batch, r); err != nil {
			return err
		}
	case r.Origin.ID != "":
		p.spent.Spend(&c.batch, r.Origin.ID, r.Origin.Expires)
	}
	err := p.settle(ctx, c)
	if conflict := (*storage.ConflictError)(nil); errors.As(err, &conflict) && slices.Contains(conflict.Failed, at) {
		return used.because(err)
	}
	return err
}
