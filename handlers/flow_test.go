package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFlow_FromNothingToUserInfo(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL())
	if b.URL().Path != "/login" || !strings.Contains(b.Text(), "The App") || b.TextOf("redirect-host") != "app.example.test" {
		t.Fatalf("no sign-in page for the client: %s %s", b.URL(), b.Text())
	}
	signIn(b, "ada")
	if b.URL().Path != "/consent" || !strings.Contains(b.Text(), "Ada Lovelace") {
		t.Fatalf("no consent page: %s %s", b.URL(), b.Text())
	}
	b.Press("allow", nil)
	q := b.URL().Query()
	if !b.Left() || q.Get("state") != "s-1" || q.Get("iss") != issuer {
		t.Fatalf("no answer for the client: %s", b.URL())
	}
	out := w.redeem(q.Get("code"))
	answer := w.decode(out)
	if out.Code != http.StatusOK || answer["token_type"] != "Bearer" || answer["id_token"] == nil {
		t.Fatalf("token: %d %v", out.Code, answer)
	}
	info := w.decode(w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+answer["access_token"].(string))))
	if info["name"] != "Ada Lovelace" {
		t.Errorf("userinfo: %v", info)
	}
	if got := w.happened(); !strings.Contains(got, "sign-in authorize token") {
		t.Errorf("events: %s", got)
	}
}

func TestFlow_SecondTimeNothingIsAsked(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	if b.Get(authorizeURL()); !b.Left() || b.URL().Query().Get("code") == "" {
		t.Errorf("asked again: %s", b.URL())
	}
}

func TestFlow_ByPost(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	b.PostFrom("https://app.example.test", "/authorize", authorizeParams())
	if !b.Left() || b.URL().Query().Get("code") == "" {
		t.Errorf("cross-site POST of somebody who is signed in: %s %s", b.URL(), b.Text())
	}
	b.Post("/authorize", authorizeParams("state", "s-2"))
	if !b.Left() || b.URL().Query().Get("state") != "s-2" {
		t.Errorf("same-site POST: %s %s", b.URL(), b.Text())
	}
}

func TestFlow_Loopback(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get(authorizeURL("redirect_uri", "http://127.0.0.1:5123/cb"))
	if got := b.TextOf("redirect-host"); !strings.Contains(got, "127.0.0.1:5123") {
		t.Errorf("redirect host: %q", got)
	}
	b.Press("allow", nil)
	if !b.Left() || b.URL().Host != "127.0.0.1:5123" {
		t.Errorf("not at the loopback address: %s", b.URL())
	}
}

func TestFlow_FormPost(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	b.Get(authorizeURL("response_mode", "form_post", "state", `"><script>alert(1)</script>`))
	if b.Status() != http.StatusOK || !strings.Contains(b.Body(), `action="https://app.example.test/callback"`) {
		t.Fatalf("no form: %d %s", b.Status(), b.Body())
	}
	if strings.Contains(b.Body(), "<script>alert") {
		t.Error("state is not escaped")
	}
	if csp := b.Last().Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action https://app.example.test") {
		t.Errorf("policy: %s", csp)
	}
}

func TestFlow_Denied(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get(authorizeURL())
	b.Press("deny", nil)
	if q := b.URL().Query(); !b.Left() || q.Get("error") != "access_denied" || q.Get("iss") != issuer || q.Get("state") != "s-1" {
		t.Errorf("after a refusal: %s", b.URL())
	}
}

func TestFlow_PromptNone(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL("prompt", "none"))
	if q := b.URL().Query(); !b.Left() || q.Get("error") != "login_required" {
		t.Errorf("nobody signed in: %s", b.URL())
	}
}

func TestFlow_SelectAccount(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	b.Get(authorizeURL("prompt", "select_account"))
	if b.URL().Path != "/select" {
		t.Fatalf("not asked: %s", b.URL())
	}
	b.Press("other", nil)
	if b.URL().Path != "/login" || b.Field("login", "identifier") != "" {
		t.Fatalf("no free sign-in page for another account: %s %s", b.URL(), b.Text())
	}
	signIn(b, "grace")
	if b.URL().Path != "/consent" || !strings.Contains(b.Text(), "Grace Hopper") {
		t.Fatalf("not the other account: %s %s", b.URL(), b.Text())
	}
	b.Get(authorizeURL("prompt", "select_account"))
	b.Submit("select", url.Values{"account": {b.Field("select", "account")}})
	if b.URL().Path != "/login" {
		t.Errorf("an account that is not signed in was taken: %s", b.URL())
	}
}

func TestFlow_Reauthenticate(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	b.Get(authorizeURL("prompt", "login"))
	if b.URL().Path != "/login" || b.Field("login", "identifier") != "ada" {
		t.Fatalf("not asked to sign in again as ada: %s %s", b.URL(), b.Text())
	}
	before := b.Cookie("__Host-signet")
	signIn(b, "ada")
	if !b.Left() || b.URL().Query().Get("code") == "" {
		t.Fatalf("asked once more: %s %s", b.URL(), b.Text())
	}
	if b.Cookie("__Host-signet") == before {
		t.Error("the session kept its token")
	}
	b.Get(authorizeURL("prompt", "login"))
	b.Press("not-you", nil)
	if b.URL().Path != "/login" || b.Field("login", "identifier") != "" {
		t.Errorf("not-you: %s %s", b.URL(), b.Text())
	}
}

// Somebody opens the same application in two tabs and signs in in one of them; the other still shows its sign-in page.
func TestFlow_TwoTabs(t *testing.T) {
	w := newWorld(t)
	first := w.browser().Get(authorizeURL("state", "tab-1"))
	second := w.browser()
	second.Jar = first.Jar
	second.Get(authorizeURL("state", "tab-2"))
	signIn(first, "ada").Press("allow", nil)
	signIn(second, "ada")
	if !second.Left() || second.URL().Query().Get("state") != "tab-2" {
		t.Errorf("second tab: %s %s", second.URL(), second.Text())
	}
}

func TestFlow_ExpiredRequest(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL())
	w.pass(time.Hour)
	signIn(b, "ada")
	if b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-07" {
		t.Errorf("expired request: %d %s", b.Status(), b.Text())
	}
}

func TestFlow_SignOut(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get("/logout")
	if !b.Has("sign-out") || w.signedInAs(b) != "ada" {
		t.Fatalf("asking signed out: %s", b.Text())
	}
	b.Get("/logout").Press("stay", nil)
	if w.signedInAs(b) != "ada" {
		t.Fatal("staying signed out")
	}
	stolen := b.Cookie("__Host-signet")
	b.Get("/logout").Press("sign-out-button", nil)
	if b.URL().Path != "/logout" || b.Has("sign-out") || b.Cookie("__Host-signet") != "" {
		t.Errorf("not signed out: %s %s", b.URL(), b.Text())
	}
	out := w.do(w.request(http.MethodGet, "/", "", "Cookie", "__Host-signet="+stolen, "Accept", "text/html"))
	if strings.Contains(out.Body.String(), "Ada Lovelace") {
		t.Error("the old token still works")
	}
	if got := w.happened(); !strings.HasSuffix(got, "sign-out") {
		t.Errorf("events: %s", got)
	}
}

func TestFlow_IssuerWithPath(t *testing.T) {
	w := newWorldAt(t, "https://example.test/tenant", nil)
	b := signIn(w.browser().Get("/tenant"+authorizeURL()), "ada").Press("allow", nil)
	if q := b.URL().Query(); !b.Left() || q.Get("iss") != "https://example.test/tenant" || q.Get("code") == "" {
		t.Fatalf("answer: %s %s", b.URL(), b.Text())
	}
	for _, path := range []string{"/tenant/.well-known/openid-configuration", "/.well-known/openid-configuration/tenant",
		"/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/oauth-authorization-server", "/tenant", "/tenant/", "/healthz"} {
		w.issuer = "https://example.test"
		if out := w.do(w.request(http.MethodGet, path, "")); out.Code != http.StatusOK {
			t.Errorf("%s: %d", path, out.Code)
		}
	}
}

// On a developer's machine there is no TLS: cookies have other names, and no attribute that would need it.
func TestFlow_LoopbackIssuer(t *testing.T) {
	w := newWorldAt(t, "http://localhost:8080", nil)
	b := signIn(w.browser().Get(authorizeURL()), "ada").Press("allow", nil)
	if !b.Left() || b.URL().Query().Get("code") == "" {
		t.Fatalf("answer: %s %s", b.URL(), b.Text())
	}
	if b.Cookie("signet-8080") == "" || b.Cookie("signet-8080-browser") == "" {
		t.Errorf("cookies: %q %q", b.Cookie("signet-8080"), b.Cookie("signet-8080-browser"))
	}
	if got := b.Last().Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS without TLS: %q", got)
	}
}

// On a developer's machine with TLS cookies have the prefix that needs it, and the port; and no browser is told to take every
// other port of localhost for TLS, too.
func TestFlow_LoopbackIssuerWithTLS(t *testing.T) {
	w := newWorldAt(t, "https://localhost:8443", nil)
	b := signIn(w.browser().Get(authorizeURL()), "ada").Press("allow", nil)
	if !b.Left() || b.URL().Query().Get("code") == "" {
		t.Fatalf("answer: %s %s", b.URL(), b.Text())
	}
	if b.Cookie("__Host-signet-8443") == "" || b.Cookie("__Host-signet-8443-browser") == "" {
		t.Errorf("cookies: %q %q", b.Cookie("__Host-signet-8443"), b.Cookie("__Host-signet-8443-browser"))
	}
	for _, path := range []string{"/", "/jwks", "/.well-known/openid-configuration"} {
		if got := w.do(w.request(http.MethodGet, path, "")).Header().Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%s: HSTS on localhost: %q", path, got)
		}
	}
}
