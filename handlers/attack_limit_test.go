package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

const deviceCookie = "__Host-signet-device"

// Whatever strangers try, over restarts: whoever has signed in before from a browser gets in there, and nobody else may try.
func TestAttack_AO15_KnownDeviceGetsIn(t *testing.T) {
	w := newWorld(t)
	home := w.signedIn("ada")
	home.Press("sign-out-button", nil)
	if home.Cookie(deviceCookie) == "" || home.Cookie("__Host-signet") != "" {
		t.Fatal("a browser forgets whom it knows when they sign out")
	}
	attack := func() (judged int) {
		for range 20 {
			if wrong(w.browser()) == http.StatusBadRequest {
				judged++
			}
		}
		return judged
	}
	if n := attack(); n != 10 {
		t.Errorf("%d tries were judged, want 10", n)
	}
	w.restart(cheapPasswords)
	if n := attack(); n > 2 {
		t.Errorf("a restart gives %d new tries", n)
	}
	if b := signIn(w.browser().Get("/login"), "ada"); b.Status() != http.StatusTooManyRequests || b.Last().Header.Get("Retry-After") == "" {
		t.Errorf("strangers are not held back: %d", b.Status())
	}
	if wrong(home) != http.StatusBadRequest || !signIn(home.Get("/login"), "ada").Has("sign-out") {
		t.Errorf("the owner is kept out: %s", home.Text())
	}
}

// wrong tries a wrong password for ada.
func wrong(b *robot.Browser) int {
	return b.Get("/login").Submit("login", url.Values{"identifier": {"ada"}, "password": {"not this one"}}).Status()
}

// The cookie outlives a sign-out, names nobody, and lets nobody in.
func TestAttack_AJ04_TheDeviceCookie(t *testing.T) {
	w := newWorld(t)
	b := signIn(w.browser().Get("/login"), "ada")
	var found *http.Cookie
	for _, resp := range b.Trail {
		for _, c := range resp.Cookies() {
			if c.Name == deviceCookie {
				found = c
			}
		}
	}
	if found == nil || !found.Secure || !found.HttpOnly || found.Path != "/" || found.Domain != "" || found.SameSite != http.SameSiteLaxMode || found.MaxAge != 180*24*3600 || len(found.Raw) > 500 {
		t.Fatalf("%v", found)
	}
	thief := w.request(http.MethodGet, "/", "", "Cookie", deviceCookie+"="+found.Value)
	if out := w.do(thief); strings.Contains(out.Body.String(), "sign-out") || strings.Contains(out.Body.String(), "ada") {
		t.Error("the cookie lets somebody in, or says who was here")
	}
	// Two of them are none, as of every cookie.
	for range 10 {
		wrong(w.browser())
	}
	b.Press("sign-out-button", nil)
	b.Get("/login")
	form := url.Values{"identifier": {"ada"}, "password": {password}, "form_token": {b.Field("login", "form_token")}}
	two := w.request(http.MethodPost, "/login", form.Encode(), "Origin", issuer, "Cookie",
		"__Host-signet-browser="+b.Cookie("__Host-signet-browser")+"; "+deviceCookie+"=x; "+deviceCookie+"="+found.Value)
	if out := w.do(two); out.Code != http.StatusTooManyRequests {
		t.Errorf("two cookies: %d", out.Code)
	}
}

// A hundred at the same moment, on two nodes: five wrong codes are judged, and the right one among them is no way in.
func TestAttack_AI02_ManyAtOnce(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	w.setUp(w.signedIn("ada"))
	w.pass(time.Hour)
	var browsers []*robot.Browser
	for range 40 {
		browsers = append(browsers, w.halfway("/login"))
	}
	first := w.Handlers
	w.restart(cheapPasswords)
	for _, b := range browsers[20:] {
		b.Transport = robot.Direct(first)
	}
	var judged, held atomic.Int32
	var all sync.WaitGroup
	for _, b := range browsers {
		all.Go(func() {
			switch enterCode(b, "000000").Status() {
			case http.StatusBadRequest:
				judged.Add(1)
			case http.StatusTooManyRequests:
				held.Add(1)
			}
		})
	}
	all.Wait()
	if judged.Load() != 5 || held.Load() != 35 {
		t.Errorf("%d were judged and %d held back, of 40", judged.Load(), held.Load())
	}
	w.restart(cheapPasswords)
	if b := enterCode(w.halfway("/login"), "000000"); b.Status() != http.StatusTooManyRequests {
		t.Errorf("after a restart: %d", b.Status())
	}
}

// Whoever has the password and guesses codes keeps the owner out of nothing but codes: a recovery code still counts.
func TestAttack_AI02_GuessesKeepNobodyOut(t *testing.T) {
	w := factorWorld(t, provider.FactorOptional)
	b := w.signedIn("ada")
	w.setUp(b)
	codes := w.recoveryCodes(b)
	for range 8 {
		enterCode(w.halfway("/login"), "000000")
	}
	in := w.halfway("/login").Submit("recovery-form", url.Values{"recovery": {codes[0]}})
	if w.signedInAs(in) != "ada" {
		t.Errorf("kept out: %d %s", in.Status(), in.Text())
	}
}

// Whatever is counted is counted over a restart: what strangers ask for in the names of others, too.
func TestAttack_AO15_LimitsOutliveRestarts(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.ClientFailures = handlers.Rate{Count: 8, Per: time.Minute} })
	for range 30 {
		w.asClient("app", "guess", "192.0.2.1:1")
	}
	w.check(w.limits.Write(t.Context()))
	w.restart(cheapPasswords)
	judged := 0
	for range 30 {
		if w.asClient("app", "guess", "192.0.2.1:1").Code == http.StatusUnauthorized {
			judged++
		}
	}
	if judged > 3 {
		t.Errorf("%d failures after a restart", judged)
	}
	if out := w.asClient("app", w.secret, "198.51.100.1:1"); out.Code == http.StatusTooManyRequests {
		t.Error("the client is kept out elsewhere")
	}
}

// A request of a client costs nothing for the limit of failures, as long as nobody has failed.
func TestLimits_NoReadOnTheWayToATokens(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.ClientFailures = handlers.Rate{Count: 8, Per: time.Minute} })
	for range 5 {
		w.asClient("app", w.secret, "192.0.2.1:1")
	}
	if n := w.limits.Entries(); n != 0 {
		t.Errorf("%d buckets without a failure", n)
	}
}

// From one network so many accounts are made and no more, however many links were mailed; a form that was not filled in well is none.
func TestAttack_AO15_SignUpsFromOneNetwork(t *testing.T) {
	w := newMailWorld(t, func(c *handlers.Config) { c.SignUp.Network = handlers.Rate{Count: 2, Per: time.Hour} })
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {fmt.Sprintf("new%d@example.test", i)}})
		mailed := w.browser().Get(w.mails.newest(t, account.LetterSignUp).Facts["path"])
		form := func(secret string) url.Values {
			return url.Values{"username": {fmt.Sprint("newcomer", i)}, "name": {"New"}, "password": {secret}, "again": {secret}, "terms": {"1"}}
		}
		if i < 2 {
			for range 3 {
				if mailed.Submit("sign-up", form("short")); mailed.Status() != http.StatusBadRequest {
					t.Errorf("a bad form: %d", mailed.Status())
				}
			}
		}
		if mailed.Submit("sign-up", form(newSecret)); mailed.Status() != want {
			t.Errorf("account %d: %d, want %d: %s", i, mailed.Status(), want, mailed.Text())
		}
	}
}

// What is held back can be seen, by what held it back.
func TestMetrics_Limits(t *testing.T) {
	w := newWorld(t)
	for range 14 {
		wrong(w.browser())
	}
	for name, want := range map[string]string{
		`signet_limited_total{limit="sign-in.account"}`: "4", `signet_limited_total{limit="sign-in.network"}`: "4", `signet_limited_total{limit="client"}`: "0",
		"signet_limit_buckets": "2", "signet_limit_batches_total": "3", "signet_limit_failures_total": "0",
	} {
		if got := w.metric(name); got != want {
			t.Errorf("%s %s, want %s", name, got, want)
		}
	}
}
