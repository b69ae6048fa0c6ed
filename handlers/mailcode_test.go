package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// newCodeWorld is a mail world in which people sign in by a mailed code, too, with the second factor that the policy wants.
func newCodeWorld(t testing.TB, policy provider.FactorPolicy, change ...func(*handlers.Config)) *world {
	t.Helper()
	w := newMailWorld(t, change...)
	w.codePolicy(func(s *provider.SignInPolicy) { s.SecondFactor = policy })
	return w
}

// codePolicy restarts with another policy, that of second factors only for who has one unless it is changed.
func (w *world) codePolicy(change func(*provider.SignInPolicy)) {
	w.configure = func(c *provider.Config) {
		c.SignUp, c.SignIn = true, provider.SignInPolicy{SecondFactor: provider.FactorOptional, Admins: []string{"Admins"}, Mail: true}
		change(&c.SignIn)
	}
	w.restart(cheapPasswords)
}

// askCode asks for a mailed code on the sign-in page that a browser shows.
func askCode(b *robot.Browser, identifier string) *robot.Browser {
	return b.Press("by-mail", url.Values{"identifier": {identifier}})
}

// mailedCode is the code and the link of the newest letter.
func (w *world) mailedCode() (code, link string) {
	w.t.Helper()
	letter := w.mails.newest(w.t, account.LetterCode)
	return letter.Facts["code"], letter.Facts["path"]
}

// awaiting is a browser that waits for the code that was mailed to ada, with the code and the link.
func (w *world) awaiting(address string) (b *robot.Browser, code, link string) {
	w.t.Helper()
	b = askCode(w.browser().Get(address), "ada")
	if b.URL().Path != "/login/code" || !b.Has("code-form") {
		w.t.Fatalf("nothing waits: %s %s", b.URL(), b.Text())
	}
	code, link = w.mailedCode()
	return b, code, link
}

func TestMailCode_SignIn(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	b, code, _ := w.awaiting("/login")
	if letter := w.mails.newest(t, account.LetterCode); letter.To != "ada@example.test" || len(code) != 9 || strings.Contains(b.Body(), code) {
		t.Errorf("%+v", letter)
	}
	if enterCode(b, code); w.signedInAs(b) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	// On the way to an application, with the hint that it has given, in whatever spelling.
	b = w.browser().Get(authorizeURL("login_hint", "ada@example.test"))
	b.Press("by-mail", nil)
	code, _ = w.mailedCode()
	enterCode(b, " "+strings.ReplaceAll(code, " ", "-"))
	claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code"))
	if claims["acr"] != "1" || fmt.Sprint(claims["amr"]) != "[otp]" {
		t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
	}
	ada := must(w.accounts.FindPerson(t.Context(), "ada"))
	records, err := w.trail.OfSubject(t.Context(), ada.Subject, "", 100)
	w.check(err)
	kinds := map[string]int{}
	for _, r := range records {
		kinds[r.Kind]++
	}
	if kinds["sign-in.mailed"] != 2 || kinds["sign-in"] != 2 {
		t.Errorf("recorded %v", kinds)
	}
	if n := len(w.mails.all()); n != 2 {
		t.Errorf("%d letters", n)
	}
}

// The link signs in the browser that asked, on the way to where it was going, by a button.
func TestMailCode_Link(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	b, code, link := w.awaiting(authorizeURL())
	tab := w.same(b).Get(link)
	tab.Get(link) // looking uses nothing up
	if !tab.Has("confirm") || w.signedInAs(w.same(b)) != "" {
		t.Fatalf("%s", tab.Text())
	}
	tab.Submit("confirm", nil)
	if !tab.Has("consent") {
		t.Fatalf("not on the way: %s %s", tab.URL(), tab.Text())
	}
	claims := w.claimsOf(tab.Press("allow", nil).URL().Query().Get("code"))
	if claims["acr"] != "1" || fmt.Sprint(claims["amr"]) != "[otp]" {
		t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
	}
	// Code and link are one: the other does not work any more.
	b.Get("/").Press("sign-out-button", nil)
	late := w.same(b)
	if late.Get(link); late.Has("confirm") || late.Status() != http.StatusBadRequest {
		t.Errorf("the link again: %s", late.Text())
	}
	w2, code2, link2 := w.awaiting("/login")
	enterCode(w2, code2)
	if late := w.same(w2).Get(link2); late.Has("confirm") {
		t.Error("the link works beside its code")
	}
	_ = code
}

// Whoever is led to open the link of a mail for which somebody else has asked lets nobody in, and is let in nowhere (A-A18, A-K08).
func TestAttack_AA18_MailedLinkElsewhere(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	phisher, code, link := w.awaiting(authorizeURL())
	victim := w.browser().Get("/login").Get(link)
	if victim.Has("confirm") || !victim.Has("outcome") || strings.Contains(victim.Body(), code) || strings.Contains(victim.Text(), "The App") {
		t.Errorf("elsewhere: %s", victim.Text())
	}
	// Not even by the form of a page that this browser was given for itself.
	own, _, ownLink := w.awaiting("/login")
	own.Get(ownLink)
	token := own.Field("confirm", "form_token")
	if own.Post("/login/link", url.Values{"form_token": {token}, "link": {linkIn(link)}}); w.signedInAs(w.same(own)) != "" {
		t.Error("another browser's link signs in")
	}
	if w.signedInAs(w.same(phisher)) != "" || w.signedInAs(w.same(victim)) != "" {
		t.Error("somebody was let in")
	}
}

// linkIn is the link in a mailed path.
func linkIn(path string) string {
	_, query, _ := strings.Cut(path, "?")
	values, _ := url.ParseQuery(query)
	return values.Get("link")
}

// What a stranger sees is the same for everybody (A-H01), and as much is written and computed.
func TestAttack_AH01_MailedCodeAnswersAreTheSame(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional, func(c *handlers.Config) { c.Mails.Account.Count = 1000 })
	_, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "mary", Email: "mary@example.test"}, password)
	w.check(err)
	w.check(w.accounts.SetDisabled(t.Context(), "grace", true))
	var asked, wrong string
	for _, who := range []string{"ada", "ADA@example.test", "grace", "mary", "nobody", "nobody@example.test", "not an address@"} {
		b := w.browser().Get("/login")
		before, hashes := w.engine.writes.Load(), w.accounts.HashCount()
		askCode(b, who)
		if got := w.engine.writes.Load() - before; got != 1 || w.accounts.HashCount() != hashes {
			t.Errorf("%s: %d writes", who, got)
		}
		if got := seen(b); asked != "" && got != asked {
			t.Errorf("%s is answered otherwise:\n%s\n%s", who, got, asked)
		} else {
			asked = got
		}
		for range 7 { // five that count, and two of a code that is dead by then
			if enterCode(b, "0000 0000"); wrong != "" && seen(b) != wrong {
				t.Errorf("%s is refused otherwise:\n%s\n%s", who, seen(b), wrong)
			}
			wrong = seen(b)
		}
	}
}

func TestAttack_AH13_MailedCode(t *testing.T) {
	for name, end := range map[string]func(w *world) error{
		"a newer one":      func(w *world) error { return nil },
		"another password": func(w *world) error { return w.accounts.SetPassword(w.t.Context(), "ada", "quite another one") },
		"another address": func(w *world) error {
			return ignore(w.accounts.EditPerson(w.t.Context(), "ada", func(p *account.Person) error { p.SetEmail("ada@example.net", true); return nil }))
		},
		"an address unproved": func(w *world) error {
			return ignore(w.accounts.EditPerson(w.t.Context(), "ada", func(p *account.Person) error { p.SetEmail(p.Email, false); return nil }))
		},
		"disabled":          func(w *world) error { return w.accounts.SetDisabled(w.t.Context(), "ada", true) },
		"removed":           func(w *world) error { return w.accounts.RemovePerson(w.t.Context(), "ada") },
		"everything ended":  func(w *world) error { return w.accounts.EndEverything(w.t.Context(), "ada") },
		"ten minutes later": func(w *world) error { w.pass(10 * time.Minute); return nil },
		"five wrong ones":   func(w *world) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newCodeWorld(t, provider.FactorOptional)
			b, code, link := w.awaiting("/login")
			switch name {
			case "a newer one":
				askCode(w.same(b).Get("/login"), "ada")
			case "five wrong ones":
				for range 5 {
					enterCode(b, "0000 0000")
				}
			}
			w.check(end(w))
			tab := w.same(b).Get(link)
			if tab.Has("confirm") {
				t.Errorf("the link: %s", tab.Text())
			}
			if enterCode(b, code); w.signedInAs(w.same(b)) != "" {
				t.Error("the code signs in")
			}
		})
	}
	// What it is bound to: the browser that asked, its owner, one use, and POST.
	w := newCodeWorld(t, provider.FactorOptional)
	b, code, _ := w.awaiting("/login")
	other := w.browser().Get(b.URL().String())
	if enterCode(other, code); w.signedInAs(w.same(other)) != "" {
		t.Error("another browser signs in with the page and the code")
	}
	if w.same(b).Get("/login/code?code=" + url.QueryEscape(code) + "&mailed=" + url.QueryEscape(b.Field("code-form", "mailed"))); w.signedInAs(w.same(b)) != "" {
		t.Error("GET signs in")
	}
	mine := b.Field("code-form", "mailed")
	if enterCode(b, code); w.signedInAs(w.same(b)) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	again := w.same(b)
	again.Get("/").Press("sign-out-button", nil)
	again.Get("/login/code?mailed=" + url.QueryEscape(mine))
	if enterCode(again, code); w.signedInAs(w.same(again)) != "" {
		t.Error("used twice")
	}
}

// Nobody's mailbox is filled, and whoever has read the mail may ask again (A-H18).
func TestAttack_AH18_MailedCodes(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	for range 10 {
		if b := askCode(w.browser().Get("/login"), "ada"); !b.Has("code-form") {
			t.Fatalf("%s", b.Text())
		}
	}
	if n := len(w.mails.all()); n != 3 {
		t.Errorf("%d mails", n)
	}
	w.pass(time.Hour)
	for range 6 {
		b, code, _ := w.awaiting("/login")
		if enterCode(b, code); w.signedInAs(b) != "ada" {
			t.Fatalf("%s", b.Text())
		}
	}
}

// Codes are guessed a few times, however many browsers and mails there are (A-I02).
func TestAttack_AI02_GuessingMailedCodes(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional, func(c *handlers.Config) { c.Mails = handlers.MailLimits{} })
	judged, held := 0, 0
	for range 20 {
		b := askCode(w.browser().Get("/login"), "ada")
		for range 6 {
			if enterCode(b, "0000 0000"); b.Status() == http.StatusTooManyRequests {
				held++
			}
			judged++
		}
	}
	if held == 0 {
		t.Errorf("%d tries, and nobody was held back", judged)
	}
	w.pass(2 * time.Minute)
	b, code, _ := w.awaiting("/login")
	if enterCode(b, code); w.signedInAs(b) != "ada" {
		t.Errorf("the owner is locked out: %s", b.Text())
	}
}

// A mailed code is one factor: never the second one, and never more than that (A-I08). What is demanded beyond it is asked for.
func TestAttack_AI08_MailedCodeIsOneFactor(t *testing.T) {
	essential := `{"id_token":{"acr":{"essential":true,"values":["2"]}}}`
	for name, demand := range map[string][]string{
		"nothing": nil, "acr_values 1": {"acr_values", "1"}, "acr_values 2": {"acr_values", "2"}, "essential 2": {"claims", essential},
		"prompt=login": {"prompt", "login"}, "max_age=0": {"max_age", "0"},
	} {
		for _, byLink := range []bool{false, true} {
			w := newCodeWorld(t, provider.FactorOptional)
			b, code, link := w.awaiting(authorizeURL(demand...))
			if byLink {
				b.Get(link).Submit("confirm", nil)
			} else {
				enterCode(b, code)
			}
			two := strings.Contains(name, "essential")
			if two != b.Has("set-up") {
				t.Errorf("%s: %s %s", name, b.URL(), b.Text())
			}
			if two {
				continue
			}
			if claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code")); claims["acr"] != "1" {
				t.Errorf("%s: acr %v", name, claims["acr"])
			}
		}
	}
	// Who has a second factor is asked for it, and nothing is open before.
	w := newCodeWorld(t, provider.FactorOptional)
	a := w.setUp(w.signedIn("ada"))
	for _, byLink := range []bool{false, true} {
		b, code, link := w.awaiting(authorizeURL("acr_values", "2"))
		if byLink {
			b.Get(link).Submit("confirm", nil)
		} else {
			enterCode(b, code)
		}
		if b.URL().Path != "/login/mfa" || b.Has("by-mail") || w.signedInAs(w.same(b)) != "" {
			t.Fatalf("%s %s", b.URL(), b.Text())
		}
		again := w.same(b).Get(link)
		if again.Has("confirm") {
			t.Error("the code of a sign-in that is half done can be used again")
		}
		if enterCode(b, a.fresh()); b.Has("consent") {
			b.Press("allow", nil)
		}
		if claims := w.claimsOf(b.URL().Query().Get("code")); claims["acr"] != "2" || fmt.Sprint(claims["amr"]) != "[otp mfa]" {
			t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
		}
	}
	// A mailbox is not two factors: whoever has set a password by mail is still asked for the app.
	w.askRecovery(w.browser(), "ada")
	set := w.browser().Get(w.mails.newest(t, account.LetterRecover).Facts["path"])
	set.Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	w.pass(time.Hour)
	b, code, _ := w.awaiting("/login")
	if enterCode(b, code); w.signedInAs(w.same(b)) != "" {
		t.Error("two mails let somebody past the second factor")
	}
}

// A session by mail of an hour ago is asked anew by max_age and before what is sensitive; a mail satisfies it again.
func TestMailCode_StepsAndAges(t *testing.T) {
	w := newCodeWorld(t, provider.FactorAll)
	b, code, _ := w.awaiting("/login")
	if enterCode(b, code); !b.Has("set-up") {
		t.Fatalf("the policy wants two: %s", b.Text())
	}
	a := app{w, b.TextOf("secret")}
	if b.Submit("set-up", url.Values{"code": {a.code(0)}}); w.signedInAs(b) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	w.codePolicy(func(s *provider.SignInPolicy) { s.SecondFactor = provider.FactorOff })
	b, code, _ = w.awaiting("/login")
	enterCode(b, code)
	w.code(b)
	w.pass(time.Hour)
	b.Get(authorizeURL("max_age", "600"))
	if b.URL().Path != "/login" || b.Field("login", "identifier") != "ada" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	b.Press("by-mail", nil)
	code, _ = w.mailedCode()
	if enterCode(b, code); !b.Left() || b.URL().Query().Get("code") == "" {
		t.Errorf("%s %s", b.URL(), b.Text())
	}
	w.pass(time.Hour)
	if b.Get("/account/password"); b.URL().Path != "/login" {
		t.Fatalf("%s", b.URL())
	}
	b.Press("by-mail", nil)
	code, _ = w.mailedCode()
	if enterCode(b, code); b.URL().Path != "/account/password" {
		t.Errorf("not back: %s", b.URL())
	}
}

// Without passwords, for somebody who has none.
func TestMailCode_WithoutPasswords(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	_, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "mary", Email: "mary@example.test", EmailVerified: true}, "")
	w.check(err)
	w.codePolicy(func(s *provider.SignInPolicy) { s.NoPassword = true })
	b := w.browser().Get("/login")
	if b.Has("password") || b.Has("sign-in") {
		t.Errorf("a password is asked for: %s", b.Text())
	}
	b.Submit("login", url.Values{"identifier": {""}, "mail": {"1"}})
	if b.Status() != http.StatusBadRequest || !b.Has("problem") {
		t.Errorf("nobody's mail: %d", b.Status())
	}
	askCode(b, "mary")
	code, _ := w.mailedCode()
	if enterCode(b, code); w.signedInAs(b) != "mary" {
		t.Errorf("%s", b.Text())
	}
	// Who signs up has none either, and signs in by the next mail.
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"new@example.test"}})
	join := w.browser().Get(w.mails.newest(t, account.LetterSignUp).Facts["path"])
	if join.Has("password") {
		t.Errorf("a password is asked for: %s", join.Text())
	}
	if join.Submit("sign-up", url.Values{"username": {"new"}, "name": {"New"}, "terms": {"1"}}); join.Attribute("outcome", "data-outcome") != "signed-up" {
		t.Fatalf("%s", join.Text())
	}
	b = askCode(w.browser().Get("/login"), "new")
	code, _ = w.mailedCode()
	if enterCode(b, code); w.signedInAs(b) != "new" {
		t.Errorf("%s", b.Text())
	}
	mails := len(w.mails.all())
	// And where mail is no way in, there is none.
	w.codePolicy(func(s *provider.SignInPolicy) { s.Mail = false })
	b = w.browser().Get("/login")
	if b.Has("by-mail") {
		t.Error("the button is there")
	}
	b.Submit("login", url.Values{"identifier": {"ada"}, "password": {"x"}, "mail": {"1"}})
	if b.URL().Path != "/login" || len(w.mails.all()) != mails {
		t.Errorf("mailed all the same: %s", b.URL())
	}
}
