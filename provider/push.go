package provider

import (
	"context"
	"maps"
	"net/http"
	"net/url"
)

// Push takes an authorization request from its client before the browser comes (RFC 9126 §2.1), and answers with the members
// of §2.2. r.PostForm has been parsed. The request is judged at once, as far as that can be done without knowing who is
// there. Errors are *Error.
func (p *Provider) Push(ctx context.Context, r *http.Request) (map[string]any, error) {
	c := &call{now: p.db.Now()}
	ctx = withCall(ctx, c)
	uri, object, err := p.push(ctx, c, r)
	if err != nil {
		err = p.settleRefusal(ctx, c, err)
	} else {
		err = p.settleOnce(ctx, c, &Request{Origin: object})
	}
	if err != nil {
		return nil, p.tokenRefused(ctx, c, err)
	}
	p.observeEvent(ctx, Event{Kind: "push", Client: c.client.ID, Text: "authorization request"})
	return map[string]any{"request_uri": uri, "expires_in": int64(pushedLife.Seconds())}, nil
}

// push returns the request_uri, and what the request object in the form spends, if there is one.
func (p *Provider) push(ctx context.Context, c *call, r *http.Request) (uri string, object Origin, err error) {
	if err := checkRepeats(r.PostForm); err != nil {
		return "", object, err
	}
	if c.client, err = p.authenticate(ctx, r, r.PostForm); err != nil {
		return "", object, err
	}
	req := &Request{}
	if req.Params, err = pushedParams(c.client, r.PostForm); err != nil {
		return "", object, err
	}
	if req.Params.Get("request") != "" {
		if err := p.takeObject(ctx, req, req.Params.Get("request")); err != nil {
			return "", object, err
		}
		object = req.Origin
	}
	req.Origin = Origin{Pushed: true, Signed: object.Signed}
	if err := p.judge(ctx, req); err != nil {
		return "", object, err
	}
	uri, err = p.storePushed(c, req)
	return uri, object, err
}

// credentialParams are for the push itself and no part of the request.
var credentialParams = []string{"client_secret", "client_assertion", "client_assertion_type"}

// pushedParams are the parameters of the authorization request in a pushed form.
func pushedParams(client *Client, form url.Values) (url.Values, error) {
	if form.Has("request_uri") {
		return nil, refuse("E-REQ-01").got("request_uri in a pushed request")
	}
	params := maps.Clone(form)
	for _, name := range credentialParams {
		delete(params, name)
	}
	params["client_id"] = []string{client.ID}
	return params, nil
}

// judge finds fault with a request as far as that can be done without knowing who is there.
func (p *Provider) judge(ctx context.Context, r *Request) error {
	in, err := p.address(ctx, r.Params)
	if err != nil {
		return err
	}
	in.origin = r.Origin
	if err := p.read(ctx, in, r.Params); err != nil {
		return err
	}
	_, err = p.parseWithFosite(ctx, in, r.Params)
	return err
}
