package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token calls the token endpoint as a client, with the client's authentication.
func (m *run) token(c *client, form params) *reply {
	form = slices.Clone(form)
	change := m.authenticate(c, &form)
	return m.send(http.MethodPost, m.metadata.text("token_endpoint"), "application/x-www-form-urlencoded", []byte(form.encode()), change)
}

// authenticate adds the client's authentication to a form or to the request's header (OIDC Core §9).
func (m *run) authenticate(c *client, form *params) func(*http.Request) {
	switch c.auth {
	case "client_secret_basic":
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) }
	case "client_secret_post":
		form.set("client_id", c.id)
		form.set("client_secret", c.secret)
	case "private_key_jwt", "client_secret_jwt":
		audience := m.metadata.text("token_endpoint")
		if m.audience != "" {
			audience = m.audience
		}
		form.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		claims := map[string]any{
			"iss": c.id, "sub": c.id, "aud": audience, "jti": random(16), "iat": m.now().Unix(), "exp": m.now().Add(time.Minute).Unix(),
		}
		if c.auth == "client_secret_jwt" {
			form.set("client_assertion", byHMAC(c.secret, claims))
		} else {
			form.set("client_assertion", c.signer.sign(claims))
		}
	}
	return func(*http.Request) {}
}

// year bounds expires_in.
const year = 365 * 24 * 3600

// tokens demands a good answer of the token endpoint (RFC 6749 §5.1).
func (m *run) tokens(answer *reply) map[string]any {
	m.need(answer.status == http.StatusOK, "token endpoint: status %d: %s", answer.status, answer.body)
	m.need(answer.kind() == "application/json", "token endpoint: Content-Type %s", answer.kind())
	v, err := answer.object()
	m.ran(err)
	m.need(v["error"] == nil, "token endpoint: an error in a good answer: %v", v["error"])
	access, _ := v["access_token"].(string)
	m.need(access != "", "token endpoint: no access_token")
	m.checkToken("access_token", access)
	kind, _ := v["token_type"].(string)
	m.want(strings.EqualFold(kind, "bearer"), "token_type %q", kind)
	if refresh, ok := v["refresh_token"].(string); ok {
		m.checkToken("refresh_token", refresh)
	}
	if raw, there := v["expires_in"]; there {
		n, ok := raw.(json.Number)
		m.need(ok, "expires_in %v is no number", raw)
		life, err := n.Int64()
		m.want(err == nil && life > 0 && life <= year, "expires_in %v", raw)
	}
	return v
}

// tokenError demands an error of the token endpoint (RFC 6749 §5.2).
func (m *run) tokenError(answer *reply, code string) {
	m.need(answer.status == http.StatusBadRequest, "token endpoint: status %d, want 400: %s", answer.status, answer.body)
	m.want(answer.kind() == "application/json", "token endpoint: Content-Type %s", answer.kind())
	v, err := answer.object()
	m.ran(err)
	m.want(v["error"] == code, "token endpoint: error %v, want %s", v["error"], code)
	description, _ := v["error_description"].(string)
	uri, _ := v["error_uri"].(string)
	m.checkErrorText(description, uri)
}
