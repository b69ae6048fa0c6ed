package provider

import (
	"net/url"
	"slices"
	"strings"
)

// Request is an authorization request on its way through the pages, sealed and bound to the browser that brought it. Pages
// carry it in a form field or in a URL; only /authorize reads what it means.
type Request struct {
	// Params are the request's parameters as they came.
	Params url.Values
	// At is when it first came, in Unix seconds; every proof must be newer.
	At int64
	// Expires is in Unix seconds.
	Expires int64
	// ID is random; it tells requests apart that are otherwise equal.
	ID string
	// Proofs are what pages have found out, oldest first.
	Proofs []Proof
}

// Proof is what a page has found out.
type Proof struct {
	// Step is the page's, one of the Step constants.
	Step string
	// Subject is the person who was there.
	Subject string
	// At is when, in Unix seconds.
	At int64
	// Denied tells that the person refused (consent only).
	Denied bool
	// Scopes are what was consented to.
	Scopes []string
}

const (
	formRequest = 1
	// maxSealedRequest is what fits into a URL that every browser and proxy takes.
	maxSealedRequest = 6 << 10
	purposeRequest   = "request"
)

func (r *Request) marshal() []byte {
	w := newWriter(formRequest)
	w.string(r.Params.Encode())
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
	return w.b
}

func (r *Request) unmarshal(b []byte) error {
	rd := newReader(b, formRequest)
	query := rd.string()
	r.At = rd.int()
	r.Expires = rd.int()
	r.ID = rd.string()
	for n := rd.uint(); n > 0 && !rd.bad; n-- {
		r.Proofs = append(r.Proofs, Proof{Step: rd.string(), Subject: rd.string(), At: rd.int(), Denied: rd.bool(), Scopes: rd.strings()})
	}
	if err := rd.done(); err != nil {
		return err
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

func (p *Provider) newRequest(params url.Values) (*Request, error) {
	id, err := p.randomID()
	if err != nil {
		return nil, err
	}
	now := p.db.Now()
	return &Request{Params: params, At: now.Unix(), Expires: now.Add(p.lifetimes.Request).Unix(), ID: id}, nil
}

// sealRequest returns the text that travels. It opens only with the same browser's binding.
func (p *Provider) sealRequest(r *Request, b Browser) (string, error) {
	text := p.sealer.SealString(purposeRequest, r.marshal(), p.requestBinding(b))
	if len(text) > maxSealedRequest {
		return "", refuse("E-REQ-03").got("%d bytes", len(text)).allowed("%d bytes", maxSealedRequest)
	}
	return text, nil
}

func (p *Provider) openRequest(text string, b Browser) (*Request, error) {
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
	return r, nil
}

func (p *Provider) requestBinding(b Browser) []byte {
	return append(slices.Clone(p.binding), b.Binding...)
}
