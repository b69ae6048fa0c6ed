package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// passkeyWorld has passkeys, and second factors for those who have set one up.
func passkeyWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.party = account.RelyingParty{ID: "id.example.test", Origin: issuer, Name: "Signet"}
	w.policy(provider.FactorOptional)
	return w
}

// phone is a device with one passkey in it.
type phone struct {
	w      *world
	party  virtualwebauthn.RelyingParty
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

// phone is a device with a fresh passkey, which is nobody's yet.
//
// The library leaves out zeros at the beginning of a key's coordinates, which no device does: one key of 128 is shorter than coseKey,
// and refused.
func (w *world) phone() *phone {
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) < coseKey {
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &phone{
		w: w, party: virtualwebauthn.RelyingParty{Name: "Signet", ID: "id.example.test", Origin: issuer},
		device: virtualwebauthn.NewAuthenticator(), key: key,
	}
}

// coseKey is the size of an ES256 key in COSE form (RFC 9053 §7.1.1), in bytes.
const coseKey = 77

// id is how pages name the passkey.
func (p *phone) id() string { return base64.RawURLEncoding.EncodeToString(p.key.ID) }

// challenge is what a page's script gets.
func (p *phone) challenge(b *robot.Browser, address string) (options, ceremony string) {
	p.w.t.Helper()
	var out struct {
		Options  json.RawMessage
		Ceremony string
	}
	other := p.w.same(b).Get(address)
	if err := json.Unmarshal([]byte(other.Body()), &out); err != nil {
		p.w.t.Fatalf("no challenge at %s: %s", address, other.Text())
	}
	return string(out.Options), out.Ceremony
}

// enrol makes a passkey for whoever is signed in.
func (p *phone) enrol(b *robot.Browser, name string) *robot.Browser {
	p.w.t.Helper()
	options, ceremony := p.challenge(b, "/account/passkey/challenge")
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	p.w.check(err)
	var user struct{ User struct{ ID string } }
	p.w.check(json.Unmarshal([]byte(options), &user))
	answer := virtualwebauthn.CreateAttestationResponse(p.party, p.device, p.key, *parsed)
	p.device.Options.UserHandle = decoded(p.w, user.User.ID)
	p.device.AddCredential(p.key)
	return b.Get("/account/passkey").Submit("new-passkey", url.Values{"ceremony": {ceremony}, "passkey": {answer}, "name": {name}})
}

// sign answers a challenge.
func (p *phone) sign(options string) string {
	p.w.t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(options)
	p.w.check(err)
	p.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(p.party, p.device, p.key, *parsed)
}

// answer is a signed challenge as a form's fields.
func (p *phone) answer(b *robot.Browser, address string) url.Values {
	options, ceremony := p.challenge(b, address)
	return url.Values{"ceremony": {ceremony}, "passkey": {p.sign(options)}}
}

// signIn signs in with the passkey alone.
func (p *phone) signIn(b *robot.Browser) *robot.Browser {
	return b.Submit("passkey-form", p.answer(b, "/login/passkey"))
}

func TestPasskey_SignIn(t *testing.T) {
	w := passkeyWorld(t)
	b, p := w.signedIn("ada"), w.phone()
	if p.enrol(b, "  My <b>phone</b>\n "); b.URL().Path != "/account/security" || !b.Has("notice") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if !strings.Contains(b.Text(), "My <b>phone</b>") || strings.Contains(b.Body(), "<b>phone") {
		t.Error("the name is not shown, or as HTML")
	}
	in := p.signIn(w.browser().Get("/login"))
	if w.signedInAs(in) != "ada" {
		t.Fatalf("%s", in.Text())
	}
	// On the way to an application: one passkey is two factors.
	claims := w.claimsOf(p.signIn(w.browser().Get(authorizeURL("acr_values", "2"))).Press("allow", nil).URL().Query().Get("code"))
	if claims["acr"] != "2" || fmt.Sprint(claims["amr"]) != "[hwk user mfa]" {
		t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
	}
	// Beside a password.
	half := signIn(w.browser().Get("/login"), "ada")
	if !half.Has("passkey-form") || half.Has("code-form") {
		t.Fatalf("%s", half.Text())
	}
	half.Submit("passkey-form", p.answer(half, half.Attribute("passkey-form", "data-passkey")))
	if w.signedInAs(half) != "ada" {
		t.Errorf("%s", half.Text())
	}
	// Renamed and removed.
	b.Get("/account/security").Press("rename-"+p.id(), url.Values{"name": {"Old"}})
	if b.Get("/account/security"); !strings.Contains(b.Text(), "Old") {
		t.Errorf("not renamed: %s", b.Text())
	}
	b.Press("remove-"+p.id(), nil)
	if in := p.signIn(w.browser().Get("/login")); w.signedInAs(in) != "" {
		t.Error("a removed passkey signs in")
	}
}

func TestAttack_AI09_ChallengeOnce(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	b := w.browser().Get("/login")
	fields := p.answer(b, "/login/passkey")
	other := w.browser().Get("/login").Submit("passkey-form", fields)
	if !other.Has("problem") || w.signedInAs(other) != "" {
		t.Error("another browser's challenge was taken")
	}
	if b.Submit("passkey-form", fields); w.signedInAs(b) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	again := w.same(b)
	b.Get("/").Press("sign-out-button", nil)
	if again.Get("/login").Submit("passkey-form", fields); w.signedInAs(again) != "" {
		t.Error("an answer worked twice")
	}
	b = w.browser().Get("/login")
	fields = p.answer(b, "/login/passkey")
	w.pass(121 * time.Second)
	if b.Submit("passkey-form", fields); w.signedInAs(b) != "" {
		t.Error("a challenge of more than two minutes ago was taken")
	}
	// A wrong answer spends the challenge: the right one comes too late.
	b = w.browser().Get("/login")
	fields = p.answer(b, "/login/passkey")
	wrong := url.Values{"ceremony": fields["ceremony"], "passkey": {strings.Replace(fields.Get("passkey"), `"signature":"`, `"signature":"AAAA`, 1)}}
	if b.Submit("passkey-form", wrong); !b.Has("problem") {
		t.Errorf("a wrong signature: %s", b.Text())
	}
	if b.Submit("passkey-form", fields); w.signedInAs(b) != "" {
		t.Error("a challenge could be answered again after a wrong answer")
	}
	// Of another ceremony: one that makes a passkey, one that is a second factor.
	half := signIn(w.browser().Get("/login"), "ada")
	second := p.answer(half, half.Attribute("passkey-form", "data-passkey"))
	if alone := w.same(half).Get("/login").Submit("passkey-form", second); w.signedInAs(alone) != "" {
		t.Error("the challenge of a second factor signs in alone")
	}
}

func TestAttack_AI09_ChallengeRace(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	b := w.browser().Get("/login")
	fields := p.answer(b, "/login/passkey")
	form := url.Values{"form_token": {b.Field("passkey-form", "form_token")}}
	for k, v := range fields {
		form[k] = v
	}
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 5 { // as many as are listened to at once
		wg.Go(func() {
			r := w.request(http.MethodPost, "/login", form.Encode(), "Cookie", "__Host-signet-browser="+b.Cookie("__Host-signet-browser"))
			if out := w.do(r); out.Code == http.StatusSeeOther && strings.Contains(strings.Join(out.Header()["Set-Cookie"], " "), "__Host-signet=") {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in with one answer", in.Load())
	}
}

func TestAttack_AI10_AI11_WrongOriginOrUnverified(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	good := *p
	for name, spoil := range map[string]func(*phone){
		"origin":        func(p *phone) { p.party.Origin = "https://badid.example.test" },
		"suffix":        func(p *phone) { p.party.Origin = "https://id.example.test.evil.example" },
		"plain":         func(p *phone) { p.party.Origin = "http://id.example.test" },
		"port":          func(p *phone) { p.party.Origin = "https://id.example.test:8443" },
		"relying party": func(p *phone) { p.party.ID = "example.test" },
		"unverified":    func(p *phone) { p.device.Options.UserNotVerified = true },
		"absent":        func(p *phone) { p.device.Options.UserNotPresent = true },
		"backup":        func(p *phone) { p.device.Options.BackupEligible = true },
		"other person":  func(p *phone) { p.device.Options.UserHandle = []byte("somebody else's handle, 64 bytes") },
		"no handle":     func(p *phone) { p.device.Options.UserHandle = nil },
		"other key":     func(p *phone) { p.key.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2).Key },
		"counter":       func(p *phone) { p.key.Counter = 0 },
	} {
		in := good.signIn(w.browser().Get("/login"))
		if w.signedInAs(in) != "ada" {
			t.Fatalf("%s: before: %s", name, in.Text())
		}
		bad := good
		spoil(&bad)
		b := bad.signIn(w.browser().Get("/login"))
		if w.signedInAs(b) != "" {
			t.Errorf("%s: signed in", name)
		}
	}
}

// A passkey that counts backwards is refused, and works again when it counts on (A-I12).
func TestAttack_AI12_CounterGoesBack(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	for range 3 {
		p.signIn(w.browser().Get("/login"))
	}
	copied := *p
	copied.key.Counter = 1
	if b := copied.signIn(w.browser().Get("/login")); w.signedInAs(b) != "" {
		t.Error("a copy signs in")
	}
	if b := p.signIn(w.browser().Get("/login")); w.signedInAs(b) != "ada" {
		t.Errorf("the owner is locked out: %s", b.Text())
	}
}

func TestAttack_AI13_PasskeyOfSomebodyElse(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	b := w.signedIn("grace")
	if p.enrol(b, ""); b.Status() != http.StatusBadRequest || !b.Has("problem") {
		t.Errorf("grace has ada's passkey: %d %s", b.Status(), b.Text())
	}
	if f, err := w.accounts.Factors(t.Context(), must(w.accounts.FindPerson(t.Context(), "grace")).Subject); err != nil || f.HasPasskey() {
		t.Errorf("kept: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What is no credential at all: nothing breaks (A-I15).
func TestAttack_AI15_Garbage(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	for i, garbage := range []string{
		"{}", "null", "[]", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 20000), strings.Repeat(`{"a":`, 3000), "\x00",
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"n5-fn5-f","signature":"AA","userHandle":"AA"}}`,
	} {
		w.pass(4 * time.Minute)
		b := w.browser().Get("/login")
		_, ceremony := p.challenge(b, "/login/passkey")
		if b.Submit("passkey-form", url.Values{"ceremony": {ceremony}, "passkey": {garbage}}); b.Status() != http.StatusBadRequest || w.signedInAs(b) != "" {
			t.Errorf("%d: %d", i, b.Status())
		}
	}
}

// The algorithms are those that are asked for, and the options say nothing of anybody (A-I16, A-I17).
func TestAttack_AI16_AI17_Options(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	b := w.signedIn("ada")
	options, _ := p.challenge(b, "/account/passkey/challenge")
	var made struct {
		Params []struct{ Alg int } `json:"pubKeyCredParams"`
		User   struct{ ID, Name string }
	}
	w.check(json.Unmarshal([]byte(options), &made))
	var algs []int
	for _, one := range made.Params {
		algs = append(algs, one.Alg)
	}
	if !slices.Equal(algs, []int{-7, -8, -257}) || len(decoded(w, made.User.ID)) != 64 || strings.Contains(string(decoded(w, made.User.ID)), "ada") {
		t.Errorf("%s", options)
	}
	p.enrol(b, "")
	options, _ = p.challenge(w.browser().Get("/login"), "/login/passkey")
	if strings.Contains(options, "allowCredentials") || !strings.Contains(options, `"userVerification":"required"`) {
		t.Errorf("%s", options)
	}
}

// Without a new sign-in nobody adds a passkey to a browser that was left open (A-I18, A-H16).
func TestAttack_AI18_OldSessionAddsNothing(t *testing.T) {
	w := passkeyWorld(t)
	p, b := w.phone(), w.signedIn("ada")
	options, ceremony := p.challenge(b, "/account/passkey/challenge")
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	w.check(err)
	page := w.same(b).Get("/account/passkey")
	w.pass(11 * time.Minute)
	if b.Get("/account/passkey/challenge"); b.URL().Path != "/login" {
		t.Errorf("a challenge with an old sign-in: %s", b.URL())
	}
	answer := virtualwebauthn.CreateAttestationResponse(p.party, p.device, p.key, *parsed)
	if page.Submit("new-passkey", url.Values{"ceremony": {ceremony}, "passkey": {answer}}); page.URL().Path != "/login" {
		t.Errorf("a passkey with an old sign-in: %s", page.URL())
	}
}

// Where passwords are off, none signs in.
func TestPasskey_Alone(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	w.configure = func(c *provider.Config) { c.SignIn = provider.SignInPolicy{NoPassword: true} }
	w.restart(cheapPasswords)
	b := w.browser().Get("/login")
	if b.Has("login") || !b.Has("passkey-form") {
		t.Fatalf("%s", b.Text())
	}
	token := b.Field("passkey-form", "form_token")
	if b.Post("/login", url.Values{"identifier": {"ada"}, "password": {password}, "form_token": {token}}); w.signedInAs(b) != "" {
		t.Error("a password signs in")
	}
	if b := p.signIn(w.browser().Get("/login")); w.signedInAs(b) != "ada" {
		t.Errorf("%s", b.Text())
	}
	// The last way in stays: ada has a password, which does not count here.
	b = p.signIn(w.browser().Get("/login"))
	if b.Get("/account/security").Press("remove-"+p.id(), nil); b.Status() != http.StatusConflict {
		t.Errorf("the last way in was removed: %d", b.Status())
	}
}

func decoded(w *world, text string) []byte {
	w.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	w.check(err)
	return raw
}
