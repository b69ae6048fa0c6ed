package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"signet/handlers"
	"signet/provider"
)

// pages are clients whose pages run in browsers, with the origins that are theirs.
var pages = map[string]struct {
	client  provider.Client
	origins []string
}{
	"spa": {provider.Client{ID: "spa", AuthMethod: "none", RedirectURIs: []string{"https://spa.example.test/callback", "https://spa.example.test:8443/cb?x=1", "http://localhost:3000/cb", "com.example.app:/cb"}},
		[]string{"https://spa.example.test", "https://spa.example.test:8443"}},
	"web": {provider.Client{ID: "web", RedirectURIs: []string{"https://web.example.test/callback"}, WebOrigins: []string{"https://pages.web.example.test", "http://localhost:5173"}},
		[]string{"https://pages.web.example.test", "http://localhost:5173"}},
	"gone": {provider.Client{ID: "gone", AuthMethod: "none", RedirectURIs: []string{"https://gone.example.test/callback"}, Disabled: true}, nil},
}

// strangers are origins of nobody: look-alikes of those above, what is no origin, and the redirect URI of a client with a secret.
var strangers = []string{
	"null", "", "*", "https://evil.example", "https://spa.example.test.evil.example", "https://evil-spa.example.test", "https://spa.example.tes", "https://spa.example.testx",
	"http://spa.example.test", "https://spa.example.test:443", "https://spa.example.test:8444", "https://SPA.example.test", "https://spa.example.test/", "https://spa.example.test/callback",
	"https://spa.example.test, https://evil.example", "https://spa.example.test https://evil.example", "https://x@spa.example.test", "https://spa.example.test#", "https://spa.example.test?",
	"https://spa.example.test.", "https://web.example.test", "http://localhost:3000", "http://localhost:5174", "https://localhost:5173", "http://127.0.0.1:5173", "com.example.app:", "com.example.app:/",
	"https://gone.example.test", "https://app.example.test", "https://spa.example.test\x00", "https://%73pa.example.test", "https://[spa.example.test]", "file://", "https://", "javascript://spa.example.test",
	"https://" + strings.Repeat("a", 5000), strings.Repeat("https://spa.example.test ", 1000),
}

// withPages adds the clients.
func withPages(t *testing.T) (w *world, secret string) {
	t.Helper()
	w = newWorld(t)
	for id, p := range pages {
		made, err := w.provider.AddClient(t.Context(), &p.client)
		w.check(err)
		if id == "web" {
			secret = made.Reveal()
		}
	}
	return w, secret
}

// ask sends a preflight.
func (w *world) ask(path string, origins ...string) *httptest.ResponseRecorder {
	r := w.request(http.MethodOptions, path, "", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization, x-anything")
	r.Header["Origin"] = origins
	return w.do(r)
}

// callable are the paths that pages may call, with the methods.
var callable = map[string]string{"/token": "POST", "/revoke": "POST", "/par": "POST", "/userinfo": "GET, HEAD, POST"}

func shared(out *httptest.ResponseRecorder) string {
	return strings.Join(out.Header()["Access-Control-Allow-Origin"], " and ")
}

// TestAttack_AB16_Preflight asks for every route on behalf of every origin: only a client's own may call, only the token
// endpoint and its neighbours, and never with cookies.
func TestAttack_AB16_Preflight(t *testing.T) {
	w, _ := withPages(t)
	for path, methods := range callable {
		for _, p := range pages {
			for _, origin := range p.origins {
				out := w.ask(path, origin)
				head := out.Header()
				if out.Code != http.StatusNoContent || shared(out) != origin || head.Get("Access-Control-Allow-Methods") != methods ||
					head.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, DPoP" || head.Get("Access-Control-Max-Age") != "600" {
					t.Errorf("%s from %s: %d %v", path, origin, out.Code, head)
				}
			}
		}
		for _, origin := range strangers {
			if out := w.ask(path, origin); out.Code != http.StatusForbidden && origin != "" || shared(out) != "" {
				t.Errorf("%s from %.60q: %d, allows %q", path, origin, out.Code, shared(out))
			}
		}
		if out := w.ask(path, "https://spa.example.test", "https://evil.example"); shared(out) != "" {
			t.Errorf("%s from two origins at once: allows %q", path, shared(out))
		}
	}
	for _, route := range w.Routes() {
		if _, ok := callable[route.Path]; ok {
			continue
		}
		if route.Policy.CrossSite == handlers.MayCall {
			t.Errorf("%s can be called by pages, and is not tested", route.Path)
		}
		if out := w.ask(strings.ReplaceAll(route.Path, "{code}", "E-REQ-01"), "https://spa.example.test"); shared(out) != "" || out.Code < 400 {
			t.Errorf("%s: preflight is answered with %d, allows %q", route.Path, out.Code, shared(out))
		}
	}
}

// TestAttack_AB16_ActualRequests sends the requests themselves: what is answered to a client can be read by its own pages, and
// by no other, though that were another client's.
func TestAttack_AB16_ActualRequests(t *testing.T) {
	w, secret := withPages(t)
	forms := map[string]url.Values{
		"spa": {"client_id": {"spa"}}, "web": {"client_id": {"web"}, "client_secret": {secret}}, "nobody": {"client_id": {"nobody"}},
	}
	all := append([]string{}, strangers...)
	for _, p := range pages {
		all = append(all, p.origins...)
	}
	for _, path := range []string{"/token", "/revoke", "/par"} {
		for client, form := range forms {
			for _, origin := range all {
				r := w.request(http.MethodPost, path, form.Encode())
				r.Header["Origin"] = []string{origin}
				out := w.do(r)
				mine := pages[client].origins
				want := ""
				for _, known := range append(append([]string{}, pages["spa"].origins...), pages["web"].origins...) {
					if known == origin && (client == "nobody" || strings.Contains(" "+strings.Join(mine, " ")+" ", " "+origin+" ")) {
						want = origin
					}
				}
				if shared(out) != want || out.Header().Get("Access-Control-Allow-Credentials") != "" || out.Header().Get("Vary") != "Origin" {
					t.Errorf("%s of %s from %.60q: %d, allows %q, want %q, %v", path, client, origin, out.Code, shared(out), want, out.Header())
				}
				if want != "" && out.Header().Get("Access-Control-Expose-Headers") != "WWW-Authenticate" {
					t.Errorf("%s: exposes %q", path, out.Header().Get("Access-Control-Expose-Headers"))
				}
			}
		}
	}
}

// A page signs somebody in, from the code to userinfo, and reads each answer; another client's page reads none of them.
func TestAttack_AB16_TokensOfAnotherClient(t *testing.T) {
	w, _ := withPages(t)
	const mine, other = "https://spa.example.test", "https://pages.web.example.test"
	b := w.signedIn("ada")
	code := w.code(b, "client_id", "spa", "redirect_uri", "https://spa.example.test/callback")
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"spa"}, "code": {code}, "redirect_uri": {"https://spa.example.test/callback"}, "code_verifier": {verifier}}
	out := w.do(w.request(http.MethodPost, "/token", form.Encode(), "Origin", mine))
	if out.Code != http.StatusOK || shared(out) != mine {
		t.Fatalf("token: %d %s, allows %q", out.Code, out.Body, shared(out))
	}
	token, _ := w.decode(out)["access_token"].(string)
	for _, c := range []struct {
		origin, token string
		status        int
		want          string
	}{
		{mine, token, 200, mine}, {other, token, 200, ""}, {"null", token, 200, ""}, {"https://evil.example", token, 200, ""},
		// An error tells nothing of anybody, and a page must be able to read that its token has ended.
		{mine, "nonsense", 401, mine}, {other, "nonsense", 401, other}, {"https://evil.example", "nonsense", 401, ""}, {"null", "nonsense", 401, ""},
	} {
		out := w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+c.token, "Origin", c.origin))
		if out.Code != c.status || shared(out) != c.want {
			t.Errorf("userinfo for %s: %d, allows %q, want %d and %q", c.origin, out.Code, shared(out), c.status, c.want)
		}
	}
	if out := w.do(w.request(http.MethodPost, "/introspect", url.Values{"token": {token}, "client_id": {"spa"}}.Encode(), "Origin", mine)); shared(out) != "" {
		t.Errorf("introspection can be read by %q", shared(out))
	}
	if out := w.do(w.request(http.MethodPost, "/revoke", url.Values{"token": {token}, "client_id": {"spa"}}.Encode(), "Origin", mine)); out.Code != 200 || shared(out) != mine {
		t.Errorf("revoke: %d, allows %q", out.Code, shared(out))
	}
}

// What a record allows is allowed at once, and no longer when it no longer does.
func TestCORS_FollowsTheRecord(t *testing.T) {
	w, _ := withPages(t)
	const origin = "https://new.example.test"
	allowed := func() bool { return shared(w.ask("/token", origin)) != "" }
	change := func(change func(*provider.Client)) {
		w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { change(c); return nil }))
	}
	if allowed() {
		t.Error("before")
	}
	change(func(c *provider.Client) { c.WebOrigins = []string{origin} })
	if !allowed() {
		t.Error("the origin was added")
	}
	change(func(c *provider.Client) { c.Disabled = true })
	if allowed() {
		t.Error("the client is disabled")
	}
	change(func(c *provider.Client) { c.Disabled = false })
	if !allowed() {
		t.Error("the client is enabled again")
	}
	w.check(w.provider.RemoveClient(t.Context(), "app"))
	if allowed() {
		t.Error("the client is gone")
	}
}

// A preflight writes nothing, and one that cannot be judged is refused.
func TestCORS_WritesNothing(t *testing.T) {
	w, _ := withPages(t)
	before := w.engine.writes.Load()
	for _, origin := range append([]string{"https://spa.example.test"}, strangers...) {
		w.ask("/token", origin)
	}
	if n := w.engine.writes.Load() - before; n != 0 {
		t.Errorf("%d writes", n)
	}
	if !strings.Contains(w.log.String(), "E-ORIGIN-01") || !strings.Contains(w.happened(), "refused") {
		t.Error("nobody was told of a refusal")
	}
}
