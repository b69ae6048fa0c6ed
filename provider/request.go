package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"signet/storage"
)

// Request is an authorization request on its way through the pages, sealed and bound to the browser that brought it. Pages
// carry it in a form field or in a URL; only /authorize reads what it means.
type Request struct {
	// Params are the request's parameters. Those of a pushed request do not travel: they are read from its record.
	Params url.Values
	// Origin is how they came.
	Origin Origin
	// At is when it first came, in Unix seconds; every proof must be newer.
	At int64
	// Expires is in Unix seconds.
	Expires int64
	// ID is random; it tells requests apart that are otherwise equal.
	ID string
	// UserCode is the code that a person typed who lets a device in (RFC 8628 §3.3); empty in every other request. Device names
	// the device's request that they were shown.
	UserCode, Device string
	// Errand is the page that the person goes to if no application asks; empty in every other request.
	Errand string
	// Proofs are what pages have found out, oldest first.
	Proofs []Proof

	// pushed is the record of a pushed request, as it was read.
	pushed storage.Row[pushed]
}

// Origin is how the parameters of a request came, and what its answer spends.
type Origin struct {
	// Pushed tells that the client brought them itself (RFC 9126), Signed that they are from a request object (RFC 9101).
	Pushed, Signed bool
	// ID and Expires (Unix seconds) are the key of the pushed record, or of the marker of a request object. Without an ID
	// nothing is spent.
	ID      string
	Expires int64
}

// Proof is what a page has found out.
type Proof struct {
	// Step is the page's, one of the Step constants.
	Step string
	// Subject is the person who was there.
	Subject string
	// At is when, in Unix seconds.
	At int64
	// Denied tells that the person refused (consent and device only).
	Denied bool
	// Scopes are what was consented to.
	Scopes []string
}

const (
	// formRequest is written; formRequest1, without Origin and UserCode, is still read. formErrand ends in the Errand.
	formRequest  = 2
	formErrand   = 3
	formRequest1 = 1
	// maxSealedRequest is what fits into a URL that every browser and proxy takes.
	maxSealedRequest = 6 << 10
	purposeRequest   = "request"
)

func (r *Request) marshal() []byte {
	form := byte(formRequest)
	if r.Errand != "" {
		form = formErrand
	}
	w := newWriter(form)
	w.bool(r.Origin.Pushed)
	w.bool(r.Origin.Signed)
	w.string(r.Origin.ID)
	w.int(r.Origin.Expires)
	w.string(r.UserCode)
	w.string(r.Device)
	if r.Origin.Pushed {
		w.string("")
	} else {
		w.string(r.Params.Encode())
	}
	w.int(r.At)
	w.int(r.Expires)
	w.string(r.ID)
	w.uint(uint64(len(r.Proofs)))
	for _, p := range r.Proofs {
		w.string(p.Step)
		w.string(p.Subject)
		w.int(p.At)
		w.bool(p.Denied)
		w.strings(p.Scopes)
	}
	if r.Errand != "" {
		w.string(r.Errand)
	}
	return w.b
}

func (r *Request) unmarshal(b []byte) error {
	rd := newReader(b, formRequest1)
	if rd.bad {
		rd = newReader(b, formRequest, formErrand)
		r.Origin = Origin{Pushed: rd.bool(), Signed: rd.bool(), ID: rd.string(), Expires: rd.int()}
		r.UserCode, r.Device = rd.string(), rd.string()
	}
	query := rd.string()
	r.At = rd.int()
	r.Expires = rd.int()
	r.ID = rd.string()
	for n := rd.uint(); n > 0 && !rd.bad; n-- {
		r.Proofs = append(r.Proofs, Proof{Step: rd.string(), Subject: rd.string(), At: rd.int(), Denied: rd.bool(), Scopes: rd.strings()})
	}
	if rd.form == formErrand {
		r.Errand = rd.string()
	}
	if err := rd.done(); err != nil {
		return err
	}
	if r.Origin.Pushed && query != "" {
		return errWire
	}
	params, err := url.ParseQuery(query)
	r.Params = params
	return err
}

// proof returns the newest proof of a step by this person, not older than the request.
func (r *Request) proof(step, subject string) (Proof, bool) {
	for _, p := range slices.Backward(r.Proofs) {
		if p.Step == step && p.Subject == subject && p.At >= r.At {
			return p, true
		}
	}
	return Proof{}, false
}

// add keeps one proof of each step: the newest.
func (r *Request) add(p Proof) {
	r.Proofs = slices.DeleteFunc(r.Proofs, func(old Proof) bool { return old.Step == p.Step })
	r.Proofs = append(r.Proofs, p)
}

func (r *Request) list(name string) []string { return strings.Fields(r.Params.Get(name)) }

// newRequest takes a fresh request, wherever its parameters are.
func (p *Provider) newRequest(ctx context.Context, params url.Values) (*Request, error) {
	id, err := p.randomID()
	if err != nil {
		return nil, err
	}
	now := p.db.Now()
	r := &Request{Params: params, At: now.Unix(), Expires: now.Add(p.lifetimes.Request).Unix(), ID: id}
	return r, p.resolve(ctx, r)
}

// sealRequest returns the text that travels. It opens only with the same browser's binding.
func (p *Provider) sealRequest(r *Request, b Browser) (string, error) {
	text := p.sealer.SealString(purposeRequest, r.marshal(), p.requestBinding(b))
	if len(text) > maxSealedRequest {
		return "", refuse("E-REQ-03").got("%d bytes", len(text)).allowed("%d bytes", maxSealedRequest)
	}
	return text, nil
}

func (p *Provider) openRequest(ctx context.Context, text string, b Browser) (*Request, error) {
	if len(text) > maxSealedRequest || b.Binding == "" {
		return nil, refuse("E-REQ-07")
	}
	plain, err := p.sealer.OpenString(purposeRequest, text, p.requestBinding(b))
	if err != nil {
		return nil, refuse("E-REQ-07").because(err)
	}
	r := &Request{}
	if err := r.unmarshal(plain); err != nil {
		return nil, refuse("E-REQ-07").because(err)
	}
	if r.Expires <= p.db.Now().Unix() {
		return nil, refuse("E-REQ-07").got("expired")
	}
	return r, p.unspent(ctx, r)
}

func (p *Provider) requestBinding(b Browser) []byte {
	return append(slices.Clone(p.binding), b.Binding...)
}
