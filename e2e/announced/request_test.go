package announced_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"
)

// requestClaims are the claims of a request object that asks as ask does (RFC 9101 §4).
func (w *walk) requestClaims(c *client) map[string]any {
	claims := map[string]any{
		"iss": c.id, "aud": w.provider.Issuer, "jti": w.keys.random(), "nbf": time.Now().Unix(), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for name, values := range w.ask(c) {
		claims[name] = values[0]
	}
	return claims
}

// byRequestObject signs in by a request object.
func (w *walk) byRequestObject(c *client, object string) {
	w.Helper()
	w.byReference(c, "request", object)
}

func (w *walk) byReference(c *client, name, value string) {
	w.Helper()
	params, _ := w.authorize(c, url.Values{"client_id": {c.id}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {callback}, name: {value}})
	w.members(w.redeem(c, params.Get("code")), http.StatusOK)
}

// useRequestURI signs in by a request object that the provider fetches from a registered address, and from no other.
func useRequestURI(w *walk, _ string) {
	object := ""
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/oauth-authz-req+jwt")
		_, _ = out.Write([]byte(object))
	}))
	defer server.Close()
	c := w.register(map[string]any{"request_uris": []string{server.URL + "/object"}})
	object = w.sign("RS256", "", "oauth-authz-req+jwt", w.requestClaims(c))
	w.byReference(c, "request_uri", server.URL+"/object")
	w.is("request_uri_parameter_supported", true)
	w.is("require_request_uri_registration", true)
	form := w.ask(c)
	form.Set("request_uri", server.URL+"/other")
	if w.person.Get(w.endpoint("authorization_endpoint") + "?" + form.Encode()); w.person.Left() && w.person.URL().Query().Has("code") {
		w.Error("an address that is not registered is taken")
	}
}
