package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"signet/handlers/robot"
	"signet/provider"
)

// newManagedWorld is a world whose clients may watch sessions.
func newManagedWorld(t *testing.T, issuer string) *world {
	w := newWorldAt(t, issuer, nil)
	w.configure = func(c *provider.Config) { c.SessionManagement = true }
	w.restart(cheapPasswords)
	return w
}

// The one page that others may frame shows nothing, loads one script of ours, and is there only if the operator says so.
func TestAttack_AJ12_AJ16_TheFramedPage(t *testing.T) {
	w := newManagedWorld(t, issuer)
	r := w.request(http.MethodGet, "/check-session", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe")
	out := w.do(r)
	head := out.Header()
	if out.Code != http.StatusOK || head.Get("Content-Type") != "text/html; charset=utf-8" || head.Get("X-Frame-Options") != "" || len(head.Values("Set-Cookie")) != 0 {
		t.Errorf("%d %v", out.Code, head)
	}
	want := "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors *"
	if got := head.Values("Content-Security-Policy"); len(got) != 1 || got[0] != want {
		t.Errorf("policy %q", got)
	}
	if body := out.Body.String(); strings.Count(body, "<") != 10 || !strings.Contains(body, `data-cookie="__Host-signet-state" defer></script>`) {
		t.Errorf("body %s", body)
	}
	if out := newWorld(t).do(r); out.Code != http.StatusNotFound {
		t.Errorf("where sessions are not managed: %d", out.Code)
	}
}

// stateCookie is the state cookie that the last answers set; the last one counts.
func stateCookie(b *robot.Browser, name string) *http.Cookie {
	var found *http.Cookie
	for _, resp := range b.Trail {
		for _, c := range resp.Cookies() {
			if c.Name == name {
				found = c
			}
		}
	}
	return found
}

// The state can be read by a script, so it is worth nothing else; it comes and goes with the session.
func TestAttack_AJ04_TheStateCookie(t *testing.T) {
	for at, want := range map[string]struct {
		name   string
		secure bool
		site   http.SameSite
	}{issuer: {"__Host-signet-state", true, http.SameSiteNoneMode}, "http://localhost:8080": {"signet-8080-state", false, http.SameSiteLaxMode}} {
		w := newManagedWorld(t, at)
		b := signIn(w.browser().Get("/login"), "ada")
		c := stateCookie(b, want.name)
		if c == nil || len(c.Value) != 43 || c.HttpOnly || c.Secure != want.secure || c.SameSite != want.site || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
			t.Fatalf("%s: %v", at, c)
		}
		for name := range b.Last().Header {
			if strings.Contains(strings.ToLower(name), "allow-origin") {
				t.Errorf("header %s", name)
			}
		}
		if w.nameOf(c.Value) != "" {
			t.Error("the state is a session's token")
		}
		first := c.Value
		b.Get(authorizeURL()).Press("allow", nil)
		if q := b.URL().Query(); !b.Left() || len(strings.Split(q.Get("session_state"), ".")) != 2 || stateCookie(b, want.name) != nil {
			t.Errorf("answer %s", b.URL())
		}
		b.Get("/").Press("sign-out-button", nil)
		if c := stateCookie(b, want.name); c == nil || c.Value != "" || c.MaxAge != -1 || b.Cookie(want.name) != "" {
			t.Errorf("after the sign-out: %v", c)
		}
		signIn(b.Get("/login"), "ada")
		if again := b.Cookie(want.name); again == "" || again == first {
			t.Errorf("after the next sign-in: %q", again)
		}
	}
}

// A browser that has lost the state, or had another one planted, gets it with the next answer.
func TestCheckSession_StateIsMended(t *testing.T) {
	w := newManagedWorld(t, issuer)
	b := w.signedIn("ada")
	good := b.Cookie("__Host-signet-state")
	b.Get(authorizeURL()).Press("allow", nil)
	b.Jar.SetCookies(mustURL(issuer), []*http.Cookie{{Name: "__Host-signet-state", Value: "planted", Path: "/", Secure: true}})
	if b.Get(authorizeURL("prompt", "none")); !b.Left() || b.Cookie("__Host-signet-state") != good {
		t.Errorf("%s %q", b.URL(), b.Cookie("__Host-signet-state"))
	}
	if out := newWorld(t).browser().Get("/login"); out.Cookie("__Host-signet-state") != "" {
		t.Error("a state where sessions are not managed")
	}
}
