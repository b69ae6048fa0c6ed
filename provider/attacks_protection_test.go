package provider_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signet/keys"
	"signet/provider"
)

// at sends the form to an endpoint's path.
func at(path, auth string, form url.Values) *http.Request {
	r := post(auth, form)
	r.URL.Path = path
	return r
}

// A client whose record allows it may address the endpoint that it calls, or the token endpoint, or a list that has one of the
// issuer's names; no other server's, and no look-alike.
func TestAttack_AB19_EndpointAsAudience(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	for _, audience := range []string{"", "issuer", "endpoint"} {
		w.client(provider.Client{ID: "svc-" + audience, AuthMethod: "private_key_jwt", JWKS: k.jwks, AssertionAudience: audience, GrantTypes: []string{"client_credentials"}, Scopes: []string{"read"}})
	}
	ends := map[string]func(form url.Values) error{
		"/token": func(f url.Values) error {
			f.Set("grant_type", "client_credentials")
			return second(w.Token(t.Context(), at("/token", "", f)))
		},
		"/introspect": func(f url.Values) error {
			f.Set("token", "x")
			return second(w.Introspect(t.Context(), at("/introspect", "", f)))
		},
		"/revoke": func(f url.Values) error {
			f.Set("token", "x")
			return w.Revoke(t.Context(), at("/revoke", "", f))
		},
	}
	for path, call := range ends {
		for _, c := range []struct {
			aud  any
			want bool
		}{
			{issuer + "/token", true}, {issuer + path, true}, {[]string{issuer + path}, true}, {[]string{issuer, "https://other.test"}, true}, {[]string{"https://other.test", issuer + "/token"}, true},
			{issuer + "/par", false}, {issuer + "/", false}, {issuer + path + "/", false}, {issuer + path + "?x", false}, {strings.ToUpper(issuer + path), false}, {"http" + strings.TrimPrefix(issuer, "https") + path, false},
			{"https://evil.test" + path, false}, {issuer + ".evil.test" + path, false}, {path, false}, {[]string{"https://evil.test"}, false}, {[]string{}, false}, {"", false}, {nil, false}, {[]any{issuer, nil}, false}, {[]any{issuer, 1}, false},
			{map[string]string{"aud": issuer}, false}, {1, false}, {true, false}, {issuer + path + "\x00", false},
		} {
			for _, audience := range []string{"", "issuer", "endpoint"} {
				err := call(assertionForm(k.assertion(t, "svc-"+audience, w.now(), map[string]any{"aud": c.aud}), url.Values{}))
				if want := c.want && audience == "endpoint"; (err == nil) != want || err != nil && provider.AsError(err).OAuth != "invalid_client" {
					t.Errorf("%q at %s, aud %v: %v", audience, path, c.aud, err)
				}
			}
		}
		if err := call(assertionForm(k.assertion(t, "svc-endpoint", w.now(), nil), url.Values{})); err != nil {
			t.Errorf("the issuer at %s: %v", path, err)
		}
	}
}

// A signed answer says no more than a plain one: of what is none of the asker's business, that it is not active, and nothing
// else, to nobody but the asker.
func TestAttack_AC09_SignedIntrospectionSaysNoMore(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RefreshAlways: true})
	outsider := "outsider:" + w.client(provider.Client{ID: "outsider", JWKS: theReader().jwks(), IntrospectionEncryptionAlg: "ECDH-ES"})
	w.client(provider.Client{ID: "public", AuthMethod: "none"})
	answer := w.redeem(auth, params("app"))
	signed := func(auth, token, id string) (provider.Reply, error) {
		r := post(auth, url.Values{"token": {token}})
		if id != "" {
			r.PostForm.Set("client_id", id)
		}
		r.Header.Set("Accept", "application/token-introspection+jwt")
		return w.Introspect(context.Background(), r)
	}
	for _, token := range []string{answer["access_token"].(string), answer["refresh_token"].(string), answer["id_token"].(string), "x"} {
		reply, err := signed(outsider, token, "")
		if err != nil {
			t.Fatal(err)
		}
		claims := w.verified(unpacked(t, reply.JWT), "RS256", "token-introspection+jwt", "")
		want := map[string]any{"iss": issuer, "aud": "outsider", "iat": float64(w.now().Unix()), "token_introspection": map[string]any{"active": false}}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Error(diff)
		}
		for _, id := range []string{"", "public", "nobody"} {
			if reply, err := signed("", token, id); err == nil || provider.AsError(err).Status != 401 || reply.JWT != "" || reply.Members != nil {
				t.Errorf("to %q: %+v, %v", id, reply, err)
			}
		}
	}
}

// Everything signed that a client is sent is good for what it was sent for, and for nothing else.
func TestAttack_AD10_SignedAnswersAreNoTokens(t *testing.T) {
	w := newStillWorld(t, nil)
	b := w.signIn(w.ada)
	for _, alg := range []string{"RS256", "HS256"} {
		id := "app-" + alg
		auth := id + ":" + w.client(provider.Client{ID: id, FirstParty: true, AccessToken: "jwt", IDTokenAlg: alg, UserInfoAlg: alg, AuthorizationAlg: alg, IntrospectionAlg: alg})
		_, secret, _ := strings.Cut(auth, ":")
		s := w.receive(id, secret)
		hint := func(text string) bool {
			out, err := w.Authorize(t.Context(), params(id, "prompt", "none", "id_token_hint", text), b)
			return err == nil && out.Answer != nil
		}
		if !hint(s.idToken) {
			t.Fatalf("%s: a good hint is refused", alg)
		}
		for name, text := range map[string]string{"userinfo": s.userInfo, "authorization response": s.jarm, "introspection": s.aboutJWT, "access token": s.token["access_token"].(string)} {
			if hint(text) {
				t.Errorf("%s: %s as id_token_hint", alg, name)
			}
			end, err := w.EndSessionRequest(t.Context(), url.Values{"id_token_hint": {text}}, b)
			if err == nil && end.Doubt == nil {
				t.Errorf("%s: %s as hint of a logout", alg, name)
			}
		}
		for name, text := range map[string]string{"ID token": s.idToken, "userinfo": s.userInfo, "authorization response": s.jarm, "introspection": s.aboutJWT} {
			if _, e := w.userInfo(text); e == nil {
				t.Errorf("%s: %s as access token", alg, name)
			}
			if w.says(auth, text) {
				t.Errorf("%s: %s is said to be active", alg, name)
			}
			if w.proves(text) {
				t.Errorf("%s: %s as client assertion", alg, name)
			}
		}
	}
}

// secretPlace is a place that takes a JWT made with a client's secret.
type secretPlace struct {
	name   string
	claims func() map[string]any
	accept func(token string) bool
}

// secretWorld has a client "svc" that does everything with its secret, and one "keys" whose public key everybody knows.
func secretWorld(t *testing.T) (w *world, secret string, key assertionKey, places []secretPlace) {
	t.Helper()
	w = newStillWorld(t, nil)
	key = newAssertionKey(t)
	secret = w.client(provider.Client{ID: "svc", FirstParty: true, AuthMethod: "client_secret_jwt", AssertionAlg: "HS256", IDTokenAlg: "HS256", JWKS: key.jwks,
		GrantTypes: []string{"authorization_code", "client_credentials"}})
	w.client(provider.Client{ID: "keys", FirstParty: true, AuthMethod: "private_key_jwt", JWKS: key.jwks, GrantTypes: []string{"authorization_code", "client_credentials"}})
	b := w.signIn(w.ada)
	return w, secret, key, []secretPlace{
		{"client assertion", func() map[string]any {
			now := w.now().Unix()
			return map[string]any{"iss": "svc", "sub": "svc", "aud": issuer, "jti": newJTI(), "iat": now, "exp": now + 60}
		}, w.proves},
		{"id_token_hint", func() map[string]any {
			now := w.now().Unix()
			return map[string]any{"iss": issuer, "sub": w.ada.Subject, "aud": "svc", "iat": now, "exp": now + 60}
		}, func(token string) bool {
			out, err := w.Authorize(t.Context(), params("svc", "prompt", "none", "id_token_hint", token), b)
			return err == nil && out.Answer != nil
		}},
	}
}

func hs256(key string) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

// What takes a secret takes no key, no public key as secret, no other algorithm and no unsigned text; and what takes a key takes
// no secret.
func TestAttack_AD01_AD02_SecretsAndKeysStayApart(t *testing.T) {
	w, secret, key, places := secretWorld(t)
	der, err := x509.MarshalPKIXPublicKey(key.Public().Key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	wrong := map[string]string{"PEM": text, "DER": string(der), "JWK": asJSON(key.Public()), "JWKS": string(key.jwks), "nothing": "", "kid": key.KeyID, "32 zeros": strings.Repeat("\x00", 32), "half": secret[:32], "client_id": "svc"}
	for _, p := range places {
		payload := func() string { return asJSON(p.claims()) }
		if !p.accept(joined(`{"alg":"HS256","typ":"JWT"}`, payload(), hs256(secret))) {
			t.Fatalf("%s: a good token is refused", p.name)
		}
		for name, other := range wrong {
			if p.accept(joined(`{"alg":"HS256","typ":"JWT"}`, payload(), hs256(other))) {
				t.Errorf("%s: signed with %s", p.name, name)
			}
		}
		for _, alg := range []string{"none", "None", "nOnE", "", "HS384", "HS512", "hs256", "RS256", "ES256", "EdDSA", "dir", "A128KW"} {
			header := asJSON(map[string]string{"alg": alg, "typ": "JWT"})
			for name, sign := range map[string]func(string) []byte{"unsigned": func(string) []byte { return nil }, "HMAC": hs256(secret), "zero": func(string) []byte { return make([]byte, 32) }} {
				if p.accept(joined(header, payload(), sign)) {
					t.Errorf("%s: alg %q, %s", p.name, alg, name)
				}
			}
		}
		byKey, err := key.SignJWT("JWT", []byte(payload()))
		if err != nil {
			t.Fatal(err)
		}
		if p.accept(byKey) {
			t.Errorf("%s: signed with the client's registered key", p.name)
		}
	}
	for name, other := range wrong {
		assertion := secretAssertion("HS256", other, "keys", w.now(), nil)
		if w.proves(assertion) {
			t.Errorf("private_key_jwt by HMAC with %s", name)
		}
	}
}

// A secret is good for its own client: its tokens name no other, and are of the algorithm that its record names.
func TestAttack_AD02_HintsBySecretAreTheClientsOwn(t *testing.T) {
	w, secret, _, places := secretWorld(t)
	other := w.client(provider.Client{ID: "other", FirstParty: true, IDTokenAlg: "HS256"})
	w.client(provider.Client{ID: "plain", FirstParty: true})
	kept := w.client(provider.Client{ID: "kept", FirstParty: true, AuthMethod: "client_secret_jwt", GrantTypes: []string{"authorization_code"}})
	b, hint := w.signIn(w.ada), places[1]
	with := func(change map[string]any) string {
		claims := hint.claims()
		maps.Copy(claims, change)
		return asJSON(claims)
	}
	sends := func(client, token string) bool {
		out, err := w.Authorize(t.Context(), params(client, "prompt", "none", "id_token_hint", token), b)
		return err == nil && out.Answer != nil
	}
	for name, token := range map[string]string{
		"of another client's secret": joined(`{"alg":"HS256","typ":"JWT"}`, with(nil), hs256(other)),
		"for another client":         joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"aud": "other"}), hs256(secret)),
		"for a list":                 joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"aud": []string{"svc"}}), hs256(secret)),
		"of another issuer":          joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"iss": "svc"}), hs256(secret)),
		"without exp":                joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"exp": nil}), hs256(secret)),
		"without sub":                joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"sub": ""}), hs256(secret)),
		"of another type":            joined(`{"alg":"HS256","typ":"logout+jwt"}`, with(nil), hs256(secret)),
		"with crit":                  joined(`{"alg":"HS256","typ":"JWT","crit":["x"],"x":1}`, with(nil), hs256(secret)),
		"to a client of RS256":       joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"aud": "plain"}), hs256(secret)),
		"by a secret that is kept for something else": joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"aud": "kept"}), hs256(kept)),
		"to nobody": joined(`{"alg":"HS256","typ":"JWT"}`, with(map[string]any{"aud": "nobody"}), hs256(secret)),
	} {
		for _, client := range []string{"svc", "other", "plain", "kept"} {
			if sends(client, token) {
				t.Errorf("%s: taken from %s", name, client)
			}
		}
	}
}

// An ID token may come back encrypted to the issuer. Bombs and shells in shells stay shut.
func TestAttack_AD04_AD05_EncryptedHints(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	idToken := w.redeem(auth, params("app"))["id_token"].(string)
	set, err := keys.ParseJWKS(w.JWKS().Body, keys.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	encrypt := func(alg, text string) string {
		t.Helper()
		token, err := set.Encrypt(alg, "A128GCM", "JWT", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	accepts := func(text string) bool {
		out, err := w.Authorize(context.Background(), params("app", "prompt", "none", "id_token_hint", text), b)
		return err == nil && out.Answer != nil
	}
	for _, alg := range keys.EncryptionAlgorithms() {
		if !accepts(encrypt(alg, idToken)) {
			t.Errorf("%s: a good hint is refused", alg)
		}
	}
	good := encrypt("ECDH-ES", idToken)
	parts := strings.Split(good, ".")
	for name, text := range map[string]string{
		"one in another": encrypt("ECDH-ES", good), "claims unsigned": encrypt("ECDH-ES", asJSON(map[string]any{"iss": issuer, "sub": w.ada.Subject, "aud": "app", "exp": 1, "iat": 1})),
		"an unsigned token": encrypt("ECDH-ES", joined(`{"alg":"none"}`, `{}`, func(string) []byte { return nil })), "zip": b64.EncodeToString([]byte(`{"alg":"ECDH-ES","enc":"A128GCM","zip":"DEF"}`)) + "." + strings.Join(parts[1:], "."),
		"PBES2": b64.EncodeToString([]byte(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAAAAAAAAA"}`)) + "." + b64.EncodeToString(make([]byte, 24)) + "." + strings.Join(parts[2:], "."),
		"dots":  strings.Repeat(".", 1<<20), "four dots": "....", "long": encrypt("ECDH-ES", strings.Repeat("x", 100_000)), "cut": good[:len(good)-2], "empty": encrypt("ECDH-ES", ""),
	} {
		if n := allocated(func() {
			if accepts(text) {
				t.Errorf("%s: taken", name)
			}
		}); n > 4<<20 {
			t.Errorf("%s: cost %d bytes", name, n)
		}
	}
}

// No answer that fails carries what it was to carry: a client without a key to encrypt with gets nothing in the clear.
func TestAttack_AD04_NothingIsSentInTheClearInstead(t *testing.T) {
	w, s := newStillWorld(t, reaching), newSite(t)
	s.say(string(theReader().jwks("ec")))
	c := legacy("app")
	c.JWKSURI, c.IDTokenEncryptionAlg, c.UserInfoEncryptionAlg, c.AuthorizationEncryptionAlg, c.IntrospectionEncryptionAlg = s.URL+"/jwks", "RSA-OAEP-256", "RSA-OAEP-256", "RSA-OAEP-256", "RSA-OAEP-256"
	auth := "app:" + w.client(c)
	b := w.signIn(w.ada)
	for _, typ := range []string{"id_token", "code id_token", "id_token token"} {
		out, err := w.Authorize(t.Context(), params("app", "response_type", typ), b)
		wantCode(t, err, "E-KEY-01")
		if e := provider.AsError(err); out.Answer != nil || e.Answer == nil || e.Answer.Params.Has("id_token") || e.Answer.Params.Has("access_token") || e.Answer.Params.Has("code") {
			t.Errorf("%s: %+v %+v", typ, out, e.Answer)
		}
	}
	code := codeForm(w.code(b, params("app")))
	answer, e := w.token(auth, code)
	wantCode(t, asError(e), "E-KEY-01")
	if answer != nil {
		t.Errorf("token: %v", answer)
	}
	if out, err := w.Authorize(t.Context(), params("app", "response_mode", "jwt"), b); err == nil || out.Answer != nil {
		t.Errorf("JARM: %+v, %v", out.Answer, err)
	} else if a := provider.AsError(err).Answer; a != nil && (a.Params.Has("code") || slices.ContainsFunc(slices.Collect(maps.Values(a.Params)), func(v []string) bool { return strings.Contains(fmt.Sprint(v), "sac_") })) {
		t.Errorf("JARM: the refusal carries %v", a.Params)
	}
	access := w.redeemable(auth, b)
	if info, e := w.userInfo(access); e == nil || e.Code != "E-KEY-01" || info != nil {
		t.Errorf("userinfo: %v %v", info, e)
	}
	r := post(auth, url.Values{"token": {access}})
	r.Header.Set("Accept", "application/token-introspection+jwt")
	if reply, err := w.Introspect(t.Context(), r); err == nil || reply.Members != nil || reply.JWT != "" {
		t.Errorf("introspection: %+v, %v", reply, err)
	}
}

// redeemable is an access token without an ID token, by the implicit grant.
func (w *world) redeemable(_ string, b provider.Browser) string {
	w.t.Helper()
	return w.answer(b, params("app", "response_type", "token")).Params.Get("access_token")
}

// allocated is how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
