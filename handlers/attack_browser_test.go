package handlers_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
)

// A token that was planted in the browser before is worth nothing after; the form tokens change with the session.
func TestAttack_AJ01_SessionFixation(t *testing.T) {
	w := newWorld(t)
	planted := w.signedIn("grace").Cookie("__Host-signet")
	b := w.browser()
	b.Jar.SetCookies(mustURL(issuer), []*http.Cookie{{Name: "__Host-signet", Value: planted, Path: "/", Secure: true}})
	b.Get(authorizeURL("prompt", "login"))
	b.Press("not-you", nil)
	signIn(b, "ada")
	mine := b.Cookie("__Host-signet")
	if mine == planted || mine == "" {
		t.Fatalf("cookie after the sign-in: %q", mine)
	}
	if w.nameOf(planted) != "" {
		t.Error("the planted session is still alive")
	}
	token := b.Get("/").Field("sign-out", "form_token")
	b.Press("sign-out-button", nil)
	signIn(b.Get("/login"), "ada")
	if b.Get("/").Field("sign-out", "form_token") == token {
		t.Error("the form token outlived the session")
	}
}

// nameOf is who the start page greets for a session's token.
func (w *world) nameOf(token string) string {
	out := w.do(w.request(http.MethodGet, "/", "", "Cookie", "__Host-signet="+token))
	found := regexp.MustCompile(`id="person"><bdi>([^<]*)`).FindStringSubmatch(out.Body.String())
	if found == nil {
		return ""
	}
	return found[1]
}

func TestAttack_AJ02_NextPersonInTheSameBrowser(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	ada := b.Cookie("__Host-signet")
	b.Get("/").Press("sign-out-button", nil)
	signIn(b.Get("/login"), "grace")
	if w.signedInAs(b) != "grace" || w.nameOf(ada) != "" {
		t.Errorf("now %q, the old token %q", w.signedInAs(b), w.nameOf(ada))
	}
	id := w.decode(w.redeem(w.code(b)))["access_token"].(string)
	if info := w.decode(w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+id))); info["name"] != "Grace Hopper" {
		t.Errorf("userinfo: %v", info)
	}
}

func TestAttack_AJ03_TwoCookiesOfOneName(t *testing.T) {
	w := newWorld(t)
	ada, grace := w.signedIn("ada").Cookie("__Host-signet"), w.signedIn("grace").Cookie("__Host-signet")
	many := ada + strings.Repeat("; x=1", 200)
	for cookie, want := range map[string]string{
		ada: "ada", ada + "; __Host-signet=" + grace: "", grace + "; __Host-signet=" + ada: "", ada + "; __Host-signet=" + ada: "",
		many: "ada", `"` + ada + `"`: "",
	} {
		if got := w.nameOf(cookie); got != want {
			t.Errorf("cookie %.60s…: signed in as %q, want %q", cookie, got, want)
		}
	}
}

func TestAttack_AJ04_CookieAttributes(t *testing.T) {
	w := newWorld(t)
	b := signIn(w.browser().Get(authorizeURL()), "ada")
	seen := map[string]bool{}
	for _, step := range []func(){func() { b.Get("/").Press("sign-out-button", nil) }, func() { b.Get("/login") }, func() { signIn(b, "ada") }} {
		step()
		for _, resp := range b.Trail {
			for _, c := range resp.Cookies() {
				seen[c.Name] = true
				good := strings.HasPrefix(c.Name, "__Host-") && c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteLaxMode
				if !good || len(c.Raw) > 4096 {
					t.Errorf("cookie %s", c.Raw)
				}
			}
		}
	}
	if !seen["__Host-signet"] {
		t.Error("no session cookie was set")
	}
}

func FuzzAttack_AJ05_MalformedCookie(f *testing.F) {
	w := newWorld(f)
	for _, seed := range []string{"", "a", "=", strings.Repeat("A", 54), strings.Repeat("A", 43), "%00", "null", "\"", "../../etc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := w.request(http.MethodGet, "/", "")
		r.Header["Cookie"] = []string{"__Host-signet=" + value + "; __Host-signet-browser=" + value}
		if out := w.do(r); out.Code != http.StatusOK || strings.Contains(out.Body.String(), `id="person"`) {
			t.Errorf("cookie %q: %d", value, out.Code)
		}
	})
}

// What is stored does not contain what the cookie carries.
func TestAttack_AJ06_TokenIsNotStored(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	token := b.Cookie("__Host-signet")
	if len(token) < 43 {
		t.Errorf("a token of %d characters", len(token))
	}
	raw, err := os.ReadFile(w.file)
	w.check(err)
	if bytes.Contains(raw, []byte(token)) || bytes.Contains(raw, []byte(token[16:])) {
		t.Error("the store contains the session's token")
	}
}

func TestAttack_AJ07_IdleSession(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	for range 5 {
		w.pass(10 * time.Hour)
		if w.signedInAs(b) != "ada" {
			t.Fatal("a session in use ended")
		}
	}
	w.pass(13 * time.Hour)
	if got := w.signedInAs(b); got != "" {
		t.Errorf("after 13 idle hours: %q", got)
	}
}

func TestAttack_AJ08_DisabledPerson(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.check(w.accounts.SetDisabled(t.Context(), "ada", true))
	if got := w.signedInAs(b); got != "" {
		t.Errorf("signed in as %q", got)
	}
	if b.Get(authorizeURL()); b.URL().Path != "/login" {
		t.Errorf("authorize went to %s", b.URL())
	}
}

// forgeries are the ways in which a forged POST may come.
func forgeries(own, foreign string) map[string][]string {
	form := func(token string) string { return url.Values{"form_token": {token}, "decision": {"allow"}}.Encode() }
	return map[string][]string{
		"no token":             {"decision=allow", "Sec-Fetch-Site", "same-origin", "Origin", issuer},
		"no token, no headers": {"decision=allow"},
		"another's token":      {form(foreign), "Sec-Fetch-Site", "same-origin"},
		"empty token":          {form(""), "Sec-Fetch-Site", "same-origin"},
		"cross-site":           {form(own), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"same-site":            {form(own), "Sec-Fetch-Site", "same-site", "Origin", "https://evil.example.test"},
		"old browser":          {form(own), "Origin", "https://evil.example"},
		"origin null":          {form(own), "Origin", "null"},
	}
}

// Every route that changes something for a browser is tried; a new one is tried without anybody's thinking of it.
func TestAttack_AJ09_ForgedForms(t *testing.T) {
	w := newWholeWorld(t)
	ada, grace := w.signedIn("ada"), w.signedIn("grace")
	tried, own := 0, 0
	for _, route := range w.Routes() {
		pages := route.Audience == handlers.ForPeople || route.Audience == handlers.ForFlow
		if !pages || !slices.Contains(route.Methods, http.MethodPost) {
			continue
		}
		tried++
		token := w.tokenFor(ada, route.Path)
		if token != "none" {
			own++
		}
		for name, forged := range forgeries(token, w.tokenFor(grace, route.Path)) {
			ours := slices.Contains([]string{"no token", "no token, no headers", "another's token", "empty token"}, name)
			before := w.engine.writes.Load()
			out := w.do(w.request(http.MethodPost, route.Path, forged[0], append([]string{"Cookie", cookiesOf(ada)}, forged[1:]...)...))
			if w.engine.writes.Load() != before {
				t.Errorf("%s, %s: something was written", route.Path, name)
			}
			if route.Policy.CSRF == handlers.OriginAlone && ours { // without a token, it has to come from here
				continue
			}
			if route.Policy.CrossSite == handlers.Refused && out.Code != http.StatusForbidden {
				t.Errorf("%s, %s: %d, want 403", route.Path, name, out.Code)
			}
		}
	}
	if tried < 15 || own < 10 || w.signedInAs(ada) != "ada" {
		t.Errorf("%d routes tried, %d of them with the right token, signed in as %q", tried, own, w.signedInAs(ada))
	}
}

// tokenFor is the token that a browser's own form for a path carries, where there is one to be seen.
func (w *world) tokenFor(b *robot.Browser, path string) string {
	w.t.Helper()
	cookies := cookiesOf(b)
	if path == "/login" {
		cookies = "__Host-signet-browser=" + b.Cookie("__Host-signet-browser") // who is signed in is not shown the form
	}
	found := regexp.MustCompile(`name="form_token" value="([^"]+)"`).FindStringSubmatch(w.do(w.request(http.MethodGet, path, "", "Cookie", cookies)).Body.String())
	if found == nil {
		return "none"
	}
	return found[1]
}

// A sign-out by another site's form asks; it ends nothing.
func TestAttack_AJ09_ForgedSignOut(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	b.PostFrom("https://evil.example", "/logout", url.Values{"decision": {"sign-out"}})
	if !b.Has("sign-out") || w.signedInAs(b) != "ada" {
		t.Errorf("a forged sign-out: %s", b.Text())
	}
}

// Somebody else's form token for the sign-in page must not sign this browser in as them.
func TestAttack_AJ09_LoginForgery(t *testing.T) {
	w := newWorld(t)
	mallory, victim := w.browser().Get("/login"), w.browser().Get("/login")
	victim.Submit("login", url.Values{"identifier": {"grace"}, "password": {password}, "form_token": {mallory.Field("login", "form_token")}})
	if victim.Status() != http.StatusForbidden || victim.TextOf("error-code") != "E-FORM-01" || w.signedInAs(victim) != "" {
		t.Errorf("%d %s", victim.Status(), victim.Text())
	}
}

func TestAttack_AJ10_ReadingWritesNothing(t *testing.T) {
	w := newWholeWorld(t)
	b := w.signedIn("ada").Get(authorizeURL())
	request, cookies := b.Field("consent", "request"), cookiesOf(b)
	for _, route := range w.Routes() {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "PROPFIND"} {
			for _, query := range []string{"", "?request=" + request, "?continue=" + request, "?" + authorizeParams().Encode(), "?decision=allow&_method=POST"} {
				before := w.engine.writes.Load()
				w.do(w.request(method, w.filled(route.Path)+query, "", "Cookie", cookies, "X-HTTP-Method-Override", "POST"))
				if got := w.engine.writes.Load() - before; got != 0 {
					t.Errorf("%s %s: %d writes", method, route.Path+query, got)
				}
			}
		}
	}
	if w.signedInAs(b) != "ada" {
		t.Errorf("signed in as %q", w.signedInAs(b))
	}
}

func TestAttack_AJ11_NoWayAroundOriginCheck(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/login/", "//login", "/./login", "/x/../login", "/login;a=b", "/LOGIN", "/login%2f", "/login%00"} {
		out := w.do(w.raw(http.MethodPost, path, "Sec-Fetch-Site", "cross-site"))
		if out.Code != http.StatusNotFound && out.Code != http.StatusForbidden || out.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", path, out.Code, out.Header().Get("Location"))
		}
	}
}

// raw makes a request whose path is not touched by anybody.
func (w *world) raw(method, path string, header ...string) *http.Request {
	r := w.request(method, "/", "", header...)
	u, err := url.ParseRequestURI(path)
	if err != nil {
		w.t.Fatal(err)
	}
	r.URL, r.RequestURI = u, path
	return r
}

func TestAttack_AJ21_PathConfusion(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	for _, path := range []string{"//", "//logout", "/%2e%2e/logout", "/logout;/x", "/Logout", "/logout/", "/logout%2F", "/static/../logout", "/./logout",
		"/docs/errors/../../logout", "/docs/errors/E-REQ-01/", "/docs/errors/%2e%2e", `/\logout`, "/token/", "//token", "/tenant/token"} {
		r := w.raw(http.MethodGet, path, "Accept", "text/html")
		for _, c := range b.Jar.Cookies(mustURL(issuer)) {
			r.AddCookie(c)
		}
		if out := w.do(r); out.Code != http.StatusNotFound || strings.Contains(out.Body.String(), `id="sign-out"`) {
			t.Errorf("%s: %d", path, out.Code)
		}
	}
}

// Two tabs ask for different things; what is allowed in one must not be allowed in the other.
func TestAttack_AJ18_ConcurrentTabs(t *testing.T) {
	w := newWorld(t)
	one := w.signedIn("ada")
	two := w.browser()
	two.Jar = one.Jar
	one.Get(authorizeURL("scope", "openid", "state", "one"))
	two.Get(authorizeURL("scope", "openid email", "state", "two"))
	one.Press("allow", url.Values{"remember": nil})
	if got := w.decode(w.redeem(one.URL().Query().Get("code")))["scope"]; got != "openid" {
		t.Errorf("first tab got %v", got)
	}
	two.Press("deny", nil)
	if q := two.URL().Query(); q.Get("error") != "access_denied" || q.Get("state") != "two" {
		t.Errorf("second tab: %s", two.URL())
	}
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// everyPage visits pages of all kinds, good and bad, and hands over the answers that are HTML.
func everyPage(t *testing.T, visit func(name string, out *httptest.ResponseRecorder)) {
	w := newWorld(t)
	b := w.signedIn("ada").Get(authorizeURL())
	request := b.Field("consent", "request")
	signedIn := []string{"Cookie", fmt.Sprintf("__Host-signet=%s; __Host-signet-browser=%s", b.Cookie("__Host-signet"), b.Cookie("__Host-signet-browser"))}
	visited := 0
	for path, header := range map[string][]string{
		"/": nil, "/login": nil, "/logout": nil, "/docs/errors/E-REQ-01": nil, "/nothing": {"Accept", "text/html"},
		"/authorize?client_id=nobody": nil, "/login?request=x": nil, "/?": signedIn, "/logout?": signedIn, "/?h": {"Host", "evil.example"},
		"/login?request=" + request: signedIn, "/select?request=" + request: signedIn, "/consent?request=" + request: signedIn,
		authorizeURL("response_mode", "form_post", "prompt", "none"): signedIn, "/consent": signedIn, "/token?": {"Accept", "text/html"},
	} {
		r := w.request(http.MethodGet, path, "", header...)
		if host := r.Header.Get("Host"); host != "" {
			r.Host = host
		}
		out := w.do(r)
		if strings.HasPrefix(out.Header().Get("Content-Type"), "text/html") {
			visited++
			visit(path, out)
		}
	}
	if visited < 14 {
		t.Errorf("only %d pages were visited", visited)
	}
}

func TestAttack_AJ12_AJ13_AJ14_AJ17_HeadersOfPages(t *testing.T) {
	everyPage(t, func(name string, out *httptest.ResponseRecorder) {
		head := out.Header()
		for header, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000", "Server": "",
		} {
			if got := head.Get(header); got != want {
				t.Errorf("%s: %s: %q, want %q", name, header, got, want)
			}
		}
		if !strings.Contains(head.Get("Permissions-Policy"), "publickey-credentials-get=(self)") {
			t.Errorf("%s: permissions: %q", name, head.Get("Permissions-Policy"))
		}
		checkPolicy(t, name, head.Values("Content-Security-Policy"))
	})
}

func checkPolicy(t *testing.T, name string, policies []string) {
	t.Helper()
	if len(policies) != 1 {
		t.Errorf("%s: %d policies", name, len(policies))
		return
	}
	p := policies[0]
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action "} {
		if !strings.Contains(p, part) {
			t.Errorf("%s: policy lacks %q: %s", name, part, p)
		}
	}
	if strings.Contains(p, "unsafe") || strings.Contains(p, "*") {
		t.Errorf("%s: policy %s", name, p)
	}
}

// A page on the way through a sign-in keeps its opener, others do not.
func TestAttack_AJ14_Opener(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{"/": "same-origin", "/logout": "same-origin", "/login": "", authorizeURL(): "", "/consent": ""} {
		if got := w.do(w.request(http.MethodGet, path, "")).Header().Get("Cross-Origin-Opener-Policy"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// A form token that leaked is no use to another site: browsers say where a request comes from, and that is enough to refuse it.
func TestAttack_AJ09_RightTokenFromAnotherSite(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get("/login")
	form := url.Values{"identifier": {"ada"}, "password": {password}, "form_token": {b.Field("login", "form_token")}}
	b.PostFrom("https://evil.example", "/login", form)
	if b.Status() != http.StatusForbidden || b.TextOf("error-code") != "E-FORM-01" || w.signedInAs(b) != "" {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
	if b.Get("/login").Submit("login", form); w.signedInAs(b) != "ada" {
		t.Errorf("the same from here: %d %s", b.Status(), b.Text())
	}
}

// Whoever registers a client must not make a redirector of us: a refusal that nobody was asked about is shown with the address
// that it would lead to, and the person decides. prompt=none answers the client always: nobody looks at that.
func TestAttack_AA06_NoSilentRedirectToStrangers(t *testing.T) {
	w := newWorld(t)
	stranger := provider.Client{ID: "stranger", RedirectURIs: []string{callback}, Registered: true, Scopes: []string{"openid"}}
	_, err := w.provider.AddClient(t.Context(), &stranger)
	w.check(err)
	for _, b := range []*robot.Browser{w.browser(), w.signedIn("ada")} {
		bad := authorizeURL("client_id", "stranger", "scope", "openid admin")
		if b.Get(bad); b.Left() || b.Status() != http.StatusBadRequest || !strings.Contains(b.Text(), "app.example.test") {
			t.Errorf("%d at %s: %.200s", b.Status(), b.URL(), b.Text())
		}
		if b.Get(bad + "&response_mode=form_post"); b.Left() || strings.Contains(b.Body(), `action="`+callback) {
			t.Errorf("a form leads to %s", callback)
		}
		if b.Get(authorizeURL("client_id", "stranger", "scope", "openid", "prompt", "none")); !b.Left() {
			t.Errorf("prompt=none: %d %.200s", b.Status(), b.Text())
		}
		if b.Get(authorizeURL("scope", "openid admin")); !b.Left() {
			t.Error("the operator's own client is not told")
		}
	}
	// Who has consented to the client has vouched for it.
	b := w.signedIn("ada")
	b.Get(authorizeURL("client_id", "stranger", "scope", "openid")).Press("allow", nil)
	if b.Get(authorizeURL("client_id", "stranger", "scope", "openid admin")); !b.Left() {
		t.Errorf("after consent: %d %.200s", b.Status(), b.Text())
	}
}

// A page that is laid invisibly under something to click on, or that appears under a finger which is on its way down, must not
// take the click for a yes: it cannot be framed, and its button waits for a moment before it can be pressed.
func TestAttack_AK06_NoStolenClicks(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	b.Get(authorizeURL())
	if !b.Has("allow") || !b.HasAttribute("allow", "data-pause") {
		t.Error("the button that allows does not wait")
	}
	head := b.Last().Header
	if !strings.Contains(head.Get("Content-Security-Policy"), "frame-ancestors 'none'") || head.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the page can be framed: %v", head)
	}
	if !slices.ContainsFunc(b.All("script", "src"), func(src string) bool { return strings.Contains(src, "enhance") }) {
		t.Error("the script that makes it wait is not there")
	}
}
