package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// byCapable signs ada in with her password, in a browser that makes passkeys without a question.
func byCapable(b *robot.Browser) *robot.Browser {
	return b.Submit("login", url.Values{"identifier": {"ada"}, "password": {password}, "upgrade": {"1"}})
}

// upgrade answers the challenge of the page on the way, as a browser does that asks nobody.
func (p *phone) upgrade(b *robot.Browser) *robot.Browser {
	p.w.t.Helper()
	options, ceremony := p.challenge(b, b.Attribute("upgrade", "data-passkey-upgrade"))
	if !strings.Contains(options, `"userVerification":"preferred"`) {
		p.w.t.Errorf("%s", options)
	}
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	p.w.check(err)
	var user struct{ User struct{ ID string } }
	p.w.check(json.Unmarshal([]byte(options), &user))
	quiet := p.device
	quiet.Options.UserNotVerified, quiet.Options.UserNotPresent = true, true
	answer := virtualwebauthn.CreateAttestationResponse(p.party, quiet, p.key, *parsed)
	p.device.Options.UserHandle = decoded(p.w, user.User.ID)
	p.device.AddCredential(p.key)
	return b.Submit("upgrade", url.Values{"ceremony": {ceremony}, "passkey": {answer}})
}

// upgradeWorld has passkeys, and mail that tells of them.
func upgradeWorld(t testing.TB) *world {
	w := newMailWorld(t)
	w.party = account.RelyingParty{ID: "id.example.test", Origin: issuer, Name: "Signet"}
	w.codePolicy(func(*provider.SignInPolicy) {})
	return w
}

// A browser that can makes a passkey on the way to the application, and its owner is told; the next sign-in needs no password.
func TestUpgrade_OnTheWay(t *testing.T) {
	w := upgradeWorld(t)
	p := w.phone()
	b := byCapable(w.browser().Get(authorizeURL()))
	if b.URL().Path != "/login/upgrade" || !strings.HasPrefix(b.Attribute("continue", "href"), "/authorize?continue=") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if p.upgrade(b); !b.Has("consent") {
		t.Fatalf("not on the way: %s %s", b.URL(), b.Text())
	}
	letter := w.mails.newest(t, account.LetterFactorAdded)
	if letter.To != "ada@example.test" || letter.Facts["factor"] != account.FactorPasskey {
		t.Errorf("%+v", letter)
	}
	if in := p.signIn(w.browser().Get("/login")); w.signedInAs(in) != "ada" {
		t.Fatalf("%s", in.Text())
	}
	// It is no second factor of which somebody is asked who is elsewhere, and is not made again.
	if elsewhere := byCapable(w.browser().Get("/login")); elsewhere.URL().Path == "/login/upgrade" || w.signedInAs(elsewhere) != "ada" {
		t.Errorf("%s %s", elsewhere.URL(), elsewhere.Text())
	}
	// Whoever takes it away gets no other one.
	b = w.signedIn("ada").Get("/account/security")
	if b.Press("remove-"+p.id(), nil); strings.Contains(b.Body(), "remove-"+p.id()) {
		t.Fatalf("%s", b.Text())
	}
	if again := byCapable(w.browser().Get("/login")); w.signedInAs(again) != "ada" || again.URL().Path == "/login/upgrade" {
		t.Errorf("asked again: %s", again.URL())
	}
}

// Nothing that goes wrong with it holds anybody up, and the policy says whether it is tried at all.
func TestUpgrade_HoldsNobodyUp(t *testing.T) {
	w := upgradeWorld(t)
	for name, fields := range map[string]url.Values{
		"nothing": {}, "garbage": {"ceremony": {"x"}, "passkey": {"{}"}}, "no answer": {"passkey": {"x"}},
	} {
		b := byCapable(w.browser().Get(authorizeURL()))
		if b.Submit("upgrade", fields); !b.Has("consent") && !b.Left() {
			t.Errorf("%s: %s %s", name, b.URL(), b.Text())
		}
	}
	b := byCapable(w.browser().Get("/login"))
	if b.Get(b.Attribute("continue", "href")); !b.Has("person") {
		t.Errorf("%s", b.Text())
	}
	if plain := w.signedIn("ada"); plain.URL().Path != "/" {
		t.Errorf("a browser that cannot: %s", plain.URL())
	}
	if b := w.browser().Get("/login/upgrade"); b.URL().Path != "/login" {
		t.Errorf("a stranger: %s", b.URL())
	}
	a := w.setUp(w.signedIn("ada"))
	if half := byCapable(w.browser().Get("/login")); half.URL().Path != "/login/mfa" {
		t.Errorf("past the second factor: %s", half.URL())
	} else if enterCode(half, a.fresh()); half.URL().Path != "/" {
		t.Errorf("%s", half.URL())
	}
	w.codePolicy(func(s *provider.SignInPolicy) { s.NoUpgrade, s.SecondFactor = true, provider.FactorOff })
	if b := byCapable(w.browser().Get("/login")); b.URL().Path != "/" || w.browser().Get("/login/upgrade").Status() != http.StatusNotFound {
		t.Errorf("where it is off: %s", b.URL())
	}
}

// A passkey is made silently for who has just typed the password, in this browser, by this ceremony alone (A-I18, A-H16).
func TestAttack_AI18_SilentPasskeys(t *testing.T) {
	w := upgradeWorld(t)
	p := w.phone()
	b := byCapable(w.browser().Get("/login"))
	page := b.URL().String()
	// What was begun for a passkey with a question is no answer here, and the other way round.
	options, ceremony := p.challenge(b, "/account/passkey/challenge")
	parsed := must(virtualwebauthn.ParseAttestationOptions(options))
	quiet := p.device
	quiet.Options.UserNotVerified = true
	answer := virtualwebauthn.CreateAttestationResponse(p.party, quiet, p.key, *parsed)
	b.Submit("upgrade", url.Values{"ceremony": {ceremony}, "passkey": {answer}})
	options, ceremony = p.challenge(b, "/login/upgrade/challenge")
	parsed = must(virtualwebauthn.ParseAttestationOptions(options))
	answer = virtualwebauthn.CreateAttestationResponse(p.party, quiet, p.key, *parsed)
	b.Get("/account/passkey").Submit("new-passkey", url.Values{"ceremony": {ceremony}, "passkey": {answer}})
	// Nor from another browser, or later.
	other := byCapable(w.browser().Get("/login"))
	other.Submit("upgrade", url.Values{"ceremony": {ceremony}, "passkey": {answer}})
	b.Get(page)
	w.pass(11 * time.Minute)
	if b.Submit("upgrade", url.Values{"ceremony": {ceremony}, "passkey": {answer}}); b.URL().Path == "/login/upgrade" {
		t.Errorf("eleven minutes later: %s", b.URL())
	}
	if late := w.same(b).Get("/login/upgrade/challenge"); strings.Contains(late.Body(), "challenge\":") {
		t.Error("a challenge without a recent sign-in")
	}
	f := must(w.accounts.Factors(t.Context(), must(w.accounts.FindPerson(t.Context(), "ada")).Subject))
	if f.HasPasskey() {
		t.Errorf("%d passkeys were kept", len(f.Passkeys))
	}
}

// signals are what a page says to the browser of passkeys.
func signals(t *testing.T, b *robot.Browser, attribute string) map[string]any {
	t.Helper()
	all := slices.DeleteFunc(b.All("div", attribute), func(s string) bool { return s == "" })
	if len(all) == 0 {
		return nil
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(all[0]), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The browser is told which passkeys there are, and of one that is nobody's; of others nothing.
func TestPasskey_Signals(t *testing.T) {
	w := passkeyWorld(t)
	b, p := w.signedIn("ada"), w.phone()
	p.enrol(b, "")
	known := signals(t, b.Get("/account/security"), "data-passkeys-known")
	if ids, _ := known["allAcceptedCredentialIds"].([]any); len(ids) != 1 || ids[0] != p.id() || known["rpId"] != "id.example.test" || known["displayName"] != "Ada Lovelace" || known["name"] != "ada" {
		t.Errorf("%v", known)
	}
	// Refused for another reason: nothing is said.
	wrong := *p
	wrong.key.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2).Key
	if in := wrong.signIn(w.browser().Get("/login")); !in.Has("problem") || signals(t, in, "data-passkey-unknown") != nil {
		t.Errorf("%s", in.Body())
	}
	b.Press("remove-"+p.id(), nil)
	if ids, _ := signals(t, b.Get("/account/security"), "data-passkeys-known")["allAcceptedCredentialIds"].([]any); ids == nil || len(ids) != 0 {
		t.Errorf("after it is gone: %v", ids)
	}
	in := p.signIn(w.browser().Get("/login"))
	if unknown := signals(t, in, "data-passkey-unknown"); unknown["credentialId"] != p.id() || unknown["rpId"] != "id.example.test" {
		t.Errorf("%v: %s", unknown, in.Text())
	}
	garbage := w.browser().Get("/login")
	_, ceremony := p.challenge(garbage, "/login/passkey")
	if garbage.Submit("passkey-form", url.Values{"ceremony": {ceremony}, "passkey": {`{"id":"<script>"}`}}); signals(t, garbage, "data-passkey-unknown") != nil {
		t.Error("garbage is told back")
	}
}
