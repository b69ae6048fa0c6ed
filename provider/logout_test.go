package provider_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
	"signet/provider/outbound"
	"signet/storage"
)

// listener is a relying party that hears of sign-outs.
type listener struct {
	*httptest.Server
	mu     sync.Mutex
	forms  []url.Values
	status int
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{status: http.StatusOK}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
			t.Errorf("a %s to %s of %q: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
		}
		l.forms = append(l.forms, r.PostForm)
		w.WriteHeader(l.status)
	}))
	t.Cleanup(l.Close)
	return l
}

// heard are the forms that came since it was asked last.
func (l *listener) heard() []url.Values {
	l.mu.Lock()
	defer l.mu.Unlock()
	forms := l.forms
	l.forms = nil
	return forms
}

// reachesLoopback lets a provider reach this machine.
func reachesLoopback(c *provider.Config) {
	c.Outbound = outbound.New(outbound.Config{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

// end ends a browser's session and tells whoever is to be told now.
func (w *world) end(b provider.Browser) provider.Ended {
	w.t.Helper()
	out, err := w.End(w.t.Context(), b)
	if err == nil {
		err = w.TellClientsNow(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestBackchannel_TokenIsOfTheSession(t *testing.T) {
	for _, alg := range []string{"", "ES256", "EdDSA"} {
		w := newStillWorld(t, reachesLoopback)
		rp := listen(t)
		auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenAlg: alg, BackchannelLogoutURI: rp.URL + "/out", BackchannelLogoutSession: true})
		b, token := w.idToken(w.ada, auth)
		w.idToken(w.ada, auth) // another session
		if out := w.end(b); len(out.Told) != 1 || out.Told[0].ID != "app" || len(out.Frames) != 0 {
			t.Errorf("told %v in frames %v", out.Told, out.Frames)
		}
		forms := rp.heard()
		if len(forms) != 1 || len(forms[0]) != 1 {
			t.Fatalf("heard %v", forms)
		}
		wantLogoutToken(w, forms[0].Get("logout_token"), token, orRS256(alg))
		w.end(b)
		if forms := rp.heard(); len(forms) != 0 {
			t.Errorf("heard again: %v", forms)
		}
	}
}

func orRS256(alg string) string {
	if alg == "" {
		return "RS256"
	}
	return alg
}

// wantLogoutToken compares a logout token with what OIDC Back-Channel Logout §2.4 demands, and with an ID token of the session.
func wantLogoutToken(w *world, token, idToken, alg string) {
	w.t.Helper()
	set, err := keys.ParseJWKS(w.JWKS().Body, keys.Limits{})
	if err != nil {
		w.t.Fatal(err)
	}
	header, _, err := keys.VerifyWith(set, token, keys.VerifyOptions{Algorithms: []string{alg}, Types: []string{"logout+jwt"}})
	if err != nil || header.KeyID == "" {
		w.t.Fatalf("%+v %v", header, err)
	}
	claims, id := w.claimsOf(token), w.claimsOf(idToken)
	now := w.now().Unix()
	if claims["iss"] != issuer || claims["aud"] != "app" || claims["sub"] != id["sub"] || claims["sid"] != id["sid"] || claims["sid"] == "" {
		w.t.Errorf("%v for the ID token %v", claims, id)
	}
	if number(claims["iat"]) != now || number(claims["exp"]) <= now || number(claims["exp"]) > now+120 || claims["jti"] == "" {
		w.t.Errorf("times %v %v at %d, jti %v", claims["iat"], claims["exp"], now, claims["jti"])
	}
	events, _ := claims["events"].(map[string]any)
	event, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
	if len(events) != 1 || !ok || len(event) != 0 {
		w.t.Errorf("events %v", claims["events"])
	}
	if _, ok := claims["nonce"]; ok {
		w.t.Error("a logout token with nonce")
	}
}

// Each attempt has a token of its own, that is new by then.
func TestBackchannel_TokenIsMadeForEachAttempt(t *testing.T) {
	w := newStillWorld(t, reachesLoopback)
	rp := listen(t)
	rp.status = http.StatusServiceUnavailable
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, BackchannelLogoutURI: rp.URL})
	b, id := w.idToken(w.ada, auth)
	w.end(b)
	w.pass(time.Minute)
	w.end(provider.Browser{})
	forms := rp.heard()
	if len(forms) != 2 {
		t.Fatalf("heard %v", forms)
	}
	first, second := w.claimsOf(forms[0].Get("logout_token")), forms[1].Get("logout_token")
	wantLogoutToken(w, second, id, "RS256")
	if w.claimsOf(second)["jti"] == first["jti"] {
		t.Error("two attempts with one jti")
	}
}

// Only the clients of the session that want to know are told, in frames those that want frames.
func TestFrontchannel_Frames(t *testing.T) {
	w := newStillWorld(t, nil)
	b := w.signIn(w.ada)
	for id, c := range map[string]provider.Client{
		"silent": {}, "framed": {FrontchannelLogoutURI: "https://app.example.test/front"}, "elsewhere": {FrontchannelLogoutURI: "https://app.example.test/other"},
		"named": {FrontchannelLogoutURI: "https://app.example.test/front?a=b", FrontchannelLogoutSession: true},
	} {
		c.ID, c.FirstParty = id, true
		auth := id + ":" + w.client(c)
		if id == "elsewhere" {
			w.idToken(w.ada, auth)
		} else if _, e := w.token(auth, codeForm(w.code(b, params(id)))); e != nil {
			t.Fatal(e)
		}
	}
	clients, err := w.Participants(t.Context(), b)
	if err != nil || len(clients) != 2 || clients[0].ID != "framed" || clients[1].ID != "named" {
		t.Errorf("participants %v %v", clients, err)
	}
	out := w.end(b)
	want := []string{"https://app.example.test/front", "https://app.example.test/front?a=b&iss=" + url.QueryEscape(issuer) + "&sid=" + b.Session.SID}
	if !slices.Equal(out.Frames, want) {
		t.Errorf("frames %v, want %v", out.Frames, want)
	}
	if out, err = w.End(t.Context(), provider.Browser{}); err != nil || len(out.Told)+len(out.Frames) != 0 {
		t.Errorf("of nobody: %+v %v", out, err)
	}
}

// A client that gets its ID token at the authorization endpoint takes part, too.
func TestParticipate_FrontChannelTokens(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true, Scopes: []string{"openid"}, GrantTypes: []string{"implicit"}, ResponseTypes: []string{"id_token"},
		FrontchannelLogoutURI: "https://app.example.test/front"})
	b := w.signIn(w.ada)
	asked := params("app", "response_type", "id_token", "code_challenge", "", "code_challenge_method", "")
	if out, err := w.Authorize(t.Context(), asked, b); err != nil || out.Answer == nil || out.Answer.Params.Get("id_token") == "" {
		t.Fatalf("%+v %v", out, err)
	}
	if out := w.end(b); len(out.Frames) != 1 {
		t.Errorf("frames %v", out.Frames)
	}
	_, err := w.Authorize(t.Context(), asked, b)
	wantCode(t, err, "E-PROMPT-01")
}

// A code of a session that was ended is not redeemed by a client that would not be told any more, and not by one with offline access
// either: its ID token would say that the session is there.
func TestParticipate_NotInAnEndedSession(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, BackchannelLogoutURI: "https://app.example.test/out"})
	quiet := "quiet:" + w.client(provider.Client{ID: "quiet", FirstParty: true})
	for _, scope := range []string{"openid", "openid offline_access"} {
		b := w.signIn(w.ada)
		told, untold := w.code(b, params("app", "scope", scope)), w.code(b, params("quiet", "scope", scope))
		if err := w.endSession(b); err != nil {
			t.Fatal(err)
		}
		_, e := w.token(auth, codeForm(told))
		wantOAuth(t, e, 400, "invalid_grant")
		_, e = w.token(quiet, codeForm(untold))
		if offline := strings.Contains(scope, "offline"); (e == nil) != offline {
			t.Errorf("a client that is not told, %s: %v", scope, e)
		}
	}
}

// Between the look at the session and the write of the grant the session may be ended: then there is no grant.
func TestParticipate_RaceWithTheEnd(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, BackchannelLogoutURI: "https://app.example.test/out"})
	b := w.signIn(w.ada)
	code := w.code(b, params("app", "scope", "openid offline_access"))
	ended := false
	w.tap.before = func(batch storage.Batch) {
		if !ended && len(batch.If) > 1 {
			ended = true
			if err := w.endSession(b); err != nil {
				t.Error(err)
			}
		}
	}
	_, e := w.token(auth, codeForm(code))
	wantOAuth(t, e, 400, "invalid_grant")
	if !ended {
		t.Error("the session did not end in between")
	}
}

func TestClientCheck_LogoutAddresses(t *testing.T) {
	w := newStillWorld(t, nil)
	for uri, good := range map[string]bool{
		"https://app.example.test/x": true, "https://app.example.test:443/x": true, "https://app.example.test/x?y=z": true, "https://app.example.test:8443/x": false,
		"https://other.example.test/x": false, "http://app.example.test/x": false, "https://app.example.test/x#y": false, "com.example.app:/x": false, "x": false,
		"http://127.0.0.1:3000/x": true, "http://127.0.0.1/x": true, "http://localhost/x": false, "https://127.0.0.1/x": false, "https://u@app.example.test/x": false,
	} {
		_, err := w.AddClient(t.Context(), &provider.Client{RedirectURIs: []string{callback, "http://127.0.0.1/cb", "com.example.app:/cb"}, FrontchannelLogoutURI: uri})
		if (err == nil) != good {
			t.Errorf("frontchannel_logout_uri %q: %v", uri, err)
		}
	}
	for uri, good := range map[string]bool{
		"https://other.example.test/x": true, "https://other.example.test/x?y": true, "http://127.0.0.1:3000/x": true, "http://localhost/x": true,
		"http://other.example.test/x": false, "https://other.example.test/x#y": false, "com.example.app:/x": false, "x": false, "ftp://a.b/x": false,
	} {
		_, err := w.AddClient(t.Context(), &provider.Client{RedirectURIs: []string{callback}, BackchannelLogoutURI: uri})
		if (err == nil) != good {
			t.Errorf("backchannel_logout_uri %q: %v", uri, err)
		}
	}
}

// What the operator sees of a client's deliveries.
func TestDeliveries_OfAClient(t *testing.T) {
	w := newStillWorld(t, reachesLoopback)
	rp := listen(t)
	rp.status = http.StatusBadGateway
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, BackchannelLogoutURI: rp.URL})
	b, _ := w.idToken(w.ada, auth)
	w.end(b)
	state, err := w.Deliveries(context.Background(), "app")
	if err != nil || len(state.Waiting) != 1 || state.Waiting[0].Problem != "status 502" || state.LastFailure == nil || state.LastSuccess != nil {
		t.Errorf("%+v %v", state, err)
	}
	if _, err := w.Deliveries(context.Background(), "nobody"); err == nil {
		t.Error("deliveries of a client that is not there")
	}
}
