package provider_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
)

func TestAttack_AB01_CodeReplay(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, id := range []string{"app", "jwt", "rotate", "public", "signed"} {
		form := codeForm(w.code(w.signIn(w.ada), params(id, "scope", "openid offline_access")))
		answer, e := w.token(c.auth[id], c.as(w, id, form))
		if e != nil {
			t.Fatal(id, e)
		}
		heard := w.refusals()
		w.tap.reset(nil)
		_, e = w.token(c.auth[id], c.as(w, id, form))
		wantOAuth(t, e, 400, "invalid_grant")
		if _, writes := w.tap.counted(); writes != 1 {
			t.Errorf("%s: the replay wrote %d batches", id, writes)
		}
		if _, e := w.userInfo(answer["access_token"]); e == nil || e.Status != 401 {
			t.Errorf("%s: the access token outlives the replay: %v", id, e)
		}
		_, e = w.token(c.auth[id], c.as(w, id, refreshForm(answer["refresh_token"])))
		wantOAuth(t, e, 400, "invalid_grant")
		if w.refusals() < heard+2 {
			t.Errorf("%s: nobody heard of the replay", id)
		}
	}
}

// The lifetimes of a client may change between a code's first and its second use; the second use ends the grant of the first
// all the same.
func TestAttack_AB01_CodeReplayAfterTheClientChanged(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	for name, change := range map[string]func(c *provider.Client){
		"access":  func(c *provider.Client) { c.Lifetimes.Access += 60 },
		"refresh": func(c *provider.Client) { c.Lifetimes.RefreshMax += 86400 },
		"always":  func(c *provider.Client) { c.RefreshAlways = !c.RefreshAlways },
	} {
		for _, scope := range []string{"openid", "openid offline_access"} {
			form := codeForm(w.code(w.signIn(w.ada), params("app", "scope", scope)))
			answer, e := w.token(auth, form)
			if e != nil {
				t.Fatal(e)
			}
			if err := w.EditClient(t.Context(), "app", func(c *provider.Client) error { change(c); return nil }); err != nil {
				t.Fatal(err)
			}
			_, e = w.token(auth, form)
			wantOAuth(t, e, 400, "invalid_grant")
			if w.active(auth, answer["access_token"]) {
				t.Errorf("%s, %s: the first use's token lives on", name, scope)
			}
		}
	}
}

// Of all combinations of what can be wrong with a code only the one with nothing wrong gets tokens. Another client's attempt
// neither spends a code nor ends what came of it (A-B04).
func TestAttack_AB03_AB04_AB05_TruthTableOfTheCode(t *testing.T) {
	w := newStillWorld(t, nil)
	app := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	other := "other:" + w.client(provider.Client{ID: "other", FirstParty: true})
	for row := range 1 << 5 {
		wrongClient, expired, wrongRedirect, wrongVerifier, used := row&1 != 0, row&2 != 0, row&4 != 0, row&8 != 0, row&16 != 0
		good := codeForm(w.code(w.signIn(w.ada), params("app", "scope", "openid offline_access")))
		var first map[string]any
		if used {
			var e *provider.Error
			if first, e = w.token(app, good); e != nil {
				t.Fatal(e)
			}
		}
		auth, form := app, url.Values{}
		for name, values := range good {
			form[name] = values
		}
		if wrongClient {
			auth = other
		}
		if expired {
			w.pass(time.Minute)
		}
		if wrongRedirect {
			form.Set("redirect_uri", callback+"/")
		}
		if wrongVerifier {
			form.Set("code_verifier", verifier+"x")
		}
		_, e := w.token(auth, form)
		if (e == nil) != (row == 0) || e != nil && (e.OAuth != "invalid_grant" || e.Status != 400) {
			t.Errorf("row %05b: %v", row, e)
		}
		if untouched := wrongClient || expired; used && w.active(app, first["access_token"]) != untouched {
			t.Errorf("row %05b: the tokens of the first use: alive is not %v", row, untouched)
		}
		if !used {
			_, e := w.token(app, good)
			if stillGood := wrongClient && !expired; (e == nil) != stillGood {
				t.Errorf("row %05b, then without fault: %v", row, e)
			}
		}
	}
}

// Leaving the redirect address out at the token endpoint is as wrong as another one; where it was left out before, it is not.
func TestAttack_AB05_RedirectLeftOut(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	for _, uri := range []string{"", strings.ToUpper(callback), callback + "?", callback + " "} {
		form := codeForm(w.code(w.signIn(w.ada), params("app")))
		form.Set("redirect_uri", uri)
		_, e := w.token(auth, form)
		wantOAuth(t, e, 400, "invalid_grant")
	}
	form := codeForm(w.code(w.signIn(w.ada), params("app", "redirect_uri", "", "scope", "email")))
	form.Del("redirect_uri")
	if _, e := w.token(auth, form); e != nil {
		t.Error(e)
	}
}

// A code ends with its minute: by the clock, not by a sweep. Nobody can configure it to live longer.
func TestAttack_AB06_CodeLivesForAMinuteAtMost(t *testing.T) {
	for _, life := range []time.Duration{0, time.Minute, 30 * time.Second, time.Hour} {
		w := newStillWorld(t, func(c *provider.Config) { c.Lifetimes.Code = life })
		auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
		lives := life
		if life == 0 || life > time.Minute {
			lives = time.Minute
		}
		for _, after := range []time.Duration{-30 * time.Second, 0, lives - time.Second, lives, lives + time.Second, lives + 30*time.Second} {
			form := codeForm(w.code(w.signIn(w.ada), params("app")))
			w.pass(after)
			_, e := w.token(auth, form)
			if (e == nil) != (after < lives) || e != nil && e.OAuth != "invalid_grant" {
				t.Errorf("life %s, after %s: %v", life, after, e)
			}
			w.pass(2 * time.Minute)
		}
	}
}

// sequences are all sequences of up to n of the words.
func sequences(n int, words ...string) [][]string {
	all := [][]string{}
	level := [][]string{{}}
	for range n {
		var next [][]string
		for _, s := range level {
			for _, word := range words {
				next = append(next, append(slices.Clone(s), word))
			}
		}
		all, level = append(all, next...), next
	}
	return all
}

// A verifier has one try. fosite forgets the challenge before it compares, so that after a wrong try one without a verifier
// passed.
func TestAttack_AB07_VerifierHasOneTry(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	c.auth["lax"] = "lax:" + w.client(provider.Client{ID: "lax", FirstParty: true, PKCEOptional: true})
	verifiers := map[string]string{"good": verifier, "bad": strings.Repeat("b", 43)}
	for _, kind := range []struct {
		id, needs string
		change    []string
	}{
		{"public", "good", nil}, {"app", "good", nil}, {"lax", "good", nil},
		{"lax", "none", []string{"code_challenge", "", "code_challenge_method", ""}},
	} {
		b := w.signIn(w.ada)
		for _, tries := range sequences(3, "good", "bad", "none") {
			form := c.as(w, kind.id, codeForm(w.code(b, params(kind.id, kind.change...))))
			for i, try := range tries {
				if form.Del("code_verifier"); verifiers[try] != "" {
					form.Set("code_verifier", verifiers[try])
				}
				_, e := w.token(c.auth[kind.id], form)
				if want := i == 0 && try == kind.needs; (e == nil) != want || e != nil && (e.OAuth != "invalid_grant" || e.Status != 400) {
					t.Errorf("%s %v: %v, try %d: %v", kind.id, kind.change, tries, i+1, e)
				}
			}
		}
	}
}

func TestAttack_AB07_ShapesOfVerifiers(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	for v, want := range map[string]bool{
		strings.Repeat("a", 43): true, strings.Repeat("a", 128): true, strings.Repeat("-._~", 11): true,
		strings.Repeat("a", 42): false, strings.Repeat("a", 129): false, strings.Repeat("a", 43) + "+": false, strings.Repeat("a", 43) + "=": false,
		strings.Repeat("a", 43) + " ": false, strings.Repeat("a", 43) + "\n": false, strings.Repeat("\u00e9", 43): false, strings.Repeat("a", 43) + "\x00": false,
	} {
		form := codeForm(w.code(b, params("app", "code_challenge", challenge(v))))
		form.Set("code_verifier", v)
		if _, e := w.token(auth, form); (e == nil) != want || e != nil && e.OAuth != "invalid_grant" {
			t.Errorf("verifier %.45q of %d bytes: %v", v, len(v), e)
		}
		form = codeForm(w.code(b, params("app", "code_challenge", challenge(v))))
		form.Set("code_verifier", challenge(v))
		if _, e := w.token(auth, form); e == nil {
			t.Errorf("the challenge itself passes as the verifier %.45q", v)
		}
	}
	form := codeForm(w.code(b, params("app")))
	form.Set("code_verifier", verifier+"x")
	_, e := w.token(auth, form)
	wantCode(t, e, "E-PKCE-02")
}

func TestAttack_AB11_GrantTypes(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", GrantTypes: []string{"authorization_code"}})
	for _, typ := range []string{
		"", "password", "implicit", "Authorization_Code", "AUTHORIZATION_CODE", "authorization_code ", " authorization_code", "authorization_code refresh_token", "code", "none",
		"device_code", "URN:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba", "\x00",
	} {
		_, e := w.token(auth, url.Values{"grant_type": {typ}, "username": {"ada"}, "password": {"x"}, "code": {"x"}, "refresh_token": {"x"}, "assertion": {"x"}, "device_code": {"x"}, "subject_token": {"x"}})
		wantOAuth(t, e, 400, "unsupported_grant_type")
	}
	_, e := w.token(auth, url.Values{"code": {"x"}})
	wantOAuth(t, e, 400, "unsupported_grant_type")
	for _, typ := range []string{"refresh_token", "client_credentials", provider.GrantDevice} {
		_, e := w.token(auth, url.Values{"grant_type": {typ}, "refresh_token": {"x"}})
		wantOAuth(t, e, 400, "unauthorized_client")
	}
	c := provider.Client{ID: "new", GrantTypes: []string{"password"}, RedirectURIs: []string{callback}}
	if _, err := w.AddClient(t.Context(), &c); err == nil {
		t.Error("a client may have the password grant")
	}
}

// What is granted is within what was consented to, and that within what the client may ask for; at every grant type.
func TestAttack_AB12_ScopesNeverGrow(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", Scopes: []string{"openid", "email", "offline_access"}})
	svc := "svc:" + w.client(provider.Client{ID: "svc", GrantTypes: []string{"client_credentials"}, Scopes: []string{"read", "openid", "offline_access"}})
	b := w.signIn(w.ada)
	for _, scope := range []string{"admin", "openid admin", "OPENID", "openid Email", "openid\temail", "openid\u00a0email", "openid,email", "openid email.", "*", "openid\x00", "e"} {
		if out, err := w.Authorize(t.Context(), params("app", "scope", scope), b); out.Answer != nil || told(err).Get("error") != "invalid_scope" {
			t.Errorf("authorize %q: %+v %v", scope, out, err)
		}
		if _, e := w.token(svc, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}); e == nil || e.OAuth != "invalid_scope" {
			t.Errorf("client credentials %q: %v", scope, e)
		}
	}
	for _, scope := range []string{"openid", "offline_access", "read openid", "read write", "READ"} {
		_, e := w.token(svc, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
		wantOAuth(t, e, 400, "invalid_scope")
	}
	form := codeForm(w.code(b, params("app", "scope", "openid offline_access")))
	form.Set("scope", "openid email offline_access admin")
	answer, e := w.token(auth, form)
	if e != nil || answer["scope"] != "openid offline_access" {
		t.Fatalf("a scope at the token endpoint: %v %v", answer, e)
	}
	for _, scope := range []string{"openid email", "email", "admin", "openid OFFLINE_ACCESS", "*"} {
		form := refreshForm(answer["refresh_token"])
		form.Set("scope", scope)
		_, e := w.token(auth, form)
		wantOAuth(t, e, 400, "invalid_scope")
	}
	form = refreshForm(answer["refresh_token"])
	form.Set("scope", "openid")
	less, e := w.token(auth, form)
	if e != nil || less["scope"] != "openid" {
		t.Fatalf("%v %v", less, e)
	}
	if info, e := w.userInfo(less["access_token"]); e != nil || info["email"] != nil {
		t.Errorf("userinfo says %v %v", info, e)
	}
	if again, e := w.token(auth, refreshForm(answer["refresh_token"])); e != nil || again["scope"] != "openid offline_access" {
		t.Errorf("less was asked once, and got for ever: %v %v", again, e)
	}
}

// An ID token fits its request, its client and its access token, and no other (OIDC Core §3.1.3.6).
func TestAttack_AB13_PartsOfAnswersBelongTogether(t *testing.T) {
	w := newStillWorld(t, nil)
	half := func(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]) }
	for alg, hash := range map[string]func(string) string{
		"":      func(s string) string { h := sha256.Sum256([]byte(s)); return half(h[:]) },
		"ES256": func(s string) string { h := sha256.Sum256([]byte(s)); return half(h[:]) },
		"ES384": func(s string) string { h := sha512.Sum384([]byte(s)); return half(h[:]) },
		"EdDSA": func(s string) string { h := sha512.Sum512([]byte(s)); return half(h[:]) },
	} {
		id := "app" + alg
		auth := id + ":" + w.client(provider.Client{ID: id, FirstParty: true, IDTokenAlg: alg})
		answer := w.redeem(auth, params(id, "nonce", "n-"+alg, "scope", "openid offline_access"))
		again, e := w.token(auth, refreshForm(answer["refresh_token"]))
		if e != nil {
			t.Fatal(e)
		}
		for _, a := range []map[string]any{answer, again} {
			claims := w.claimsOf(a["id_token"])
			if claims["at_hash"] != hash(a["access_token"].(string)) || claims["aud"] != id || claims["iss"] != issuer {
				t.Errorf("%s: %v", alg, claims)
			}
		}
		if claims := w.claimsOf(answer["id_token"]); claims["nonce"] != "n-"+alg {
			t.Errorf("%s: %v", alg, claims)
		}
	}
}

// Fifty people sign in at once, again and again: everybody's tokens are their own.
func TestAttack_AB14_EverybodysTokensAreTheirOwn(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenAlg: "ES256", IDTokenClaims: true})
	people := make([]*account.Person, 50)
	for i := range people {
		people[i] = w.person(fmt.Sprintf("person%d", i))
	}
	rounds := 20
	if raceDetector {
		rounds = 4
	}
	var all sync.WaitGroup
	for _, p := range people {
		b := w.signIn(p)
		all.Go(func() {
			for n := range rounds {
				nonce := fmt.Sprint(p.Username, "-", n)
				out, err := w.Authorize(t.Context(), params("app", "nonce", nonce, "state", nonce, "scope", "openid email offline_access"), b)
				if err != nil || out.Answer == nil || out.Answer.Params.Get("state") != nonce {
					t.Errorf("%s: %+v %v", nonce, out, err)
					return
				}
				answer, e := w.token(auth, codeForm(out.Answer.Params.Get("code")))
				if e != nil {
					t.Error(nonce, e)
					return
				}
				claims := w.claimsOf(answer["id_token"])
				info, e := w.userInfo(answer["access_token"])
				if e != nil || claims["sub"] != p.Subject || claims["nonce"] != nonce || claims["email"] != p.Email || info["sub"] != p.Subject || info["email"] != p.Email || claims["sid"] != b.Session.SID {
					t.Errorf("%s got the tokens of %v, %v (%v)", nonce, claims["sub"], info["sub"], e)
				}
			}
		})
	}
	all.Wait()
}

// A client's own token is nobody's: its subject is the client, whose id cannot be a person's subject.
func TestAttack_AB21_ClientsAreNotPeople(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, id := range []string{w.ada.Subject, "u_x", "u_" + strings.Repeat("a", 22)} {
		c := provider.Client{ID: id, RedirectURIs: []string{callback}}
		if _, err := w.AddClient(t.Context(), &c); err == nil {
			t.Errorf("a client may be called %s", id)
		}
	}
	c := addClients(w)
	for _, id := range []string{"app", "jwt", "signed"} {
		for _, scope := range []string{"", "read", "read email"} {
			answer, e := w.token(c.auth[id], c.as(w, id, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}))
			if e != nil {
				t.Fatal(e)
			}
			if answer["refresh_token"] != nil || answer["id_token"] != nil {
				t.Errorf("%s: %v", id, answer)
			}
			if info, e := w.userInfo(answer["access_token"]); e == nil || e.Status != 403 || info != nil {
				t.Errorf("%s, scope %q: userinfo says %v %v", id, scope, info, e)
			}
			facts, err := w.introspect(post(c.auth[id], c.as(w, id, url.Values{"token": {answer["access_token"].(string)}})))
			if err != nil || facts["sub"] != id || facts["username"] != nil {
				t.Errorf("%s: %v %v", id, facts, err)
			}
		}
	}
}
