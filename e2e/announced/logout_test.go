package announced_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

const signedOut = "http://127.0.0.1:3999/signed-out"

// signOut ends the session by the client's ID token, and returns where that leads.
func (w *walk) signOut(idToken any) {
	w.Helper()
	text, _ := idToken.(string)
	w.person.Get(w.endpoint("end_session_endpoint") + "?" + url.Values{"id_token_hint": {text}, "post_logout_redirect_uri": {signedOut}, "state": {"s"}}.Encode())
}

func useEndSession(w *walk, _ string) {
	c := w.register(map[string]any{"post_logout_redirect_uris": []string{signedOut}})
	w.signOut(w.signIn(c)["id_token"])
	if !w.person.Left() || w.person.URL().String() != signedOut+"?state=s" {
		w.Errorf("it leads to %s: %s", w.person.URL(), w.person.Text())
	}
	if params, _ := w.authorize(c, w.ask(c, "prompt", "none")); params.Get("error") != "login_required" {
		w.Errorf("after it, prompt=none: %v", params)
	}
}

func useFrontChannel(w *walk) {
	c := w.register(map[string]any{
		"post_logout_redirect_uris": []string{signedOut}, "frontchannel_logout_uri": "http://127.0.0.1:3999/front", "frontchannel_logout_session_required": true,
	})
	tokens := w.signIn(c)
	sid, _ := w.idToken(tokens)["sid"].(string)
	w.signOut(tokens["id_token"])
	want := "http://127.0.0.1:3999/front?" + url.Values{"iss": {w.provider.Issuer}, "sid": {sid}}.Encode()
	if frames := w.person.All("iframe", "src"); sid == "" || len(frames) != 1 || frames[0] != want {
		w.Errorf("frames %q, want %s", frames, want)
	}
}

func useBackChannel(w *walk) {
	came := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		came <- r.PostForm
	}))
	defer server.Close()
	c := w.register(map[string]any{
		"post_logout_redirect_uris": []string{signedOut}, "backchannel_logout_uri": server.URL + "/back", "backchannel_logout_session_required": true,
	})
	tokens := w.signIn(c)
	sid := w.idToken(tokens)["sid"]
	w.signOut(tokens["id_token"])
	select {
	case form := <-came:
		claims := w.verified(form.Get("logout_token"), "RS256", "")
		if claims["aud"] != c.id || claims["sid"] != sid || claims["events"] == nil || claims["nonce"] != nil {
			w.Errorf("%v", claims)
		}
	case <-time.After(30 * time.Second):
		w.Error("no logout token has come")
	}
}

// useDevice signs a device in: it shows a code, the person types it.
func useDevice(w *walk, _ string) {
	c := w.register(map[string]any{"grant_types": []string{deviceGrant}, "response_types": []string{}, "redirect_uris": []string{}})
	started := w.members(w.call(c, "device_authorization_endpoint", url.Values{"scope": {"openid"}}), http.StatusOK)
	w.approve(started["verification_uri_complete"].(string))
	w.members(w.call(c, "token_endpoint", url.Values{"grant_type": {deviceGrant}, "device_code": {started["device_code"].(string)}}), http.StatusOK)
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// approve agrees to whatever the pages of a device ask.
func (w *walk) approve(address string) {
	w.Helper()
	w.person.Get(address)
	for range 6 {
		switch {
		case w.person.Has("login"):
			w.person.Submit("login", url.Values{"identifier": {"ada"}, "password": {w.provider.Password}})
		case w.person.Has("allow"):
			w.person.Press("allow", nil)
			return
		case w.person.Has("device"):
			w.person.Submit("device", nil)
		default:
			w.Fatalf("at %s: %s", w.person.URL(), strings.TrimSpace(w.person.Text()))
		}
	}
}
