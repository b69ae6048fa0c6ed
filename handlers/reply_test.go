package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"signet/provider"
)

// Signed answers go out under their media types, whole, and to be stored by nobody.
func TestReply_SignedAnswers(t *testing.T) {
	w := newWorld(t)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.UserInfoAlg = "ES256"; return nil }))
	access, _ := w.decode(w.redeem(w.code(w.signedIn("ada"))))["access_token"].(string)
	auth := w.request(http.MethodPost, "/introspect", "")
	auth.SetBasicAuth("app", w.secret)
	body := url.Values{"token": {access}}.Encode()
	for name, c := range map[string]struct {
		request *http.Request
		want    string
	}{
		"userinfo":              {w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+access), "application/jwt"},
		"introspection":         {w.request(http.MethodPost, "/introspect", body, "Authorization", auth.Header.Get("Authorization"), "Accept", "application/token-introspection+jwt"), "application/token-introspection+jwt"},
		"introspection in JSON": {w.request(http.MethodPost, "/introspect", body, "Authorization", auth.Header.Get("Authorization")), "application/json"},
	} {
		out := w.do(c.request)
		if out.Code != http.StatusOK || out.Header().Get("Content-Type") != c.want || out.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, out.Code, out.Header())
		}
		if signed := strings.Count(out.Body.String(), ".") == 2 && strings.HasPrefix(out.Body.String(), "ey"); signed != (c.want != "application/json") {
			t.Errorf("%s: %s", name, out.Body)
		}
	}
}

// A login costs one signature: that of the ID token. The code, the access token and the session cost none.
func TestMetrics_SignaturesOfALogin(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	for n, want := range []string{"0", "1", "2"} {
		if n > 0 && w.redeem(w.code(b)).Code != http.StatusOK {
			t.Fatal("no tokens")
		}
		if got := w.metric(`signet_signatures_total{alg="RS256"}`); got != want {
			t.Errorf("after %d logins: %s signatures", n, got)
		}
	}
	if got := w.metric(`signet_signatures_total{alg="HS256"}`); got != "0" {
		t.Errorf("with secrets: %s", got)
	}
}
