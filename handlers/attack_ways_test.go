package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"signet/handlers"
	"signet/provider"
	"signet/provider/account"
)

// An account that has a password gets no other by what is meant for one that has none: the end of a sign-up, an invitation, a form without
// a recent sign-in, half a sign-in (A-H11).
func TestAttack_AH11_NoPasswordBesideTheOldOne(t *testing.T) {
	w := newMailWorld(t, func(c *handlers.Config) { c.SignUp.Required, c.SignUp.Terms = nil, "" })
	w.codePolicy(func(*provider.SignInPolicy) {})
	finish := func(path string) {
		b := w.browser().Get(path)
		link := linkIn(path)
		if b.Has("sign-up") {
			b.Submit("sign-up", url.Values{"password": {newSecret}, "again": {newSecret}})
		} else {
			token := w.browser().Get("/login") // a form of ours for another page is none for this one
			b.Post("/signup/finish", url.Values{"link": {link}, "password": {newSecret}, "again": {newSecret}, "form_token": {token.Field("login", "form_token")}})
		}
	}
	// The account comes while the link waits.
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"late@example.test"}})
	path := w.mails.newest(t, account.LetterSignUp).Facts["path"]
	open := w.browser().Get(path)
	_, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "late", Email: "late@example.test"}, password)
	w.check(err)
	if open.Submit("sign-up", url.Values{"password": {newSecret}, "again": {newSecret}}); open.Status() != http.StatusBadRequest {
		t.Errorf("the end of a sign-up: %d %s", open.Status(), open.Text())
	}
	finish(path)
	if _, err := w.accounts.Authenticate(t.Context(), "late", password); err != nil {
		t.Errorf("the password is another: %v", err)
	}
	// An account that was made by a link is not made again by it, with another password.
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"twice@example.test"}})
	path = w.mails.newest(t, account.LetterSignUp).Facts["path"]
	w.browser().Get(path).Submit("sign-up", url.Values{"password": {password}, "again": {password}})
	finish(path)
	if _, err := w.accounts.Authenticate(t.Context(), "twice@example.test", password); err != nil {
		t.Errorf("the password is another: %v", err)
	}
	// Who is asked to sign up again gets a letter that leads nowhere but to the sign-in page.
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"ada@example.test"}})
	if l := w.mails.newest(t, account.LetterKnown); l.Facts["path"] != "/login" {
		t.Errorf("%+v", l)
	}
	if err := w.accounts.InviteNow(t.Context(), "ada@example.test", ""); err == nil {
		t.Error("ada is invited")
	}
	// Half a sign-in is none.
	w.setUp(w.signedIn("ada"))
	half := w.halfway("/login")
	if half.Get("/account/password"); half.Has("password-form") {
		t.Error("half a sign-in sets a password")
	}
	if b := changePassword(w.signedIn("grace").Get("/account/password"), newPassword); !b.Has("notice") {
		t.Errorf("a recent sign-in: %s", b.Text())
	}
}

// A new password by mail lets nobody past the second factor, whichever way in comes after it (A-H14).
func TestAttack_AH14_RecoveryAsksForTheSecondFactor(t *testing.T) {
	w := newMailWorld(t)
	w.codePolicy(func(*provider.SignInPolicy) {})
	a := w.setUp(w.signedIn("ada"))
	w.askRecovery(w.browser(), "ada")
	set := w.browser().Get(w.mails.newest(t, account.LetterRecover).Facts["path"])
	set.Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	if w.signedInAs(w.same(set)) != "" {
		t.Error("the recovery signs in")
	}
	b := w.browser().Get(authorizeURL()).Submit("login", url.Values{"identifier": {"ada"}, "password": {newSecret}})
	if b.URL().Path != "/login/mfa" || w.signedInAs(w.same(b)) != "" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if other := w.same(b).Get("/account/security/app"); other.Has("set-up") {
		t.Error("another app can be set up in place of the owner's")
	}
	if enterCode(b, a.fresh()); !b.Has("consent") {
		t.Errorf("with the second factor: %s", b.Text())
	}
}

// A mailed link, new or replayed, makes no passkey: each needs a session with a recent sign-in, which no link but one to sign in begins, and
// that one once (A-H16).
func TestAttack_AH16_LinksMakeNoPasskey(t *testing.T) {
	w := upgradeWorld(t)
	challenges := []string{"/account/passkey/challenge", "/login/upgrade/challenge"}
	none := func(what string, path string) {
		t.Helper()
		b := w.browser().Get(path)
		for _, address := range challenges {
			if other := w.same(b).Get(address); strings.Contains(other.Body(), `"ceremony":`) {
				t.Errorf("%s: a challenge at %s", what, address)
			}
		}
	}
	w.askRecovery(w.browser(), "ada")
	recovery := w.mails.newest(t, account.LetterRecover).Facts["path"]
	none("a link to a new password", recovery)
	set := w.browser().Get(recovery)
	set.Submit("password-form", url.Values{"password": {newSecret}, "again": {newSecret}})
	none("a link that was used", recovery)
	for _, address := range challenges {
		if other := w.same(set).Get(address); strings.Contains(other.Body(), `"ceremony":`) {
			t.Errorf("after a new password: a challenge at %s", address)
		}
	}
	w.check(w.accounts.SetPassword(t.Context(), "ada", password))
	w.pass(time.Hour)
	b, _, link := w.awaiting("/login")
	none("a link to sign in, elsewhere", link)
	tab := w.same(b).Get(link)
	tab.Submit("confirm", nil)
	if w.signedInAs(w.same(tab)) != "ada" {
		t.Fatalf("%s", tab.Text())
	}
	tab.Get("/").Press("sign-out-button", nil)
	again := w.same(tab).Get(link)
	if again.Has("confirm") {
		t.Error("replayed")
	}
	for _, address := range challenges {
		if other := w.same(again).Get(address); strings.Contains(other.Body(), `"ceremony":`) {
			t.Errorf("replayed: a challenge at %s", address)
		}
	}
}

// Somebody is always there, and verified where the passkey is the only factor; beside a password being there is enough (A-I11).
func TestAttack_AI11_PresenceAndVerification(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	for name, c := range map[string]struct {
		absent, unverified, alone, second bool
	}{
		"there and verified": {false, false, true, true}, "there": {false, true, false, true}, "verified": {true, false, false, false}, "neither": {true, true, false, false},
	} {
		p.device.Options.UserNotPresent, p.device.Options.UserNotVerified = c.absent, c.unverified
		if in := p.signIn(w.browser().Get("/login")); (w.signedInAs(in) == "ada") != c.alone {
			t.Errorf("%s, alone: %s", name, in.Text())
		}
		half := signIn(w.browser().Get("/login"), "ada")
		if half.Submit("passkey-form", p.answer(half, half.Attribute("passkey-form", "data-passkey"))); (w.signedInAs(half) == "ada") != c.second {
			t.Errorf("%s, beside a password: %s", name, half.Text())
		}
	}
	// Nor is one kept that was made without either.
	for _, flags := range []virtualwebauthn.AuthenticatorOptions{{UserNotVerified: true}, {UserNotPresent: true}} {
		w.pass(time.Minute)
		grace, other := w.signedIn("grace"), w.phone()
		other.device.Options = flags
		if other.enrol(grace, ""); grace.Status() != http.StatusBadRequest {
			t.Errorf("%+v: made: %d", flags, grace.Status())
		}
	}
}

// What a device keeps of its owner is 64 bytes that say nothing, and a passkey signs in its owner and nobody else (A-I14).
func TestAttack_AI14_Handles(t *testing.T) {
	w := passkeyWorld(t)
	handles := map[string][]byte{}
	phones := map[string]*phone{}
	for _, name := range []string{"ada", "grace"} {
		b, p := w.signedIn(name), w.phone()
		p.enrol(b, "")
		handles[name], phones[name] = p.device.Options.UserHandle, p
		person := must(w.accounts.FindPerson(t.Context(), name))
		if len(handles[name]) != 64 || strings.Contains(string(handles[name]), name) || strings.Contains(string(handles[name]), person.Subject) {
			t.Errorf("%s: %q", name, handles[name])
		}
		options, _ := p.challenge(b, "/account/passkey/challenge")
		var again struct{ User struct{ ID string } }
		w.check(json.Unmarshal([]byte(options), &again))
		if string(decoded(w, again.User.ID)) != string(handles[name]) {
			t.Errorf("%s has another handle the next time", name)
		}
	}
	if string(handles["ada"]) == string(handles["grace"]) {
		t.Fatal("one handle for two")
	}
	evil := *phones["grace"]
	evil.device.Options.UserHandle = handles["ada"]
	if b := evil.signIn(w.browser().Get("/login")); w.signedInAs(b) != "" {
		t.Errorf("grace's passkey with ada's handle signs %s in", w.signedInAs(b))
	}
	half := signIn(w.browser().Get("/login"), "ada")
	options, ceremony := evil.challenge(half, half.Attribute("passkey-form", "data-passkey"))
	// It answers though it is not on the list.
	options = strings.ReplaceAll(options, phones["ada"].id(), evil.id())
	if half.Submit("passkey-form", url.Values{"ceremony": {ceremony}, "passkey": {evil.sign(options)}}); w.signedInAs(half) != "" {
		t.Error("grace's passkey is ada's second factor")
	}
	if b := phones["ada"].signIn(w.browser().Get("/login")); w.signedInAs(b) != "ada" {
		t.Errorf("%s", b.Text())
	}
}

// Before anybody has proved anything, pages and challenges say the same of everybody: whether there are passkeys, and which (A-I17).
func TestAttack_AI17_StrangersLearnNothing(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	random := regexp.MustCompile(`("challenge":"|"ceremony":")[^"]+`)
	var page, challenge string
	for _, who := range []string{"ada", "grace", "nobody"} {
		b := w.browser().Get(authorizeURL("login_hint", who))
		if got := strings.ReplaceAll(seen(b), `"`+who+`"`, `"…"`); page != "" && got != page {
			t.Errorf("%s is greeted otherwise:\n%s\n%s", who, got, page)
		} else {
			page = got
		}
		got := w.same(b).Get("/login/passkey?" + url.Values{"identifier": {who}, "login_hint": {who}, "username": {who}}.Encode()).Body()
		if got = random.ReplaceAllString(got, ""); strings.Contains(got, p.id()) || strings.Contains(got, "allowCredentials") || challenge != "" && got != challenge {
			t.Errorf("%s is asked otherwise: %s", who, got)
		}
		challenge = got
	}
	// Which there are is said to who has proved the first factor.
	half := signIn(w.browser().Get("/login"), "ada")
	if options, _ := p.challenge(half, half.Attribute("passkey-form", "data-passkey")); !strings.Contains(options, p.id()) {
		t.Errorf("%s", options)
	}
}
