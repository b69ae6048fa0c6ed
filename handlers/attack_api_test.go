package handlers_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"signet/handlers"
	"signet/handlers/robot"
)

func TestAttack_AA05_NoRedirectToAnUnknownAddress(t *testing.T) {
	w := newWorld(t)
	for _, change := range [][]string{
		{}, {"scope", "bad"}, {"response_type", "token"}, {"prompt", "bad"}, {"prompt", "none"}, {"request", "x"}, {"client_id", "nobody"},
		{"response_mode", "form_post"}, {"code_challenge", ""}, {"max_age", "x"},
	} {
		out := w.do(w.request(http.MethodGet, authorizeURL(append(change, "redirect_uri", "https://evil.example/")...), ""))
		if out.Code != http.StatusBadRequest || out.Header().Get("Location") != "" || strings.Contains(out.Body.String(), `href="https://evil`) {
			t.Errorf("%v: %d to %q", change, out.Code, out.Header().Get("Location"))
		}
	}
}

// After a POST there is 303, which drops what a person typed, or a page. The sources are searched as well: a status that no
// test reaches must not be there either.
func TestAttack_AA08_OnlySeeOtherAfterPost(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL())
	seen := map[int]bool{}
	for _, step := range []func(*robot.Browser){
		func(b *robot.Browser) { b.Submit("login", url.Values{"identifier": {"ada"}, "password": {"wrong"}}) },
		func(b *robot.Browser) { signIn(b, "ada") },
		func(b *robot.Browser) { b.Press("allow", nil) },
		func(b *robot.Browser) { b.Get(authorizeURL("prompt", "select_account")).Press("other", nil) },
		func(b *robot.Browser) { b.PostFrom("https://app.example.test", "/authorize", authorizeParams()) },
		func(b *robot.Browser) { b.Get("/").Press("sign-out-button", nil) },
	} {
		step(b)
		seen[b.Trail[0].StatusCode] = true
	}
	for status := range seen {
		if status != http.StatusSeeOther && status != http.StatusBadRequest && status != http.StatusOK {
			t.Errorf("a POST was answered with %d", status)
		}
	}
	files, err := filepath.Glob("*.go")
	w.check(err)
	for _, file := range files {
		src, err := os.ReadFile(file)
		w.check(err)
		if !strings.HasSuffix(file, "_test.go") && regexp.MustCompile(`StatusFound|StatusTemporaryRedirect|StatusPermanentRedirect|StatusMovedPermanently|http\.Redirect\(`).Match(src) {
			t.Errorf("%s redirects in another way than seeOther", file)
		}
	}
}

func TestAttack_AA09_ParameterPollution(t *testing.T) {
	w := newWorld(t)
	valid := authorizeParams()
	for name := range valid {
		for _, value := range []string{valid.Get(name), "other"} {
			out := w.do(w.request(http.MethodGet, authorizeURL()+"&"+name+"="+url.QueryEscape(value), ""))
			if out.Code == http.StatusSeeOther && !strings.Contains(out.Header().Get("Location"), "error=invalid_request") {
				t.Errorf("%s twice: to %s", name, out.Header().Get("Location"))
			}
		}
	}
	b := w.browser().Get(authorizeURL())
	if b.Get("/authorize?continue=" + b.Field("login", "request") + "&state=x"); b.TextOf("error-code") != "E-REQ-01" {
		t.Errorf("continue with another parameter: %s", b.Text())
	}
	b.Get("/login").Submit("login", url.Values{"identifier": {"ada", "grace"}, "password": {password}})
	if b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-02" {
		t.Errorf("two names in a form: %d %s", b.Status(), b.Text())
	}
	for name, r := range map[string]*http.Request{
		"authorize, query and body": w.request(http.MethodPost, "/authorize?client_id=app", valid.Encode()),
		"token, query":              w.request(http.MethodPost, "/token?client_id=app", "grant_type=client_credentials"),
		"token, twice":              w.request(http.MethodPost, "/token", "grant_type=client_credentials&grant_type=client_credentials"),
		"introspect, twice":         w.request(http.MethodPost, "/introspect", "token=a&token=b"),
		"revoke, query":             w.request(http.MethodPost, "/revoke?token=a", ""),
		"continue twice":            w.request(http.MethodGet, "/authorize?continue=a&continue=b", ""),
		"login request twice":       w.request(http.MethodGet, "/login?request=a&request=b", ""),
	} {
		if out := w.do(r); out.Code != http.StatusBadRequest || out.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", name, out.Code, out.Header().Get("Location"))
		}
	}
}

func TestAttack_AA11_IssuerInEveryAnswer(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	for _, change := range [][]string{{}, {"prompt", "bad"}, {"scope", "openid nonsense"}, {"response_mode", "fragment"}} {
		b.Get(authorizeURL(change...))
		answer := b.URL().Query()
		if b.URL().Fragment != "" {
			answer, _ = url.ParseQuery(b.URL().Fragment)
		}
		if !b.Left() || answer.Get("iss") != issuer {
			t.Errorf("%v: %s", change, b.URL())
		}
	}
	if b.Get(authorizeURL("response_mode", "form_post")); !strings.Contains(b.Body(), `name="iss" value="`+issuer+`"`) {
		t.Errorf("form_post: %s", b.Body())
	}
}

func TestAttack_AA15_HostileHints(t *testing.T) {
	w := newWorld(t)
	for _, hostile := range []string{`"><script>alert(1)</script>`, "javascript:alert(1)", "'; drop table", "\u202eevil", strings.Repeat("a", 400), "de-ZZ-x", "zh-Hant-TW fr-CA"} {
		b := w.browser().Get(authorizeURL("login_hint", hostile, "ui_locales", hostile, "display", hostile, "acr_values", hostile))
		if b.Status() != http.StatusOK || b.URL().Path != "/login" || strings.Contains(b.Body(), "<script>alert") {
			t.Errorf("%.30q: %d at %s", hostile, b.Status(), b.URL().Path)
		}
	}
}

// The form's other fields mean nothing: what is consented to stands in the sealed request.
func TestAttack_AA17_TamperedConsentForm(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get(authorizeURL("scope", "openid"))
	b.Press("allow", url.Values{"scope": {"openid email offline_access"}, "client_id": {"other"}, "redirect_uri": {"https://evil.example/"}, "state": {"x"}})
	if !b.Left() || b.URL().Host != "app.example.test" || b.URL().Query().Get("state") != "s-1" {
		t.Fatalf("answer: %s", b.URL())
	}
	answer := w.decode(w.redeem(b.URL().Query().Get("code")))
	if answer["scope"] != "openid" || answer["refresh_token"] != nil {
		t.Errorf("token: %v", answer)
	}
	b.Get(authorizeURL("scope", "openid email"))
	b.Press("allow", url.Values{"request": {b.Field("consent", "request") + "A"}})
	if b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-07" {
		t.Errorf("a changed seal: %d %s", b.Status(), b.Text())
	}
}

func TestAttack_AA18_RequestOfAnotherBrowser(t *testing.T) {
	w := newWorld(t)
	mallory, victim := w.browser().Get(authorizeURL()), w.signedIn("ada")
	request := mallory.Field("login", "request")
	for _, address := range []string{"/login?request=" + request, "/consent?request=" + request, "/select?request=" + request, "/authorize?continue=" + request} {
		if victim.Get(address); victim.Left() || victim.TextOf("error-code") != "E-REQ-07" {
			t.Errorf("%s: %s %s", address[:12], victim.URL(), victim.Text())
		}
	}
	if !victim.Get("/login?request=" + request).Has("sign-in") {
		t.Error("no way out is offered")
	}
}

func TestAttack_AA22_FormPostPage(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	w.code(b)
	for _, state := range []string{`"><script>alert(1)</script>`, "</form><form action=https://evil.example>", "javascript:alert(1)", "'\"&<>"} {
		b.Get(authorizeURL("response_mode", "form_post", "state", state))
		csp := b.Last().Header.Get("Content-Security-Policy")
		if !strings.HasSuffix(csp, "form-action https://app.example.test") || b.Last().Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers: %s, %s", csp, b.Last().Header.Get("Cache-Control"))
		}
		if strings.Count(b.Body(), "<form") != 1 || strings.Contains(b.Body(), "<script>") {
			t.Errorf("state %q broke out: %s", state, b.Body())
		}
	}
}

// apiCalls are requests of all kinds to the endpoints for programs, good and bad.
func (w *world) apiCalls() map[string]*http.Request {
	token := w.decode(w.redeem(w.code(w.signedIn("ada"))))["access_token"].(string)
	form := func(path, body string) *http.Request {
		r := w.request(http.MethodPost, path, body)
		r.SetBasicAuth("app", w.secret)
		return r
	}
	return map[string]*http.Request{
		"userinfo":               w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+token),
		"userinfo, bad token":    w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+token[1:]),
		"userinfo, none":         w.request(http.MethodGet, "/userinfo", ""),
		"introspect":             form("/introspect", "token="+token),
		"introspect, nobody":     w.request(http.MethodPost, "/introspect", "token="+token),
		"revoke":                 form("/revoke", "token="+token),
		"push":                   form("/par", authorizeParams().Encode()),
		"push, refused":          form("/par", "scope=openid"),
		"push, nobody":           w.request(http.MethodPost, "/par", authorizeParams().Encode()),
		"push, get":              w.request(http.MethodGet, "/par", ""),
		"token, bad code":        form("/token", "grant_type=authorization_code&code=x&redirect_uri=y"),
		"token, no grant type":   form("/token", ""),
		"token, unknown client":  w.request(http.MethodPost, "/token", "grant_type=authorization_code&code=x&client_id=nobody&client_secret=y"),
		"token, get":             w.request(http.MethodGet, "/token", ""),
		"token, JSON":            w.request(http.MethodPost, "/token", "{}", "Content-Type", "application/json"),
		"token, too large":       w.request(http.MethodPost, "/token", strings.Repeat("a", handlers.MaxBody+1)),
		"token, too many fields": w.request(http.MethodPost, "/token", strings.Repeat("a=b&", 200)),
		"no such thing":          w.request(http.MethodGet, "/nothing", ""),
	}
}

func TestAttack_AB15_NothingIsCached(t *testing.T) {
	w := newWorld(t)
	for name, r := range w.apiCalls() {
		out := w.do(r)
		if head := out.Header(); head.Get("Cache-Control") != "no-store" || head.Get("Pragma") != "no-cache" || head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", name, out.Code, head)
		}
	}
}

func TestAttack_AB16_NoCrossOriginReading(t *testing.T) {
	w := newWholeWorld(t)
	for _, route := range w.Routes() {
		path := w.filled(route.Path)
		for _, origin := range []string{"https://app.example.test", "https://evil.example", "null"} {
			for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
				head := w.do(w.request(method, path, "", "Origin", origin, "Access-Control-Request-Method", "POST")).Header()
				want := ""
				if route.Policy.CrossSite == handlers.MayRead && method == http.MethodGet {
					want = "*"
				}
				if head.Get("Access-Control-Allow-Origin") != want || head.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %s: allows %q", method, path, head.Get("Access-Control-Allow-Origin"))
				}
			}
		}
	}
}

func TestAttack_AB17_MethodsAreRefused(t *testing.T) {
	w := newWorld(t)
	for path, allow := range map[string]string{
		"/token": "POST", "/introspect": "POST", "/revoke": "POST", "/par": "POST", "/userinfo": "GET, HEAD, POST", "/jwks": "GET, HEAD", "/login": "GET, HEAD, POST",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "BREW"} {
			if strings.Contains(allow, method) {
				continue
			}
			out := w.do(w.request(method, path, ""))
			if out.Code != http.StatusMethodNotAllowed || out.Header().Get("Allow") != allow {
				t.Errorf("%s %s: %d, Allow %q", method, path, out.Code, out.Header().Get("Allow"))
			}
		}
	}
}

func TestAttack_AB18_ContentTypes(t *testing.T) {
	w := newWorld(t)
	body := "grant_type=authorization_code&code=x&redirect_uri=y"
	for kind, want := range map[string]int{
		"application/x-www-form-urlencoded": 400, "application/x-www-form-urlencoded; charset=UTF-8": 400, "Application/X-WWW-Form-Urlencoded": 400,
		"application/json": 415, "multipart/form-data; boundary=x": 415, "text/plain": 415, "": 415, "application/x-www-form-urlencoded, text/plain": 415,
		"application/x-www-form-urlencodedx": 415, ";": 415,
	} {
		r := w.request(http.MethodPost, "/token", body, "Content-Type", kind)
		r.SetBasicAuth("app", w.secret)
		if kind == "" {
			r.Header.Del("Content-Type")
		}
		if out := w.do(r); out.Code != want {
			t.Errorf("%q: %d, want %d: %s", kind, out.Code, want, out.Body)
		}
	}
}

func FuzzAttack_AB18_TokenForm(f *testing.F) {
	w := newWorld(f)
	for _, seed := range []string{"", "a=%zz", "a;b", "grant_type=%00", "grant_type=authorization_code&code=\xff", strings.Repeat("&", 99), "=", "&=&=",
		"grant_type=refresh_token&refresh_token=a&scope=+&resource=%"} {
		f.Add(seed, "application/x-www-form-urlencoded")
		f.Add(seed, "application/x-www-form-urlencoded;charset=utf-7")
	}
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := w.request(http.MethodPost, "/token", body)
		r.Header["Content-Type"] = []string{kind}
		r.SetBasicAuth("app", w.secret)
		out := w.do(r)
		if out.Code < 400 || out.Code >= 500 || out.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%q: %d %s", body, out.Code, out.Body)
		}
	})
}

func TestAttack_AB23_ErrorsTellNothing(t *testing.T) {
	w := newWorld(t)
	calls := w.apiCalls()
	w.engine.broken.Store(true)
	for name, r := range calls {
		out := w.do(r)
		body := out.Body.String()
		if strings.Contains(body, "storage") || strings.Contains(body, ".go") || strings.Contains(body, "debug") || strings.Contains(body, "hint") {
			t.Errorf("%s: %s", name, body)
		}
		if out.Code == http.StatusInternalServerError {
			t.Errorf("%s: %d %s", name, out.Code, body)
		}
	}
}
