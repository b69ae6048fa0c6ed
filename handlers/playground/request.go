package playground

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
)

// request is an authorization request (OIDC Core §3.1.2.1).
type request struct {
	params   url.Values
	verifier string
	sent     bool
	// way is how it travels; object and push belong to some of the ways.
	way    string
	object *requestObject
	push   *push
}

// requestParams are those that have a field of their own, in the order of the page.
var requestParams = []string{
	"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"prompt", "max_age", "login_hint", "id_token_hint", "acr_values", "ui_locales", "claims",
}

// newRequest makes a request with fresh random values.
func (p *Playground) newRequest(r *run, scope string) error {
	r.request.way = wayPlain
	r.request.params = url.Values{"response_type": {r.flow.response}, "client_id": {r.client.id}, "redirect_uri": {p.redirectURI()}, "scope": {scope}}
	return p.refresh(r)
}

// refresh gives a request new random values, and forgets what came of it.
func (p *Playground) refresh(r *run) error {
	var random [3]string
	for i, n := range []int{32, 16, 16} {
		var err error
		if random[i], err = p.random(n); err != nil {
			return err
		}
	}
	r.afresh()
	q := &r.request
	q.object, q.push = nil, nil
	q.verifier = random[0]
	q.params.Set("state", random[1])
	q.params.Set("nonce", random[2])
	q.dropChallenge()
	q.fitChallenge(false)
	return nil
}

// challenge is the transformation S256 of a verifier (RFC 7636 §4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// fitChallenge adds a challenge if a code has come to be asked for, and drops it where there is none to protect.
func (q *request) fitChallenge(before bool) {
	switch now := q.asks("code"); {
	case now && !before && !q.params.Has("code_challenge"):
		q.params.Set("code_challenge", challenge(q.verifier))
		q.params.Set("code_challenge_method", "S256")
	case !now && before:
		q.dropChallenge()
	}
}

func (q *request) dropChallenge() {
	q.params.Del("code_challenge")
	q.params.Del("code_challenge_method")
}

// actRequest takes the form over. "go" sends the browser to the provider, "fresh" begins again, a sample fills claims in.
func actRequest(p *Playground, _ context.Context, r *run, form url.Values) (string, error) {
	do := form.Get("do")
	if do == "fresh" {
		return r.path(stepRequest), p.refresh(r)
	}
	if sample, ok := claimsSamples[do]; ok {
		r.request.setClaims(sample)
		return r.path(stepRequest) + "#request-p.claims", nil
	}
	if form.Has("more") {
		r.request.edit(form, p.runs.remembered(r.browser))
		r.setWay(form.Get("way"))
	}
	if do != "go" && do != "forge" {
		return r.path(stepRequest), nil
	}
	return p.leave(r, do == "forge")
}

// leave sends the browser off with the request, or first to where it is pushed. Forged is one that somebody else has signed.
func (p *Playground) leave(r *run, forged bool) (string, error) {
	if err := p.object(r); err != nil {
		return "", err
	}
	if forged && r.request.object != nil {
		if err := p.forgeObject(r); err != nil {
			return "", err
		}
	}
	if r.request.pushes() {
		return r.path(stepPush), nil
	}
	r.afresh()
	r.request.sent = true
	if p.byPost(r) {
		return r.path(stepCarry), nil
	}
	return p.address(r)
}

// edit replaces the parameters by those of the form. An empty field is a parameter that is not sent. hint is the ID token
// that the choice of id_token_hint stands for.
func (q *request) edit(form url.Values, hint string) {
	before := q.asks("code")
	params := url.Values{}
	for _, name := range requestParams {
		value := form.Get("p." + name)
		switch {
		case value == "":
		case name == "id_token_hint":
			params.Set(name, q.hint(value, hint))
		case name == "claims":
			params.Set(name, compact(value))
		default:
			params.Set(name, value)
		}
	}
	for line := range strings.Lines(form.Get("more")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && name != "" {
			params.Add(name, value)
		}
	}
	q.params, q.push = params, nil
	q.fitChallenge(before)
}

// The choices of id_token_hint, beside the empty one.
const (
	hintLast = "last"
	hintKeep = "keep"
)

// hint is the ID token that a choice stands for.
func (q *request) hint(choice, last string) string {
	if choice == hintKeep {
		return q.params.Get("id_token_hint")
	}
	return last
}
