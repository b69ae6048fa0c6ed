package provider_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

func managed(c *provider.Config) { c.SessionManagement = true }

// session_state is what the page can compute for the client, its origin and this session, and nobody else.
func TestSessionState_IsOfClientOriginAndSession(t *testing.T) {
	w := newStillWorld(t, managed)
	w.client(provider.Client{ID: "app", FirstParty: true, RedirectURIs: []string{callback, "https://app.example.test:443/cb", "http://127.0.0.1:7/cb", "com.example.app:/cb"}})
	b := w.signIn(w.ada)
	stateOf := func(b provider.Browser, change ...string) string {
		out, err := w.Authorize(t.Context(), params("app", change...), b)
		if err != nil || out.Answer == nil {
			t.Fatalf("%+v %v", out, err)
		}
		return out.Answer.Params.Get("session_state")
	}
	for uri, origin := range map[string]string{callback: "https://app.example.test", "https://app.example.test:443/cb": "https://app.example.test", "http://127.0.0.1:7/cb": "http://127.0.0.1:7"} {
		got := stateOf(b, "redirect_uri", uri)
		hash, salt, _ := strings.Cut(got, ".")
		sum := sha256.Sum256([]byte("app " + origin + " " + w.BrowserState(b) + " " + salt))
		if hash != b64.EncodeToString(sum[:]) || len(salt) < 20 || strings.Contains(got, " ") {
			t.Errorf("%s: %s", uri, got)
		}
		if stateOf(b, "redirect_uri", uri) == got {
			t.Error("two answers with one salt")
		}
	}
	for name, got := range map[string]string{
		"without openid": stateOf(b, "scope", ""), "an app on a device": stateOf(b, "redirect_uri", "com.example.app:/cb"), "signed": stateOf(b, "response_mode", "jwt"),
	} {
		if got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What the browser may know changes with each sign-in and sign-out, and is nothing that the session could be taken over with.
func TestSessionState_BrowserState(t *testing.T) {
	w := newStillWorld(t, managed)
	b, other := w.signIn(w.ada), w.signIn(w.ada)
	state := w.BrowserState(b)
	if len(state) != 43 || state == w.BrowserState(other) || w.BrowserState(provider.Browser{}) != "" || strings.Contains(state, b.Session.SID) {
		t.Errorf("%q of %s", state, b.Session.SID)
	}
	w.pass(1e9)
	var batch storage.Batch
	_, again, err := w.accounts.Sessions.Begin(&batch, w.ada, account.SignIn{Replaces: b.Session})
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != b.Session.ID || w.BrowserState(provider.Browser{Session: again}) == state {
		t.Error("a sign-in that changes nothing")
	}
}

// It is off unless the operator says so.
func TestSessionState_IsOff(t *testing.T) {
	for on, change := range map[bool]func(*provider.Config){true: managed, false: nil} {
		w := newStillWorld(t, change)
		w.client(provider.Client{ID: "app", FirstParty: true})
		b := w.signIn(w.ada)
		out, err := w.Authorize(t.Context(), params("app"), b)
		if err != nil || out.Answer == nil || out.Answer.Params.Has("session_state") != on || (w.BrowserState(b) != "") != on || w.ManagesSessions() != on {
			t.Errorf("%v: %+v %v", on, out.Answer, err)
		}
		var d map[string]any
		if err := keys.DecodeJSON(w.Discovery().Body, &d); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]any{true: issuer + "/check-session"}[on]; d["check_session_iframe"] != want {
			t.Errorf("announced %v", d["check_session_iframe"])
		}
	}
}
