package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet/handlers/robot"
	"signet/provider"
)

const bye = "https://app.example.test/bye"

// leavable lets the client ask for sign-outs; change adds to its record.
func (w *world) leavable(change func(*provider.Client)) {
	w.t.Helper()
	w.check(w.provider.EditClient(w.t.Context(), "app", func(c *provider.Client) error {
		c.PostLogoutRedirectURIs = []string{bye}
		if change != nil {
			change(c)
		}
		return nil
	}))
}

// signedInto returns a browser in which somebody has signed in to the client, and the client's ID token.
func (w *world) signedInto(name string) (*robot.Browser, string) {
	w.t.Helper()
	b := w.signedIn(name)
	return b, w.decode(w.redeem(w.code(b)))["id_token"].(string)
}

// leaveURL is a request to sign out; pairs are its parameters.
func leaveURL(pairs ...string) string {
	return "/logout?" + leaveParams(pairs...).Encode()
}

func leaveParams(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// Whatever other sites make a browser do, nobody is signed out by it unless the client proves that it takes part in the session.
func TestAttack_AL01_NobodyIsSignedOutUnasked(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	_, others := w.signedInto("grace")
	good := leaveParams("id_token_hint", hint, "client_id", "app", "post_logout_redirect_uri", bye, "state", "s")
	for name, do := range map[string]func(){
		"a link":                 func() { b.Get("/logout") },
		"a link with parameters": func() { b.Get(leaveURL("client_id", "app", "post_logout_redirect_uri", bye, "decision", "sign-out")) },
		"another's ID token":     func() { b.Get(leaveURL("id_token_hint", others, "post_logout_redirect_uri", bye)) },
		"a form": func() {
			b.PostFrom("https://evil.example", "/logout", leaveParams("decision", "sign-out", "client_id", "app"))
		},
		"a form with a token": func() {
			b.PostFrom("https://evil.example", "/logout", leaveParams("decision", "sign-out", "form_token", w.tokenFor(b, "/logout")))
		},
		"a look ahead": func() {
			r := w.request(http.MethodGet, "/logout?"+good.Encode(), "", "Sec-Purpose", "prefetch;prerender")
			b.Send(r)
		},
	} {
		do()
		if !b.Has("sign-out") || b.Left() {
			t.Errorf("%s: %d %s %s", name, b.Status(), b.URL(), b.Text())
		}
		if w.signedInAs(b) != "ada" {
			t.Fatalf("%s signed out", name)
		}
	}
	r := w.request(http.MethodHead, "/logout?"+good.Encode(), "")
	for _, c := range b.Jar.Cookies(mustURL(issuer)) {
		r.AddCookie(c)
	}
	if out := w.do(r); out.Code != http.StatusOK || w.signedInAs(b) != "ada" {
		t.Errorf("HEAD: %d, signed in as %q", out.Code, w.signedInAs(b))
	}
	if b.Get("/logout?" + good.Encode()); !b.Left() || b.URL().String() != bye+"?state=s" || w.signedInAs(b) != "" {
		t.Errorf("with the ID token: %s, signed in as %q", b.URL(), w.signedInAs(b))
	}
}

// A POST from the client's site, with or without its ID token, comes to the same as a GET.
func TestAttack_AL01_PostFromTheClient(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	b.PostFrom("https://app.example.test", "/logout", leaveParams("client_id", "app", "post_logout_redirect_uri", bye, "state", "s"))
	if !b.Has("sign-out") || b.TextOf("apps") != "" || !strings.Contains(b.Text(), "The App asks to end your session") {
		t.Errorf("without an ID token: %s", b.Text())
	}
	if b.Press("sign-out-button", nil); !b.Left() || b.URL().String() != bye+"?state=s" || w.signedInAs(b) != "" {
		t.Errorf("agreed: %s", b.URL())
	}
	signIn(b.Get("/login"), "ada")
	if b.PostFrom("https://app.example.test", "/logout", leaveParams("id_token_hint", hint, "post_logout_redirect_uri", bye)); !b.Has("sign-out") {
		t.Errorf("with an ID token of a session before: %s %s", b.URL(), b.Text())
	}
	b, hint = w.signedInto("grace")
	if b.PostFrom("https://app.example.test", "/logout", leaveParams("id_token_hint", hint, "post_logout_redirect_uri", bye)); !b.Left() || b.URL().String() != bye {
		t.Errorf("with an ID token: %s %s", b.URL(), b.Text())
	}
	b, hint = w.signedInto("ada")
	b.Post("/logout", leaveParams("id_token_hint", hint, "post_logout_redirect_uri", bye))
	if !b.Left() || b.URL().String() != bye || w.signedInAs(b) != "" {
		t.Errorf("from the same site, with cookies: %s %s", b.URL(), b.Text())
	}
	for _, answer := range b.Trail {
		if strings.Contains(answer.Request.URL.String()+answer.Header.Get("Location"), hint) {
			t.Error("the ID token is in an address")
		}
	}
	out := w.do(w.request(http.MethodPost, "/logout", leaveParams("id_token_hint", strings.Repeat("x", 7000)).Encode()))
	if out.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that no URL can hold: %d", out.Code)
	}
}

// An address that is not registered gets an error page, from which one can sign out, and never a redirect.
func TestAttack_AL02_ErrorPageInPlaceOfRedirect(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	for _, uri := range []string{bye + "?foo=bar", bye + "/", callback, "https://evil.example/", "//evil.example", "javascript:alert(1)"} {
		for _, with := range [][]string{{"id_token_hint", hint}, {"client_id", "app"}} {
			b.Get(leaveURL(append(with, "post_logout_redirect_uri", uri, "state", "s")...))
			if b.Left() || b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-LOGOUT-03" || !b.Has("sign-out-here") {
				t.Errorf("%s: %d %s %s", uri, b.Status(), b.URL(), b.Text())
			}
			if strings.Contains(b.Body(), "evil.example") || strings.Contains(b.Body(), "alert(1)") {
				t.Errorf("%s is on the page", uri)
			}
		}
	}
	if w.signedInAs(b) != "ada" {
		t.Error("signed out by a request that was refused")
	}
	if b.Get(leaveURL("post_logout_redirect_uri", bye, "state", "s")).Press("sign-out-button", nil); b.Left() || !b.Has("signed-out") || w.signedInAs(b) != "" {
		t.Errorf("without a client: %s %s", b.URL(), b.Text())
	}
	for _, q := range []string{"client_id=app&client_id=app", "state=%0a", "client_id=nobody", "id_token_hint=" + hint + "&client_id=other", "%zz"} {
		if b.Get("/logout?" + q); b.Left() || b.Status() != http.StatusBadRequest || !b.Has("sign-out-here") {
			t.Errorf("%s: %d %s", q, b.Status(), b.Text())
		}
	}
}

// An ID token that cannot be verified leads nowhere: the person is asked, and stays here.
func TestAttack_AL03_DoubtfulHint(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	parts := strings.Split(hint, ".")
	for name, token := range map[string]string{
		"unsigned": "eyJhbGciOiJub25lIn0." + parts[1] + ".", "another signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "nonsense": "x.y.z",
	} {
		b.Get(leaveURL("id_token_hint", token, "client_id", "app", "post_logout_redirect_uri", bye, "state", "s"))
		if !b.Has("sign-out") || b.Left() || w.signedInAs(b) != "ada" {
			t.Fatalf("%s: %s %s", name, b.URL(), b.Text())
		}
		b.Get(leaveURL("id_token_hint", token, "client_id", "app", "post_logout_redirect_uri", bye)).Press("sign-out-button", nil)
		if b.Left() || !b.Has("signed-out") || b.Has("continue") {
			t.Errorf("%s, agreed: %s %s", name, b.URL(), b.Text())
		}
		signIn(b.Get("/login"), "ada")
	}
	if !strings.Contains(w.log.String(), "E-LOGOUT-01") {
		t.Error("the log says nothing of it")
	}
}

// What was begun before the sign-out goes no further after it, for nobody; and the browser is told to keep no page.
func TestAttack_AL06_NothingOfTheSessionIsLeft(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	half := w.browser()
	half.Jar = b.Jar
	half.Get(authorizeURL("prompt", "consent", "state", "half"))
	cookie, binding := b.Cookie("__Host-signet"), b.Cookie("__Host-signet-browser")
	b.Get(leaveURL("id_token_hint", hint, "post_logout_redirect_uri", bye))
	if !b.Left() || b.Cookie("__Host-signet") != "" || w.nameOf(cookie) != "" {
		t.Fatalf("not signed out: %s", b.URL())
	}
	head := b.Last().Header
	if got := head.Get("Clear-Site-Data"); got != `"cache"` || head.Get("Cache-Control") != "no-store" {
		t.Errorf("Clear-Site-Data %q, Cache-Control %q", got, head.Get("Cache-Control"))
	}
	if b.Cookie("__Host-signet-browser") != binding {
		t.Error("the requests of other tabs are lost")
	}
	half.Press("allow", nil)
	if half.Left() || half.Status() != http.StatusForbidden {
		t.Errorf("the page of before: %d %s %s", half.Status(), half.URL(), half.Text())
	}
	if b.Get(authorizeURL("prompt", "none")); b.URL().Query().Get("error") != "login_required" {
		t.Errorf("prompt=none: %s", b.URL())
	}
	signIn(b.Get("/login"), "grace")
	if b.Get(leaveURL("id_token_hint", hint, "post_logout_redirect_uri", bye)); !b.Has("sign-out") || w.signedInAs(b) != "grace" {
		t.Errorf("ada's ID token at grace's browser: %s %s", b.URL(), b.Text())
	}
}

var iframe = regexp.MustCompile(`<iframe hidden sandbox="allow-scripts allow-same-origin allow-forms" src="([^"]*)"></iframe>`)

// The clients of the session, and no others, are in frames of the page after a sign-out; its policy lets it load those alone.
func TestAttack_AL02_FramesOfTheSession(t *testing.T) {
	w := newWorld(t)
	w.leavable(func(c *provider.Client) {
		c.FrontchannelLogoutURI, c.FrontchannelLogoutSession = "https://app.example.test/front?x=y", true
	})
	_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: "other", RedirectURIs: []string{"https://other.example.test/cb"}, FrontchannelLogoutURI: "https://other.example.test/front"})
	w.check(err)
	b, hint := w.signedInto("ada")
	sid := mustClaims(t, hint)["sid"].(string)
	if b.Get("/logout"); b.TextOf("apps") != "The App" {
		t.Errorf("before: %q", b.TextOf("apps"))
	}
	b.Get(leaveURL("id_token_hint", hint, "post_logout_redirect_uri", bye, "state", `a"b`))
	if b.Left() || b.Status() != http.StatusOK || !b.Has("signed-out") || !b.Has("continue") {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	frames := iframe.FindAllStringSubmatch(b.Body(), -1)
	want := "https://app.example.test/front?x=y&amp;iss=" + url.QueryEscape(issuer) + "&amp;sid=" + sid
	if len(frames) != 1 || frames[0][1] != want {
		t.Errorf("frames %q, want %s", frames, want)
	}
	policy := b.Last().Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "; frame-src https://app.example.test; ") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %s", policy)
	}
	for _, part := range []string{`<noscript><meta http-equiv="refresh" content="5;url=https://app.example.test/bye?state=a%22b"></noscript>`, `href="https://app.example.test/bye?state=a%22b"`} {
		if !strings.Contains(b.Body(), part) {
			t.Errorf("no %s in %s", part, b.Body())
		}
	}
	if w.signedInAs(b) != "" || b.Get("/logout").Has("apps") || strings.Contains(b.Last().Header.Get("Content-Security-Policy"), "frame-src") {
		t.Error("a page that loads frames, and nobody was signed out")
	}
}

// mustClaims reads a token without verifying it.
func mustClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	var claims map[string]any
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// Where nobody is signed in there is nothing to ask; but a link without proof leads nowhere by itself.
func TestLogout_NobodyIsSignedIn(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, hint := w.signedInto("ada")
	b.Get("/").Press("sign-out-button", nil)
	if b.Left() || !b.Has("signed-out") || !b.Has("sign-in") {
		t.Errorf("from the start page: %s %s", b.URL(), b.Text())
	}
	if b.Get(leaveURL("id_token_hint", hint, "post_logout_redirect_uri", bye)); !b.Left() || b.URL().String() != bye {
		t.Errorf("with an ID token: %s", b.URL())
	}
	if b.Get(leaveURL("client_id", "app", "post_logout_redirect_uri", bye)); b.Left() || !b.Has("signed-out") || !b.Has("continue") || strings.Contains(b.Body(), "refresh") {
		t.Errorf("with client_id: %s %s", b.URL(), b.Text())
	}
	if b.Get(leaveURL("id_token_hint", hint)); b.Left() || !b.Has("signed-out") {
		t.Errorf("without an address: %s %s", b.URL(), b.Text())
	}
}

// A request that took too long is no reason not to sign out; it leads nowhere then.
func TestLogout_AgreedTooLate(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	for name, change := range map[string]url.Values{"changed": {"request": {"x"}}, "none": {"request": nil}} {
		b, _ := w.signedInto("ada")
		b.Get(leaveURL("client_id", "app", "post_logout_redirect_uri", bye)).Press("sign-out-button", change)
		if b.Left() || !b.Has("signed-out") || w.signedInAs(b) != "" {
			t.Errorf("%s: %s %s", name, b.URL(), b.Text())
		}
	}
}

func TestLogout_StaySignedIn(t *testing.T) {
	w := newWorld(t)
	w.leavable(nil)
	b, _ := w.signedInto("ada")
	b.Get(leaveURL("client_id", "app", "post_logout_redirect_uri", bye)).Press("stay", nil)
	if b.Left() || b.URL().Path != "/" || w.signedInAs(b) != "ada" {
		t.Errorf("%s", b.URL())
	}
}

// Discovery announces where to sign out.
func TestLogout_Discovery(t *testing.T) {
	w := newWorld(t)
	d := w.decode(w.do(w.request(http.MethodGet, "/.well-known/openid-configuration", "")))
	var announced []string
	for name, v := range d {
		if strings.Contains(name, "logout") && v == true {
			announced = append(announced, name)
		}
	}
	slices.Sort(announced)
	want := []string{"backchannel_logout_session_supported", "backchannel_logout_supported", "frontchannel_logout_session_supported", "frontchannel_logout_supported"}
	if d["end_session_endpoint"] != issuer+"/logout" || !slices.Equal(announced, want) {
		t.Errorf("%v %v", d["end_session_endpoint"], announced)
	}
}
