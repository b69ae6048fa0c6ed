package playground

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"
)

// run is one walk through a flow.
type run struct {
	// id, browser and handle never change; used belongs to the runs. The handle names the run's client, if it registers
	// itself, in the addresses at which the provider calls it.
	id, browser, handle string
	used                time.Time

	mu     sync.Mutex // guards what follows
	flow   flow
	client client
	// discovery is the provider's document as it came, meta what was read in it.
	discovery *exchange
	meta      metadata
	// registration is nil unless the client registers itself.
	registration *registration
	request      request
	callback     *callback
	// device is what a device waits with.
	device *waiting
	// stray is an answer that came beside and was not for this run.
	stray *callback
	// attempt is the last token request.
	attempt *attempt
	tokens  *tokens
	// deed is what was done last with the tokens.
	deed   *deed
	ending ending
}

// client is who the playground says it is.
type client struct {
	id, secret string
	// method is a token_endpoint_auth_method (OIDC Core §9).
	method string
	// key is the client's own, if it registers itself.
	key *clientKey
}

// The methods of client authentication that the playground knows.
const (
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodKey   = "private_key_jwt"
	methodNone  = "none"
)

// path is the address of one of the run's steps, below the issuer's path.
func (r *run) path(step string) string { return runPath + "/" + r.id + "/" + step }

// afresh forgets what came of an earlier request.
func (r *run) afresh() {
	r.request.sent = false
	r.ending = ending{}
	r.callback, r.stray, r.device, r.attempt, r.tokens, r.deed = nil, nil, nil, nil, nil, nil
}

// newRun begins a run.
func (p *Playground) newRun(browser string, f flow, form url.Values) (*run, error) {
	id, err := p.random(16)
	if err != nil {
		return nil, err
	}
	r := &run{id: id, browser: browser, flow: f, client: clientOf(form)}
	if form.Get("client") == clientRegisters {
		if err := p.makeClient(r); err != nil {
			return nil, err
		}
	}
	scope := form.Get("scope")
	if scope == "" {
		scope = f.scope
	}
	if err := p.newRequest(r, scope); err != nil {
		return nil, err
	}
	p.runs.add(r)
	return r, nil
}

// makeClient gives a run a client of its own, which nobody knows yet.
func (p *Playground) makeClient(r *run) (err error) {
	r.registration = &registration{}
	r.client = client{}
	if r.handle, err = p.random(16); err != nil {
		return err
	}
	r.client.key, err = newClientKey(p.rand)
	return err
}

// clientOf reads what was typed. Without anything it is the client that development mode makes up.
func clientOf(form url.Values) client {
	c := client{id: form.Get("client_id"), secret: form.Get("client_secret"), method: form.Get("method")}
	if c.id == "" {
		c.id = throwAway.id
	}
	if c.method != methodPost && c.method != methodNone {
		c.method = methodBasic
	}
	return c
}

// throwAway is a client that nobody has registered.
var throwAway = client{id: "playground", secret: "any-secret-will-do", method: methodBasic}

// random returns n random bytes in base64url.
func (p *Playground) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(p.rand, b); err != nil {
		return "", fmt.Errorf("playground: randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
