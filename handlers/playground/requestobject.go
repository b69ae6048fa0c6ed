package playground

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"signet/templates"
)

// requestObject is a request that the client has signed (RFC 9101).
type requestObject struct {
	text string
	// params is what it was made of, at its time.
	params string
	made   time.Time
	// fetched is when the provider has read it at its address.
	fetched time.Time
}

// objectShown is how long an object that was shown is still the one that is sent.
const objectShown = 30 * time.Second

// object makes the request object if the request travels in one, or keeps the one that was just shown.
func (p *Playground) object(r *run) error {
	q := &r.request
	if !q.signed() || r.client.key == nil {
		q.object = nil
		return nil
	}
	if o := q.object; o != nil && o.params == q.params.Encode() && p.clock().Sub(o.made) < objectShown && !q.sent {
		return nil
	}
	return p.signObject(r, r.client.key)
}

// signObject signs the request with a key.
func (p *Playground) signObject(r *run, key *clientKey) error {
	jti, err := p.random(16)
	if err != nil {
		return err
	}
	now := p.clock()
	claims := map[string]any{
		"iss": r.client.id, "aud": p.issuer, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(objectLife).Unix(), "jti": jti,
	}
	for name, values := range r.request.params {
		claims[name] = objectValue(name, values)
	}
	text, err := key.sign("oauth-authz-req+jwt", claims)
	r.request.object = &requestObject{text: text, params: r.request.params.Encode(), made: now}
	return err
}

// forgeObject signs the request with a key that pretends to be the client's.
func (p *Playground) forgeObject(r *run) error {
	other, err := newClientKey(p.rand)
	if err != nil {
		return err
	}
	other.kid = r.client.key.kid
	return p.signObject(r, other)
}

// objectLife is how long a request object is good for: as long as somebody reads the page before sending it.
const objectLife = 10 * time.Minute

// objectValue is a parameter as a claim: a text, but for those that are JSON already (RFC 9101 §4, OIDC Core §6.1).
func objectValue(name string, values []string) any {
	if len(values) != 1 {
		return values
	}
	switch seconds, err := strconv.Atoi(values[0]); {
	case name == "max_age" && err == nil:
		return seconds
	case name == "claims" && json.Valid([]byte(values[0])):
		return json.RawMessage(values[0])
	}
	return values[0]
}

// uri is where the provider finds the object. The fragment is its hash: a client that puts something else there changes the
// address (OIDC Core §6.2).
func (o *requestObject) uri(p *Playground, r *run) string {
	sum := sha256.Sum256([]byte(o.text))
	return p.clientAddress(r, objectPath) + "#" + base64url(sum[:])
}

// block takes the object apart.
func (o *requestObject) block() templates.Token {
	header, payload := decode(o.text)
	shown := rows("proof", members(payload), nil)
	for i, row := range shown {
		if row.Meaning.IsZero() {
			shown[i].Meaning = meaning("param", row.Name)
		}
	}
	return templates.Token{
		ID: "object", Title: templates.Msg("playground.object.title"), Intro: templates.Msg("playground.object.why"), Raw: o.text, Sent: true,
		Header: rows("proof", members(header), nil), Claims: shown,
	}
}

// outside are the parameters that stand beside an object though they are in it: OpenID Connect demands some (OIDC Core §6.1),
// and a refusal of the object can only go where it finds an address.
var outside = []string{"client_id", "response_type", "scope", "redirect_uri", "state", "response_mode"}

// beside are those of a request.
func (q *request) beside() url.Values {
	out := url.Values{}
	for _, name := range outside {
		if values, ok := q.params[name]; ok {
			out[name] = values
		}
	}
	return out
}

// serveObject is the address of a request object.
func (s pages) serveObject(w http.ResponseWriter, r *http.Request) error {
	run := s.called(r)
	if run == nil {
		return s.nothing(w)
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	o := run.request.object
	if o == nil || run.request.way != wayReference {
		return s.nothing(w)
	}
	o.fetched = s.clock()
	w.Header().Set("Content-Type", "application/oauth-authz-req+jwt")
	_, _ = w.Write([]byte(o.text)) // whoever asked may have gone
	return nil
}

// fetchedNote tells when the provider has read the object at its address.
func (r *run) fetchedNote() []templates.Block {
	o := r.request.object
	if o == nil || o.fetched.IsZero() {
		return nil
	}
	return []templates.Block{templates.Notice{ID: "fetched", Text: templates.Msg("playground.object.fetched", "time", o.fetched.UTC().Format(time.TimeOnly))}}
}
