package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/upstream/directorytest"
)

// knownTo is a browser in which ada has signed in and out.
func (w *world) knownTo(t *testing.T) *robot.Browser {
	t.Helper()
	b := w.signedIn("ada")
	return b.Press("sign-out-button", nil)
}

// A stranger who asks for codes in somebody's name ends no code that its owner waits for, keeps them from none in their own browser, and
// from no new password; and the owner's own newer code ends the older one of the same browser.
func TestAttack_AO15_StrangersAskForCodes(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	home := w.knownTo(t)
	waiting, code, link := w.awaiting("/login")
	for range 10 {
		askCode(w.browser().Get("/login"), "ada@example.test")
	}
	if tab := w.same(waiting).Get(link); !tab.Has("confirm") {
		t.Errorf("a stranger has ended the link: %s", tab.Text())
	}
	if enterCode(waiting, code); w.signedInAs(waiting) != "ada" {
		t.Errorf("a stranger has ended the code: %s", waiting.Text())
	}
	for range 10 {
		askCode(w.browser().Get("/login"), "ada")
	}
	sent := len(w.mails.all())
	var page string
	for i := range 6 {
		if askCode(home.Get("/login"), "ada"); i == 2 {
			page = home.URL().String()
		}
	}
	if n := len(w.mails.all()) - sent; n != 3 {
		t.Errorf("%d mails to a known browser, want 3", n)
	}
	code, _ = w.mailedCode()
	if enterCode(home.Get(page), code); w.signedInAs(home) != "ada" {
		t.Errorf("the owner is kept out: %s", home.Text())
	}
	w.askRecovery(w.browser(), "ada")
	w.mails.newest(t, account.LetterRecover)
}

// Links to a new password that strangers ask for leave those that somebody asks for in their own browser.
func TestAttack_AO15_StrangersAskForRecovery(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	home := w.knownTo(t)
	for range 6 {
		w.askRecovery(w.browser(), "ada")
	}
	before := len(w.mails.all())
	w.askRecovery(home, "ada@example.test")
	if n := len(w.mails.all()); before != 3 || n != 4 {
		t.Errorf("%d mails to strangers, then %d", before, n-before)
	}
	askCode(w.browser().Get("/login"), "ada")
	w.mails.newest(t, account.LetterCode)
}

// However many browsers somebody has signed in with, they bring no more mails than a few.
func TestAttack_AH03_ManyKnownBrowsersAskForMails(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	for range 6 {
		home := w.knownTo(t)
		for range 3 {
			askCode(home.Get("/login"), "ada")
		}
	}
	if n := len(w.mails.all()); n != 3*account.KnownDevices {
		t.Errorf("%d mails", n)
	}
}

// Tries of codes that do not count take nothing from those of a code that does.
func TestAttack_AO15_DeadCodesDelayNobody(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional)
	waiting, code, _ := w.awaiting("/login")
	held := false
	for range 10 {
		b := askCode(w.browser().Get("/login"), "ada")
		for range 5 {
			enterCode(b, "0000 0000")
			held = held || b.Status() == http.StatusTooManyRequests
		}
	}
	if !held {
		t.Error("codes that do not count are tried without a limit")
	}
	if w.pass(2 * time.Minute); w.signedInAs(enterCode(waiting, code)) != "ada" {
		t.Errorf("the owner is kept out: %s", waiting.Text())
	}
}

// Two spellings, or a name and an address, in one browser: a wrong code for the first is answered, limited and written down as one for
// somebody whose two names they are not; and what the browser keeps is as long.
func TestAttack_AH01_TwoSpellingsOfAMailedCode(t *testing.T) {
	w := newCodeWorld(t, provider.FactorOptional, func(c *handlers.Config) { c.Mails.Account.Count = 1000 })
	var want string
	var size int
	for _, names := range [][2]string{
		{"ada", "ADA"}, {"ada", "ada@example.test"}, {"nobody", "NOBODY"}, {"nobody", "nobody@example.test"}, {"nobody@example.test", "Nobody@Example.test"}, {"ada", "nobody"},
		{"not an address@", "nor this one@"},
	} {
		w.pass(2 * time.Hour) // what is counted by limits is written at times, too
		first := askCode(w.browser().Get("/login"), names[0])
		second := askCode(w.same(first).Get("/login"), names[1])
		for _, b := range []*robot.Browser{first, second} {
			if n := len(b.Field("code-form", "mailed")); size == 0 {
				size = n
			} else if n != size {
				t.Errorf("%q: what is kept has %d letters, others have %d", names, n, size)
			}
		}
		for range 5 {
			before := w.engine.writes.Load()
			enterCode(first, "0000 0000")
			if n := w.engine.writes.Load() - before; n != 1 {
				t.Errorf("%q: %d writes", names, n)
			}
			if got := seen(first); want != "" && got != want {
				t.Errorf("%q is refused otherwise:\n%s\n%s", names, got, want)
			} else {
				want = got
			}
		}
	}
}

// Whoever tries a directory's passwords in somebody's name keeps them from their own browser as little, and however many names an entry
// has, it is tried as often as any.
func TestAttack_AO15_DirectoryKnowsBrowsers(t *testing.T) {
	w, d := newDirectoryWorld(t)
	w.check(w.accounts.RemovePerson(t.Context(), "ada"))
	home := staff(w.browser().Get("/login"), "ada", "ada-password")
	if w.signedInAs(home) != "ada" {
		t.Fatal(home.Text())
	}
	home.Press("sign-out-button", nil)
	w.pass(time.Hour)
	guesses := func(b func() *robot.Browser, name string) int {
		d.Binds()
		for range 25 {
			staff(b().Get("/login"), name, "guess")
		}
		return strings.Count(strings.Join(d.Binds(), "\n"), directorytest.AdaDN)
	}
	if n := guesses(w.browser, "ada"); n != 10 {
		t.Errorf("%d guesses of strangers", n)
	}
	if n := guesses(w.browser, "countess"); n != 0 {
		t.Errorf("%d more by another name", n)
	}
	if n := guesses(func() *robot.Browser { return home }, "ada"); n != 10 {
		t.Errorf("%d guesses in a known browser", n)
	}
	w.pass(2 * time.Minute)
	if staff(home.Get("/login"), "ada", "ada-password"); w.signedInAs(home) != "ada" {
		t.Errorf("the owner is kept out: %s", home.Text())
	}
}
