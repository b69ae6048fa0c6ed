package handlers_test

import (
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"signet/handlers"
)

// directives takes a Content-Security-Policy apart.
func directives(policy string) map[string][]string {
	all := map[string][]string{}
	for part := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(part); len(words) > 0 {
			all[words[0]] = words[1:]
		}
	}
	return all
}

// policyFault tells what is wrong with the policy of a page.
func policyFault(policies []string) string {
	if len(policies) != 1 {
		return "not one policy"
	}
	all := directives(policies[0])
	for _, name := range []string{"default-src", "base-uri", "frame-ancestors"} {
		if !slices.Equal(all[name], []string{"'none'"}) {
			return name + " is not 'none'"
		}
	}
	if _, ok := all["form-action"]; !ok {
		return "no form-action"
	}
	allowed := map[string][]string{
		"script-src": {"'self'"}, "style-src": {"'self'"}, "font-src": {"'self'"}, "connect-src": {"'self'"}, "frame-src": {"'self'"}, "img-src": {"'self'", "data:"},
		"form-action": {"'self'", "'none'", "https:", "https://app.example.test"}, "require-trusted-types-for": {"'script'"},
	}
	for name, sources := range all {
		if slices.Contains([]string{"default-src", "base-uri", "frame-ancestors"}, name) {
			continue
		}
		for _, source := range sources {
			if !slices.Contains(allowed[name], source) {
				return name + " " + source
			}
		}
	}
	return ""
}

// The headers of whatever anybody is answered, wherever and however they ask: nothing frames a page, runs in it that is not ours,
// guesses types, keeps an answer that is somebody's, or learns who serves.
func TestAttack_AJ12_AJ13_AJ14_AJ17_EveryAnswer(t *testing.T) {
	w := newWholeWorld(t)
	pages, answers := 0, 0
	w.everywhere(func(a answered) {
		answers++
		head := a.out.Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000", "Server": "", "X-Powered-By": ""} {
			if got := head.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", a, name, got, want)
			}
		}
		kept := a.route.Policy.Cache != handlers.Never && a.out.Code == http.StatusOK && (a.method == http.MethodGet || a.method == http.MethodHead)
		if !kept && head.Get("Cache-Control") != "no-store" || kept && len(head["Set-Cookie"]) > 0 {
			t.Errorf("%s: Cache-Control %q, cookies %q", a, head.Get("Cache-Control"), head["Set-Cookie"])
		}
		if all := directives(head.Get("Content-Security-Policy")); !slices.Equal(all["default-src"], []string{"'none'"}) {
			t.Errorf("%s: policy %q", a, head["Content-Security-Policy"])
		}
		if !a.isPage() || a.route.Path == "/check-session" {
			return
		}
		pages++
		if why := policyFault(head["Content-Security-Policy"]); why != "" {
			t.Errorf("%s: policy %q: %s", a, head["Content-Security-Policy"], why)
		}
		for name, want := range map[string]string{"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"} {
			if got := head.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", a, name, got, want)
			}
		}
		if got := head.Get("Permissions-Policy"); !strings.Contains(got, "camera=()") || !strings.Contains(got, "publickey-credentials-get=(self)") {
			t.Errorf("%s: Permissions-Policy %q", a, got)
		}
		if got := head.Get("Cross-Origin-Opener-Policy"); got != "same-origin" && a.route.Audience != handlers.ForFlow {
			t.Errorf("%s: Cross-Origin-Opener-Policy %q", a, got)
		}
	})
	if pages < 150 || answers < 500 {
		t.Errorf("%d answers, %d pages", answers, pages)
	}
}

// What the policy forbids no page has, or it would be broken: no script, style or handler in the page itself.
func TestAttack_AJ13_NothingInline(t *testing.T) {
	w := newWholeWorld(t)
	w.everywhere(func(a answered) {
		if !a.isPage() {
			return
		}
		elements(a.page(t), func(n *html.Node) {
			if n.Data == "style" || n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil) {
				t.Errorf("%s: an inline %s", a, n.Data)
			}
			for _, attr := range n.Attr {
				if attr.Key == "style" || strings.HasPrefix(attr.Key, "on") || attr.Key == "srcdoc" || attr.Key == "nonce" {
					t.Errorf("%s: %s has %s", a, n.Data, attr.Key)
				}
			}
		})
	})
}

// addresses are the attributes that name another document.
var addresses = []string{"href", "src", "action", "formaction", "poster", "srcset", "ping", "background", "data"}

// isLocal tells whether an address is on this server.
func isLocal(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && !strings.Contains(address, `\`)
}

// Pages whose address carries a code, a request or a mailed link load nothing from elsewhere, and what leads elsewhere does not say
// from where: links name no referrer, and are https. Forms that end at a client carry nothing of ours.
func TestAttack_AJ15_AN02_NothingLeaksToOthers(t *testing.T) {
	w := newWholeWorld(t)
	away := map[string]bool{}
	w.everywhere(func(a answered) {
		if !a.isPage() {
			return
		}
		elements(a.page(t), func(n *html.Node) {
			if n.Data == "meta" && attribute(n, "http-equiv") != "" || n.Data == "base" {
				t.Errorf("%s: %s", a, n.Data)
			}
			for _, name := range addresses {
				to := attribute(n, name)
				switch {
				case to == "" || isLocal(to) || strings.HasPrefix(to, "#") || n.Data == "img" && strings.HasPrefix(to, "data:image/"):
				case n.Data == "form" && to == callback && a.route.Path == "/authorize": // form_post
				case n.Data == "a" && strings.HasPrefix(to, "https://"):
					away[to] = true
					if !slices.Contains(strings.Fields(attribute(n, "rel")), "noreferrer") {
						t.Errorf("%s: the link to %s tells the referrer", a, to)
					}
				default:
					t.Errorf("%s: %s %s=%q", a, n.Data, name, to)
				}
			}
		})
	})
	if !away["https://app.example.test/privacy"] || !away["https://id.example.test/terms"] {
		t.Errorf("links seen: %v", away)
	}
}

// The address of a mailed link stays in the history of a browser: once it was used it is worth nothing, and what follows has another.
func TestAttack_AJ15_MailedLinksAreGoodOnce(t *testing.T) {
	w := newWholeWorld(t)
	w.askRecovery(w.browser(), "ada")
	path := w.mails.newest(t, "recover").Facts["path"]
	b := w.browser().Get(path).Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	if b.URL().RawQuery != "" || b.Last().Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("afterwards at %s", b.URL())
	}
	if again := w.browser().Get(path); again.Has("password-form") {
		t.Error("the address that is in the browser's history works again")
	}
}

// No answer comes by postMessage: no script of ours sends one but the one that sites with sessions to watch frame, and that answers
// who asked, by its origin. The mode that would is not announced and not taken.
func TestAttack_AJ16_NoMessages(t *testing.T) {
	w := newWorld(t)
	document := w.decode(w.do(w.request(http.MethodGet, "/.well-known/openid-configuration", "")))
	if document["check_session_iframe"] != nil || strings.Contains(strings.ToLower(stringsOf(document["response_modes_supported"])), "message") {
		t.Errorf("announced: %v, %v", document["check_session_iframe"], document["response_modes_supported"])
	}
	if out := w.do(w.request(http.MethodGet, "/check-session", "")); out.Code != http.StatusNotFound {
		t.Errorf("/check-session: %d", out.Code)
	}
	for _, mode := range []string{"web_message", "post_message", "web_message.relay"} {
		b := w.signedIn("ada").Get(authorizeURL("response_mode", mode))
		if strings.Contains(b.Body(), "code=") || b.URL().Query().Get("code") != "" || b.Left() && b.URL().Query().Get("error") != "invalid_request" {
			t.Errorf("%s: at %s", mode, b.URL())
		}
	}
	send := regexp.MustCompile(`postMessage\s*\(([^;]*)\)`)
	found := 0
	scripts(t, func(name, text string) {
		for _, call := range send.FindAllStringSubmatch(text, -1) {
			found++
			if filepath.Base(name) != "check-session.js" || strings.Contains(call[1], "*") || !strings.Contains(call[1], "origin") {
				t.Errorf("%s: %s", name, call[0])
			}
		}
	})
	if found == 0 {
		t.Error("no postMessage was found: is the script where it was?")
	}
}

func stringsOf(v any) string {
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		s, _ := item.(string)
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// scripts visits every script that pages may load.
func scripts(t *testing.T, visit func(name, text string)) {
	t.Helper()
	root := filepath.Join("..", "templates", "static")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".js" {
			return err
		}
		text, err := os.ReadFile(name)
		visit(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A cookie that is not one of ours is no cookie: whoever has it is a stranger, at every page, and none of them breaks.
func TestAttack_AJ05_MalformedCookies(t *testing.T) {
	w := newWholeWorld(t)
	good := w.signedIn("grace").Cookie("__Host-signet")
	half := w.signedIn("ada")
	w.setUp(half)
	half = w.halfway("/login")
	values := []string{"", "=", "a", good[:len(good)-1], good + "A", strings.ToUpper(good), good + "=", "%" + good, good[:20] + "%00" + good[20:], strings.Repeat("A", len(good)), strings.Repeat("A", 8000),
		"null", "{}", "[]", "true", "-1", "../../etc/passwd", "\xff\xfe", base64.StdEncoding.EncodeToString([]byte("admin")), half.Cookie("__Host-signet-browser"), good + "," + good, "'" + good + "'"}
	for _, route := range w.Routes() {
		if !slices.Contains(route.Methods, http.MethodGet) {
			continue
		}
		for _, value := range values {
			r := w.request(http.MethodGet, w.filled(route.Path), "", "Accept", "text/html")
			r.Header["Cookie"] = []string{"__Host-signet=" + value + "; __Host-signet-browser=" + value + "; __Host-signet-state=" + value}
			out := w.do(r)
			if out.Code >= 500 || strings.Contains(out.Body.String(), `id="person"`) || strings.Contains(out.Body.String(), "Grace") {
				t.Errorf("%s with %.30q: %d", route.Path, value, out.Code)
			}
			if route.Policy.Who == handlers.SignedIn || route.Policy.Who == handlers.SignedInRecently {
				if to := out.Header().Get("Location"); out.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/login") {
					t.Errorf("%s with %.30q: %d to %q", route.Path, value, out.Code, to)
				}
			}
		}
	}
}

// Nobody is signed in, by any way in, by a form that another site sends: not with the attacker's password, not with the attacker's
// own form token, not as a plain text that looks like a form.
func TestAttack_AH21_LoginCSRF(t *testing.T) {
	w := newWholeWorld(t)
	mallory := w.browser().Get("/login")
	own := mallory.Field("login", "form_token")
	w.askRecovery(w.browser(), "ada")
	recovery := w.mails.newest(t, "recover").Facts["path"]
	entries := 0
	for _, route := range w.Routes() {
		if route.Policy.CSRF != handlers.EntryToken {
			continue
		}
		entries++
		form := url.Values{"identifier": {"grace"}, "password": {password}, "again": {password}, "code": {"000000"}, "link": {linkOf(recovery)}, "username": {"newcomer"}, "name": {"New"}, "terms": {"1"}, "user_code": {"BCDF-GHJK"}}
		for name, forged := range map[string][]string{
			"from another site":          {form.Encode(), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"from a sandbox":             {form.Encode(), "Origin", "null"},
			"from a neighbour":           {form.Encode(), "Origin", "https://evil.example.test", "Sec-Fetch-Site", "same-site"},
			"by an old browser":          {form.Encode()},
			"with the attacker's token":  {form.Encode() + "&form_token=" + url.QueryEscape(own)},
			"with it, from another site": {form.Encode() + "&form_token=" + url.QueryEscape(own), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"as text":                    {form.Encode(), "Content-Type", "text/plain", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
		} {
			victim := w.browser().Get("/login") // there is a cookie for forms
			before := w.engine.writes.Load()
			out := w.do(w.request(http.MethodPost, route.Path, forged[0], append([]string{"Cookie", cookiesOf(victim)}, forged[1:]...)...))
			if out.Code != http.StatusForbidden || w.engine.writes.Load() != before {
				t.Errorf("%s %s: %d", route.Path, name, out.Code)
			}
			for _, c := range out.Result().Cookies() {
				if c.Name == "__Host-signet" && c.Value != "" {
					t.Errorf("%s %s: a session", route.Path, name)
				}
			}
		}
	}
	if entries < 6 {
		t.Errorf("only %d ways in", entries)
	}
}

func linkOf(path string) string {
	u := mustURL(path)
	return u.Query().Get("link")
}

// Password managers know every field for what it is, nothing keeps anybody from pasting, and a password is never in an address.
func TestAttack_AH22_PasswordFields(t *testing.T) {
	w := newWholeWorld(t)
	want := map[string][]string{"password": {"current-password", "new-password"}, "again": {"new-password"}, "code": {"one-time-code"}}
	seen := map[string]bool{}
	w.everywhere(func(a answered) {
		if !a.isPage() {
			return
		}
		elements(a.page(t), func(n *html.Node) {
			if n.Data == "form" && (attribute(n, "method") != "post" || attribute(n, "autocomplete") == "off") {
				t.Errorf("%s: form %s: method %q, autocomplete %q", a, attribute(n, "id"), attribute(n, "method"), attribute(n, "autocomplete"))
			}
			if n.Data != "input" {
				return
			}
			name, kind, hint := attribute(n, "name"), attribute(n, "type"), attribute(n, "autocomplete")
			if kind == "password" || kind != "hidden" && want[name] != nil {
				seen[a.route.Path+" "+name] = true
				if !slices.Contains(want[name], hint) {
					t.Errorf("%s: %s %s: autocomplete %q", a, kind, name, hint)
				}
			}
			if name == "identifier" && a.route.Path == "/login" && !strings.HasPrefix(hint, "username") {
				t.Errorf("%s: autocomplete %q of the name", a, hint)
			}
			if kind == "password" && attribute(n, "value") != "" {
				t.Errorf("%s: a password is in the page", a)
			}
		})
	})
	for _, field := range []string{"/login password", "/account/password password", "/account/password again", "/login/mfa code", "/account/security/app code"} {
		if !seen[field] {
			t.Errorf("%s was not seen: %v", field, seen)
		}
	}
	b := w.browser().Get("/login?identifier=grace&password=" + url.QueryEscape(password))
	token := b.Field("login", "form_token")
	if w.signedInAs(b) != "" || strings.Contains(w.log.String(), url.QueryEscape(password)) {
		t.Error("a password in an address was taken, or logged")
	}
	r := w.request(http.MethodPost, "/login?password="+url.QueryEscape(password), url.Values{"identifier": {"grace"}, "form_token": {token}}.Encode(), "Cookie", cookiesOf(b))
	if out := w.do(r); out.Code != http.StatusBadRequest {
		t.Errorf("a form beside a query: %d", out.Code)
	}
	scripts(t, func(name, text string) {
		if regexp.MustCompile(`['"](paste|copy|cut|contextmenu|beforeinput)['"]|onpaste`).MatchString(text) {
			t.Errorf("%s listens to pasting", name)
		}
	})
}
