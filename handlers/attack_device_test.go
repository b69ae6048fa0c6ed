package handlers_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers/robot"
	"signet/provider/account"
)

// deviceLife is how long a device waits.
const deviceLife = 5 * time.Minute

// The complete address shows the code and needs a click, then everything that a typed code needs.
func TestAttack_AK08_CompleteAddressApprovesNothing(t *testing.T) {
	w := deviceWorld(t, nil)
	device, b := w.waiting(), w.signedIn("ada")
	before := w.engine.writes.Load()
	b.Get(device["verification_uri_complete"].(string))
	if b.URL().Path != "/device" || b.Field("device", "user_code") != device["user_code"] {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if b.Submit("device", nil); b.URL().Path != "/device/consent" || b.TextOf("user-code") != device["user_code"] {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if w.engine.writes.Load() != before || w.poll(device) != "authorization_pending" {
		t.Error("something was written before the person answered")
	}
	for _, bad := range []string{"?user_code=%22%3E%3Cscript%3E", "?user_code=AAAA-AAAA", "?user_code=BCDF-GHJK&user_code=BCDF-GHJL", "?decision=allow", "?user_code=%zz"} {
		if b.Get("/device" + bad); b.Status() == http.StatusOK && b.Field("device", "user_code") != "" {
			t.Errorf("%s fills the field with %q", bad, b.Field("device", "user_code"))
		}
	}
}

// The page says so when the device is in another network than the browser.
func TestAttack_AK08_AnotherNetwork(t *testing.T) {
	w := deviceWorld(t, nil)
	for addr, want := range map[string]string{"203.0.113.9": "203.0.113.x, another network", "[2001:db8:12:34ff::1]": "2001:db8:12:3400::/56, another network"} {
		_, device := w.begin(addr)
		if b := typeCode(w.signedIn("ada"), device["user_code"]); !strings.HasPrefix(strings.ReplaceAll(b.TextOf("device-place"), " ,", ","), want) {
			t.Errorf("%s: %s", addr, b.TextOf("device-place"))
		}
	}
}

func TestAttack_AK08_TheAnswerComesTooLate(t *testing.T) {
	w := deviceWorld(t, nil)
	device, b := w.waiting(), w.signedIn("ada")
	typeCode(b, device["user_code"])
	w.pass(deviceLife)
	if b.Press("allow", nil); b.Status() != http.StatusBadRequest || !b.Has("problem") || !b.Has("device") {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
	if got := w.poll(device); got != "expired_token" {
		t.Error(got)
	}
}

// try types a code as somebody at an address, and tells what became of it.
func (w *world) try(b *robot.Browser, addr, code string) int {
	w.t.Helper()
	form := b.Get("/device").Field("device", "form_token")
	r := w.request(http.MethodPost, "/device", url.Values{"form_token": {form}, "user_code": {code}}.Encode(), "Sec-Fetch-Site", "same-origin")
	to := w.send(b, r, addr).Header().Get("Location")
	for strings.HasPrefix(to, "/authorize") || strings.HasPrefix(to, "/device/consent") {
		out := w.send(b, w.request(http.MethodGet, to, ""), addr)
		if to = out.Header().Get("Location"); to == "" {
			return out.Code
		}
	}
	return http.StatusTeapot
}

func (w *world) send(b *robot.Browser, r *http.Request, addr string) *httptest.ResponseRecorder {
	r.RemoteAddr = addr + ":1234"
	for _, c := range b.Jar.Cookies(mustURL(issuer)) {
		r.AddCookie(c)
	}
	return w.do(r)
}

// nthCode is a code that is likely to be wrong.
func nthCode(n int) string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	code := make([]byte, 8)
	for i := range code {
		code[i] = letters[n%20]
		n /= 20
	}
	return string(code)
}

func TestAttack_AK09_FiveTriesEach(t *testing.T) {
	w := deviceWorld(t, limits)
	device, b := w.waiting(), w.signedIn("ada")
	for i := range 5 {
		if got := w.try(b, fmt.Sprintf("198.51.%d.1", i), nthCode(i)); got != http.StatusBadRequest {
			t.Fatalf("try %d: %d", i, got)
		}
	}
	right := device["user_code"].(string)
	if got := w.try(b, "198.51.9.1", right); got != http.StatusTooManyRequests {
		t.Errorf("the sixth try: %d", got)
	}
	if got := w.try(w.signedIn("ada"), "198.51.10.1", right); got != http.StatusTooManyRequests {
		t.Errorf("in a new session of the same person: %d", got)
	}
	b.Get("/device").Submit("device", url.Values{"user_code": {right}})
	if b.Status() != http.StatusTooManyRequests || !b.Has("problem") || b.Last().Header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", b.Status(), b.Last().Header, b.Text())
	}
	if got := w.try(w.signedIn("grace"), "198.51.11.1", right); got != http.StatusOK {
		t.Errorf("somebody else: %d", got)
	}
	w.pass(time.Minute)
	if got := w.try(b, "198.51.12.1", right); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
}

// Right codes cost nothing, and buy no further wrong ones.
func TestAttack_AK09_RightCodesBuyNothing(t *testing.T) {
	w := deviceWorld(t, limits)
	b, own := w.signedIn("ada"), w.waiting()["user_code"].(string)
	for i := range 5 {
		w.try(b, "192.0.2.1", nthCode(i))
		for range 3 {
			if got := w.try(b, "192.0.2.1", own); i < 4 && got != http.StatusOK {
				t.Fatalf("after %d wrong ones: %d", i+1, got)
			}
		}
	}
	if got := w.try(b, "192.0.2.1", nthCode(9)); got != http.StatusTooManyRequests {
		t.Errorf("the sixth wrong one: %d", got)
	}
}

// people signs in so many people that none of them is what limits a guesser.
func (w *world) people(n int) []*robot.Browser {
	w.t.Helper()
	var all []*robot.Browser
	for i := range n {
		name := fmt.Sprintf("p%d", i)
		_, err := w.accounts.AddPerson(w.t.Context(), account.Person{Username: name}, password)
		w.check(err)
		all = append(all, w.signedIn(name))
	}
	return all
}

func TestAttack_AK09_TenTriesAnAddress(t *testing.T) {
	w := deviceWorld(t, limits)
	crowd, through := w.people(4), 0
	for i := range 40 {
		if w.try(crowd[i%len(crowd)], "198.51.100.1", nthCode(i)) == http.StatusBadRequest {
			through++
		}
	}
	if through != 10 {
		t.Errorf("%d tries came through", through)
	}
}

// With everything that an attacker can bring, people and addresses without end, so few guesses come through within the life of
// a code that the chance of a right one stays below 1 in 10,000, with as many devices waiting as there may be.
func TestAttack_AK09_AllGuessersTogether(t *testing.T) {
	w := deviceWorld(t, limits)
	crowd, through, n := w.people(100), 0, 0
	for range int(deviceLife / (10 * time.Second)) {
		for range 20 {
			if w.try(crowd[n%len(crowd)], fmt.Sprintf("10.%d.%d.1", n/250, n%250), nthCode(n)) == http.StatusBadRequest {
				through++
			}
			n++
		}
		w.pass(10 * time.Second)
	}
	if through < 300 || through > 60+300+10 {
		t.Errorf("%d of %d guesses came through", through, n)
	}
	const waiting = 2000 // provider.Config.MaxDevices
	if chance := float64(60+300) * waiting / math.Pow(20, 8); chance >= 1e-4 {
		t.Errorf("chance %g", chance)
	}
}

// A code that was never given, one that was used and one that is too old are answered alike, byte for byte.
func TestAttack_AK09_AH01_SameAnswerForEveryWrongCode(t *testing.T) {
	w := deviceWorld(t, nil)
	b, used, old := w.signedIn("ada"), w.waiting(), w.waiting()
	typeCode(b, used["user_code"]).Press("deny", nil)
	bodies := map[string]bool{}
	look := func(code any) { bodies[varying.ReplaceAllString(typeCode(b, code).Body(), "")] = true }
	look("BBBB-BBBB")
	look(used["user_code"])
	w.pass(deviceLife)
	look(old["user_code"])
	if len(bodies) != 1 {
		t.Errorf("%d different answers", len(bodies))
	}
	nobody := map[string]bool{}
	for _, code := range []any{"BBBB-BBBB", w.waiting()["user_code"]} {
		nobody[varying.ReplaceAllString(typeCode(w.browser(), code).Body(), "")] = true
	}
	if len(nobody) != 1 {
		t.Error("somebody who has not signed in can tell codes apart")
	}
}

func TestAttack_AK09_StartsAreLimited(t *testing.T) {
	w := deviceWorld(t, limits)
	for i := range 30 {
		if out, _ := w.begin("198.51.100.1"); out.Code != http.StatusOK {
			t.Fatalf("start %d: %d", i, out.Code)
		}
	}
	before := w.engine.writes.Load()
	out, _ := w.begin("198.51.100.2")
	if out.Code != http.StatusTooManyRequests || out.Header().Get("Retry-After") == "" || w.engine.writes.Load() != before {
		t.Errorf("the next one: %d", out.Code)
	}
	if out, _ := w.begin("203.0.113.1"); out.Code != http.StatusOK {
		t.Errorf("from elsewhere: %d", out.Code)
	}
	w.pass(2 * time.Second)
	if out, _ := w.begin("198.51.100.1"); out.Code != http.StatusOK {
		t.Errorf("two seconds later: %d", out.Code)
	}
}

// Without a person's click on the page that this browser was shown, nothing is approved: not by GET, not by another site's
// form, not with another session's token.
func TestAttack_AK11_ForgedApproval(t *testing.T) {
	w := deviceWorld(t, nil)
	device, victim, mallory := w.waiting(), w.signedIn("ada"), w.signedIn("grace")
	typeCode(victim, device["user_code"])
	typeCode(mallory, device["user_code"])
	good := url.Values{"request": {victim.Field("device-consent", "request")}, "form_token": {victim.Field("device-consent", "form_token")}, "decision": {"allow"}}
	with := func(pairs ...string) string {
		form := url.Values{}
		for name, values := range good {
			form[name] = values
		}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return form.Encode()
	}
	for name, r := range map[string]*http.Request{
		"by GET":            w.request(http.MethodGet, "/device/consent?"+with(), ""),
		"from another site": w.request(http.MethodPost, "/device/consent", with(), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"),
		"without token":     w.request(http.MethodPost, "/device/consent", with("form_token", "")),
		"another's token":   w.request(http.MethodPost, "/device/consent", with("form_token", mallory.Field("device-consent", "form_token"))),
		"another's request": w.request(http.MethodPost, "/device/consent", with("request", mallory.Field("device-consent", "request"))),
		"without request":   w.request(http.MethodPost, "/device/consent", with("request", "")),
		"no decision":       w.request(http.MethodPost, "/device/consent", with("decision", "yes")),
		"at the consent":    w.request(http.MethodPost, "/consent", with()),
	} {
		w.send(victim, r, "192.0.2.1")
		if got := w.poll(device); got == "" || got == "access_denied" {
			t.Fatalf("%s: the device was answered", name)
		}
	}
	stranger := w.browser().Get("/login")
	w.send(stranger, w.request(http.MethodPost, "/device/consent", with()), "192.0.2.1")
	if got := w.poll(device); got == "" {
		t.Error("another browser approved it")
	}
	// The session in which the page was shown has ended: its token is worth nothing.
	victim.Get("/").Press("sign-out-button", nil)
	w.send(victim, w.request(http.MethodPost, "/device/consent", with()), "192.0.2.1")
	if got := w.poll(device); got == "" {
		t.Error("approved by nobody")
	}
}
