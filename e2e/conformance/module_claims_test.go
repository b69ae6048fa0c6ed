package conformance

import (
	"net/http"
	"slices"
	"testing"
)

func userInfoModule(method string) func(*run) {
	return func(m *run) {
		m.register()
		o := m.signIn(m.request())
		answer := m.userInfoBy(method, o.access)
		if method == "body" && answer.status != http.StatusOK {
			m.warn(false, "UserInfo refuses an access token in a form: status %d", answer.status)
			return
		}
		m.checkUserInfo(o, answer)
	}
}

func TestModule_oidcc_userinfo_get(t *testing.T) { module(t, userInfoModule("get")) }

func TestModule_oidcc_userinfo_post_header(t *testing.T) { module(t, userInfoModule("header")) }

func TestModule_oidcc_userinfo_post_body(t *testing.T) { module(t, userInfoModule("body")) }

func TestModule_oidcc_userinfo_rs256(t *testing.T) {
	module(t, func(m *run) {
		m.want(m.metadata.has("userinfo_signing_alg_values_supported", "RS256"), "userinfo_signing_alg_values_supported lacks RS256")
		m.register(map[string]any{"userinfo_signed_response_alg": "RS256"})
		o := m.signIn(m.request())
		answer := m.userInfoBy("get", o.access)
		m.need(answer.status == http.StatusOK, "UserInfo: status %d: %s", answer.status, answer.body)
		m.need(answer.kind() == "application/jwt", "UserInfo: Content-Type %s", answer.kind())
		signed := m.verify("UserInfo", string(answer.body))
		m.want(signed.alg == "RS256", "UserInfo: alg %s", signed.alg)
		m.want(signed.claims["sub"] == o.subject(), "UserInfo: sub %v, the ID token has %s", signed.claims["sub"], o.subject())
		m.want(signed.claims["nonce"] == nil, "UserInfo: nonce %v", signed.claims["nonce"])
		m.warn(signed.claims["iss"] == m.metadata.text("issuer"), "UserInfo: iss %v", signed.claims["iss"])
		m.warn(isFor(signed.claims["aud"], m.client.id), "UserInfo: aud %v", signed.claims["aud"])
		m.checkClaimTypes("UserInfo", signed.claims)
	})
}

func signatureModule(change ...map[string]any) func(*run) {
	return func(m *run) {
		m.register(change...)
		o := m.signIn(m.request())
		for _, token := range []*verified{o.front, o.back} {
			if token != nil {
				m.want(token.kid != "", "the ID token has no kid")
				m.want(token.alg == "RS256", "the ID token is signed by %s, want RS256", token.alg)
			}
		}
	}
}

func TestModule_oidcc_idtoken_signature(t *testing.T) { module(t, signatureModule()) }

func TestModule_oidcc_idtoken_rs256(t *testing.T) {
	module(t, signatureModule(map[string]any{"id_token_signed_response_alg": "RS256"}))
}

// scopeModule asks for scopes and looks where their claims should be.
func scopeModule(scopes ...string) func(*run) {
	return func(m *run) {
		m.register()
		p := m.request()
		scope := "openid"
		for _, s := range scopes {
			if supported := m.metadata.list("scopes_supported"); supported != nil && !slices.Contains(supported, s) {
				m.skip("scopes_supported lacks %s", s)
			}
			scope += " " + s
		}
		p.set("scope", scope)
		o := m.signIn(p)
		m.hasClaims(o, m.userInfo(o), scopes...)
	}
}

// hasClaims looks for the claims of scopes: in UserInfo, or in the ID token of whoever cannot ask UserInfo (OIDC Core §5.4).
func (m *run) hasClaims(o *outcome, info map[string]any, scopes ...string) {
	if info == nil {
		info = o.idToken().claims
	}
	for _, scope := range scopes {
		for _, name := range scopeClaims[scope] {
			m.warn(info[name] != nil, "scope %s: no %s", scope, name)
		}
	}
	if len(scopes) == 1 && scopes[0] == "email" {
		m.warn(info["name"] == nil, "scope email brings the name")
		m.warn(o.access == "" || o.idToken().claims["email"] == nil, "email is in the ID token, though UserInfo can be asked")
	}
}

func TestModule_oidcc_scope_profile(t *testing.T) { module(t, scopeModule("profile")) }

func TestModule_oidcc_scope_email(t *testing.T) { module(t, scopeModule("email")) }

func TestModule_oidcc_scope_address(t *testing.T) { module(t, scopeModule("address")) }

func TestModule_oidcc_scope_phone(t *testing.T) { module(t, scopeModule("phone")) }

func TestModule_oidcc_scope_all(t *testing.T) {
	module(t, scopeModule("profile", "email", "address", "phone"))
}

// claimsEssential asks for one claim by its name.
func claimsEssential(m *run) {
	m.register()
	p := m.request()
	where := "userinfo"
	if m.responseType == "id_token" {
		where = "id_token"
	}
	p.set("claims", `{"`+where+`":{"name":{"essential":true}}}`)
	o := m.signIn(p)
	info := m.userInfo(o)
	if info == nil {
		m.warn(isText(o.idToken().claims["name"]), "no name in the ID token")
		return
	}
	m.warn(isText(info["name"]), "no name in UserInfo")
	m.warn(o.idToken().claims["name"] == nil, "name is in the ID token, and was asked of UserInfo")
}

func TestModule_oidcc_claims_essential(t *testing.T) { module(t, claimsEssential) }
