package conformance

import (
	"slices"
	"strings"
	"testing"
)

// leanClaims are those that belong into every ID token; others only if they were asked for.
var leanClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "nbf", "jti", "sid",
}

// simple is the flow of most modules: a client, one request, tokens, UserInfo.
func simple(change ...func(*run, *params)) func(*run) {
	return func(m *run) {
		m.register()
		p := m.request()
		for _, f := range change {
			f(m, &p)
		}
		m.userInfo(m.signIn(p))
	}
}

// with sets a parameter.
func with(name, value string) func(*run, *params) {
	return func(_ *run, p *params) { p.set(name, value) }
}

func happy(m *run) {
	m.register()
	o := m.signIn(m.request())
	for _, token := range []*verified{o.front, o.back} {
		if token == nil {
			continue
		}
		for name := range token.claims {
			m.warn(slices.Contains(leanClaims, name), "the ID token has %s, for which nobody has asked", name)
		}
	}
	if o.tokens != nil {
		m.warn(o.tokens["expires_in"] != nil, "the token endpoint does not say expires_in")
	}
	if m.tokenType() {
		m.warn(o.answer.Has("expires_in"), "the authorization endpoint does not say expires_in")
	}
	m.userInfo(o)
}

func TestModule_oidcc_server(t *testing.T) { module(t, happy) }

func TestModule_oidcc_server_client_secret_post(t *testing.T) { module(t, happy) }

// responseTypeMissing may end with an error or an error page.
func responseTypeMissing(m *run) {
	m.register()
	p := m.request()
	p.drop("response_type")
	l := m.authorize(p)
	if !l.arrived() {
		m.errorPage(l)
		return
	}
	channel := "query"
	if m.responseMode == "form_post" {
		channel = "form_post"
	}
	m.failure(l, p, channel, "unsupported_response_type", "invalid_request")
}

func TestModule_oidcc_response_type_missing(t *testing.T) { module(t, responseTypeMissing) }

func TestModule_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(t *testing.T) {
	module(t, simple(func(_ *run, p *params) { p.drop("nonce") }))
}

// withoutNonce may end with an error or an error page.
func withoutNonce(m *run) {
	m.register()
	p := m.request()
	p.drop("nonce")
	l := m.authorize(p)
	if !l.arrived() {
		m.errorPage(l)
		return
	}
	m.failure(l, p, m.channel(), "invalid_request")
}

func TestModule_oidcc_ensure_request_without_nonce_fails(t *testing.T) { module(t, withoutNonce) }

func TestModule_oidcc_alternate_happy_flow(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		p := m.request()
		p.set("scope", "email openid")
		slices.Reverse(p)
		o := m.signIn(p)
		m.hasClaims(o, m.userInfo(o), "email")
	})
}

func TestModule_oidcc_display_page(t *testing.T) { module(t, simple(with("display", "page"))) }

func TestModule_oidcc_display_popup(t *testing.T) { module(t, simple(with("display", "popup"))) }

func TestModule_oidcc_ensure_request_with_unknown_parameter_succeeds(t *testing.T) {
	module(t, simple(with("extra", "foobar")))
}

func TestModule_oidcc_login_hint(t *testing.T) {
	module(t, simple(with("login_hint", "buffy@localhost")))
}

func TestModule_oidcc_ui_locales(t *testing.T) { module(t, simple(with("ui_locales", "se"))) }

func TestModule_oidcc_claims_locales(t *testing.T) { module(t, simple(with("claims_locales", "se"))) }

func TestModule_oidcc_ensure_request_with_acr_values_succeeds(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		asked := m.metadata.list("acr_values_supported")
		if len(asked) == 0 {
			asked = []string{"1", "2"}
		}
		p := m.request()
		p.set("acr_values", strings.Join(asked, " "))
		o := m.signIn(p)
		m.userInfo(o)
		acr, _ := o.idToken().claims["acr"].(string)
		m.warn(slices.Contains(asked, acr), "acr %q, want one of %v", acr, asked)
	})
}

// unregistered asks for an answer at an address that is not registered.
func unregistered(m *run) {
	m.register()
	p := m.request()
	p.set("redirect_uri", m.client.redirectURI+"/"+random(8))
	m.placeholder = "an error page: the redirect URI is not registered"
	m.errorPage(m.authorize(p))
}

func TestModule_oidcc_ensure_registered_redirect_uri(t *testing.T) { module(t, unregistered) }

func TestModule_oidcc_ensure_post_request_succeeds(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		p := m.request()
		m.userInfo(m.redeem(m.post(m.metadata.text("authorization_endpoint"), p), p))
	})
}

func TestModule_oidcc_codereuse(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		o := m.signIn(m.request())
		m.redeemAgain(o)
	})
}

func TestModule_oidcc_codereuse_30seconds(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		o := m.signIn(m.request())
		m.userInfo(o)
		m.wait(30 * second)
		m.redeemAgain(o)
		answer := m.userInfoBy("get", o.access)
		m.warn(answer.status != 200, "the access token still works though its code was used again")
	})
}

func (m *run) redeemAgain(o *outcome) {
	form := params{{"grant_type", "authorization_code"}, {"code", o.answer.Get("code")}, {"redirect_uri", o.get("redirect_uri")}}
	answer := m.token(m.client, form)
	if answer.status == 200 {
		m.warn(false, "a code can be redeemed twice")
		return
	}
	m.tokenError(answer, "invalid_grant")
}

func TestModule_oidcc_ensure_request_with_valid_pkce_succeeds(t *testing.T) {
	module(t, simple(func(m *run, p *params) {
		m.verifier = random(48)
		p.set("code_challenge", challenge(m.verifier))
		p.set("code_challenge_method", "S256")
	}))
}
