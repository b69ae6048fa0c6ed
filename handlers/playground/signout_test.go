package playground_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// signsOut presses the button of the sign-out step, and carries the form to the provider if there is one.
func (v visitor) signsOut(change url.Values) visitor {
	v.t.Helper()
	v.next("sign-out").Press("do=go", change)
	if v.Has("carry") {
		v.Submit("carry", nil)
	}
	return v
}

// returned follows the link of the page that tells the clients.
func (v visitor) returned() visitor {
	v.t.Helper()
	v.Get(strings.ReplaceAll(v.link(v.base()+"/playground/signed-out"), "&amp;", "&"))
	v.at("ended")
	return v
}

// base is the issuer, where the page is.
func (v visitor) base() string { return v.URL().Scheme + "://" + v.URL().Host }

// frames loads the frames of the page as a browser would.
func (v visitor) frames() {
	v.t.Helper()
	for _, part := range strings.Split(v.Body(), "<iframe ")[1:] {
		_, src, _ := strings.Cut(part, `src="`)
		src, _, _ = strings.Cut(src, `"`)
		r, err := http.NewRequest(http.MethodGet, strings.ReplaceAll(src, "&amp;", "&"), nil)
		if err != nil {
			v.t.Fatal(err)
		}
		resp, err := v.Transport.RoundTrip(r) // without cookies
		if err != nil {
			v.t.Fatal(err)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if resp.StatusCode != http.StatusOK || !strings.Contains(policy, "frame-ancestors 'self'") || resp.Header.Get("X-Frame-Options") != "" {
			v.t.Errorf("the frame %s: %d, %s", src, resp.StatusCode, policy)
		}
	}
}

// told has the provider tell its clients now.
func (w *world) told() {
	w.t.Helper()
	w.check(w.provider.TellClientsNow(w.t.Context()))
}

func TestSignOut(t *testing.T) {
	v := newWorld(t).signedIn("code").next("use").signsOut(nil)
	v.at("ended")
	v.says("The browser is back, with the state that was sent", "Equals what was sent")
	v.saysNot("Wrong:")
	if v.URL().RawQuery != "" {
		t.Errorf("the state stays in the address: %s", v.URL())
	}
	v.Press("do=ask", nil)
	v.at("callback")
	v.says("nobody suitable is signed in")
}

// Without the ID token nobody can tell that the app takes part in the session: the provider asks.
func TestSignOut_WithoutAHintThePersonIsAsked(t *testing.T) {
	v := newWorld(t).signedIn("code").next("use").signsOut(url.Values{"p.id_token_hint": {""}})
	if !strings.Contains(v.Text(), "Do you want to sign out?") {
		t.Fatalf("no question at %s: %s", v.URL(), v.Text())
	}
	v.Press("decision=sign-out", nil)
	v.at("ended")
	v.says("The browser is back, with the state that was sent")
}

func TestSignOut_Unnamed(t *testing.T) {
	w := newWorld(t)
	w.tamper = replace(discoveryPath, `"end_session_endpoint"`, `"e"`)
	v := w.signedIn("code").next("use").next("sign-out")
	v.says("names no end_session_endpoint")
	if v.Get(v.link("/logout")).Status() != http.StatusOK || !strings.Contains(v.Text(), "Do you want to sign out?") {
		t.Errorf("no question at %s: %s", v.URL(), v.Text())
	}
}

func TestSignOut_CannotBeUsedBeforeASignIn(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request")
	for _, step := range []string{"sign-out", "ended", "depart"} {
		v.Get(strings.TrimSuffix(v.URL().Path, "request") + step)
		v.at("request")
	}
}

func TestSignedOut_ForgedState(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("code").next("use").next("sign-out")
	v.Press("do=go", nil)
	v.at("depart")
	v.Get("/playground/signed-out?state=forged")
	v.at("ended")
	v.says("not with the state that was sent", "Wrong:")
	if v.Get("/playground/signed-out?state=again").Status() != http.StatusNotFound {
		t.Errorf("at %s", v.URL())
	}
	if v.visitor().Get("/playground/signed-out").Status() != http.StatusNotFound {
		t.Error("a browser without a run comes back to one")
	}
}

func TestSignOut_TheClientIsTold(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	v.next("use").next("sign-out").says("This client has registered where it wants to be told")
	v.Press("do=go", nil)
	v.Submit("carry", nil)
	v.frames()
	v.returned().says("A frame of the browser has called, for this issuer and this session", "the provider has not called")
	w.told()
	v.Get(v.URL().Path)
	v.says("The provider has called, and its logout token is good", "The signature fits the key", "sid is the session of this sign-in", "events says that it is a logout token",
		"There is no nonce", "jti is there, and was not seen before", "POST /playground/client/", "logout_token=eyJ", "logout+jwt")
	v.saysNot("Wrong:", "Attention:")
}

// The provider ends the session by itself, too: then the client is told though nobody left from here.
func TestSignOut_ElsewhereIsShownHere(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	answer := v.URL().Path
	v.Get("/logout").Press("decision=sign-out", nil)
	w.told()
	v.Get(strings.TrimSuffix(answer, "answer") + "ended")
	v.says("The provider says that the session has ended", "its logout token is good")
}

// wire keeps what the provider sends to the client's addresses.
type wire struct{ address, token string }

// intercept has the client's address answered by the test.
func (w *world) intercept() *wire {
	var got wire
	public := w.Handlers
	w.outside = http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/back-channel-logout") {
			got.address, got.token = r.URL.Path, r.PostFormValue("logout_token")
			return
		}
		public.ServeHTTP(to, r)
	})
	return &got
}

func TestLogoutToken_ForgedOnesAreRefused(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	ended := strings.TrimSuffix(v.URL().Path, "answer") + "ended"
	got := w.intercept()
	v.Get("/logout").Press("decision=sign-out", nil)
	w.told()
	if got.token == "" {
		t.Fatal("nobody was told")
	}
	call := func(token string, want int) {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, w.issuer+got.address, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
		w.check(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := v.Transport.RoundTrip(r)
		w.check(err)
		var refusal struct{ Error string }
		_ = json.NewDecoder(resp.Body).Decode(&refusal)
		if resp.StatusCode != want || (want == http.StatusOK) != (refusal.Error == "") || !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%d %q, want %d", resp.StatusCode, refusal.Error, want)
		}
	}
	for _, c := range []struct{ token, want string }{
		{"", "It is no JWT"},
		{"a.b.c", "It is no JWT"},
		{changed(got.token, `"sid":"`, `"sid":"x`), "sid is not the session of this sign-in"},
		{changed(got.token, `"sub":"`, `"sub":"x`), "sub is missing, or another person's"},
		{changed(got.token, `"events":`, `"e":`), "events does not say that it is a logout token"},
		{changed(got.token, `"jti":`, `"nonce":"n","j":`), "There is a nonce"},
		{changed(got.token, `"jti":`, `"j":`), "jti is missing, or was seen before"},
		{changed(got.token, `"aud":"`, `"aud":"x`), "aud does not name this client"},
	} {
		call(c.token, http.StatusBadRequest)
		v.Get(ended)
		v.says("a logout token that is not good", c.want)
		v.saysNot("The app ends its own")
	}
	call(got.token, http.StatusOK)
	v.Get(ended)
	v.says("its logout token is good")
	call(got.token, http.StatusBadRequest)
	v.Get(ended)
	v.says("jti is missing, or was seen before")

	w.offset.Add(int64(5 * time.Minute))
	call(got.token, http.StatusBadRequest)
	v.Get(ended)
	v.says("exp is over")
}

// An ID token is no logout token, though its issuer has signed it.
func TestLogoutToken_IDTokenIsNone(t *testing.T) {
	w := newListeningWorld(t)
	s := &idTokens{}
	w.tamper = s.tamper
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	ended := strings.TrimSuffix(v.URL().Path, "answer") + "ended"
	got := w.intercept()
	v.Get("/logout").Press("decision=sign-out", nil)
	w.told()
	v.Post(got.address, url.Values{"logout_token": {s.last}})
	if v.Status() != http.StatusBadRequest {
		t.Errorf("status %d", v.Status())
	}
	v.Get(ended)
	v.says("events does not say that it is a logout token", "There is a nonce", "The signature fits the key")
}

func TestFrontChannel_ForAnotherSession(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	ended := strings.TrimSuffix(v.URL().Path, "answer") + "ended"
	got := w.intercept()
	v.Get("/logout").Press("decision=sign-out", nil)
	w.told()
	front := strings.Replace(got.address, "back", "front", 1)
	for _, query := range []string{"", "?iss=https://other.example&sid=x", "?iss=" + url.QueryEscape(w.issuer), "?iss=" + url.QueryEscape(w.issuer) + "&sid=x"} {
		v.Get(front + query)
		v.Get(ended)
		v.says("but not for this issuer and this session", "sid is not the session of this sign-in")
	}
	if v.Get(strings.Replace(front, "/client/", "/client/x", 1)).Status() != http.StatusNotFound {
		t.Errorf("status %d", v.Status())
	}
}

func TestCalls_AreFew(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	ended := strings.TrimSuffix(v.URL().Path, "answer") + "ended"
	got := w.intercept()
	v.Get("/logout").Press("decision=sign-out", nil)
	w.told()
	for range 20 {
		v.Post(got.address, url.Values{"logout_token": {"x"}})
	}
	v.Get(ended)
	if n := strings.Count(v.Text(), "a logout token that is not good"); n != 6 {
		t.Errorf("%d calls are kept", n)
	}
}
