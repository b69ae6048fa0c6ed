package provider_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
)

// idToken lets a person sign in to a client in one browser, and returns the browser and the client's ID token.
func (w *world) idToken(p *account.Person, auth string, change ...string) (provider.Browser, string) {
	w.t.Helper()
	b := w.signIn(p)
	id, _, _ := strings.Cut(auth, ":")
	answer, e := w.token(auth, codeForm(w.code(b, params(id, change...))))
	if e != nil {
		w.t.Fatal(e)
	}
	return b, answer["id_token"].(string)
}

// keyIDOf is the kid of a token's header.
func keyIDOf(t *testing.T, header string) string {
	t.Helper()
	text, err := b64.DecodeString(header)
	var h struct {
		KeyID string `json:"kid"`
	}
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h.KeyID
}

// leave is a request to sign out; pairs are its parameters.
func (w *world) leave(b provider.Browser, pairs ...string) (*provider.EndSession, error) {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.EndSessionRequest(w.t.Context(), form, b)
}

// Only a client that takes part in this very session can end it without asking.
func TestAttack_AL01_WhoIsAsked(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, PostLogoutRedirectURIs: []string{bye}})
	b, token := w.idToken(w.ada, auth)
	elsewhere, other := w.idToken(w.ada, auth)
	eve, eves := w.idToken(w.person("eve"), auth)
	for _, c := range []struct {
		name    string
		browser provider.Browser
		params  []string
		sure    bool
	}{
		{"nothing", b, nil, false},
		{"a client_id alone", b, []string{"client_id", "app"}, false},
		{"its ID token", b, []string{"id_token_hint", token}, true},
		{"its ID token with client_id", b, []string{"id_token_hint", token, "client_id", "app"}, true},
		{"of another session of the same person", b, []string{"id_token_hint", other}, false},
		{"of another session, there", elsewhere, []string{"id_token_hint", other}, true},
		{"of another person", b, []string{"id_token_hint", eves}, false},
		{"of this person at another's browser", eve, []string{"id_token_hint", token}, false},
		{"with a hint of this person", b, []string{"id_token_hint", token, "logout_hint", "ada"}, true},
		{"with a hint of another person", b, []string{"id_token_hint", token, "logout_hint", "eve"}, false},
		{"nobody is signed in", provider.Browser{Binding: "b"}, []string{"id_token_hint", token}, true},
		{"nobody is signed in, no ID token", provider.Browser{Binding: "b"}, []string{"client_id", "app"}, false},
	} {
		out, err := w.leave(c.browser, append(c.params, "post_logout_redirect_uri", bye)...)
		if err != nil || out.Sure != c.sure {
			t.Errorf("%s: %+v %v", c.name, out, err)
		}
	}
}

// The browser goes to what is registered for a client that is known, byte for byte, and nowhere else.
func TestAttack_AL02_NoOpenRedirect(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, PostLogoutRedirectURIs: []string{bye, "https://app.example.test/a?b=c", "http://127.0.0.1/bye"}})
	w.client(provider.Client{ID: "other", PostLogoutRedirectURIs: []string{"https://other.example.test/bye"}})
	b, token := w.idToken(w.ada, auth)
	for _, uri := range []string{
		bye + "?foo=bar", bye + "/", bye + "#", bye + "#x", "https://app.example.test/BYE", "HTTPS://app.example.test/bye", "https://app.example.test:443/bye",
		"https://app.example.test/a", "https://app.example.test/a?b=c&d=e", "https://app.example.test/./bye", "https://app.example.test/b%79e", " " + bye, bye + " ",
		"https://other.example.test/bye", callback, "https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "data:text/html,x", issuer + "/logout",
		"http://127.0.0.1:8080/bye", "http://localhost/bye", "https://app.example.test@evil.test/bye", "https://app.example.test/bye\r\nX: y", "x",
	} {
		for _, with := range [][]string{{"id_token_hint", token}, {"client_id", "app"}, {"id_token_hint", token, "client_id", "app"}} {
			_, err := w.leave(b, append(with, "post_logout_redirect_uri", uri)...)
			wantCode(t, err, "E-LOGOUT-03")
			if provider.AsError(err).Answer != nil {
				t.Errorf("%q: a refusal that goes to the client", uri)
			}
		}
	}
	for uri, want := range map[string]string{
		bye: bye + "?state=a+b%26c", "https://app.example.test/a?b=c": "https://app.example.test/a?b=c&state=a+b%26c", "http://127.0.0.1/bye": "http://127.0.0.1/bye?state=a+b%26c",
	} {
		out, err := w.leave(b, "id_token_hint", token, "post_logout_redirect_uri", uri, "state", "a b&c")
		if err != nil || out.To() != want {
			t.Errorf("%s leads to %+v %v", uri, out, err)
		}
		if out, err = w.leave(b, "id_token_hint", token, "post_logout_redirect_uri", uri); err != nil || out.To() != uri {
			t.Errorf("%s leads without state to %+v %v", uri, out, err)
		}
	}
	out, err := w.leave(b, "post_logout_redirect_uri", bye, "state", "x")
	if err != nil || out.To() != "" || out.Doubt == nil || out.Doubt.Code != "E-LOGOUT-04" {
		t.Errorf("without a client: %+v %v", out, err)
	}
}

// An ID token that is not ours, or says it is another's, leads nowhere; an old one of ours is good.
func TestAttack_AL03_HintsThatAreNone(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, AccessToken: "jwt", PostLogoutRedirectURIs: []string{bye}})
	w.client(provider.Client{ID: "other", PostLogoutRedirectURIs: []string{bye}})
	b, token := w.idToken(w.ada, auth)
	evil := newForgeKey(t)
	parts := strings.Split(token, ".")
	claims := w.claimsOf(token)
	for _, time := range []string{"exp", "iat", "auth_time"} {
		claims[time] = number(claims[time])
	}
	unsigned := func(alg string) string {
		return b64.EncodeToString([]byte(`{"alg":"`+alg+`","typ":"JWT"}`)) + "." + parts[1] + "."
	}
	for name, hint := range map[string]string{
		"alg none": unsigned("none"), "alg nOnE": unsigned("nOnE"), "without a signature": parts[0] + "." + parts[1] + ".", "another's payload": parts[0] + "." + parts[1] + "x." + parts[2],
		"another key":               joined(asJSON(map[string]any{"alg": "ES256", "kid": evil.public.ID, "typ": "JWT"}), asJSON(claims), evil.sign),
		"another key under our kid": joined(asJSON(map[string]any{"alg": "ES256", "kid": keyIDOf(t, parts[0]), "typ": "JWT"}), asJSON(claims), evil.sign),
		"nonsense":                  "e30.e30.e30", "a word": "x", "an access token": w.redeem(auth, params("app"))["access_token"].(string),
	} {
		for _, with := range [][]string{nil, {"client_id", "app"}} {
			out, err := w.leave(b, append(with, "id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "s")...)
			if err != nil || out.Sure || out.To() != "" || out.Doubt == nil || out.Doubt.Code != "E-LOGOUT-01" {
				t.Errorf("%s: %+v %v", name, out, err)
			}
			agreed, err := w.ResumeEndSession(t.Context(), out.Sealed, b)
			if err != nil || agreed.To() != "" {
				t.Errorf("%s, when the person agrees: %+v %v", name, agreed, err)
			}
		}
	}
	_, err := w.leave(b, "id_token_hint", token, "client_id", "other", "post_logout_redirect_uri", bye)
	wantCode(t, err, "E-LOGOUT-02")
	_, err = w.leave(b, "client_id", "nobody", "post_logout_redirect_uri", bye)
	wantCode(t, err, "E-CLIENT-01")
	_, err = w.leave(b, "id_token_hint", token, "state", "a\nb")
	wantCode(t, err, "E-REQ-01")
	w.pass(10 * 24 * time.Hour)
	if _, err := w.ring.Rotate(t.Context(), "RS256", true); err != nil {
		t.Fatal(err)
	}
	if out, err := w.leave(b, "id_token_hint", token, "post_logout_redirect_uri", bye); err != nil || !out.Sure || out.To() != bye {
		t.Errorf("an expired ID token: %+v %v", out, err)
	}
}

// What is sealed for one browser leads nowhere from another, when it is old, or when the client's record has changed.
func TestAttack_AL02_TheSealedRequestIsBound(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", PostLogoutRedirectURIs: []string{bye}})
	b := w.signIn(w.ada)
	sealed := func() string {
		out, err := w.leave(b, "client_id", "app", "post_logout_redirect_uri", bye, "state", "s")
		if err != nil {
			t.Fatal(err)
		}
		return out.Sealed
	}
	leads := func(text string, b provider.Browser) string {
		out, err := w.ResumeEndSession(t.Context(), text, b)
		if err != nil {
			t.Fatal(err)
		}
		return out.To()
	}
	if got := leads(sealed(), b); got != bye+"?state=s" {
		t.Errorf("agreed: %q", got)
	}
	for name, got := range map[string]string{
		"another browser": leads(sealed(), provider.Browser{Binding: "x"}), "no browser": leads(sealed(), provider.Browser{}), "changed": leads(sealed()+"A", b), "empty": leads("", b),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	old := sealed()
	w.pass(31 * time.Minute)
	if got := leads(old, b); got != "" {
		t.Errorf("after half an hour: %q", got)
	}
	late := sealed()
	if err := w.EditClient(t.Context(), "app", func(c *provider.Client) error { c.PostLogoutRedirectURIs = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	if got := leads(late, b); got != "" {
		t.Errorf("after it was taken off the record: %q", got)
	}
}
