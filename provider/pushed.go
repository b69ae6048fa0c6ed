package provider

import (
	"context"
	"errors"
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
	// Signed tells that they are from a request object.
	Signed bool
	// ComeBy is until when the browser may come with it, in Unix seconds.
	ComeBy int64
	Spent  bool
}

const formPushed = 1

func (r *pushed) marshal() []byte {
	w := newWriter(formPushed)
	w.string(r.ClientID)
	w.string(r.Params)
	w.bool(r.Signed)
	w.int(r.ComeBy)
	w.bool(r.Spent)
	return w.b
}

func (r *pushed) unmarshal(b []byte) error {
	rd := newReader(b, formPushed)
	*r = pushed{ClientID: rd.string(), Params: rd.string(), Signed: rd.bool(), ComeBy: rd.int(), Spent: rd.bool()}
	return rd.done()
}

func pushedTable(db *storage.DB) *storage.Table[pushed] {
	codec := storage.Codec[pushed]{
		Marshal:   func(r *pushed) ([]byte, error) { return r.marshal(), nil },
		Unmarshal: func(b []byte, r *pushed) error { return r.unmarshal(b) },
	}
	return storage.NewTable(db, pushedKind, codec, nil)
}

// storePushed appends the record to the request's batch and returns its request_uri: sealed, so that one that was made up
// costs no look at the storage.
func (p *Provider) storePushed(c *call, r *Request) (string, error) {
	id, err := p.randomID()
	if err != nil {
		return "", err
	}
	comeBy := c.now.Add(pushedLife)
	key := p.pushed.Key(id, comeBy.Add(p.lifetimes.Request).Unix())
	record := pushed{ClientID: c.client.ID, Params: r.Params.Encode(), Signed: r.Origin.Signed, ComeBy: comeBy.Unix()}
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
	origin, ok := p.openPushed(r.Params.Get("request_uri"))
	if !ok {
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

// openPushed finds the key of a pushed record in its request_uri.
func (p *Provider) openPushed(uri string) (Origin, bool) {
	plain, ok := p.openText(prefixPushed, strings.TrimPrefix(uri, pushedPrefix))
	rd := newReader(plain, formPushed)
	return Origin{Pushed: true, ID: rd.string(), Expires: rd.int()}, ok && rd.done() == nil
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
	r.pushed, r.Origin.Signed = row, row.Value.Signed
	r.Params, err = url.ParseQuery(row.Value.Params)
	return err
}

// spendPushed appends to an answer's batch that the request was answered.
func (p *Provider) spendPushed(b *storage.Batch, r *Request) error {
	spent := pushed{ClientID: r.pushed.Value.ClientID, ComeBy: r.pushed.Value.ComeBy, Spent: true}
	return p.pushed.Update(b, r.pushed, &spent)
}
