package conformance

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// request is an authorization request of the module's client as the suite sends it, and what becomes of it.
func (m *run) request() params {
	p := params{
		{"client_id", m.client.id}, {"redirect_uri", m.client.redirectURI}, {"scope", "openid"},
		{"state", random(12)}, {"nonce", random(12)}, {"response_type", m.responseType},
	}
	if m.responseMode != "default" {
		p.set("response_mode", m.responseMode)
	}
	return p
}

// authorize sends a request with the browser.
func (m *run) authorize(p params) *landing {
	return m.visit(m.metadata.text("authorization_endpoint") + "?" + p.encode())
}

// answer is what came back to the redirect URI.
type answer struct {
	url.Values
	channel string // query, fragment or form_post
}

// received reads what came to the redirect URI: by one channel only, with the query that the URI has itself left in place.
func (m *run) received(l *landing, redirectURI string) *answer {
	m.need(l.arrived(), "no answer to the redirect URI: the browser is at %s", m.where())
	want, err := url.Parse(redirectURI)
	m.ran(err)
	m.need(l.came.Path == strings.TrimPrefix(want.Path, mustPath(m.place.base)), "the answer came to %s, want %s", m.where(), redirectURI)
	query, err := url.ParseQuery(l.came.Query)
	m.ran(err)
	for name, values := range want.Query() {
		m.want(slices.Equal(query[name], values), "the redirect URI's own %s has become %v", name, query[name])
		query.Del(name)
	}
	fragment, err := url.ParseQuery(l.url.EscapedFragment())
	m.ran(err)
	if l.came.Method == "POST" {
		m.want(l.came.Kind == "application/x-www-form-urlencoded", "the form has Content-Type %s", l.came.Kind)
		m.want(len(query) == 0 && len(fragment) == 0, "beside the form came query %v, fragment %v", query, fragment)
		form, err := url.ParseQuery(l.came.Body)
		m.ran(err)
		return &answer{form, "form_post"}
	}
	if len(fragment) > 0 {
		m.want(len(query) == 0, "beside the fragment came the query %v", query)
		return &answer{fragment, "fragment"}
	}
	return &answer{query, "query"}
}

func mustPath(address string) string { return must(url.Parse(address)).Path }

// channel is the way on which answers to a response type come (OAuth 2.0 Multiple Response Types §3, §5).
func (m *run) channel() string {
	switch {
	case m.responseMode == "form_post":
		return "form_post"
	case m.responseType == "code":
		return "query"
	}
	return "fragment"
}

// success demands an answer with all that was asked for.
func (m *run) success(l *landing, p params) *answer {
	a := m.received(l, p.get("redirect_uri"))
	m.need(!a.Has("error"), "error %s: %s", a.Get("error"), a.Get("error_description"))
	m.need(a.channel == m.channel(), "the answer came by %s, want %s", a.channel, m.channel())
	m.sameState(a, p)
	m.need(a.Has("code") == m.codeType(), "code %q for response_type %s", a.Get("code"), m.responseType)
	m.need(a.Has("id_token") == m.idTokenType(), "id_token %q for response_type %s", a.Get("id_token"), m.responseType)
	m.need(a.Has("access_token") == m.tokenType(), "access_token %q for response_type %s", a.Get("access_token"), m.responseType)
	if m.tokenType() {
		m.want(strings.EqualFold(a.Get("token_type"), "bearer"), "token_type %q", a.Get("token_type"))
		m.checkToken("access_token", a.Get("access_token"))
	}
	if m.codeType() {
		m.checkToken("code", a.Get("code"))
	}
	return a
}

// sameState compares state and iss (RFC 6749 §4.1.2, RFC 9207 §2.4).
func (m *run) sameState(a *answer, p params) {
	m.want(a.Get("state") == p.get("state") && len(a.Values["state"]) <= 1, "state %q, want %q", a.Values["state"], p.get("state"))
	m.want(!a.Has("iss") || a.Get("iss") == m.metadata.text("issuer"), "iss %q, want %q", a.Get("iss"), m.metadata.text("issuer"))
}

// vschar is what codes and tokens are made of (RFC 6749 Appendix A).
var vschar = regexp.MustCompile(`^[\x20-\x7e]+$`)

// checkToken demands that nobody can guess a value: 128 bits at least, and more than 96 bits by its letters.
func (m *run) checkToken(name, value string) {
	m.want(vschar.MatchString(value), "%s has characters that it must not have: %q", name, value)
	m.want(len(value)*8 >= 128, "%s has only %d bytes", name, len(value))
	m.want(entropy(value) > 96, "%s has an entropy of %.0f bits only", name, entropy(value))
}

// entropy is Shannon's of a text's letters, in bits.
func entropy(text string) float64 {
	counts := map[rune]float64{}
	for _, letter := range text {
		counts[letter]++
	}
	bits := 0.0
	for _, n := range counts {
		bits -= n * math.Log2(n/float64(len(text)))
	}
	return bits
}

// nqschar and nqchar are what error_description and error_uri may have (RFC 6749 §4.1.2.1).
var (
	nqschar = regexp.MustCompile(`^[\x20-\x21\x23-\x5b\x5d-\x7e]*$`)
	nqchar  = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]*$`)
)

// failure demands an error at the redirect URI, one of these, by the channel by which the good answer would have come unless
// another is named.
func (m *run) failure(l *landing, p params, channel string, codes ...string) {
	a := m.received(l, p.get("redirect_uri"))
	m.need(a.Has("error"), "no error, but %v", a.Values)
	m.want(a.channel == channel, "the error came by %s, want %s", a.channel, channel)
	m.sameState(a, p)
	m.want(!a.Has("code") && !a.Has("id_token") && !a.Has("access_token"), "the error comes with %v", a.Values)
	m.want(slices.Contains(codes, a.Get("error")), "error %s (%s), want one of %v", a.Get("error"), a.Get("error_description"), codes)
	m.checkErrorText(a.Get("error_description"), a.Get("error_uri"))
	for name := range a.Values {
		m.warn(slices.Contains([]string{"error", "error_description", "error_uri", "state", "session_state", "iss"}, name), "the error has a parameter %s", name)
	}
}

func (m *run) checkErrorText(description, uri string) {
	m.want(nqschar.MatchString(description), "error_description has characters that it must not have: %q", description)
	m.want(nqchar.MatchString(uri), "error_uri has characters that it must not have: %q", uri)
}

// errorPage demands a page of the provider's that says what is wrong, or where the error would go if the person lets it, and
// that nobody was sent to the relying party.
func (m *run) errorPage(l *landing) {
	m.need(!l.arrived(), "the browser was sent to %s", m.where())
	m.need(l.saw("error") || l.saw("leaving"), "there is no error page at %s", m.where())
	m.need(m.placeholder == "", "the automation has not taken a picture for %q", m.placeholder)
}

// outcome is a sign-in that went well.
type outcome struct {
	params
	landing *landing
	answer  *answer
	front   *verified // ID token of the authorization endpoint
	back    *verified // ID token of the token endpoint
	tokens  map[string]any
	access  string
	refresh string
}

// idToken is the one that counts: that of the token endpoint, which has more where both are there.
func (o *outcome) idToken() *verified {
	if o.back != nil {
		return o.back
	}
	return o.front
}

func (o *outcome) subject() string {
	sub, _ := o.idToken().claims["sub"].(string)
	return sub
}

// signIn goes the whole way: request, answer, tokens.
func (m *run) signIn(p params) *outcome {
	return m.redeem(m.authorize(p), p)
}

// redeem goes on from the answer to a request.
func (m *run) redeem(l *landing, p params) *outcome {
	o := &outcome{params: p, landing: l, answer: m.success(l, p)}
	o.access = o.answer.Get("access_token")
	if m.idTokenType() {
		o.front = m.checkIDToken(o.answer.Get("id_token"), p.get("nonce"))
		m.checkHash(o.front, "at_hash", o.answer.Get("access_token"), m.tokenType())
		m.checkHash(o.front, "c_hash", o.answer.Get("code"), m.codeType())
		m.checkHash(o.front, "s_hash", p.get("state"), false)
	}
	if m.codeType() {
		m.exchange(o)
	}
	return o
}

// exchange redeems the code (OIDC Core §3.1.3).
func (m *run) exchange(o *outcome) {
	form := params{{"grant_type", "authorization_code"}, {"code", o.answer.Get("code")}, {"redirect_uri", o.get("redirect_uri")}}
	if m.verifier != "" {
		form.set("code_verifier", m.verifier)
	}
	o.tokens = m.tokens(m.token(m.client, form))
	o.access, _ = o.tokens["access_token"].(string)
	o.refresh, _ = o.tokens["refresh_token"].(string)
	text, _ := o.tokens["id_token"].(string)
	m.need(text != "", "the token endpoint gives no id_token")
	o.back = m.checkIDToken(text, o.get("nonce"))
	m.checkHash(o.back, "at_hash", o.access, false)
	m.checkHash(o.back, "c_hash", o.answer.Get("code"), false)
	if o.front != nil {
		for _, name := range []string{"iss", "sub"} {
			m.want(o.front.claims[name] == o.back.claims[name], "the two ID tokens have %s %v and %v", name, o.front.claims[name], o.back.claims[name])
		}
	}
}

// seconds reads a NumericDate.
func seconds(t time.Time) float64 { return float64(t.Unix()) }
