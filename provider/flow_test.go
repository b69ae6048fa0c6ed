package provider_test

import (
	"net/url"
	"testing"
	"time"

	"signet/provider"
)

func TestCodeFlow(t *testing.T) {
	w := newWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", Name: "App"})
	ctx := t.Context()

	out, err := w.Authorize(ctx, params("app", "scope", "openid email offline_access"), provider.Browser{Binding: "b"})
	if err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
		t.Fatalf("%+v %v", out, err)
	}
	b := w.signIn(w.ada)
	b.Binding = "b"
	sealed, err := w.ProveLogin(ctx, out.Step.Request, b, w.ada.Subject)
	if err != nil {
		t.Fatal(err)
	}
	out, err = w.Resume(ctx, sealed, b)
	if err != nil || out.Step == nil || out.Step.Name != provider.StepConsent {
		t.Fatalf("%+v %v", out, err)
	}
	if sealed, err = w.Consent(ctx, out.Step.Request, b, true, false); err != nil {
		t.Fatal(err)
	}
	out, err = w.Resume(ctx, sealed, b)
	if err != nil || out.Answer == nil {
		t.Fatalf("%+v %v", out, err)
	}
	if p := out.Answer.Params; p.Get("iss") != issuer || p.Get("state") != "s-1" || p.Get("code") == "" {
		t.Fatalf("answer %v", p)
	}

	answer, e := w.token(auth, codeForm(out.Answer.Params.Get("code")))
	if e != nil {
		t.Fatal(e)
	}
	if answer["token_type"] != "Bearer" || answer["expires_in"] != int64(900) || answer["scope"] != "openid email offline_access" {
		t.Fatalf("%v", answer)
	}
	claims := w.claimsOf(answer["id_token"])
	for name, want := range map[string]any{"iss": issuer, "aud": "app", "sub": w.ada.Subject, "nonce": "n-1", "sid": b.Session.SID} {
		if claims[name] != want {
			t.Errorf("%s: got %v, want %v", name, claims[name], want)
		}
	}
	info, e := w.userInfo(answer["access_token"])
	if e != nil || info["email"] != "ada@example.test" || info["email_verified"] != true || info["sub"] != w.ada.Subject {
		t.Fatalf("%v %v", info, e)
	}
	if !w.active(auth, answer["access_token"]) || !w.active(auth, answer["refresh_token"]) {
		t.Fatal("tokens are not active")
	}
	again, e := w.token(auth, refreshForm(answer["refresh_token"]))
	if e != nil || !w.active(auth, again["access_token"]) || again["id_token"] == nil {
		t.Fatalf("%v %v", again, e)
	}
	if w.claimsOf(again["id_token"])["nonce"] != nil {
		t.Error("a nonce in a refreshed ID token")
	}
	if err := w.Revoke(ctx, post(auth, url.Values{"token": {answer["refresh_token"].(string)}})); err != nil {
		t.Fatal(err)
	}
	if w.active(auth, answer["access_token"]) || w.active(auth, again["access_token"]) {
		t.Fatal("revoking the refresh token must end its grant's access tokens")
	}
}

func TestClientCredentials(t *testing.T) {
	w := newWorld(t, nil)
	for _, format := range []string{"opaque", "jwt"} {
		id := "svc-" + format
		auth := id + ":" + w.client(provider.Client{ID: id, GrantTypes: []string{"client_credentials"}, Scopes: []string{"read", "write"}, Audience: []string{"https://api.test"}, AccessToken: format})
		answer, e := w.token(auth, url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}, "audience": {"https://api.test"}})
		if e != nil {
			t.Fatal(e)
		}
		if answer["refresh_token"] != nil || answer["id_token"] != nil || answer["scope"] != "read" {
			t.Fatalf("%v", answer)
		}
		if !w.active(auth, answer["access_token"]) {
			t.Fatal("not active")
		}
		if _, e := w.userInfo(answer["access_token"]); e == nil || e.Status != 401 {
			t.Fatalf("userinfo for a client's own token for another audience: %v", e)
		}
		if err := w.Revoke(t.Context(), post(auth, url.Values{"token": {answer["access_token"].(string)}})); err != nil {
			t.Fatal(err)
		}
		if w.active(auth, answer["access_token"]) {
			t.Fatal("active after revocation")
		}
		answer, e = w.token(auth, url.Values{"grant_type": {"client_credentials"}})
		if _, has := answer["scope"]; e != nil || has {
			t.Fatalf("without a scope: %v %v", answer, e)
		}
		_, e = w.token(auth, url.Values{"grant_type": {"client_credentials"}, "scope": {"admin"}})
		wantOAuth(t, e, 400, "invalid_scope")
		_, e = w.token(auth, url.Values{"grant_type": {"client_credentials"}, "resource": {"https://other.test"}})
		wantOAuth(t, e, 400, "invalid_target")
	}
}

func TestPublicClientRotates(t *testing.T) {
	w := newWorld(t, nil)
	w.client(provider.Client{ID: "spa", AuthMethod: "none", FirstParty: true})
	form := codeForm(w.code(w.signIn(w.ada), params("spa", "scope", "openid offline_access")))
	form.Set("client_id", "spa")
	answer, e := w.token("", form)
	if e != nil {
		t.Fatal(e)
	}
	use := func(token any) (map[string]any, *provider.Error) {
		form := refreshForm(token)
		form.Set("client_id", "spa")
		return w.token("", form)
	}
	second, e := use(answer["refresh_token"])
	if e != nil {
		t.Fatal(e)
	}
	if _, e := use(answer["refresh_token"]); e != nil {
		t.Fatal("the grace must give the successor again: ", e)
	}
	third, e := use(second["refresh_token"])
	if e != nil {
		t.Fatal(e)
	}
	_, e = use(answer["refresh_token"])
	wantOAuth(t, e, 400, "invalid_grant")
	_, e = use(third["refresh_token"])
	wantOAuth(t, e, 400, "invalid_grant") // the reuse has revoked the grant
}

func TestExpiry(t *testing.T) {
	w := newWorld(t, nil)
	w.still = time.Now().UnixNano() // seconds are counted here, and must not pass by themselves
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	code := w.code(w.signIn(w.ada), params("app"))
	w.pass(59 * time.Second)
	answer, e := w.token(auth, codeForm(code))
	if e != nil {
		t.Fatal(e)
	}
	w.pass(899 * time.Second)
	if !w.active(auth, answer["access_token"]) {
		t.Fatal("an access token must live for 15 minutes")
	}
	w.pass(time.Second)
	if w.active(auth, answer["access_token"]) {
		t.Fatal("an access token must not live longer than 15 minutes")
	}
	code = w.code(w.signIn(w.ada), params("app"))
	w.pass(60 * time.Second)
	_, e = w.token(auth, codeForm(code))
	wantOAuth(t, e, 400, "invalid_grant")
}

// A refresh token sent as a bearer token crashed the userinfo endpoint: fosite finds it to be a token, only not an access token.
func TestUserInfoRefusesOtherTokens(t *testing.T) {
	w := newWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	answer := w.redeem(auth, params("app", "scope", "openid offline_access"))
	for _, name := range []string{"refresh_token", "id_token"} {
		_, e := w.userInfo(answer[name])
		wantOAuth(t, e, 401, "invalid_token")
	}
}

func TestPKCEIsRequiredUnlessTheRecordRelaxesIt(t *testing.T) {
	w := newWorld(t, nil)
	w.client(provider.Client{ID: "strict", FirstParty: true})
	auth := "relaxed:" + w.client(provider.Client{ID: "relaxed", FirstParty: true, PKCEOptional: true})
	b := w.signIn(w.ada)
	without := func(id string) url.Values { return params(id, "code_challenge", "", "code_challenge_method", "") }
	_, err := w.Authorize(t.Context(), without("strict"), b)
	wantCode(t, err, "E-PKCE-01")
	form := codeForm(w.code(b, without("relaxed")))
	form.Del("code_verifier")
	if _, e := w.token(auth, form); e != nil {
		t.Fatal(e)
	}
	if _, err := w.AddClient(t.Context(), &provider.Client{ID: "spa", AuthMethod: "none", PKCEOptional: true, RedirectURIs: []string{callback}}); err == nil {
		t.Error("a public client may leave PKCE out")
	}
}

// Who may ask tokens for an API is not the API: only its resource server learns about tokens that others got for it.
func TestIntrospectionByResourceServer(t *testing.T) {
	w := newWorld(t, nil)
	const api = "https://api.test"
	caller := func(id string, c provider.Client) string {
		c.ID, c.GrantTypes = id, []string{"client_credentials"}
		return id + ":" + w.client(c)
	}
	auth := caller("caller", provider.Client{Audience: []string{api}})
	other := caller("other", provider.Client{Audience: []string{api}})
	server := caller("server", provider.Client{Resources: []string{api}})
	answer, e := w.token(auth, url.Values{"grant_type": {"client_credentials"}, "resource": {api}})
	if e != nil {
		t.Fatal(e)
	}
	for who, want := range map[string]bool{auth: true, server: true, other: false} {
		if got := w.active(who, answer["access_token"]); got != want {
			t.Errorf("%.6s: active %v, want %v", who, got, want)
		}
	}
}
