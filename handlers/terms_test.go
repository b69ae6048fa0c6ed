package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

const operatorsTerms = "# Our terms\n\nBe **kind**, and read [the rest](https://example.com/rest).\n\n- no <script>alert(1)</script>\n- no [tricks](javascript:alert(1))\n"

// termsWorld demands a version of the terms, which is at /terms.
func termsWorld(t testing.TB, version string) *world {
	t.Helper()
	text, err := templates.ParseDocument([]byte(operatorsTerms))
	if err != nil {
		t.Fatal(err)
	}
	w := newMailWorld(t, func(c *handlers.Config) {
		c.SignUp.Terms, c.TermsVersion, c.Pages.TermsText = handlers.TermsPath, version, text
		limits(c)
	})
	w.demand(version)
	return w
}

func (w *world) demand(version string) {
	w.t.Helper()
	w.configure = func(c *provider.Config) { c.SignUp, c.Terms = true, version }
	w.restart(cheapPasswords)
}

func (w *world) agreed(name string) account.Agreement {
	w.t.Helper()
	p, err := w.accounts.FindPerson(w.t.Context(), name)
	w.check(err)
	if p.Terms == nil {
		return account.Agreement{}
	}
	return *p.Terms
}

// Terms are agreed to once, with time and version; another version asks anew; the application that asks without pages hears that
// something is to be done.
func TestTerms_OnTheWayToAnApplication(t *testing.T) {
	w := termsWorld(t, "2026-11")
	b := w.signedIn("ada")
	if none := b.Get(authorizeURL("prompt", "none")); none.URL().Query().Get("error") != "interaction_required" {
		t.Fatalf("prompt=none: %s", none.URL())
	}
	if b.Get(authorizeURL()); b.URL().Path != "/terms/agree" || b.Attribute("read-terms", "href") != "/terms" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if b.Press("agree", nil); b.URL().Path != "/consent" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if got := w.agreed("ada"); got.Version != "2026-11" || w.now().Unix()-got.At > 60 {
		t.Errorf("%+v", got)
	}
	w.code(b)
	if w.code(w.signedIn("ada")) == "" {
		t.Error("asked again")
	}
	w.demand("2027-01")
	if b = w.signedIn("ada"); b.Get(authorizeURL()).URL().Path != "/terms/agree" || !strings.Contains(b.Text(), "have changed") {
		t.Errorf("another version: %s %s", b.URL(), b.Text())
	}
	w.demand("")
	if w.code(w.signedIn("ada")) == "" {
		t.Error("asked where nothing is demanded")
	}
}

// Whoever does not agree goes to no application, and keeps their own pages.
func TestTerms_Refused(t *testing.T) {
	w := termsWorld(t, "2026-11")
	b := w.signedIn("ada").Get(authorizeURL())
	if b.Press("refuse", nil); b.URL().Query().Get("error") != "access_denied" {
		t.Fatalf("%s", b.URL())
	}
	if got := w.agreed("ada"); got != (account.Agreement{}) {
		t.Errorf("agreed all the same: %+v", got)
	}
	if b.Get("/account/data"); b.Status() != http.StatusOK || !b.Has("export") {
		t.Errorf("own pages: %s", b.Text())
	}
	if b.Get(authorizeURL()).URL().Path != "/terms/agree" {
		t.Error("not asked again")
	}
}

// A form of another site agrees to nothing.
func TestTerms_NobodyAgreesForSomebody(t *testing.T) {
	w := termsWorld(t, "2026-11")
	b := w.signedIn("ada").Get(authorizeURL())
	for name, form := range map[string]url.Values{"without its token": {"form_token": {""}, "decision": {"agree"}}, "another answer": {"decision": {"yes"}}} {
		other := w.same(b).Get(b.URL().String())
		other.Submit("agree-form", form)
		if got := w.agreed("ada"); got != (account.Agreement{}) || other.Status() < 400 {
			t.Errorf("%s: %+v, %d", name, got, other.Status())
		}
	}
}

// Devices wait for the terms, too: before they are agreed to, nobody lets one in.
func TestTerms_OnTheWayToADevice(t *testing.T) {
	w := termsWorld(t, "2026-11")
	_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: "tv", Name: "Television", AuthMethod: "none", GrantTypes: []string{provider.GrantDevice}})
	w.check(err)
	device := w.waiting()
	b := typeCode(w.signedIn("grace"), device["user_code"])
	if b.URL().Path != "/terms/agree" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	b.Press("agree", nil)
	if b.Press("allow", nil); w.poll(device) != "" {
		t.Errorf("%s %s", b.URL(), b.Text())
	}
	w.demand("2027-01")
	w.pass(6 * time.Minute)
	device = w.waiting()
	if b = typeCode(w.signedIn("grace"), device["user_code"]).Press("refuse", nil); b.URL().Path != "/device/done" || w.poll(device) == "" {
		t.Errorf("refused: %s", b.URL())
	}
}

// Who signs up agrees with the rest, and is not asked again.
func TestTerms_AtSignUp(t *testing.T) {
	w := termsWorld(t, "2026-11")
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"new@example.test"}})
	path := w.mails.newest(t, account.LetterSignUp).Facts["path"]
	form := url.Values{"username": {"newcomer"}, "name": {"New"}, "password": {password}, "again": {password}}
	b := w.browser().Get(path).Submit("sign-up", form)
	if b.Status() != http.StatusBadRequest {
		t.Fatalf("without agreeing: %d", b.Status())
	}
	form.Set("terms", "1")
	if b = w.browser().Get(path).Submit("sign-up", form); !b.Has("outcome") {
		t.Fatalf("%s", b.Text())
	}
	if got := w.agreed("newcomer"); got.Version != "2026-11" || got.At == 0 {
		t.Errorf("%+v", got)
	}
	if w.signedIn("newcomer").Get(authorizeURL()).URL().Path == "/terms/agree" {
		t.Error("asked again")
	}
}

// The operator's text is text: what looks like HTML, or leads to a script, is shown and does nothing.
func TestTerms_OperatorsTextIsText(t *testing.T) {
	w := termsWorld(t, "1")
	b := w.browser().Get("/terms")
	if b.Status() != http.StatusOK || !strings.Contains(b.Text(), "Our terms") || !strings.Contains(b.Body(), `<strong>kind</strong>`) || !strings.Contains(b.Body(), `href="https://example.com/rest"`) {
		t.Errorf("%d %s", b.Status(), b.Body())
	}
	if strings.Contains(b.Body(), "<script>alert") || strings.Contains(b.Body(), `href="javascript:`) {
		t.Errorf("%s", b.Body())
	}
	if b := w.browser().Get("/privacy"); b.Status() != http.StatusNotFound {
		t.Errorf("a page without a text: %d", b.Status())
	}
}
