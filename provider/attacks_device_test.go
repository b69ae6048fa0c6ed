package provider_test

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

// PKCE that was offered is enforced: the first poll without the right verifier ends the code.
func TestAttack_AB08_DevicePKCE(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	with := []string{"code_challenge", challenge(verifier), "code_challenge_method", "S256"}
	for name, c := range map[string]struct {
		begun []string
		bad   []string
	}{
		"missing":       {with, nil},
		"wrong":         {with, []string{"code_verifier", verifier + "x"}},
		"the challenge": {with, []string{"code_verifier", challenge(verifier)}},
		"unasked":       {nil, []string{"code_verifier", verifier}},
	} {
		device := w.started("tv", c.begun...)
		w.allowed(b, device)
		_, e := w.poll("tv", device, c.bad...)
		wantOAuth(t, e, 400, "invalid_grant")
		good := []string{"code_verifier", verifier}
		if c.begun == nil {
			good = nil
		}
		_, e = w.poll("tv", device, good...)
		wantOAuth(t, e, 400, "invalid_grant")
		if err := w.reply(b, device, true); err == nil {
			t.Errorf("%s: the code can be approved afterwards", name)
		}
	}
	device := w.started("tv", with...)
	w.allowed(b, device)
	if _, e := w.poll("tv", device, "code_verifier", verifier); e != nil {
		t.Errorf("the right verifier: %v", e)
	}
	for _, bad := range [][]string{
		{"code_challenge", verifier, "code_challenge_method", "plain"}, {"code_challenge", challenge(verifier)}, {"code_challenge_method", "S256"},
		{"code_challenge", "short", "code_challenge_method", "S256"},
	} {
		_, e := w.start("tv", bad...)
		wantOAuth(t, e, 400, "invalid_request")
	}
}

// granted ⊆ approved ⊆ what the client may ask for, also if that shrinks while the device waits.
func TestAttack_AB12_DeviceScopes(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none", Scopes: []string{"openid", "email"}, Audience: []string{"https://a.test"}}))
	for form, want := range map[string]string{
		"scope=openid+profile": "invalid_scope", "scope=OPENID": "invalid_scope", "scope=offline_access": "invalid_scope",
		"resource=https://b.test": "invalid_target", "audience=https://b.test": "invalid_target",
		"scope=openid&scope=email": "invalid_request", "nonce=" + strings.Repeat("n", 600): "invalid_request",
	} {
		values, err := url.ParseQuery("client_id=tv&" + form)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.StartDevice(t.Context(), post("", values), sofa)
		wantOAuth(t, provider.AsError(err), 400, want)
	}
	b := w.signIn(w.ada)
	device := w.started("tv", "scope", "openid")
	w.allowed(b, device)
	answer, e := w.poll("tv", device, "scope", "openid email")
	if e != nil || answer["scope"] != "openid" {
		t.Errorf("more scopes at the poll: %v %v", answer, e)
	}
	waiting, approved := w.started("tv", "scope", "openid email"), w.started("tv", "scope", "openid email")
	w.allowed(b, approved)
	err := w.EditClient(t.Context(), "tv", func(c *provider.Client) error { c.Scopes = []string{"openid"}; return nil })
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.reply(b, waiting, true), "E-DEVICE-05")
	for _, device := range []map[string]any{waiting, approved} {
		_, e = w.poll("tv", device)
		wantOAuth(t, e, 400, "invalid_grant")
	}
}

// Who is locked out is locked out here too: when the device begins, when the person answers, and when the tokens are fetched.
func TestAttack_AH05_AK10_DeviceLockedOut(t *testing.T) {
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			w := newStillWorld(t, nil)
			w.enter("staff")
			w.client(television(provider.Client{ID: "app", AuthMethod: "none", Groups: []string{"staff"}, GrantTypes: []string{"authorization_code"}}))
			b := w.signIn(w.ada)
			waiting, approved := w.started("app", "scope", "openid email"), w.started("app", "scope", "openid email")
			w.allowed(b, approved)
			offline := w.started("app", "scope", "openid offline_access")
			w.allowed(b, offline)
			if err := end.do(w, b); err != nil {
				t.Fatal(err)
			}
			_, e := w.poll("app", approved)
			if e == nil || e.OAuth != "invalid_grant" && e.OAuth != "invalid_client" && e.OAuth != "unauthorized_client" {
				t.Errorf("an approved device gets tokens: %v", e)
			}
			if _, e = w.poll("app", offline); (e == nil) != end.offline {
				t.Errorf("an offline device: %v", e)
			}
			w.wantLockedOut(t, end, waiting)
		})
	}
}

// wantLockedOut tries to answer a waiting device as whoever is still there.
func (w *world) wantLockedOut(t *testing.T, end end, waiting map[string]any) {
	t.Helper()
	if strings.HasPrefix(end.name, "client") || strings.HasPrefix(end.name, "scope") || strings.HasPrefix(end.name, "grant") {
		if err := w.reply(w.signIn(w.ada), waiting, true); err == nil {
			t.Error("a device of a client that changed can be approved")
		}
		return
	}
	person, err := w.accounts.Person(t.Context(), w.ada.Subject)
	if err != nil || person.Disabled || end.name != "left the group" {
		return // whoever cannot sign in gets to no page
	}
	wantCode(t, w.reply(w.signIn(person), waiting, true), "E-CONSENT-02")
	if _, e := w.poll("app", waiting); e.OAuth != "authorization_pending" {
		t.Errorf("after the refusal: %v", e)
	}
}

// A client without the grant type gets no codes, and cannot redeem those that it had.
func TestAttack_AK08_DeviceGrantIsOff(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app"})
	w.client(provider.Client{ID: "spa", AuthMethod: "none"})
	for _, who := range []string{auth, "spa"} {
		_, e := w.start(who, "scope", "openid")
		wantOAuth(t, e, 400, "unauthorized_client")
	}
	for _, nobody := range []string{"nobody", "nobody:secret"} {
		_, e := w.start(nobody)
		wantOAuth(t, e, 401, "invalid_client")
	}
	_, e := w.poll(auth, map[string]any{"device_code": "x"})
	wantOAuth(t, e, 400, "unauthorized_client")
}

// Nothing is approved five minutes after it began, whatever the lifetime that was configured.
func TestAttack_AK08_OldRequestsAreNotApproved(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Lifetimes.Device = time.Hour })
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	device := w.started("tv")
	if device["expires_in"] != int64(300) {
		t.Errorf("expires_in %v", device["expires_in"])
	}
	asking, err := w.shown(b, device)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(5*time.Minute - time.Second)
	if _, err := w.shown(b, device); err != nil {
		t.Errorf("within five minutes: %v", err)
	}
	w.pass(time.Second)
	_, err = w.AnswerDevice(t.Context(), asking.Request, b, true)
	wantCode(t, err, "E-DEVICE-05")
	_, err = w.shown(b, device)
	wantCode(t, err, "E-DEVICE-05")
	_, e := w.poll("tv", device)
	wantOAuth(t, e, 400, "expired_token")
}

// The owner's own clients, and clients that were allowed before, are asked for here all the same.
func TestAttack_AK08_NothingIsApprovedUnasked(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none", FirstParty: true}))
	b := w.signIn(w.ada)
	for range 2 {
		device := w.started("tv", "scope", "openid")
		if _, err := w.shown(b, device); err != nil {
			t.Fatal(err)
		}
		_, e := w.poll("tv", device)
		wantOAuth(t, e, 400, "authorization_pending")
		w.allowed(b, device)
		if _, e := w.poll("tv", device); e != nil {
			t.Fatal(e)
		}
	}
}

// What a person allowed a device ends when they withdraw it, and a device that waits to fetch its tokens gets none.
func TestAttack_AK07_WithdrawnFromADevice(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	fetched, approved := w.started("tv", "scope", "openid offline_access"), w.started("tv", "scope", "openid offline_access")
	w.allowed(b, fetched)
	answer, e := w.poll("tv", fetched)
	if e != nil {
		t.Fatal(e)
	}
	w.allowed(b, approved)
	if _, e := w.userInfo(answer["access_token"]); e != nil {
		t.Fatal(e)
	}
	if err := w.accounts.WithdrawConsent(t.Context(), w.ada.Subject, "tv"); err != nil {
		t.Fatal(err)
	}
	if _, e := w.userInfo(answer["access_token"]); e == nil || e.Status != 401 {
		t.Errorf("the access token: %v", e)
	}
	form := refreshForm(answer["refresh_token"])
	form.Set("client_id", "tv")
	_, e = w.token("", form)
	wantOAuth(t, e, 400, "invalid_grant")
	_, e = w.poll("tv", approved)
	wantOAuth(t, e, 400, "invalid_grant")
}

// guesses that come through the limits that the handlers set, within the life of a code: 60 of everybody's at once and one
// each second after; see handlers.DeviceLimits.
const guesses = 60 + 300

// With as many codes waiting as there may be, all the guesses that are let through find one with a chance below 1 in 10,000.
func TestAttack_AK09_GuessingUserCodes(t *testing.T) {
	const most = 50
	w := newStillWorld(t, func(c *provider.Config) { c.MaxDevices = most })
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	for range most {
		w.started("tv")
	}
	_, e := w.start("tv")
	wantOAuth(t, e, 503, "temporarily_unavailable")
	w.pass(5 * time.Minute)
	w.started("tv")
	const waiting = 2000 // the default
	if chance := guesses * waiting / math.Pow(20, 8); chance >= 1e-4 {
		t.Errorf("chance %g", chance)
	}
}

// Whoever guesses cannot tell codes that were never given from those that were answered, or are of a client that is gone. And
// nobody guesses without having signed in.
func TestAttack_AK09_GuessesLearnNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	w.client(television(provider.Client{ID: "gone", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	answered, gone := w.started("tv"), w.started("gone")
	w.allowed(b, answered)
	if err := w.RemoveClient(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	for _, device := range []map[string]any{{"user_code": "BBBB-BBBB"}, answered, gone} {
		_, err := w.shown(b, device)
		wantCode(t, err, "E-DEVICE-05")
	}
	nobody := provider.Browser{Binding: "nobody"}
	w.tap.reset(nil)
	for _, code := range []string{"BBBB-BBBB", w.started("tv")["user_code"].(string)} {
		w.tap.reset(nil)
		sealed, err := w.VerifyDevice(t.Context(), code, nobody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Asking(t.Context(), sealed, nobody); err == nil {
			t.Error("somebody who has not signed in looks a code up")
		}
		if out, err := w.Resume(t.Context(), sealed, nobody); err != nil || out.Step.Name != provider.StepLogin {
			t.Errorf("%+v %v", out, err)
		}
		if reads, writes := w.tap.counted(); reads+writes > 0 {
			t.Errorf("%s: %d reads, %d writes", code, reads, writes)
		}
	}
}

func TestAttack_AK10_AnotherClientPolls(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	w.client(television(provider.Client{ID: "other", AuthMethod: "none"}))
	device := w.started("tv", "scope", "openid")
	for range 3 {
		_, e := w.poll("other", device)
		wantOAuth(t, e, 400, "invalid_grant")
	}
	w.allowed(w.signIn(w.ada), device)
	_, e := w.poll("other", device)
	wantOAuth(t, e, 400, "invalid_grant")
	if _, e := w.poll("tv", device); e != nil {
		t.Errorf("the others spent the code: %v", e)
	}
	for _, text := range []string{"", "x", "sdc_", "sdc_AAAA", device["device_code"].(string) + "A", strings.Replace(device["device_code"].(string), "sdc_", "sac_", 1)} {
		_, e := w.poll("tv", map[string]any{"device_code": text})
		wantOAuth(t, e, 400, "invalid_grant")
	}
}

// A second use of a device code ends what the first one got, as with authorization codes.
func TestAttack_AK10_DeviceCodeReplay(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	device := w.started("tv", "scope", "openid offline_access")
	w.allowed(w.signIn(w.ada), device)
	answer, e := w.poll("tv", device)
	if e != nil {
		t.Fatal(e)
	}
	_, e = w.poll("tv", device)
	wantOAuth(t, e, 400, "invalid_grant")
	if _, e := w.userInfo(answer["access_token"]); e == nil || e.Status != 401 {
		t.Errorf("the access token outlives the replay: %v", e)
	}
	form := refreshForm(answer["refresh_token"])
	form.Set("client_id", "tv")
	_, e = w.token("", form)
	wantOAuth(t, e, 400, "invalid_grant")
}

func TestAttack_AK10_PollingTooFast(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	device := w.started("tv")
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{0, "authorization_pending"}, {5 * time.Second, "authorization_pending"}, {time.Second, "slow_down"}, // the interval is 10 s
		{5 * time.Second, "slow_down"}, {15 * time.Second, "authorization_pending"}, // 15 s
		{10 * time.Second, "slow_down"}, {20 * time.Second, "authorization_pending"}, // 20 s
	} {
		w.pass(c.after)
		w.tap.reset(nil)
		_, e := w.poll("tv", device)
		if e == nil || e.OAuth != c.want {
			t.Fatalf("after %s: %v, want %s", c.after, e, c.want)
		}
		if _, writes := w.tap.counted(); writes > 0 {
			t.Errorf("a poll wrote %d batches", writes)
		}
	}
	other := w.started("tv")
	_, e := w.poll("tv", other)
	wantOAuth(t, e, 400, "authorization_pending")
	w.allowed(w.signIn(w.ada), device)
	if _, e := w.poll("tv", device); e != nil {
		t.Errorf("an approved device is slowed down: %v", e)
	}
}

func TestAttack_AK10_AfterDenial(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	device := w.started("tv")
	if err := w.reply(b, device, false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, e := w.poll("tv", device)
		wantOAuth(t, e, 400, "access_denied")
	}
	wantCode(t, w.reply(b, device, true), "E-DEVICE-05")
	w.pass(5 * time.Minute)
	_, e := w.poll("tv", device)
	wantOAuth(t, e, 400, "expired_token")
}

// A device whose code was approved is redeemed by one of many polls, on three nodes.
func TestAttack_AK10_DeviceRace(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, c cluster) {
		c[0].client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
		b := c[0].signIn(c[0].ada)
		for i := range races(t) {
			device := c.node(i).started("tv", "scope", "profile offline_access")
			c.node(i+1).allowed(b, device)
			form := pollForm(device)
			form.Set("client_id", "tv")
			won, lost := c.race("", form)
			wantOneWinner(t, won, lost, "invalid_grant")
			c.forget()
		}
	})
}

// forget lets a test start more devices than may wait at a time.
func (c cluster) forget() {
	for _, n := range c {
		n.pass(5 * time.Minute)
	}
}

// Of many answers to one device the first counts: who was told that they refused can rely on it.
func TestAttack_AK10_AnswerRace(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, c cluster) {
		c[0].client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
		b := c[0].signIn(c[0].ada)
		for i := range races(t) / 4 {
			device := c.node(i).started("tv", "scope", "profile")
			asking, err := c.node(i).shown(b, device)
			if err != nil {
				t.Fatal(err)
			}
			allowed, denied := c.raceReplies(b, asking.Request)
			if allowed+denied != 1 {
				t.Fatalf("%d allowed, %d denied", allowed, denied)
			}
			answer, e := c.node(i+1).poll("tv", device)
			if (allowed == 1) != (e == nil) || e != nil && e.OAuth != "access_denied" {
				t.Fatalf("allowed %d: %v %v", allowed, answer, e)
			}
			c.forget()
			b = c[0].signIn(c[0].ada)
		}
	})
}

// raceReplies answers a device many times at once, half of them with yes, and counts those that were taken.
func (c cluster) raceReplies(b provider.Browser, sealed string) (allowed, denied int) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		start = make(chan struct{})
	)
	for i := range racers {
		wg.Go(func() {
			<-start
			_, err := c.node(i).AnswerDevice(c[0].t.Context(), sealed, b, i%2 == 0)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && provider.AsError(err).Code != "E-DEVICE-05":
				c[0].t.Error(err)
			case err == nil && i%2 == 0:
				allowed++
			case err == nil:
				denied++
			}
		})
	}
	close(start)
	wg.Wait()
	return allowed, denied
}

// What a person approves is what they were shown, in their browser: a page's request is good for no other device, no other
// browser, and no other page.
func TestAttack_AK11_TheAnswerIsToWhatWasShown(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	device := w.started("tv")
	typed, err := w.VerifyDevice(t.Context(), device["user_code"].(string), b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.AnswerDevice(t.Context(), typed, b, true)
	wantCode(t, err, "E-DEVICE-05") // nothing was shown
	asking, err := w.Asking(t.Context(), typed, b)
	if err != nil {
		t.Fatal(err)
	}
	thief := w.signIn(w.person("eve"))
	_, err = w.AnswerDevice(t.Context(), asking.Request, thief, true)
	wantCode(t, err, "E-REQ-07") // another browser
	_, err = w.AnswerDevice(t.Context(), asking.Request, provider.Browser{Binding: b.Binding}, true)
	wantCode(t, err, "E-REQ-07") // nobody is signed in

	for _, step := range []string{provider.StepSelect, provider.StepConsent, provider.StepDevice, "x"} {
		if _, err := w.Step(t.Context(), asking.Request, b, step); err == nil {
			t.Errorf("a device's request opens the page of %s", step)
		}
	}
	_, err = w.Consent(t.Context(), asking.Request, b, true, true)
	wantCode(t, err, "E-REQ-07")
	out, err := w.Authorize(t.Context(), params("other"), b)
	if err == nil {
		t.Fatalf("%+v", out)
	}
	w.client(provider.Client{ID: "app"})
	if out, err = w.Authorize(t.Context(), params("app"), b); err != nil || out.Step == nil {
		t.Fatalf("%+v %v", out, err)
	}
	_, err = w.AnswerDevice(t.Context(), out.Step.Request, b, true)
	wantCode(t, err, "E-REQ-07") // a request of no device
	_, e := w.poll("tv", device)
	wantOAuth(t, e, 400, "authorization_pending")
}

// Nothing that /authorize is asked from outside becomes a device's request.
func TestAttack_AK11_AuthorizeTakesNoUserCode(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	device := w.started("tv")
	b := w.signIn(w.ada)
	_, err := w.Authorize(t.Context(), url.Values{"user_code": {device["user_code"].(string)}}, b)
	wantCode(t, err, "E-CLIENT-01")
}

// A device answers to a fault of storage with a fault of its own, and nothing is lost by it.
func TestDevice_StorageFails(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	device := w.started("tv", "scope", "openid")
	fail := func(int, bool) error { return storage.ErrUnavailable }
	failing := func(name string, do func() error) {
		t.Helper()
		w.tap.reset(fail)
		defer w.tap.reset(nil)
		if e := provider.AsError(do()); e == nil || e.Status != 503 {
			t.Errorf("%s: %v", name, e)
		}
	}
	asError := func(e *provider.Error) error {
		if e == nil {
			return nil
		}
		return e
	}
	failing("start", func() error { _, e := w.start("tv"); return asError(e) })
	failing("poll", func() error { _, e := w.poll("tv", device); return asError(e) })
	failing("show", func() error { _, err := w.shown(b, device); return err })
	asking, err := w.shown(b, device)
	if err != nil {
		t.Fatal(err)
	}
	failing("answer", func() error { _, err := w.AnswerDevice(t.Context(), asking.Request, b, true); return err })
	w.allowed(b, device)
	failing("redeem", func() error { _, e := w.poll("tv", device); return asError(e) })
	if answer, e := w.poll("tv", device); e != nil || !slices.Contains([]any{"openid"}, answer["scope"]) {
		t.Errorf("afterwards: %v %v", answer, e)
	}
}
