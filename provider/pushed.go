package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signet/storage"
)

const (
	// pushedPrefix begins the request_uri of every pushed request (RFC 9126 §2.2).
	pushedPrefix = "urn:ietf:params:oauth:request_uri:"
	// pushedLife is how long after the push the browser may come with it.
	pushedLife = 90 * time.Second
)

var pushedKind = &storage.Kind{Name: "par", Passing: true}

// pushed is the record of a pushed request. It stays until a sign-in that began at the last moment is over; its parameters go
// when it is spent, which moves its version on.
type pushed struct {
	ClientID string
	// Params are the parameters of the request, form-encoded.
	Params string
	// ComeBy is until when the browser may come with it, in Unix seconds.
	ComeBy int64
	Spent  bool
}

const formPushed = 1

func (r *pushed) marshal() []byte {
	w := newWriter(formPushed)
	w.string(r.ClientID)
	w.string(r.Params)
	w.int(r.ComeBy)
	w.bool(r.Spent)
	return w.b
}

func (r *pushed) unmarshal(b []byte) error {
	rd := newReader(b, formPushed)
	*r = pushed{ClientID: rd.string(), Params: rd.string(), ComeBy: rd.int(), Spent: rd.bool()}
	return rd.done()
}

func pushedTable(db *storage.DB) *storage.Table[pushed] {
	codec := storage.Codec[pushed]{
		Marshal:   func(r *pushed) ([]byte, error) { return r.marshal(), nil },
		Unmarshal: func(b []byte, r *pushed) error { return r.unmarshal(b) },
	}
	return storage.NewTable(db, pushedKind, codec, nil)
}

// Push takes an authorization request from its client before the browser comes (RFC 9126 §2.1), and answers with the members
// of §2.2. r.PostForm has been parsed. The request is judged at once, as far as that can be done without knowing who is
// there. Errors are *Error.
func (p *Provider) Push(ctx context.Context, r *http.Request) (map[string]any, error) {
	c := &call{now: p.db.Now()}
	ctx = withCall(ctx, c)
	uri, err := p.push(ctx, c, r)
	if err != nil {
		err = p.settleRefusal(ctx, c, err)
	} else {
		err = p.settle(ctx, c)
	}
	if err != nil {
		return nil, p.tokenRefused(ctx, c, err)
	}
	p.observeEvent(ctx, Event{Kind: "push", Client: c.client.ID, Text: "authorization request"})
	return map[string]any{"request_uri": uri, "expires_in": int64(pushedLife.Seconds())}, nil
}

func (p *Provider) push(ctx context.Context, c *call, r *http.Request) (string, error) {
	if err := checkRepeats(r.PostForm); err != nil {
		return "", err
	}
	client, err := p.authenticate(ctx, r, r.PostForm)
	if err != nil {
		return "", err
	}
	c.client = client
	params, err := p.judgePushed(ctx, client, r.PostForm)
	if err != nil {
		return "", err
	}
	return p.storePushed(c, params)
}

// credentialParams are for the push itself and no part of the request.
var credentialParams = []string{"client_secret", "client_assertion", "client_assertion_type"}

// judgePushed returns the parameters of a pushed form if an authorization request with them would be taken.
func (p *Provider) judgePushed(ctx context.Context, client *Client, form url.Values) (url.Values, error) {
	if form.Has("request_uri") {
		return nil, refuse("E-REQ-01").got("request_uri in a pushed request")
	}
	params := url.Values{}
	for name, values := range form {
		params[name] = values
	}
	for _, name := range credentialParams {
		delete(params, name)
	}
	params.Set("client_id", client.ID)
	in, err := p.address(ctx, params)
	if err != nil {
		return nil, err
	}
	in.origin = Origin{Pushed: true}
	if err := p.read(ctx, in, params); err != nil {
		return nil, err
	}
	_, err = p.parseWithFosite(ctx, in, params)
	return params, err
}

// storePushed appends the record to the request's batch and returns its request_uri: sealed, so that one that was made up
// costs no look at the storage.
func (p *Provider) storePushed(c *call, params url.Values) (string, error) {
	id, err := p.randomID()
	if err != nil {
		return "", err
	}
	comeBy := c.now.Add(pushedLife)
	key := p.pushed.Key(id, comeBy.Add(p.lifetimes.Request).Unix())
	record := pushed{ClientID: c.client.ID, Params: params.Encode(), ComeBy: comeBy.Unix()}
	if err := p.pushed.Create(&c.batch, key, &record); err != nil {
		return "", err
	}
	w := newWriter(formPushed)
	w.string(key.ID)
	w.int(key.Expires)
	return pushedPrefix + p.sealText(prefixPushed, w.b), nil
}

// takePushed makes of a fresh request with a request_uri of ours the one that was pushed. What the browser brought beside it
// counts for nothing: everybody could have written it (RFC 9126 §4, RFC 9101 §6.3).
func (p *Provider) takePushed(ctx context.Context, r *Request) error {
	sealed, _ := strings.CutPrefix(r.Params.Get("request_uri"), pushedPrefix)
	plain, ok := p.openText(prefixPushed, sealed)
	rd := newReader(plain, formPushed)
	origin := Origin{Pushed: true, ID: rd.string(), Expires: rd.int()}
	if !ok || rd.done() != nil {
		return refuse("E-REQ-08").got("a request_uri that is not ours")
	}
	clientID := r.Params.Get("client_id")
	r.Origin = origin
	r.Expires = min(r.Expires, origin.Expires)
	if err := p.loadPushed(ctx, r); err != nil {
		return err
	}
	switch {
	case r.pushed.Value.ClientID != clientID:
		return refuse("E-REQ-08").got("client_id %s", clientID).allowed("the client that pushed it")
	case r.pushed.Value.ComeBy <= p.db.Now().Unix():
		return refuse("E-REQ-08").got("expired")
	}
	return nil
}

// loadPushed reads the parameters of a pushed request that has not been answered.
func (p *Provider) loadPushed(ctx context.Context, r *Request) error {
	row, err := p.pushed.Get(ctx, r.Origin.ID, r.Origin.Expires)
	if errors.Is(err, storage.ErrNotFound) {
		return refuse("E-REQ-08").got("expired")
	}
	if err != nil {
		return err
	}
	if row.Value.Spent {
		return refuse("E-REQ-08").got("answered before")
	}
	r.pushed = row
	r.Params, err = url.ParseQuery(row.Value.Params)
	return err
}

// spendPushed appends to an answer's batch that the request was answered.
func (p *Provider) spendPushed(b *storage.Batch, r *Request) error {
	spent := pushed{ClientID: r.pushed.Value.ClientID, ComeBy: r.pushed.Value.ComeBy, Spent: true}
	return p.pushed.Update(b, r.pushed, &spent)
}
