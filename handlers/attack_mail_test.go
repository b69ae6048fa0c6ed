package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// mailbox is an account.Post that keeps what is written.
type mailbox struct {
	mu      sync.Mutex
	letters []account.Letter
}

// Append implements account.Post.
func (m *mailbox) Append(b *storage.Batch, l account.Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, l)
	return nil
}

// Withdraw implements account.Post.
func (m *mailbox) Withdraw(_ context.Context, to, but string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = slices.DeleteFunc(m.letters, func(l account.Letter) bool { return l.To == to && l.Kind != but })
	return nil
}

func (m *mailbox) all() []account.Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]account.Letter(nil), m.letters...)
}

// newest is the newest letter, which must be of a kind.
func (m *mailbox) newest(t testing.TB, kind string) account.Letter {
	t.Helper()
	all := m.all()
	if len(all) == 0 || all[len(all)-1].Kind != kind {
		t.Fatalf("letters %+v, want the newest to be %s", all, kind)
	}
	return all[len(all)-1]
}

// newMailWorld is a world with mail and open sign-up, in which ada's address is proved.
func newMailWorld(t testing.TB, change ...func(*handlers.Config)) *world {
	t.Helper()
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		c.Mails = handlers.MailLimits{Account: handlers.Rate{Count: 3, Per: time.Hour}, Network: handlers.Rate{Count: 1000, Per: time.Hour}}
		c.SignUp = handlers.SignUp{Mode: handlers.SignUpOpen, Required: []string{"username", "name"}, Terms: "https://id.example.test/terms"}
		for _, f := range change {
			f(c)
		}
	})
	w.mails = &mailbox{}
	w.configure = func(c *provider.Config) { c.SignUp = true }
	w.restart(cheapPasswords)
	_, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error {
		p.SetEmail(p.Email, true)
		return nil
	})
	w.check(err)
	return w
}

func (w *world) askRecovery(b *robot.Browser, identifier string) {
	b.Get("/recover").Submit("ask", url.Values{"identifier": {identifier}})
	if b.Status() != http.StatusOK || !b.Has("sent") {
		w.t.Fatalf("asked: %d %s", b.Status(), b.Text())
	}
}

// click follows a link.
func click(b *robot.Browser, id string) *robot.Browser { return b.Get(b.Attribute(id, "href")) }

const newSecret = "quite another password"

func TestRecovery_FromTheSignInPage(t *testing.T) {
	w := newMailWorld(t)
	before := w.signedIn("ada")
	b := w.browser().Get(authorizeURL())
	click(b, "recover").Submit("ask", url.Values{"identifier": {"ada"}})
	letter := w.mails.newest(t, account.LetterRecover)
	if letter.To != "ada@example.test" {
		t.Errorf("to %s", letter.To)
	}
	mailed := w.browser().Get(letter.Facts["path"])
	mailed.Get(letter.Facts["path"]) // looking uses nothing up
	mailed.Submit("password-form", url.Values{"password": {newSecret}, "again": {"something else"}})
	if mailed.Status() != http.StatusBadRequest || !mailed.Has("problem") {
		t.Errorf("two different passwords: %d", mailed.Status())
	}
	mailed.Submit("password-form", url.Values{"password": {"password"}, "again": {"password"}})
	if mailed.Status() != http.StatusBadRequest || !mailed.Has("problem") {
		t.Errorf("a common password: %d %s", mailed.Status(), mailed.Text())
	}
	mailed.Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	if mailed.Status() != http.StatusOK || !mailed.Has("outcome") {
		t.Fatalf("%d %s", mailed.Status(), mailed.Text())
	}
	if got := w.mails.newest(t, account.LetterRecovered); got.To != "ada@example.test" {
		t.Errorf("notice to %s", got.To)
	}
	if w.signedInAs(before) != "" || w.signedInAs(mailed) != "" {
		t.Error("a session outlived the recovery, or came of it")
	}
	if again := w.browser().Get(letter.Facts["path"]); again.Status() != http.StatusBadRequest || again.Has("password-form") {
		t.Errorf("used twice: %d", again.Status())
	}
	click(b, "to-sign-in").Submit("login", url.Values{"identifier": {"ada"}, "password": {newSecret}})
	if b.Has("consent") {
		b.Press("allow", nil)
	}
	if !b.Left() {
		t.Errorf("the way back to the application is lost: %s", b.Text())
	}
}

// nonces are what may differ between two answers that say the same.
var nonces = regexp.MustCompile(`(name="return" value="[^"]*"|value="[A-Za-z0-9_-]{20,}"|request=[A-Za-z0-9_%-]{20,}|<code id="reference">.*?</code>)`)

// seen is all that a stranger sees of an answer.
func seen(b *robot.Browser) string {
	head := ""
	for _, name := range []string{"Content-Type", "Location", "Retry-After", "Content-Security-Policy"} {
		head += name + ": " + b.Last().Header.Get(name) + "\n"
	}
	return fmt.Sprintf("%d\n%s%s", b.Status(), head, nonces.ReplaceAllString(b.Body(), "…"))
}

func TestAttack_AH01_RecoveryAnswersAreTheSame(t *testing.T) {
	w := newMailWorld(t, func(c *handlers.Config) { c.Mails.Account.Count = 1000 })
	w.check(w.accounts.SetDisabled(t.Context(), "grace", true))
	var want string
	for _, who := range []string{"ada", "ada@example.test", "ADA@EXAMPLE.TEST", "grace", "nobody", "nobody@example.test", "not an address@", strings.Repeat("x", 300)} {
		b := w.browser()
		hashes, writes := w.accounts.HashCount(), w.engine.writes.Load()
		w.askRecovery(b, who)
		if got := seen(b); want == "" {
			want = got
		} else if got != want {
			t.Errorf("%q is answered otherwise:\n%s\nwant\n%s", who, got, want)
		}
		if n := w.engine.writes.Load() - writes; n != 1 || w.accounts.HashCount() != hashes {
			t.Errorf("%q: %d writes, %d hashes", who, n, w.accounts.HashCount()-hashes)
		}
	}
	want = ""
	for _, who := range []string{"ada@example.test", "nobody@example.test"} {
		b := w.browser()
		writes := w.engine.writes.Load()
		b.Get("/signup").Submit("ask", url.Values{"identifier": {who}})
		if got := seen(b); want == "" {
			want = got
		} else if got != want {
			t.Errorf("sign-up of %q is answered otherwise:\n%s\nwant\n%s", who, got, want)
		}
		if n := w.engine.writes.Load() - writes; n != 1 {
			t.Errorf("%q: %d writes", who, n)
		}
	}
	if w.mails.newest(t, account.LetterSignUp).To != "nobody@example.test" {
		t.Error("no letter")
	}
}

// Whatever host a request names, links are paths below the issuer; a foreign host is refused.
func TestAttack_AH12_LinksComeFromTheIssuer(t *testing.T) {
	w := newMailWorld(t)
	b := w.browser().Get("/recover")
	form := url.Values{"identifier": {"ada"}, "form_token": {b.Field("ask", "form_token")}}
	cookie := "__Host-signet-browser=" + b.Cookie("__Host-signet-browser")
	for _, header := range [][2]string{
		{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Proto", "http"}, {"X-Forwarded-Port", "81"}, {"Forwarded", "host=evil.example;proto=http"},
		{"X-Original-Host", "evil.example"}, {"X-Host", "evil.example"},
	} {
		r := w.request(http.MethodPost, "/recover", form.Encode(), "Cookie", cookie, header[0], header[1], "Sec-Fetch-Site", "same-origin")
		w.do(r)
	}
	r := w.request(http.MethodPost, "/recover", form.Encode(), "Cookie", cookie)
	r.Host = "evil.example"
	if out := w.do(r); out.Code < 400 {
		t.Errorf("a foreign host is answered: %d", out.Code)
	}
	if len(w.mails.all()) == 0 {
		t.Fatal("no mail at all")
	}
	for _, l := range w.mails.all() {
		if strings.Contains(fmt.Sprint(l), "evil") || !strings.HasPrefix(l.Facts["path"], "/recover/password?link=") {
			t.Errorf("%+v", l)
		}
	}
}

// A mailbox is not filled: three mails an hour, whoever asks for them, and the answer stays the same.
func TestAttack_AH18_Bombing(t *testing.T) {
	w := newMailWorld(t)
	for i := range 10 {
		w.askRecovery(w.browser(), []string{"ada", "ada@example.test", "ADA@example.test"}[i%3])
	}
	if n := len(w.mails.all()); n != 3 {
		t.Errorf("%d mails in an hour", n)
	}
	for range 10 {
		w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"new@example.test"}})
	}
	if n := len(w.mails.all()); n != 6 {
		t.Errorf("%d mails of two sorts", n)
	}
	w.pass(time.Hour)
	w.askRecovery(w.browser(), "ada")
	if n := len(w.mails.all()); n != 7 {
		t.Errorf("after an hour: %d mails", n)
	}
}

// Recovery of somebody who was disabled in between (A-H05), and by a form of another browser or another site.
func TestAttack_AH05_DisabledBetweenAskingAndSetting(t *testing.T) {
	w := newMailWorld(t)
	w.askRecovery(w.browser(), "ada")
	link := w.mails.newest(t, account.LetterRecover).Facts["path"]
	b := w.browser().Get(link)
	w.check(w.accounts.SetDisabled(t.Context(), "ada", true))
	b.Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	if b.Status() != http.StatusBadRequest || b.Has("password-form") {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
}

func TestAttack_AH13_OnlyAFormOfOursSpends(t *testing.T) {
	w := newMailWorld(t)
	w.askRecovery(w.browser(), "ada")
	path := w.mails.newest(t, account.LetterRecover).Facts["path"]
	link, err := url.QueryUnescape(strings.SplitN(path, "link=", 2)[1])
	w.check(err)
	form := url.Values{"link": {link}, "password": {newSecret}, "again": {newSecret}}
	if out := w.do(w.request(http.MethodPost, "/recover/password", form.Encode())); out.Code != http.StatusForbidden && out.Code != http.StatusBadRequest {
		t.Errorf("a form without a token: %d", out.Code)
	}
	if _, err := w.accounts.Authenticate(t.Context(), "ada", newSecret); err == nil {
		t.Error("it set the password")
	}
	if strings.Contains(w.log.String(), link) {
		t.Error("the log has the link")
	}
}

func TestSignUp_ByCreatePrompt(t *testing.T) {
	w := newMailWorld(t)
	if got := w.decode(w.do(w.request(http.MethodGet, "/.well-known/openid-configuration", "")))["prompt_values_supported"]; !strings.Contains(fmt.Sprint(got), "create") {
		t.Errorf("announced: %v", got)
	}
	b := w.browser().Get(authorizeURL("prompt", "create"))
	if !b.Has("ask") {
		t.Fatalf("no sign-up: %s", b.Text())
	}
	b.Submit("ask", url.Values{"identifier": {"New@Example.test"}})
	letter := w.mails.newest(t, account.LetterSignUp)
	mailed := w.browser().Get(letter.Facts["path"])
	for _, bad := range []url.Values{
		{"username": {""}, "name": {"New"}, "password": {newSecret}, "again": {newSecret}, "terms": {"1"}},
		{"username": {"new"}, "name": {"New"}, "password": {newSecret}, "again": {newSecret}, "terms": {""}},
		{"username": {"ada"}, "name": {"New"}, "password": {newSecret}, "again": {newSecret}, "terms": {"1"}},
		{"username": {"а da"}, "name": {"New"}, "password": {newSecret}, "again": {newSecret}, "terms": {"1"}},
		{"username": {"new"}, "name": {"New"}, "password": {"short"}, "again": {"short"}, "terms": {"1"}},
	} {
		mailed.Submit("sign-up", bad)
		if mailed.Status() != http.StatusBadRequest || !mailed.Has("problem") {
			t.Errorf("%v: %d %s", bad, mailed.Status(), mailed.Text())
		}
	}
	mailed.Submit("sign-up", url.Values{"username": {"newcomer"}, "name": {"New"}, "password": {newSecret}, "again": {newSecret}, "terms": {"1"}})
	if mailed.Status() != http.StatusOK || !mailed.Has("outcome") {
		t.Fatalf("%d %s", mailed.Status(), mailed.Text())
	}
	click(b, "to-sign-in").Submit("login", url.Values{"identifier": {"newcomer"}, "password": {newSecret}})
	if b.Has("consent") {
		b.Press("allow", nil)
	}
	if code := b.URL().Query().Get("code"); !b.Left() || code == "" {
		t.Errorf("no way back to the application: %s", b.Text())
	}
	p, err := w.accounts.FindPerson(t.Context(), "newcomer")
	w.check(err)
	if p.Email != "New@example.test" || !p.EmailVerified {
		t.Errorf("%+v", p)
	}
}

// Whoever is signed in already is asked all the same: an application that wants a new account gets no old one.
func TestSignUp_CreateAsksThoseWhoAreSignedIn(t *testing.T) {
	w := newMailWorld(t)
	if b := w.signedIn("ada").Get(authorizeURL("prompt", "create")); b.Left() || !b.Has("ask") {
		t.Errorf("%s", b.Text())
	}
	without := newWorld(t)
	if b := without.browser().Get(authorizeURL("prompt", "create")); !b.Left() || b.URL().Query().Get("error") != "invalid_request" {
		t.Errorf("without sign-up: %s", b.URL())
	}
	if got := without.decode(without.do(without.request(http.MethodGet, "/.well-known/openid-configuration", "")))["prompt_values_supported"]; strings.Contains(fmt.Sprint(got), "create") {
		t.Errorf("announced: %v", got)
	}
	for _, path := range []string{"/recover", "/signup", "/verify", "/signup/finish", "/recover/password"} {
		if b := without.browser().Get(path); b.Status() != http.StatusNotFound {
			t.Errorf("%s without mail: %d", path, b.Status())
		}
	}
	if b := without.browser().Get("/login"); b.Has("recover") || b.Has("sign-up") {
		t.Error("offered without mail")
	}
}

// What is not allowed at the form is not allowed past it either (A-G09 for sign-up).
func TestAttack_AH15_SignUpModes(t *testing.T) {
	for _, mode := range []handlers.SignUpMode{"", handlers.SignUpClosed, handlers.SignUpInvite} {
		w := newMailWorld(t, func(c *handlers.Config) { c.SignUp.Mode = mode })
		if b := w.browser().Get("/signup"); b.Status() != http.StatusForbidden || b.Has("ask") {
			t.Errorf("%q: %d", mode, b.Status())
		}
		w.check(w.accounts.InviteNow(t.Context(), "new@example.test", ""))
		b := w.browser().Get(w.mails.newest(t, account.LetterInvite).Facts["path"])
		if got := b.Has("sign-up"); got != (mode == handlers.SignUpInvite) {
			t.Errorf("%q: an invitation works: %v", mode, got)
		}
	}
	w := newMailWorld(t, func(c *handlers.Config) {
		c.SignUp.Mode, c.SignUp.Domains = handlers.SignUpDomain, []string{"example.test"}
	})
	for address, ok := range map[string]bool{"a@example.test": true, "A@EXAMPLE.TEST": true, "b@sub.example.test": false, "c@example.test.evil.example": false, "d@evil.example": false, "e": false} {
		b := w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {address}})
		if b.Has("sent") != ok {
			t.Errorf("%s: %d %s", address, b.Status(), b.Text())
		}
	}
}

// From the profile: a sign-in that is recent, the address, the mail.
func TestVerify_FromTheProfile(t *testing.T) {
	w := newMailWorld(t)
	b := w.signedIn("grace")
	click(b.Get("/account/profile"), "change-email").Submit("email-form", url.Values{"email": {"no address"}})
	if b.Status() != http.StatusBadRequest || !b.Has("problem") {
		t.Errorf("no address: %d", b.Status())
	}
	var want string
	for _, address := range []string{"grace@example.test", "free@example.test", "ada@example.test"} {
		b.Get("/account/email").Submit("email-form", url.Values{"email": {address}})
		if got := seen(b); !b.Has("notice") || want != "" && got != want {
			t.Errorf("%s: %s", address, b.Text())
		} else {
			want = got
		}
	}
	letters := w.mails.all()
	if n := len(letters); n != 3 || letters[0].Kind != account.LetterVerify || letters[1].Kind != account.LetterVerify || letters[2].Kind != account.LetterKnown {
		t.Fatalf("%+v", letters)
	}
	w.pass(11 * time.Minute)
	if b.Get("/account/email"); b.Has("email-form") {
		t.Error("without a recent sign-in")
	}
}

func TestVerify_ByTwoClicks(t *testing.T) {
	w := newMailWorld(t)
	ada, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	var batch storage.Batch
	w.check(w.accounts.AskAddress(t.Context(), &batch, ada, "ada@new.example.test", ""))
	w.check(w.db.Apply(t.Context(), batch))
	path := w.mails.newest(t, account.LetterVerify).Facts["path"]
	b := w.browser().Get(path)
	if p, _ := w.accounts.FindPerson(t.Context(), "ada"); p.Email != "ada@example.test" {
		t.Fatal("a look confirmed it")
	}
	b.Submit("confirm", nil)
	if p, _ := w.accounts.FindPerson(t.Context(), "ada"); b.Status() != http.StatusOK || p.Email != "ada@new.example.test" || !p.EmailVerified {
		t.Errorf("%d %s %+v", b.Status(), b.Text(), p)
	}
	if l := w.mails.newest(t, account.LetterEmail); l.To != "ada@example.test" {
		t.Errorf("the former address: %+v", l)
	}
	if b := w.browser().Get(path); b.Status() != http.StatusBadRequest {
		t.Errorf("again: %d", b.Status())
	}
}

// A link that was mailed follows the mode in force when it is used, on its page and at its form; an invitation outlives all but closing.
func TestAttack_AH15_SignUpModeChanges(t *testing.T) {
	mode, domains := handlers.SignUpOpen, []string(nil)
	w := newMailWorld(t, func(c *handlers.Config) {
		c.SignUp.Mode, c.SignUp.Domains, c.SignUp.Required, c.SignUp.Terms = mode, domains, nil, ""
	})
	set := func(to handlers.SignUpMode, allowed ...string) {
		mode, domains = to, allowed
		w.restart(cheapPasswords)
	}
	for i, to := range []struct {
		mode           handlers.SignUpMode
		domains        []string
		asked, invited bool
	}{
		{handlers.SignUpOpen, nil, true, true}, {handlers.SignUpInvite, nil, false, true}, {handlers.SignUpClosed, nil, false, false},
		{handlers.SignUpDomain, []string{"example.test"}, true, true}, {handlers.SignUpDomain, []string{"example.org"}, false, true},
	} {
		set(handlers.SignUpOpen)
		address := fmt.Sprintf("asked%d@example.test", i)
		w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {address}})
		asked := w.browser().Get(w.mails.newest(t, account.LetterSignUp).Facts["path"])
		w.check(w.accounts.InviteNow(t.Context(), "in"+address, ""))
		invited := w.browser().Get(w.mails.newest(t, account.LetterInvite).Facts["path"])
		if !asked.Has("sign-up") || !invited.Has("sign-up") {
			t.Fatalf("%s %s", asked.Text(), invited.Text())
		}
		set(to.mode, to.domains...)
		for b, works := range map[*robot.Browser]bool{asked: to.asked, invited: to.invited} {
			if again := w.same(b).Get(b.URL().String()); again.Has("sign-up") != works {
				t.Errorf("%s %v: the page: %s", to.mode, to.domains, again.Text())
			}
			b.Submit("sign-up", url.Values{"password": {newSecret}, "again": {newSecret}})
			if made := b.Attribute("outcome", "data-outcome") == "signed-up"; made != works {
				t.Errorf("%s %v: the form: %d %s", to.mode, to.domains, b.Status(), b.Text())
			}
		}
	}
}
