package conformance

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// back is where the client of the logout modules is registered to be returned to.
func (m *run) back() string { return m.place.base + "/post_logout_redirect" }

// signedIn makes a client that can be logged out of and signs in.
func (m *run) signedIn(change ...map[string]any) *outcome {
	m.register(append([]map[string]any{{"post_logout_redirect_uris": []string{m.back()}}}, change...)...)
	o := m.signIn(m.request())
	m.userInfo(o)
	return o
}

// logout is a request to end the session with everything in it (OIDC RP-Initiated Logout §2).
func (m *run) logoutRequest(o *outcome) params {
	return params{{"id_token_hint", o.idToken().raw}, {"post_logout_redirect_uri", m.back()}, {"state", random(96)}}
}

// endSession sends the browser there.
func (m *run) endSession(p params) *landing {
	address := m.metadata.text("end_session_endpoint")
	m.need(strings.HasPrefix(address, "https://"), "discovery has no end_session_endpoint")
	if len(p) > 0 {
		address += "?" + p.encode()
	}
	return m.visit(address)
}

// returned demands that the browser came back with the state, and nothing else.
func (m *run) returned(l *landing, p params) {
	m.need(l.arrived() && l.came.Path == "/post_logout_redirect", "the browser is at %s, want %s", m.where(), m.back())
	query, err := url.ParseQuery(l.came.Query)
	m.ran(err)
	m.want(query.Get("state") == p.get("state") && query.Has("state") == (p.get("state") != ""), "state %q, want %q", query["state"], p.get("state"))
	query.Del("state")
	m.warn(len(query) == 0, "the return has the parameters %v", query)
}

// signedOut demands that nobody is signed in any more.
func (m *run) signedOut() {
	p := m.request()
	p.set("prompt", "none")
	m.failure(m.authorize(p), p, m.channel(), notNow...)
}

func TestModule_oidcc_rp_initiated_logout(t *testing.T) {
	module(t, func(m *run) {
		p := m.logoutRequest(m.signedIn())
		m.returned(m.endSession(p), p)
		m.signedOut()
	})
}

func TestModule_oidcc_rp_initiated_logout_no_state(t *testing.T) {
	module(t, func(m *run) {
		p := m.logoutRequest(m.signedIn())
		p.drop("state")
		m.returned(m.endSession(p), p)
		m.signedOut()
	})
}

// stays demands a page of the provider's, of which a person takes a picture.
func (m *run) stays(p params, what string) {
	m.placeholder = what
	l := m.endSession(p)
	m.need(!l.arrived(), "the browser was sent to %s", m.where())
	m.need(m.placeholder == "", "the browser is at %s, and nobody took a picture", m.where())
}

// refusedModule asks to be returned in a way that must not be.
func refusedModule(what string, change func(m *run, p *params)) func(*run) {
	return func(m *run) {
		p := m.logoutRequest(m.signedIn())
		change(m, &p)
		m.stays(p, what)
	}
}

func TestModule_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(t *testing.T) {
	module(t, refusedModule("an error page: the return address is not registered", func(m *run, p *params) {
		p.set("post_logout_redirect_uri", m.back()+"/"+random(8))
	}))
}

func TestModule_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(t *testing.T) {
	module(t, refusedModule("an error page: the return address is not registered", func(m *run, p *params) {
		p.set("post_logout_redirect_uri", m.back()+"?foo=bar")
	}))
}

func TestModule_oidcc_rp_initiated_logout_modified_id_token_hint(t *testing.T) {
	module(t, refusedModule("an error page: the hint is not signed", func(m *run, p *params) {
		claims := m.verify("ID token", p.get("id_token_hint")).claims
		p.set("id_token_hint", unsigned(claims))
	}))
}

func TestModule_oidcc_rp_initiated_logout_bad_id_token_hint(t *testing.T) {
	module(t, refusedModule("an error page: the hint is signed by somebody else", func(m *run, p *params) {
		claims := m.verify("ID token", p.get("id_token_hint")).claims
		p.set("id_token_hint", firstKey().sign(claims))
	}))
}

func TestModule_oidcc_rp_initiated_logout_no_id_token_hint(t *testing.T) {
	module(t, refusedModule("an error page, or a question", func(_ *run, p *params) { p.drop("id_token_hint") }))
}

// pageModule ends the session without a return.
func pageModule(drop ...string) func(*run) {
	return func(m *run) {
		p := m.logoutRequest(m.signedIn())
		for _, name := range drop {
			p.drop(name)
		}
		m.stays(p, "a page that says that one is signed out")
		m.need(m.browser.Has("signed-out"), "the browser is at %s", m.where())
		m.signedOut()
	}
}

func TestModule_oidcc_rp_initiated_logout_no_params(t *testing.T) {
	module(t, pageModule("id_token_hint", "post_logout_redirect_uri", "state"))
}

func TestModule_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(t *testing.T) {
	module(t, pageModule("post_logout_redirect_uri"))
}

func TestModule_oidcc_rp_initiated_logout_only_state(t *testing.T) {
	module(t, pageModule("id_token_hint", "post_logout_redirect_uri"))
}

func TestModule_oidcc_backchannel_rp_initiated_logout(t *testing.T) {
	module(t, func(m *run) {
		o := m.signedIn(map[string]any{
			"backchannel_logout_uri": m.place.direct + "/backchannel_logout", "backchannel_logout_session_required": true,
		})
		p := m.logoutRequest(o)
		l := m.endSession(p)
		m.checkLogoutToken(o)
		m.returned(l, p)
		m.signedOut()
	})
}

// logoutEvent is the member of events that makes a token a logout token (OIDC Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

func (m *run) checkLogoutToken(o *outcome) {
	calls := m.arrivedSoon("/backchannel_logout")
	m.need(len(calls) == 1, "%d calls of backchannel_logout_uri, want one", len(calls))
	call := calls[0]
	m.need(call.Method == "POST" && call.Kind == "application/x-www-form-urlencoded", "%s with %s", call.Method, call.Kind)
	const tls13 = 0x0304
	m.warn(call.TLS == tls13, "the provider calls with TLS version %x", call.TLS)
	form, err := url.ParseQuery(call.Body)
	m.ran(err)
	m.warn(len(form) == 1, "the form has %v", form)
	token := m.verify("logout token", form.Get("logout_token"))
	m.want(token.alg == o.idToken().alg, "logout token: alg %s, the ID token has %s", token.alg, o.idToken().alg)
	claims := token.claims
	m.want(claims["iss"] == m.metadata.text("issuer"), "logout token: iss %v", claims["iss"])
	m.want(isFor(claims["aud"], m.client.id), "logout token: aud %v", claims["aud"])
	m.want(claims["nonce"] == nil, "logout token: nonce %v", claims["nonce"])
	jti, _ := claims["jti"].(string)
	m.want(jti != "", "logout token: jti %v", claims["jti"])
	now := seconds(m.now())
	iat, ok := number(claims["iat"])
	m.want(ok && iat > now-300 && iat < now+300, "logout token: iat %v", claims["iat"])
	if raw, there := claims["exp"]; there {
		exp, ok := number(raw)
		m.want(ok && exp > now, "logout token: exp %v", raw)
	}
	events, _ := claims["events"].(map[string]any)
	event, isObject := events[logoutEvent].(map[string]any)
	m.want(len(events) == 1 && isObject && len(event) == 0, "logout token: events %v", claims["events"])
	for _, name := range []string{"sub", "sid"} {
		m.want(claims[name] == nil || claims[name] == o.idToken().claims[name], "logout token: %s %v, the ID token has %v", name, claims[name], o.idToken().claims[name])
	}
	m.want(claims["sub"] != nil || claims["sid"] != nil, "logout token: neither sub nor sid")
	m.want(claims["sid"] != nil, "logout token: no sid, though the client wants it")
}

func TestModule_oidcc_frontchannel_rp_initiated_logout(t *testing.T) {
	module(t, func(m *run) {
		address := m.place.base + "/frontchannel_logout"
		o := m.signedIn(map[string]any{"frontchannel_logout_uri": address, "frontchannel_logout_session_required": true})
		p := m.logoutRequest(o)
		l := m.endSession(p)
		m.checkFrontchannel(o, address)
		m.returned(l, p)
		m.signedOut()
	})
}

func (m *run) checkFrontchannel(o *outcome, address string) {
	calls := m.arrivedSoon("/frontchannel_logout")
	m.need(len(calls) == 1, "%d calls of %s, want one", len(calls), address)
	query, err := url.ParseQuery(calls[0].Query)
	m.ran(err)
	m.want(query.Get("iss") == m.metadata.text("issuer"), "frontchannel_logout_uri: iss %q", query["iss"])
	sid, _ := o.idToken().claims["sid"].(string)
	m.want(sid != "", "the ID token has no sid")
	m.want(query.Get("sid") == sid, "frontchannel_logout_uri: sid %q, the ID token has %q", query["sid"], sid)
	for name := range query {
		m.warn(slices.Contains([]string{"iss", "sid"}, name), "frontchannel_logout_uri has a parameter %s", name)
	}
}
