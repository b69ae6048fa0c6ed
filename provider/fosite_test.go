package provider_test

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

// Nobody mends fosite any more, so each fault that is known of it has a test here that holds our seam around it. The comment
// tells what fosite does by itself.

// fosite deletes the PKCE session before it compares, and leaves the code as it is: a stolen code that was tried without a
// verifier, and refused, was good at the second try, also without one.
func TestFosite_PKCERetry(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, PKCEOptional: true})
	stolen := codeForm(w.code(w.signIn(w.ada), params("app")))
	stolen.Del("code_verifier")
	for range 3 {
		_, e := w.token(auth, stolen)
		wantOAuth(t, e, 400, "invalid_grant")
	}
}

// fosite reads a code outside of the transaction that spends it, and spends it whether or not it still is as it was read: two
// requests got tokens, or the loser a 500.
func TestFosite_DoubleRedemption(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	form := codeForm(w.code(w.signIn(w.ada), params("app")))
	var first *provider.Error
	w.tap.before = func(storage.Batch) {
		w.tap.before = nil
		_, first = w.token(auth, form)
	}
	_, second := w.token(auth, form)
	if first != nil {
		t.Error("the first:", first)
	}
	wantOAuth(t, second, 400, "invalid_grant")
}

// fosite looks at reuse before it compares the client: a client that got hold of another's rotated token could end the
// other's grant. Its errors for bad refresh tokens are invalid_request and scope_not_granted, which no specification knows
// there.
func TestFosite_RefreshReuseByAnotherClient(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	first := c.signedIn(w, "rotate")
	second := c.mustRefresh(w, "rotate", first["refresh_token"])
	third := c.mustRefresh(w, "rotate", second["refresh_token"])
	for _, bad := range []any{first["refresh_token"], second["refresh_token"], third["refresh_token"], "x", "srt_x", "", first["access_token"], first["id_token"]} {
		_, e := c.refreshed(w, "app", bad)
		wantOAuth(t, e, 400, "invalid_grant")
	}
	c.mustRefresh(w, "rotate", third["refresh_token"])
}

// fosite's validator of JWT access tokens takes ID tokens, and loses the audience on the way.
func TestFosite_IDTokenIsNoAccessToken(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "jwt:" + w.client(provider.Client{ID: "jwt", FirstParty: true, AccessToken: "jwt", Audience: []string{"https://api.test"}})
	answer := w.redeem(auth, params("jwt", "resource", "https://api.test"))
	if _, e := w.userInfo(answer["id_token"]); e == nil || e.Status != 401 {
		t.Errorf("userinfo takes an ID token: %v", e)
	}
	if w.active(auth, answer["id_token"]) {
		t.Error("introspection takes an ID token")
	}
	facts, err := w.introspect(post(auth, url.Values{"token": {answer["access_token"].(string)}}))
	if aud, _ := facts["aud"].([]string); err != nil || !slices.Equal(aud, []string{"https://api.test", issuer}) {
		t.Errorf("audience %v, %v", facts["aud"], err)
	}
}

// fosite takes unsigned request objects unless the client's record names an algorithm, checks neither who signed them nor for
// whom, adds their scopes to those outside, ignores them without openid, makes %!s(int64=1) of numbers, and fetches them from
// wherever request_uri says.
func TestFosite_RequestObjects(t *testing.T) {
	w := newStillWorld(t, nil)
	k, stranger := newAssertionKey(t), newAssertionKey(t)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, JWKS: k.jwks})
	b := w.signIn(w.ada)
	inside := w.objectClaims(params("app", "scope", "email", "max_age", ""), map[string]any{"max_age": 1000})
	for _, scope := range []string{"openid profile", "email"} {
		outside := params("app", "scope", scope)
		for name, text := range map[string]string{
			"unsigned": joined(`{"alg":"none"}`, asJSON(inside), func(string) []byte { return nil }), "a stranger's": stranger.object(t, inside),
			"for nobody": k.object(t, with(inside, "aud", nil)), "of nobody": k.object(t, with(inside, "iss", nil)), "none": "x", "a space": " ",
		} {
			outside.Set("request", text)
			if _, err := w.Authorize(t.Context(), outside, b); told(err).Get("error") != "invalid_request_object" || told(err).Get("state") != "s-1" {
				t.Errorf("%s, scope %s outside: %v", name, scope, err)
			}
		}
		outside.Set("request", k.object(t, inside))
		answer, e := w.token(auth, codeForm(w.code(b, outside)))
		if e != nil || answer["scope"] != "email" {
			t.Errorf("scope %s outside: %v %v", scope, answer["scope"], e)
		}
		outside.Del("request")
		for _, uri := range []string{"https://app.example.test/request.jwt", "http://127.0.0.1:9/", "urn:example:request_uri:x", "file:///etc/passwd", "x"} {
			outside.Set("request_uri", uri)
			if _, err := w.Authorize(t.Context(), outside, b); told(err).Get("error") != "invalid_request_uri" || provider.AsError(err).Code != "E-REQ-11" {
				t.Errorf("request_uri %q: %v", uri, err)
			}
		}
	}
}

// fosite matches http://127.0.0.1:1 to a registered https://127.0.0.1, overlooks user info, and takes %2F for a slash.
func TestFosite_LoopbackMixesNothing(t *testing.T) {
	for requested, registered := range map[string]string{
		"http://127.0.0.1:1234/cb": "https://127.0.0.1/cb", "http://evil@127.0.0.1:99/cb": "http://127.0.0.1/cb", "http://user:pw@127.0.0.1:1/cb": "http://127.0.0.1/cb", "http://127.0.0.1:1/a%2Fb": "http://127.0.0.1/a/b",
	} {
		if provider.MatchRedirect(registered, requested) {
			t.Errorf("%s is taken for %s", requested, registered)
		}
	}
}

// fosite compares scopes, grant types and response types without regard to case: OPENID brought an ID token, and a client
// with the grant type Refresh_Token refresh tokens.
func TestFosite_CaseMatters(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, Scopes: []string{"OPENID", "Offline_Access", "email"}})
	answer, e := w.token(auth, codeForm(w.code(w.signIn(w.ada), params("app", "scope", "OPENID Offline_Access email"))))
	if e != nil || answer["id_token"] != nil || answer["refresh_token"] != nil {
		t.Errorf("%v %v", answer, e)
	}
	if _, e := w.userInfo(answer["access_token"]); e == nil || e.OAuth != "insufficient_scope" {
		t.Errorf("userinfo for OPENID: %v", e)
	}
	for _, c := range []provider.Client{{ID: "a", GrantTypes: []string{"Authorization_Code"}}, {ID: "b", ResponseTypes: []string{"CODE"}}, {ID: "c", AuthMethod: "NONE"}} {
		c.RedirectURIs = []string{callback}
		if _, err := w.AddClient(t.Context(), &c); err == nil {
			t.Errorf("registered: %+v", c)
		}
	}
}

// fosite lets the bearer of any access token of any client introspect whatever they like, and says of a refresh token that it
// ends with its access token.
func TestFosite_IntrospectionNeedsAClient(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	answer, own := c.signedIn(w, "app"), c.signedIn(w, "jwt")
	for _, bearer := range []any{answer["access_token"], own["access_token"], answer["refresh_token"]} {
		for _, kind := range []string{"access_token", "refresh_token"} {
			r := post("", url.Values{"token": {answer[kind].(string)}})
			r.Header.Set("Authorization", "Bearer "+bearer.(string))
			facts, err := w.introspect(r)
			if e := provider.AsError(err); e == nil || e.Status != 401 || facts != nil {
				t.Errorf("%s by bearer: %v %v", kind, facts, err)
			}
		}
	}
	for kind, life := range map[string]time.Duration{"access_token": 15 * time.Minute, "refresh_token": 30 * 24 * time.Hour} {
		facts, err := w.introspect(post(c.auth["app"], url.Values{"token": {answer[kind].(string)}}))
		if err != nil || facts["exp"] != w.now().Add(life).Unix() {
			t.Errorf("%s: exp %v, %v", kind, facts["exp"], err)
		}
	}
}

// fosite compares the redirect address at the token endpoint with what a list of names let it keep; a list without
// redirect_uri switches the comparison off without a word.
func TestFosite_RedirectIsComparedAtTheTokenEndpoint(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RedirectURIs: []string{callback, callback + "2"}})
	form := codeForm(w.code(w.signIn(w.ada), params("app")))
	form.Set("redirect_uri", callback+"2")
	_, e := w.token(auth, form)
	wantOAuth(t, e, 400, "invalid_grant")
}

// fosite puts its hints, and in them what the request said, into error_description: line breaks, quotes and letters beyond
// ASCII went into redirects and JSON.
func TestFosite_ErrorTextsAreFixed(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	fixed := map[string]bool{}
	for _, entry := range provider.Catalogue() {
		if fixed[entry.Description] = true; entry.Description == "" || strings.ContainsFunc(entry.Description, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			t.Errorf("%s: %q", entry.Code, entry.Description)
		}
	}
	const evil = "\u00e9\r\n\t\"\\\x00<script>"
	for _, b := range []provider.Browser{{Binding: "b"}, w.signIn(w.ada)} {
		for name := range params("app", "response_mode", "x", "prompt", "x", "max_age", "x", "audience", "x", "resource", "x", "id_token_hint", "x", "request", "x", "registration", "x") {
			_, err := w.Authorize(t.Context(), params("app", name, evil), b)
			if e := provider.AsError(err); e == nil || !fixed[e.Description] || e.Status >= 500 || e.Answer != nil && !fixed[e.Answer.Params.Get("error_description")] {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, name := range []string{"grant_type", "code", "redirect_uri", "code_verifier", "client_id", "scope", "resource", "refresh_token"} {
		for _, typ := range []string{"authorization_code", "refresh_token", "client_credentials"} {
			form := codeForm("x")
			form.Set("grant_type", typ)
			form.Set(name, evil)
			if _, e := w.token(auth, form); e == nil || !fixed[e.Description] || e.Status >= 500 {
				t.Errorf("%s: %v", name, e)
			}
		}
	}
}

// fosite looks an empty signature up in the storage when a token has none.
func TestFosite_MalformedTokensAreNotLookedUp(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	if _, e := c.refreshed(w, "app", "x"); e == nil {
		t.Fatal("refreshed") // and the client is cached
	}
	w.tap.reset(nil)
	for _, text := range []string{"", ".", "..", "x", "x.", ".x", "a.b.c", "sat_", "srt_", "sac_", "sat_.", "srt_AAAA", "ory_at_x.y", "\x00", "%"} {
		_, _ = w.token(c.auth["app"], codeForm(text))
		_, _ = w.token(c.auth["app"], refreshForm(text))
		_, _ = w.userInfo(text)
		_, _ = w.Introspect(t.Context(), post(c.auth["app"], url.Values{"token": {text}}))
		_ = w.Revoke(t.Context(), post(c.auth["app"], url.Values{"token": {text}}))
	}
	if reads, writes := w.tap.counted(); reads+writes != 0 {
		t.Errorf("%d reads, %d batches for tokens that are none", reads, writes)
	}
}

// fosite swallows a failing storage at the revocation endpoint and answers 200. It hands the store no session there, which a
// store that fills one in does not survive.
func TestFosite_RevocationFailsAloud(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, kind := range []string{"access_token", "refresh_token"} {
		form := url.Values{"token": {c.signedIn(w, "app")[kind].(string)}}
		w.tap.reset(func(_ int, write bool) error {
			if write {
				return storage.ErrFull
			}
			return nil
		})
		e := provider.AsError(w.Revoke(t.Context(), post(c.auth["app"], maps.Clone(form))))
		w.tap.reset(nil)
		wantOAuth(t, e, 503, "temporarily_unavailable")
		if !w.says(c.auth["app"], form.Get("token")) {
			t.Error("not revoked, and dead")
		}
		if err := w.Revoke(t.Context(), post(c.auth["app"], form)); err != nil || w.says(c.auth["app"], form.Get("token")) {
			t.Errorf("tried again: %v", err)
		}
	}
}

// fosite keeps the JWT's claims with the session: iat and the key's id stay those of the first issue, after a refresh and
// after the keys have rotated.
func TestFosite_RefreshedTokensAreNew(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "jwt:" + w.client(provider.Client{ID: "jwt", FirstParty: true, AccessToken: "jwt", AccessTokenAlg: "ES256", IDTokenAlg: "ES256"})
	first := w.redeem(auth, params("jwt", "scope", "openid offline_access"))
	w.pass(time.Hour)
	if _, err := w.ring.Rotate(t.Context(), "ES256", true); err != nil {
		t.Fatal(err)
	}
	second, e := w.token(auth, refreshForm(first["refresh_token"]))
	if e != nil {
		t.Fatal(e)
	}
	for _, kind := range []string{"id_token", "access_token"} {
		before, after := w.claimsOf(first[kind]), w.claimsOf(second[kind])
		head := func(a map[string]any) string { h, _, _ := strings.Cut(a[kind].(string), "."); return h }
		if number(after["iat"]) != w.now().Unix() || number(before["iat"]) == number(after["iat"]) || head(first) == head(second) || after["rat"] != nil {
			t.Errorf("%s: issued %v, then %v", kind, before, after)
		}
	}
	if claims := w.claimsOf(second["id_token"]); number(claims["auth_time"]) != number(w.claimsOf(first["id_token"])["auth_time"]) {
		t.Errorf("auth_time moved: %v", claims)
	}
	if out, err := w.Authorize(t.Context(), params("jwt", "prompt", "none", "id_token_hint", first["id_token"].(string)), w.signIn(w.ada)); err != nil || out.Answer == nil {
		t.Errorf("a hint that the former key signed: %v", err)
	}
}

// fosite demands a state, and gives back an empty one that nobody sent; it adds the scope to the answer.
func TestFosite_AnswerHasWhatBelongsThere(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	for state, want := range map[string][]string{"": {"code", "iss"}, "s": {"code", "iss", "state"}} {
		for _, p := range []url.Values{params("app", "state", state), params("app", "state", state, "nonce", "")} {
			out, err := w.Authorize(t.Context(), p, b)
			if err != nil || out.Answer == nil || !slices.Equal(slices.Sorted(maps.Keys(out.Answer.Params)), want) {
				t.Errorf("%q: %+v %v", state, out.Answer, err)
			}
		}
		if _, err := w.Authorize(t.Context(), params("app", "state", state, "scope", "admin"), b); told(err).Has("state") != (state != "") {
			t.Errorf("%q: %v", state, told(err))
		}
	}
}

// fosite compares times in full precision with times in seconds: prompt=login was refused to whoever signed in within the
// second of the request.
func TestFosite_PromptLoginWithinASecond(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	out, err := w.Authorize(t.Context(), params("app", "prompt", "login", "max_age", "0"), b)
	if err != nil || out.Step == nil {
		t.Fatal(out, err)
	}
	sealed, err := w.ProveLogin(t.Context(), out.Step.Request, b, w.ada.Subject)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = w.Resume(t.Context(), sealed, w.signIn(w.ada)); err != nil || out.Answer == nil {
		t.Errorf("%+v %v", out, err)
	}
}

// fosite remembers an assertion's jti before it looks at the audience: whoever sees one that was meant for another server
// could use it up here.
func TestFosite_RefusedAssertionBurnsNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "svc", AuthMethod: "private_key_jwt", JWKS: k.jwks, GrantTypes: []string{"client_credentials"}})
	for _, aud := range []string{"https://other.test", issuer} {
		_, e := w.token("", assertionForm(k.assertion(t, "svc", w.now(), map[string]any{"jti": "once", "aud": aud}), url.Values{"grant_type": {"client_credentials"}}))
		if (e == nil) != (aud == issuer) {
			t.Errorf("%s: %v", aud, e)
		}
	}
}

// fosite's own configuration fills itself in at first use, without a lock; ours never changes. It takes the race detector to
// see the difference.
func TestFosite_FirstUseByManyAtOnce(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	b := w.signIn(w.ada)
	n := w.afresh(nil)
	var all sync.WaitGroup
	for range 8 {
		for _, id := range []string{"app", "jwt", "rotate", "public"} {
			all.Go(func() {
				out, err := n.Authorize(context.Background(), params(id, "scope", "openid email offline_access"), b)
				if err != nil || out.Answer == nil {
					t.Error(id, err)
					return
				}
				answer, e := n.token(c.auth[id], c.as(n, id, codeForm(out.Answer.Params.Get("code"))))
				if e != nil {
					t.Error(id, e)
					return
				}
				if _, e := n.userInfo(answer["access_token"]); e != nil {
					t.Error(id, e)
				}
				if next, e := c.refreshed(n, id, answer["refresh_token"]); e != nil || next["access_token"] == nil {
					t.Error(id, e)
				}
				if err := n.Revoke(context.Background(), post(c.auth[id], c.as(n, id, url.Values{"token": {answer["access_token"].(string)}}))); err != nil {
					t.Error(id, err)
				}
			})
		}
	}
	all.Wait()
}
