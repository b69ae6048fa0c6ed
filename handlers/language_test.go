package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

var langOf = regexp.MustCompile(`<html lang="([^"]*)" dir="([^"]*)"`)

// spoken is the language of the page that a browser sees.
func spoken(b *robot.Browser) string {
	m := langOf.FindStringSubmatch(b.Body())
	if m == nil {
		return ""
	}
	return m[1]
}

// accepting asks for a page as a browser that prefers languages.
func accepting(b *robot.Browser, address, languages string) *robot.Browser {
	b.Header.Set("Accept-Language", languages)
	return b.Get(address)
}

// The order is: what was chosen in this browser, what the application wishes for, what the person's profile says, what the browser
// asks for, what the operator set.
func TestLanguage_Order(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	for _, c := range []struct{ address, accept, want string }{
		{"/login", "", "en"}, {"/login", "xx", "en"}, {"/login", "ar", "ar"}, {"/login", "fr-CH, fr;q=0.9", "fr"},
		{authorizeURL("ui_locales", "xx fr-CA de"), "es", "fr"}, {authorizeURL("ui_locales", "ja"), "es", "es"},
		{authorizeURL("ui_locales", "de", "client_id", "nobody"), "es", "de"},
	} {
		if got := spoken(accepting(b, c.address, c.accept)); got != c.want {
			t.Errorf("%s, Accept-Language %q: %q, want %q", c.address, c.accept, got, c.want)
		}
	}

	_, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error { p.Locale = "es-MX"; return nil })
	w.check(err)
	signIn(accepting(b, "/login", "fr"), "ada")
	if got := spoken(b.Get("/account/profile")); got != "es" {
		t.Errorf("the profile says es-MX, the browser fr: %q", got)
	}
	if got := spoken(b.Get("/logout")); got != "es" {
		t.Errorf("at /logout: %q", got)
	}
	if got := spoken(b.Get("/logout?ui_locales=de")); got != "de" {
		t.Errorf("ui_locales at /logout: %q", got)
	}
	if got := spoken(b.Get("/").Submit("language", url.Values{"language": {"ar"}})); got != "ar" || b.URL().Path != "/" {
		t.Errorf("chosen ar at /: %q at %s", got, b.URL())
	}
	if got := spoken(b.Get("/logout?ui_locales=de")); got != "ar" {
		t.Errorf("chosen ar, the application wishes for de: %q", got)
	}
}

// The menu is at the foot of every page, needs no script, and leads back to the page with what it was about.
func TestLanguage_Menu(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL())
	before := b.URL().String()
	if b.Field("login", "request") == "" || b.Attribute("language", "method") != "post" {
		t.Fatalf("no menu on %s", b.Text())
	}
	b.Submit("language", url.Values{"language": {"fr"}})
	if spoken(b) != "fr" || b.URL().String() != before {
		t.Fatalf("%q at %s, want %s", spoken(b), b.URL(), before)
	}
	b.Submit("login", url.Values{"identifier": {"ada"}, "password": {"wrong"}})
	if spoken(b) != "fr" || !b.Has("problem") {
		t.Errorf("after a wrong password: %q", spoken(b))
	}
	b.Submit("language", url.Values{"language": {"de"}})
	if spoken(b) != "de" || b.Field("login", "request") == "" {
		t.Errorf("from the page after a wrong password: %q at %s, request %q", spoken(b), b.URL(), b.Field("login", "request"))
	}
	signIn(b, "ada")
	if !b.Has("allow") || spoken(b) != "de" {
		t.Fatalf("no consent in German: %s", b.Text())
	}
	b.Submit("language", url.Values{"language": {"es"}})
	if !b.Has("allow") || spoken(b) != "es" {
		t.Errorf("consent after the choice: %q at %s", spoken(b), b.URL())
	}
	if missing := b.Get("/no/such/page"); spoken(missing) != "es" || !missing.Has("language") {
		t.Errorf("a page that is not there: %q", spoken(missing))
	}
}

// A browser keeps the choice for a year, in a cookie that says nothing else, which no neighbour can set and no script read.
func TestLanguage_Cookie(t *testing.T) {
	w := newWorld(t)
	out := w.do(w.request(http.MethodPost, "/language", "language=de&return=%2Flogin%3Frequest%3Dx", "Content-Type", "application/x-www-form-urlencoded"))
	cookie := out.Header().Get("Set-Cookie")
	if out.Code != http.StatusSeeOther || out.Header().Get("Location") != "/login?request=x" {
		t.Errorf("%d to %q", out.Code, out.Header().Get("Location"))
	}
	if cookie != "__Host-signet-language=de; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("cookie %q", cookie)
	}
	for _, wrong := range []string{"xx", "", "de-AT", "../de", strings.Repeat("d", 5000)} {
		out := w.do(w.request(http.MethodPost, "/language", url.Values{"language": {wrong}}.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
		if got := out.Header().Get("Set-Cookie"); got != "" {
			t.Errorf("language %.20q: cookie %q", wrong, got)
		}
	}
	for _, cookie := range []string{"__Host-signet-language=xx", "__Host-signet-language=de; __Host-signet-language=fr", `__Host-signet-language="de"`} {
		out := w.do(w.request(http.MethodGet, "/login", "", "Cookie", cookie))
		if !strings.Contains(out.Body.String(), `<html lang="en"`) {
			t.Errorf("cookie %q was believed", cookie)
		}
	}
}

// Whoever posts the choice is led to no other site, and other sites do not post it.
func TestAttack_AN02_TheMenuOfLanguagesLeadsNowhereElse(t *testing.T) {
	w := newWorld(t)
	for _, back := range []string{
		"", "https://evil.example/", "//evil.example/", `/\evil.example`, "/a/../b", "javascript:alert(1)", "/\nx", "/login\r\nSet-Cookie: a=b", "login", "/%0d%0aX: y", `/"><script>`,
	} {
		out := w.do(w.request(http.MethodPost, "/language", url.Values{"language": {"de"}, "return": {back}}.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
		if to := out.Header().Get("Location"); out.Code != http.StatusSeeOther || to != "/" && to != "/%0d%0aX: y" {
			t.Errorf("return %q: %d to %q", back, out.Code, to)
		}
	}
	b := w.browser().PostFrom("https://evil.example", "/language", url.Values{"language": {"ar"}, "return": {"/login"}})
	if b.Status() != http.StatusForbidden || b.Cookie("__Host-signet-language") != "" {
		t.Errorf("another site chose: %d, cookie %q", b.Status(), b.Cookie("__Host-signet-language"))
	}
	for _, referer := range []string{"https://evil.example/login?a=b", "https://id.example.test//evil.example?a=b", "https://id.example.test/logout?a=b", "/login?a=b", "%"} {
		out := w.do(w.request(http.MethodPost, "/language", "language=de&return=%2Flogin", "Content-Type", "application/x-www-form-urlencoded", "Referer", referer))
		if to := out.Header().Get("Location"); to != "/login" {
			t.Errorf("Referer %q: to %q", referer, to)
		}
	}
	hostile := w.do(w.request(http.MethodGet, `/login?x="><script>alert(1)</script>`, "", "Accept", "text/html"))
	if body := hostile.Body.String(); strings.Contains(body, "script>alert") || strings.Contains(body, "alert%281") {
		t.Error("the menu carries what was in the address")
	}
}

// The operator says which languages there are and which is for everybody else; discovery says the same.
func TestLanguage_OperatorsChoice(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		set, err := templates.New(templates.Options{Languages: []string{"fr", "en"}})
		if err != nil {
			t.Fatal(err)
		}
		c.Pages.Set = set
	})
	b := w.browser()
	for accept, want := range map[string]string{"": "fr", "de": "fr", "ar, en;q=0.1": "en"} {
		if got := spoken(accepting(b, "/login", accept)); got != want {
			t.Errorf("Accept-Language %q: %q, want %q", accept, got, want)
		}
	}
	if body := b.Get("/login").Body(); strings.Contains(body, `value="de"`) || !strings.Contains(body, `value="en"`) {
		t.Error("the menu has other languages")
	}
}

// What can be shown once only has no menu: the choice would take it away.
func TestLanguage_NoMenuOnWhatIsShownOnce(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := signIn(w.browser().Get("/login"), "ada")
	if !b.Get("/account/security").Has("language") {
		t.Fatalf("no menu at %s: %s", b.URL(), b.Text())
	}
	w.setUp(b)
	if w.recoveryCodes(b); b.Has("language") {
		t.Error("the codes are shown with the menu")
	}
}

// Mails that people ask for are in their own language, else in that of the page; an account begins with the language of its page; and
// who changes something does not choose the language of the notice.
func TestLanguage_Mails(t *testing.T) {
	w := newMailWorld(t)
	arabic := w.browser()
	arabic.Header.Set("Accept-Language", "ar-EG")
	w.askRecovery(arabic, "ada")
	if got := w.mails.newest(t, account.LetterRecover).Language; got != "ar" {
		t.Errorf("asked from an Arabic page: %q", got)
	}
	_, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error { p.Locale = "fr-CA"; return nil })
	w.check(err)
	w.askRecovery(arabic, "ada")
	if got := w.mails.newest(t, account.LetterRecover).Language; got != "fr-CA" {
		t.Errorf("the profile says fr-CA: %q", got)
	}

	german := w.browser()
	german.Header.Set("Accept-Language", "de-AT, en;q=0.5")
	german.Get("/signup").Submit("ask", url.Values{"identifier": {"new@example.test"}})
	letter := w.mails.newest(t, account.LetterSignUp)
	if letter.Language != "de" {
		t.Errorf("the sign-up letter: %q", letter.Language)
	}
	german.Get(letter.Facts["path"]).Submit("sign-up", url.Values{
		"username": {"neu"}, "name": {"Neu"}, "password": {newSecret}, "again": {newSecret}, "terms": {"yes"},
	})
	made, err := w.accounts.FindPerson(t.Context(), "neu")
	w.check(err)
	if made.Locale != "de" {
		t.Errorf("the new account's language: %q", made.Locale)
	}
}
