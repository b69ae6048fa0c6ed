package handlers_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
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

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// factorWorld asks for second factors as the policy says.
func factorWorld(t testing.TB, policy provider.FactorPolicy) *world {
	t.Helper()
	w := newWorld(t)
	w.policy(policy)
	return w
}

func (w *world) policy(policy provider.FactorPolicy) {
	w.configure = func(c *provider.Config) {
		c.SignIn = provider.SignInPolicy{SecondFactor: policy, Admins: []string{"Admins"}}
	}
	w.restart(cheapPasswords)
}

// app is an authenticator app.
type app struct {
	w      *world
	secret string
}

// code is what the app shows, so many steps from now (RFC 6238).
func (a app) code(steps int64) string {
	a.w.t.Helper()
	secret, err := base32.StdEncoding.DecodeString(a.secret)
	a.w.check(err)
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(a.w.now().Unix()/30+steps)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// fresh lets the step pass whose code was used, and returns the next.
func (a app) fresh() string {
	a.w.pass(30 * time.Second)
	return a.code(0)
}

// setUp sets an app up for whoever is signed in, and returns it.
func (w *world) setUp(b *robot.Browser) app {
	w.t.Helper()
	b.Get("/account/security/app")
	a := app{w, b.TextOf("secret")}
	b.Submit("set-up", url.Values{"code": {a.code(0)}})
	if b.URL().Path != "/account/security" || !b.Has("app") {
		w.t.Fatalf("no app was set up: %s %s", b.URL(), b.Text())
	}
	return a
}

func (w *world) recoveryCodes(b *robot.Browser) []string {
	w.t.Helper()
	codes := strings.Fields(b.Get("/account/security").Press("make-codes", nil).TextOf("codes"))
	if len(codes) != 10 {
		w.t.Fatalf("%d recovery codes: %s", len(codes), b.Text())
	}
	return codes
}

// halfway is a browser in which ada has typed her password and nothing else.
func (w *world) halfway(address string) *robot.Browser {
	w.t.Helper()
	b := signIn(w.browser().Get(address), "ada")
	if b.URL().Path != "/login/mfa" || !b.Has("code-form") {
		w.t.Fatalf("not asked for the second factor: %s %s", b.URL(), b.Text())
	}
	return b
}

func enterCode(b *robot.Browser, code string) *robot.Browser {
	return b.Submit("code-form", url.Values{"code": {code}})
}

// claimsOf are the claims of the ID token that a code is worth.
func (w *world) claimsOf(code string) map[string]any {
	w.t.Helper()
	text, _ := w.decode(w.redeem(code))["id_token"].(string)
	_, rest, _ := strings.Cut(text, ".")
	body, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	w.check(err)
	var claims map[string]any
	w.check(json.Unmarshal(raw, &claims))
	return claims
}

func TestFactor_SignInWithTwo(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	a := w.setUp(w.signedIn("ada"))
	b := enterCode(w.halfway("/login"), a.fresh())
	if got := w.signedInAs(b); got != "ada" {
		t.Fatalf("signed in as %q: %s", got, b.Text())
	}
	// On the way to an application, with a spelling that people type.
	code := a.fresh()
	b = enterCode(w.halfway(authorizeURL()), code[:3]+" "+code[3:])
	claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code"))
	if claims["acr"] != "2" || fmt.Sprint(claims["amr"]) != "[pwd otp mfa]" {
		t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
	}
	// Who has none is not asked, and the token says so.
	b = signIn(w.browser().Get(authorizeURL()), "grace")
	if claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code")); claims["acr"] != "1" || fmt.Sprint(claims["amr"]) != "[pwd]" {
		t.Errorf("acr %v, amr %v", claims["acr"], claims["amr"])
	}
}

func TestFactor_RecoveryCode(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	w.setUp(b)
	codes := w.recoveryCodes(b)
	if b.Get("/account/security"); b.Has("codes") || !strings.Contains(b.TextOf("codes-left"), "10") {
		t.Errorf("codes are shown again: %s", b.Text())
	}
	in := w.halfway("/login").Submit("recovery-form", url.Values{"recovery": {codes[0]}})
	if w.signedInAs(in) != "ada" {
		t.Fatalf("%s", in.Text())
	}
	ada := must(w.accounts.FindPerson(t.Context(), "ada"))
	records, err := w.trail.OfSubject(t.Context(), ada.Subject, "", 100)
	w.check(err)
	kinds := ""
	for _, r := range records {
		kinds += " " + r.Kind + " " + r.Facts["factor"]
	}
	if !strings.Contains(kinds, "recovery.code") || !strings.Contains(kinds, "factor.added totp") {
		t.Errorf("recorded:%s", kinds)
	}
	again := w.halfway("/login").Submit("recovery-form", url.Values{"recovery": {codes[0]}})
	if !again.Has("problem") || w.signedInAs(again) != "" {
		t.Errorf("a recovery code worked twice")
	}
}

// The policy lets nobody in with a password alone: who has no second factor sets one up at once.
func TestFactor_DemandedByPolicy(t *testing.T) {
	w := factorWorld(t, provider.FactorAll)
	b := signIn(w.browser().Get(authorizeURL()), "ada")
	if b.URL().Path != "/login/mfa" || !b.Has("set-up") || w.signedInAs(w.same(b)) != "" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	a := app{w, b.TextOf("secret")}
	if b.Submit("set-up", url.Values{"code": {"000000"}}); !b.Has("problem") || b.TextOf("secret") != a.secret {
		t.Fatalf("a wrong code: %s", b.Text())
	}
	b.Submit("set-up", url.Values{"code": {a.code(0)}})
	if claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code")); claims["acr"] != "2" {
		t.Errorf("acr %v", claims["acr"])
	}
	if b.Get("/account/security").Press("remove-app", nil); b.Status() != http.StatusConflict || !b.Has("app") {
		t.Errorf("the last factor that is demanded was removed: %d", b.Status())
	}
	// Only members of the groups, with the policy admins.
	w.policy(provider.FactorAdmins)
	if b := signIn(w.browser().Get("/login"), "grace"); w.signedInAs(b) != "grace" {
		t.Errorf("grace is no administrator: %s", b.Text())
	}
	_, err := w.accounts.AddGroup(t.Context(), account.Group{Name: "admins"})
	w.check(err)
	w.check(w.accounts.AddMember(t.Context(), "admins", "grace"))
	if b := signIn(w.browser().Get("/login"), "grace"); !b.Has("set-up") {
		t.Errorf("grace is an administrator: %s", b.Text())
	}
}

// same is a second tab of a browser.
func (w *world) same(b *robot.Browser) *robot.Browser {
	other := w.browser()
	other.Jar = b.Jar
	return other
}

// A session with one factor is asked for the other one only, when an application needs it.
func TestFactor_StepUp(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	if claims := w.claimsOf(w.code(b)); claims["acr"] != "1" {
		t.Fatalf("acr %v", claims["acr"])
	}
	a := w.setUp(b)
	before := w.claimsOf(w.code(b))
	w.pass(2 * time.Minute)
	essential := `{"id_token":{"acr":{"essential":true,"values":["2"]}}}`
	for name, wish := range map[string][]string{"acr_values": {"acr_values", "2 1"}, "claims": {"claims", essential}} {
		other := w.same(b)
		other.Get(authorizeURL(wish...))
		if other.URL().Path != "/login/mfa" || other.Has("start-over") || !other.Has("code-form") {
			t.Errorf("%s: %s %s", name, other.URL(), other.Text())
		}
	}
	silent := w.same(b).Get(authorizeURL("claims", essential, "prompt", "none"))
	if got := silent.URL().Query().Get("error"); got != "login_required" {
		t.Errorf("prompt=none: %s", got)
	}
	b.Get(authorizeURL("claims", essential))
	enterCode(b, a.fresh())
	after := w.claimsOf(b.URL().Query().Get("code"))
	if after["acr"] != "2" || fmt.Sprint(after["amr"]) != "[pwd otp mfa]" || after["auth_time"] != before["auth_time"] || after["sid"] != before["sid"] {
		t.Errorf("before %v, after %v", before, after)
	}
	if claims := w.claimsOf(w.code(b, "claims", strings.ReplaceAll(essential, `"2"`, `"1"`))); claims["acr"] != "1" {
		t.Errorf("an essential acr of 1 is told %v", claims["acr"])
	}
}

func TestFactor_ClientRequires(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.RequiredACR = "2"; return nil }))
	b := w.signedIn("grace")
	if b.Get(authorizeURL()); !b.Has("set-up") {
		t.Fatalf("grace has no second factor: %s", b.Text())
	}
	// With an old sign-in nobody sets up a factor.
	w.pass(time.Hour)
	if b.Get(authorizeURL()); b.URL().Path != "/login" {
		t.Errorf("an hour later: %s", b.URL())
	}
	signIn(b, "grace")
	a := app{w, b.TextOf("secret")}
	b.Submit("set-up", url.Values{"code": {a.code(0)}})
	if claims := w.claimsOf(b.Press("allow", nil).URL().Query().Get("code")); claims["acr"] != "2" {
		t.Errorf("acr %v", claims["acr"])
	}
	w.policy(provider.FactorOff)
	if b = w.signedIn("grace"); b.Get(authorizeURL()).URL().Query().Get("error") != "unmet_authentication_requirements" {
		t.Errorf("where there are no second factors: %s", b.URL())
	}
}

// A code at the level of the whole path: sixteen browsers that have the password and one code of the app.
func TestAttack_AI01_OneCodeOneSession(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	a := w.setUp(w.signedIn("ada"))
	w.pass(time.Hour)
	var browsers []*robot.Browser
	for range 5 { // as many as the limit lets try
		browsers = append(browsers, w.halfway("/login"))
	}
	code := a.code(0)
	var in atomic.Int32
	var wg sync.WaitGroup
	for _, b := range browsers {
		wg.Go(func() {
			if w.signedInAs(enterCode(b, code)) == "ada" {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in with one code", in.Load())
	}
}

// Tries are counted for the person, whatever session, browser or password sign-in they come from.
func TestAttack_AI02_GuessingCodes(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	a := w.setUp(w.signedIn("ada"))
	w.pass(time.Hour)
	judged := 0
	for i := range 100 {
		b := w.halfway("/login") // the right password, each time
		if enterCode(b, "000000"); b.Status() == http.StatusBadRequest {
			judged++
		} else if b.Status() != http.StatusTooManyRequests || b.Last().Header.Get("Retry-After") == "" {
			t.Fatalf("try %d: %d", i, b.Status())
		}
	}
	if judged > 5 {
		t.Errorf("%d tries were judged", judged)
	}
	b := w.halfway("/login")
	if enterCode(b, a.code(0)); w.signedInAs(b) != "" {
		t.Error("the right code counts while too many wrong ones were typed")
	}
	w.pass(16 * time.Minute)
	judged = 0
	for range 10 {
		if b := enterCode(w.halfway("/login"), "000000"); b.Status() == http.StatusBadRequest {
			judged++
		}
	}
	if judged > 5 {
		t.Errorf("%d tries were judged in the next quarter of an hour", judged)
	}
	w.pass(16 * time.Minute)
	if b := enterCode(w.halfway("/login"), a.code(0)); w.signedInAs(b) != "ada" {
		t.Errorf("a quarter of an hour later: %s", b.Text())
	}
}

func TestAttack_AI04_SetUp(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada").Get("/account/security/app")
	if b.Last().Header.Get("Cache-Control") != "no-store" || strings.Contains(b.URL().String(), b.TextOf("secret")) {
		t.Error("the secret can be kept")
	}
	setup := b.Field("set-up", "setup")
	mine := app{w, b.TextOf("secret")}
	// Another person, another browser and another time cannot confirm it.
	grace := w.signedIn("grace").Get("/account/security/app")
	grace.Submit("set-up", url.Values{"setup": {setup}, "code": {mine.code(0)}})
	if grace.TextOf("error-code") != "E-LOGIN-02" {
		t.Errorf("grace took ada's: %s", grace.Text())
	}
	w.pass(11 * time.Minute)
	b.Submit("set-up", url.Values{"code": {mine.code(0)}})
	if b.URL().Path != "/login" {
		t.Errorf("after eleven minutes: %s", b.URL())
	}
	signIn(b, "ada")
	if b.URL().Path != "/account/security/app" || b.TextOf("secret") == mine.secret {
		t.Errorf("back with the same secret: %s", b.URL())
	}
	b.Submit("set-up", url.Values{"setup": {setup}, "code": {mine.code(0)}})
	if b.TextOf("error-code") != "E-LOGIN-02" {
		t.Errorf("an old secret was confirmed: %s", b.Text())
	}
}

func TestAttack_AI06_RemovalNeedsRecentProof(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	a := w.setUp(b)
	b.Get("/account/security")
	w.pass(11 * time.Minute)
	for _, button := range []string{"remove-app", "make-codes"} {
		if b.Get("/account/security").Press(button, nil); b.URL().Path != "/login" {
			t.Fatalf("%s after eleven minutes: %s", button, b.URL())
		}
	}
	// The proof is both factors.
	signIn(b, "ada")
	if b.URL().Path != "/login/mfa" {
		t.Fatalf("%s", b.URL())
	}
	enterCode(b, a.fresh())
	if b.URL().Path != "/account/security" {
		t.Fatalf("not back at the page: %s", b.URL())
	}
	if b.Press("remove-app", nil); b.Has("app") {
		t.Errorf("%s", b.Text())
	}
}

// What was half proved opens nothing: no page, no application, no token.
func TestAttack_AI07_HalfwayOpensNothing(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	w.setUp(w.signedIn("ada"))
	b := w.halfway(authorizeURL())
	pending, request := b.Field("code-form", "pending"), b.Field("code-form", "request")
	if b.Cookie("__Host-signet") != "" {
		t.Fatal("a session cookie before the second factor")
	}
	for _, route := range w.Routes() {
		if !slices.Contains(route.Methods, http.MethodGet) || route.Path == "/login/mfa" || strings.Contains(route.Path, "{") {
			continue
		}
		for _, name := range []string{"request", "continue", "pending", "code"} {
			other := w.same(b).Get(route.Path + "?" + name + "=" + url.QueryEscape(pending))
			if other.Has("person") || other.Has("sign-out") || other.Left() {
				t.Errorf("%s?%s lets somebody in", route.Path, name)
			}
		}
	}
	if other := w.same(b).Get("/authorize?continue=" + url.QueryEscape(request)); other.Left() || other.URL().Path != "/login" {
		t.Errorf("the request goes on: %s", other.URL())
	}
	if other := w.browser().Get("/login/mfa?pending=" + url.QueryEscape(pending)); other.TextOf("error-code") != "E-LOGIN-02" {
		t.Errorf("another browser: %s", other.Text())
	}
	w.pass(11 * time.Minute)
	if b.Get(b.URL().String()); b.TextOf("error-code") != "E-REQ-07" && b.TextOf("error-code") != "E-LOGIN-02" {
		t.Errorf("eleven minutes later: %s", b.Text())
	}
}

// Whoever is locked, or has another password, between the factors stays outside (A-H05).
func TestAttack_AH05_LockedBetweenFactors(t *testing.T) {
	for name, change := range map[string]func(*world) error{
		"disabled": func(w *world) error { return w.accounts.SetDisabled(w.t.Context(), "ada", true) },
		"password": func(w *world) error { return w.accounts.SetPassword(w.t.Context(), "ada", "quite another one") },
		"ended":    func(w *world) error { return w.accounts.EndEverything(w.t.Context(), "ada") },
		"removed":  func(w *world) error { return w.accounts.RemovePerson(w.t.Context(), "ada") },
		"reset":    func(w *world) error { return w.accounts.ResetFactors(w.t.Context(), "ada") },
	} {
		w := factorWorld(t, provider.FactorOptional)
		a := w.setUp(w.signedIn("ada"))
		b := w.halfway("/login")
		w.check(change(w))
		if enterCode(b, a.fresh()); w.signedInAs(b) != "" {
			t.Errorf("%s: signed in all the same", name)
		}
	}
}

// A proof that is fresh is one of the factor that is asked for (A-I08): the sign-in's time does not move with a second factor alone.
func TestAttack_AI08_StepUpIsNoNewSignIn(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	a := w.setUp(b)
	w.code(b)
	w.pass(time.Hour)
	b.Get(authorizeURL("acr_values", "2"))
	enterCode(b, a.fresh())
	if !b.Left() {
		t.Fatalf("%s", b.Text())
	}
	if b.Get(authorizeURL("max_age", "600")); b.URL().Path != "/login" {
		t.Errorf("a code of the app counts as a sign-in: %s", b.URL())
	}
	if b.Get("/account/security").Press("remove-app", nil); b.URL().Path != "/login" {
		t.Errorf("a code of the app counts as a re-authentication: %s", b.URL())
	}
}

// The session's token is a new one after each factor.
func TestAttack_AJ01_StepUpChangesTheToken(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	a := w.setUp(b)
	before := b.Cookie("__Host-signet")
	b.Get(authorizeURL("acr_values", "2"))
	enterCode(b, a.fresh())
	if b.Cookie("__Host-signet") == before || w.nameOf(before) != "" {
		t.Error("the token outlived the step")
	}
}
