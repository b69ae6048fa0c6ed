package provider_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// television is a client that may use the device grant.
func television(c provider.Client) provider.Client {
	c.GrantTypes = append(c.GrantTypes, grantDevice, "refresh_token")
	return c
}

var sofa = provider.Place{Address: "203.0.113.7", Agent: "Television/1.0"}

// start is a device authorization request. Values of the form beside client_id are given in pairs.
func (w *world) start(auth string, more ...string) (map[string]any, *provider.Error) {
	form := url.Values{}
	if id, _, ok := strings.Cut(auth, ":"); !ok {
		auth = ""
		form.Set("client_id", id)
	}
	for i := 0; i < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	answer, err := w.StartDevice(context.Background(), post(auth, form), sofa)
	return answer, provider.AsError(err)
}

func (w *world) started(auth string, more ...string) map[string]any {
	w.t.Helper()
	answer, err := w.start(auth, more...)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// poll asks for the tokens of a device.
func (w *world) poll(auth string, device map[string]any, more ...string) (map[string]any, *provider.Error) {
	form := pollForm(device, more...)
	if id, _, ok := strings.Cut(auth, ":"); !ok {
		auth = ""
		form.Set("client_id", id)
	}
	return w.token(auth, form)
}

func pollForm(device map[string]any, more ...string) url.Values {
	form := url.Values{"grant_type": {grantDevice}, "device_code": {device["device_code"].(string)}}
	for i := 0; i < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	return form
}

// shown walks to the page that asks the person, as they would who typed the code.
func (w *world) shown(b provider.Browser, device map[string]any) (*provider.Asking, error) {
	ctx := context.Background()
	sealed, err := w.VerifyDevice(ctx, device["user_code"].(string), b)
	if err != nil {
		return nil, err
	}
	out, err := w.Resume(ctx, sealed, b)
	if err != nil {
		return nil, err
	}
	if out.Step == nil || out.Step.Name != provider.StepDevice {
		w.t.Fatalf("%+v", out.Step)
	}
	return w.Asking(ctx, out.Step.Request, b)
}

// answer is what a person says to a device's request.
func (w *world) reply(b provider.Browser, device map[string]any, allow bool) error {
	asking, err := w.shown(b, device)
	if err != nil {
		return err
	}
	_, err = w.AnswerDevice(context.Background(), asking.Request, b, allow)
	return err
}

func (w *world) allowed(b provider.Browser, device map[string]any) {
	w.t.Helper()
	if err := w.reply(b, device, true); err != nil {
		w.t.Fatal(err)
	}
}

func TestDevice_Flow(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", Name: "Television", AuthMethod: "none"}))
	device := w.started("tv", "scope", "openid email offline_access", "nonce", "n-1")
	if device["verification_uri"] != issuer+"/device" || device["expires_in"] != int64(300) || device["interval"] != int64(5) {
		t.Errorf("%v", device)
	}
	code := device["user_code"].(string)
	if len(code) != 9 || code[4] != '-' || device["verification_uri_complete"] != issuer+"/device?user_code="+code {
		t.Errorf("%v", device)
	}
	_, e := w.poll("tv", device)
	wantOAuth(t, e, 400, "authorization_pending")

	b := provider.Browser{Binding: "browser-" + w.ada.Subject}
	sealed, err := w.VerifyDevice(t.Context(), strings.ToLower(code), b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(t.Context(), sealed, b)
	if err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
		t.Fatalf("%+v %v", out, err)
	}
	step, err := w.Step(t.Context(), out.Step.Request, b, provider.StepLogin)
	if err != nil || step.Client != nil {
		t.Fatalf("%+v %v: the sign-in page knows the device", step, err)
	}
	b = w.signIn(w.ada)
	if sealed, err = w.ProveLogin(t.Context(), step.Request, b, w.ada.Subject); err != nil {
		t.Fatal(err)
	}
	if out, err = w.Resume(t.Context(), sealed, b); err != nil || out.Step == nil || out.Step.Name != provider.StepDevice {
		t.Fatalf("%+v %v", out, err)
	}
	asking, err := w.Asking(t.Context(), out.Step.Request, b)
	if err != nil || asking.UserCode != code || asking.Client.ID != "tv" || asking.From != sofa || asking.Started != w.now().Unix() ||
		strings.Join(asking.Scopes, " ") != "openid email offline_access" {
		t.Fatalf("%+v %v", asking, err)
	}
	if sealed, err = w.AnswerDevice(t.Context(), asking.Request, b, true); err != nil {
		t.Fatal(err)
	}
	if out, err = w.Resume(t.Context(), sealed, b); err != nil || out.Step == nil || out.Step.Name != provider.StepDeviceDone {
		t.Fatalf("%+v %v", out, err)
	}
	if step, err = w.Step(t.Context(), out.Step.Request, b, provider.StepDeviceDone); err != nil || step.Denied {
		t.Fatalf("%+v %v", step, err)
	}
	w.wantTokens(t, device, b)
}

func (w *world) wantTokens(t *testing.T, device map[string]any, b provider.Browser) {
	t.Helper()
	w.pass(5 * time.Second)
	w.tap.reset(nil)
	answer, e := w.poll("tv", device)
	if e != nil {
		t.Fatal(e)
	}
	if _, writes := w.tap.counted(); writes != 1 {
		t.Errorf("redeeming wrote %d batches", writes)
	}
	if answer["scope"] != "openid email offline_access" || answer["token_type"] != "Bearer" || answer["expires_in"] != int64(900) {
		t.Errorf("%v", answer)
	}
	claims := w.claimsOf(answer["id_token"])
	for name, want := range map[string]any{"sub": w.ada.Subject, "aud": "tv", "nonce": "n-1", "sid": b.Session.SID, "auth_time": float64(b.Session.AuthTime)} {
		if claims[name] != want {
			t.Errorf("%s: got %v, want %v", name, claims[name], want)
		}
	}
	if amr, _ := claims["amr"].([]any); len(amr) != 1 || amr[0] != "pwd" {
		t.Errorf("amr %v", claims["amr"])
	}
	if info, e := w.userInfo(answer["access_token"]); e != nil || info["email"] != "ada@example.test" {
		t.Errorf("%v %v", info, e)
	}
	if _, e := w.token("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}, "client_id": {"tv"}}); e != nil {
		t.Error(e)
	}
}

// A grant without offline_access ends with the browser session in which it was approved, as those of codes do.
func TestDevice_GrantEndsWithTheSession(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none", RefreshAlways: true}))
	for scope, survives := range map[string]bool{"openid": false, "openid offline_access": true} {
		device, b := w.started("tv", "scope", scope), w.signIn(w.ada)
		w.allowed(b, device)
		answer, e := w.poll("tv", device)
		if e != nil {
			t.Fatal(e)
		}
		if err := w.endSession(b); err != nil {
			t.Fatal(err)
		}
		if _, e := w.userInfo(answer["access_token"]); (e == nil) != survives {
			t.Errorf("%s: after signing out: %v", scope, e)
		}
	}
}

func TestDevice_ResourceNarrowsTheAudience(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none", AccessToken: "jwt", Audience: []string{"https://a.test", "https://b.test"}}))
	device := w.started("tv", "scope", "profile", "resource", "https://a.test", "resource", "https://b.test")
	w.allowed(w.signIn(w.ada), device)
	_, e := w.poll("tv", device, "resource", "https://c.test")
	wantOAuth(t, e, 400, "invalid_target")
	answer, e := w.poll("tv", device, "resource", "https://b.test")
	if e != nil {
		t.Fatal(e)
	}
	if aud := w.claimsOf(answer["access_token"])["aud"]; aud != "https://b.test" {
		if list, _ := aud.([]any); len(list) != 1 || list[0] != "https://b.test" {
			t.Errorf("aud %v", aud)
		}
	}
}

func TestDevice_ConfidentialClients(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(television(provider.Client{ID: "app"}))
	k := newAssertionKey(t)
	w.client(television(provider.Client{ID: "jwt", AuthMethod: "private_key_jwt", JWKS: k.jwks}))
	for _, bad := range []string{"app", "app:wrong"} {
		_, e := w.start(bad)
		wantOAuth(t, e, 401, "invalid_client")
	}
	device := w.started(auth, "scope", "openid")
	_, e := w.poll("app", device)
	wantOAuth(t, e, 401, "invalid_client")
	w.allowed(w.signIn(w.ada), device)
	if _, e := w.poll(auth, device); e != nil {
		t.Error(e)
	}

	form := assertionForm(k.assertion(t, "jwt", w.now(), nil), url.Values{"scope": {"openid"}})
	if _, err := w.StartDevice(t.Context(), post("", form), sofa); err != nil {
		t.Fatal(err)
	}
	_, err := w.StartDevice(t.Context(), post("", form), sofa)
	wantOAuth(t, provider.AsError(err), 401, "invalid_client")
	refused := assertionForm(k.assertion(t, "jwt", w.now(), nil), url.Values{"scope": {"nonsense"}})
	_, err = w.StartDevice(t.Context(), post("", refused), sofa)
	wantOAuth(t, provider.AsError(err), 400, "invalid_scope")
	_, err = w.StartDevice(t.Context(), post("", refused), sofa)
	wantOAuth(t, provider.AsError(err), 401, "invalid_client")
}

func TestDevice_UserCodes(t *testing.T) {
	for typed, want := range map[string]string{
		"WDJB-MJHT": "WDJBMJHT", "wdjbmjht": "WDJBMJHT", " wd jb–mj.ht ": "WDJBMJHT", "W_D-J-B-M-J-H-T": "WDJBMJHT",
		"1i2568VU": "LLZSGBVV", "0oQQ|LLL": "QQQQLLLL",
		"": "", "WDJB-MJH": "", "WDJB-MJHTT": "", "WDJB-MJHA": "", "WDJB-MJH9": "", "WDJB-MJHЖ": "", "WDJB-MJH\x00": "",
		strings.Repeat("-", 60) + "WDJBMJHT": "",
	} {
		if got, ok := provider.ReadUserCode(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	seen := map[byte]int{}
	for range 200 {
		code := w.started("tv")["user_code"].(string)
		for _, c := range []byte(strings.Replace(code, "-", "", 1)) {
			seen[c]++
		}
		if back, ok := provider.ReadUserCode(code); !ok || provider.ShowUserCode(back) != code {
			t.Fatal(code)
		}
	}
	if len(seen) != 20 || seen['A'] > 0 {
		t.Errorf("letters %v", seen)
	}
}

// What is stored for a device tells nobody which code to type, where the device is, or who let it in.
func TestDevice_StoredSealed(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	var kept []byte
	w.tap.before = w.keep("device", &kept)
	device := w.started("tv", "scope", "openid")
	w.allowed(w.signIn(w.ada), device)
	code := device["user_code"].(string)
	if len(kept) < 200 {
		t.Fatalf("only %d bytes were kept", len(kept))
	}
	for _, secret := range []string{code, strings.Replace(code, "-", "", 1), sofa.Address, "Television", w.ada.Subject, device["device_code"].(string)[4:20]} {
		if strings.Contains(string(kept), secret) {
			t.Errorf("the store shows %q", secret)
		}
	}
}

// Nothing is left of devices whose time is over, whatever became of them.
func TestDevice_NothingIsLeft(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	b := w.signIn(w.ada)
	_, allowed, denied := w.started("tv"), w.started("tv"), w.started("tv")
	w.allowed(b, allowed)
	if _, e := w.poll("tv", allowed); e != nil {
		t.Fatal(e)
	}
	if err := w.reply(b, denied, false); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		page, err := w.tap.List(t.Context(), w.now().Unix(), storage.Query{Kind: &storage.Kind{Name: "device"}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Records)
	}
	if n := count(); n != 3 {
		t.Errorf("%d records of 3 devices", n)
	}
	if removed, err := w.db.Sweep(t.Context(), 100); err != nil || removed != 0 {
		t.Fatalf("%d removed before their time, %v", removed, err)
	}
	w.pass(5 * time.Minute)
	if removed, err := w.db.Sweep(t.Context(), 100); err != nil || removed != 3 {
		t.Fatalf("%d records removed, %v", removed, err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

func TestDevice_Inspect(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(television(provider.Client{ID: "tv", AuthMethod: "none"}))
	device := w.started("tv", "scope", "openid")
	look := func() provider.Inspection {
		in, err := w.Inspect(t.Context(), device["device_code"].(string))
		if err != nil || in.Kind != "device code" || in.ClientID != "tv" {
			t.Fatalf("%+v %v", in, err)
		}
		return in
	}
	if in := look(); !in.Alive {
		t.Errorf("%+v", in)
	}
	w.allowed(w.signIn(w.ada), device)
	if in := look(); !in.Alive || in.Subject != w.ada.Subject {
		t.Errorf("%+v", in)
	}
	if _, e := w.poll("tv", device); e != nil {
		t.Fatal(e)
	}
	if in := look(); in.Alive || in.Why == "" {
		t.Errorf("%+v", in)
	}
	w.pass(5 * time.Minute)
	if in := look(); in.Alive {
		t.Errorf("%+v", in)
	}
}

// device is a device of a client, allowed and about to fetch its tokens; begun is one about to begin.
func (c clients) device(id string) func(w *world) request {
	return func(w *world) request {
		form := c.as(w, id, url.Values{"scope": {"openid offline_access"}})
		device, err := w.StartDevice(w.t.Context(), post(c.auth[id], form), sofa)
		if err != nil {
			w.t.Fatal(err)
		}
		w.allowed(w.signIn(w.ada), device)
		return func(n *world) (string, error) { return tokenRequest(c.auth[id], c.as(w, id, pollForm(device)))(n) }
	}
}

func (c clients) begun(id string) func(w *world) request {
	return func(w *world) request {
		return func(n *world) (string, error) {
			device, err := n.StartDevice(context.Background(), post(c.auth[id], c.as(w, id, url.Values{"scope": {"openid"}})), sofa)
			code, _ := device["device_code"].(string)
			return code, err
		}
	}
}

// FuzzUserCode: whatever is typed, it is eight letters of a code or nothing, and spelling it again changes nothing.
func FuzzUserCode(f *testing.F) {
	for _, seed := range []string{"WDJB-MJHT", "wdjb mjht", "1234-5678", "", "ÄÖÜ", "W\u2013DJBMJHT", "0O1I2Z5S", strings.Repeat("B", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := provider.ReadUserCode(typed)
		if !ok {
			return
		}
		if len(code) != 8 || strings.Trim(code, "BCDFGHJKLMNPQRSTVWXZ") != "" {
			t.Fatalf("%q is %q", typed, code)
		}
		if again, ok := provider.ReadUserCode(provider.ShowUserCode(code)); !ok || again != code {
			t.Fatalf("%q is %q and then %q", typed, code, again)
		}
	})
}
