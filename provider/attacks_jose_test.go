package provider_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"signet/keys"
	"signet/provider"
)

var b64 = base64.RawURLEncoding

// forgeKey is an ES256 key whose private part the test holds, to sign what nobody should have signed.
type forgeKey struct {
	*ecdsa.PrivateKey
	public keys.PublicKey
}

func newForgeKey(t testing.TB) forgeKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := keys.NewSigner("ES256", key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return forgeKey{key, signer.Public()}
}

func (k forgeKey) sign(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, sum[:])
	if err != nil {
		panic(err)
	}
	var out [64]byte
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out[:]
}

// token joins a header and a payload, as they are, with what sign makes of them.
func joined(header, payload string, sign func(string) []byte) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return input + "." + b64.EncodeToString(sign(input))
}

// consumer is a place that takes a JWT.
type consumer struct {
	name, typ string
	key       forgeKey
	// claims make a good token together with typ, another one each time.
	claims func() map[string]any
	accept func(token string) bool
}

// hint tells whether it takes an ID token only to know who is meant: then it may have expired.
func (c consumer) hint() bool { return strings.HasPrefix(c.name, "id_token_hint") }

func (c consumer) header(pairs ...string) string {
	h := map[string]any{"alg": "ES256", "kid": c.key.public.ID, "typ": c.typ}
	for i := 0; i < len(pairs); i += 2 {
		if h[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(h, pairs[i])
		}
	}
	return asJSON(h)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// with are the claims with some replaced; nil leaves one out.
func (c consumer) with(change map[string]any) string {
	claims := c.claims()
	for name, v := range change {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	return asJSON(claims)
}

func (c consumer) good() string { return joined(c.header(), asJSON(c.claims()), c.key.sign) }

// joseWorld has every place that takes a JWT, with keys that the test holds.
func joseWorld(t testing.TB) (*world, []consumer) {
	t.Helper()
	w := newStillWorld(t, nil)
	issuerKey, clientKey := newForgeKey(t), newForgeKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(issuerKey.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ring.Import(context.Background(), "ES256", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), true); err != nil {
		t.Fatal(err)
	}
	jwks := json.RawMessage(asJSON(map[string]any{"keys": []any{clientKey.public}}))
	w.client(provider.Client{ID: "svc", AuthMethod: "private_key_jwt", JWKS: jwks, GrantTypes: []string{"client_credentials", "authorization_code"}, FirstParty: true, RequireSignedRequestObject: true, Scopes: []string{"openid"}})
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, AccessToken: "jwt", AccessTokenAlg: "ES256", IDTokenAlg: "ES256", PostLogoutRedirectURIs: []string{bye}})
	rs := "rs:" + w.client(provider.Client{ID: "rs", IntrospectAll: true})
	b := w.signIn(w.ada)
	answer := w.redeem(auth, params("app"))
	claimsOf := func(kind string) func() map[string]any {
		claims := w.claimsOf(answer[kind])
		for _, time := range []string{"exp", "iat", "auth_time"} {
			claims[time] = number(claims[time])
		}
		return func() map[string]any { return maps.Clone(claims) }
	}
	return w, []consumer{
		{"client assertion", "JWT", clientKey, func() map[string]any {
			now := w.now().Unix()
			return map[string]any{"iss": "svc", "sub": "svc", "aud": issuer, "jti": newJTI(), "iat": now, "exp": now + 60}
		}, func(token string) bool {
			_, e := w.token("", assertionForm(token, url.Values{"grant_type": {"client_credentials"}}))
			return e == nil
		}},
		{"id_token_hint", "JWT", issuerKey, claimsOf("id_token"), func(token string) bool {
			out, err := w.Authorize(context.Background(), params("app", "prompt", "none", "id_token_hint", token), b)
			return err == nil && out.Answer != nil
		}},
		{"id_token_hint at sign-out", "JWT", issuerKey, claimsOf("id_token"), func(token string) bool {
			out, err := w.EndSessionRequest(context.Background(), url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {bye}}, b)
			return err == nil && out.Doubt == nil && out.RedirectURI == bye
		}},
		{"request object", "oauth-authz-req+jwt", clientKey, func() map[string]any {
			return w.objectClaims(params("svc"), map[string]any{"jti": newJTI()})
		}, func(token string) bool {
			p := params("svc")
			p.Set("request", token)
			out, err := w.Authorize(context.Background(), p, b)
			return err == nil && out.Answer != nil
		}},
		{"userinfo", "at+jwt", issuerKey, claimsOf("access_token"), func(token string) bool { _, e := w.userInfo(token); return e == nil }},
		{"introspection", "at+jwt", issuerKey, claimsOf("access_token"), func(token string) bool { return w.says(rs, token) }},
	}
}

func (c consumer) refuse(t *testing.T, what, token string) {
	t.Helper()
	if c.accept(token) {
		t.Errorf("%s takes %s", c.name, what)
	}
}

func TestAttack_AD01_AD02_OnlyTheKeysOwnAlgorithm(t *testing.T) {
	_, consumers := joseWorld(t)
	for _, c := range consumers {
		if !c.accept(c.good()) {
			t.Fatalf("%s refuses a good token", c.name)
		}
		der, err := x509.MarshalPKIXPublicKey(c.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		signers := map[string]func(string) []byte{"unsigned": func(string) []byte { return nil }, "signed": c.key.sign, "zero": func(string) []byte { return make([]byte, 64) }}
		for name, secret := range map[string]string{"PEM": text, "trimmed PEM": strings.TrimSpace(text), "DER": string(der), "JWK": asJSON(c.key.public), "nothing": "", "kid": c.key.public.ID} {
			signers["HMAC with "+name] = func(input string) []byte {
				mac := hmac.New(sha256.New, []byte(secret))
				mac.Write([]byte(input))
				return mac.Sum(nil)
			}
		}
		for name, sign := range signers {
			for _, alg := range []string{"none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES512", "EdDSA", "es256", "ES256K", "dir", "ES256"} {
				if alg == "ES256" && name == "signed" {
					continue
				}
				c.refuse(t, alg+" "+name, joined(c.header("alg", alg), asJSON(c.claims()), sign))
				c.refuse(t, alg+" "+name+" without kid", joined(c.header("alg", alg, "kid", ""), asJSON(c.claims()), sign))
			}
		}
	}
}

// Keys and their addresses in a header are not looked at, and nothing is ever fetched: there is nothing to fetch with.
func TestAttack_AD03_HeadersBringNoKeys(t *testing.T) {
	_, consumers := joseWorld(t)
	stranger := newForgeKey(t)
	for _, c := range consumers {
		for name, value := range map[string]any{
			"jwk": stranger.public, "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/x", "x5c": []string{"AAAA"}, "kid": stranger.public.ID, "crit": []string{"b64"}, "zip": "DEF",
		} {
			var h map[string]any
			if err := json.Unmarshal([]byte(c.header()), &h); err != nil {
				t.Fatal(err)
			}
			h[name] = value
			c.refuse(t, name, joined(asJSON(h), asJSON(c.claims()), stranger.sign))
		}
		c.refuse(t, "crit with the right key", joined(strings.Replace(c.header(), "{", `{"crit":["x"],"x":1,`, 1), asJSON(c.claims()), c.key.sign))
		c.refuse(t, "b64=false", joined(strings.Replace(c.header(), "{", `{"crit":["b64"],"b64":false,`, 1), asJSON(c.claims()), c.key.sign))
	}
}

// Large and strange texts cost little: they are measured before they are taken apart.
func TestAttack_AD05_HugeTokensCostNothing(t *testing.T) {
	w, consumers := joseWorld(t)
	huge := map[string]string{
		"dots": strings.Repeat(".", 1<<20), "header": strings.Repeat("A", 1<<20) + ".e30.AA", "payload": "e30." + strings.Repeat("A", 1<<20) + ".AA", "signature": "e30.e30." + strings.Repeat("A", 1<<20),
		"opaque": "sat_" + strings.Repeat("A", 1<<20), "refresh": "srt_" + strings.Repeat("A", 1<<20), "code": "sac_" + strings.Repeat("A", 1<<20),
	}
	app := post("", url.Values{"client_id": {"app"}})
	for name, text := range huge {
		for _, c := range consumers {
			c.refuse(t, name, text)
		}
		app.Header.Set("Authorization", "Bearer "+text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := w.UserInfo(context.Background(), app); provider.AsError(err).Status != 401 {
			t.Errorf("%s: %v", name, err)
		}
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 256<<10 {
			t.Errorf("%s cost %d bytes", name, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

// A claim has its exact name, stands once, and is of its type.
func TestAttack_AD08_StrictJSON(t *testing.T) {
	_, consumers := joseWorld(t)
	for _, c := range consumers {
		good := asJSON(c.claims())
		more := func(member string) string { return strings.Replace(asJSON(c.claims()), "{", "{"+member+",", 1) }
		for _, name := range []string{"iss", "sub", "aud", "exp", "jti"} {
			if _, ok := c.claims()[name]; !ok {
				continue
			}
			value := asJSON(c.claims()[name])
			c.refuse(t, name+" twice", joined(c.header(), more(`"`+name+`":`+value), c.key.sign))
			c.refuse(t, name+" twice, once escaped", joined(c.header(), more(fmt.Sprintf(`"\u%04x%s":%s`, name[0], name[1:], value)), c.key.sign))
		}
		for _, name := range []string{"Iss", "ISS", "Aud", "Exp", "Jti", "JTI", "Client_ID"} {
			lower := strings.ToLower(name)
			if c.claims()[lower] == nil || c.hint() && (lower == "exp" || lower == "jti") || c.name == "request object" && lower == "jti" {
				continue // it is no claim that must be there
			}
			folded := map[string]any{lower: nil, name: c.claims()[lower]}
			c.refuse(t, name+" for "+lower, joined(c.header(), c.with(folded), c.key.sign))
		}
		for _, payload := range []string{
			"", "null", "[]", `"x"`, "{", good + good, good + " x", strings.TrimSuffix(good, "}"), strings.Replace(good, ":", ":\xff", 1), strings.Replace(good, "{", "{\"\xff\":1,", 1), "\ufeff" + good,
			strings.Replace(good, "{", `{"deep":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+",", 1), strings.Replace(good, "{", "{/**/", 1), strings.Replace(good, "}", ",}", 1),
		} {
			c.refuse(t, "the payload "+payload[:min(len(payload), 20)], joined(c.header(), payload, c.key.sign))
		}
		for _, exp := range []string{`"9999999999"`, "1e400", "-1", "NaN", "Infinity", "1e18", "[9999999999]", "{}", "true", "99999999999999999999", "0x7fffffff"} {
			if c.hint() && json.Valid([]byte(exp)) {
				continue // an expired hint is good
			}
			payload := strings.Replace(asJSON(c.claims()), fmt.Sprintf(`"exp":%d`, number64(c.claims()["exp"])), `"exp":`+exp, 1)
			c.refuse(t, "exp "+exp, joined(c.header(), payload, c.key.sign))
		}
	}
}

func number64(v any) int64 {
	n, _ := v.(int64)
	return n
}

// Each claim is absent, null, of a wrong type, wrong, or right; only the right one passes where the claim matters.
func TestAttack_AD09_ClaimsAreThereAndRight(t *testing.T) {
	w, consumers := joseWorld(t)
	for _, c := range consumers {
		needed := map[string]any{"iss": "https://evil.test", "aud": "other", "sub": nil}
		switch c.name {
		case "client assertion":
			needed = map[string]any{"iss": "other", "sub": "other", "aud": "https://evil.test", "jti": nil, "exp": w.now().Unix() - 1}
		case "request object":
			now := w.now().Unix()
			needed = map[string]any{"iss": "other", "client_id": "other", "aud": issuer + "/par", "exp": now - 1, "nbf": now + 11, "response_type": "token", "redirect_uri": callback + "2"}
		case "userinfo":
			needed = map[string]any{"iss": "https://evil.test", "aud": []string{"https://other.test"}, "sub": "app", "exp": w.now().Unix() + 86400, "jti": "x", "client_id": "svc", "scope": "email"}
		case "introspection":
			needed = map[string]any{"iss": strings.ToUpper(issuer), "aud": nil, "sub": "app", "exp": w.now().Unix() + 86400, "jti": "x", "client_id": "svc"}
		}
		for name, wrong := range needed {
			c.refuse(t, "no "+name, joined(c.header(), c.with(map[string]any{name: nil}), c.key.sign))
			values := []any{json.RawMessage("null"), map[string]any{}, 5, true, "", []any{}}
			if wrong != nil {
				values = append(values, wrong, []any{nil})
			}
			if name == "iss" || name == "aud" && c.hint() {
				values = append(values, []any{c.claims()[name]}, []any{c.claims()[name], "https://evil.test"})
			}
			for _, v := range values {
				c.refuse(t, fmt.Sprintf("%s %v", name, v), joined(c.header(), c.with(map[string]any{name: v}), c.key.sign))
			}
		}
		if !c.accept(c.good()) {
			t.Errorf("%s refuses a good token", c.name)
		}
	}
}

// A JWT says by its type what it is for.
func TestAttack_AD10_TypesOfJWTs(t *testing.T) {
	_, consumers := joseWorld(t)
	for _, c := range consumers {
		good := map[string]bool{"JWT": true, "jwt": true, "application/jwt": true}
		switch c.typ {
		case "at+jwt":
			good = map[string]bool{"at+jwt": true, "AT+JWT": true, "application/at+jwt": true}
		case "oauth-authz-req+jwt":
			good["oauth-authz-req+jwt"], good[""] = true, true
		case "JWT":
			if c.name == "client assertion" {
				good[""], good["client-authentication+jwt"] = true, true
			}
		}
		for _, typ := range []string{"", "JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "token-introspection+jwt", "secevent+jwt", "client-authentication+jwt", "JOSE", "x"} {
			if token := joined(c.header("typ", typ), asJSON(c.claims()), c.key.sign); c.accept(token) != good[typ] {
				t.Errorf("%s, typ %q: accepted is not %v", c.name, typ, good[typ])
			}
		}
	}
}

// Of everything that we hand out each kind is good in its own place and in no other, under its own prefix or another.
func TestAttack_AC10_AD10_EachKindInItsPlace(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	b := w.signIn(w.ada)
	assertion := func() string { return c.key.assertion(t, "signed", w.now(), nil) }
	tokenOf := func(id, kind string) func() string { return func() string { return c.signedIn(w, id)[kind].(string) } }
	kinds := map[string]func() string{
		"code": func() string { return w.code(b, params("app")) }, "access": tokenOf("app", "access_token"), "refresh": tokenOf("app", "refresh_token"),
		"id": tokenOf("app", "id_token"), "access jwt": tokenOf("jwt", "access_token"), "assertion": assertion,
		"request": func() string { return w.consentStep(b, params("asking", "prompt", "consent")).Request },
		"ending": func() string {
			out, err := w.EndSessionRequest(t.Context(), url.Values{"id_token_hint": {c.signedIn(w, "app")["id_token"].(string)}, "post_logout_redirect_uri": {bye}}, b)
			if err != nil {
				t.Fatal(err)
			}
			return out.Sealed
		},
		"request object": func() string {
			return c.key.object(t, w.objectClaims(params("signed"), map[string]any{"jti": newJTI()}))
		},
		"pushed": func() string {
			uri, _ := w.push(c.auth["app"], params("app"))
			return strings.TrimPrefix(uri, pushedURN)
		},
		"jti": func() string { s, _ := w.claimsOf(c.signedIn(w, "jwt")["access_token"])["jti"].(string); return s },
	}
	places := map[string]func(string) bool{
		"code":       func(s string) bool { _, e := w.token(c.auth["app"], codeForm(s)); return e == nil },
		"refresh":    func(s string) bool { _, e := w.token(c.auth["app"], refreshForm(s)); return e == nil },
		"userinfo":   func(s string) bool { _, e := w.userInfo(s); return e == nil },
		"introspect": func(s string) bool { return w.says(c.auth["app"], s) || w.says(c.auth["jwt"], s) },
		"hint": func(s string) bool {
			out, err := w.Authorize(t.Context(), params("app", "id_token_hint", s, "prompt", "none"), b)
			return err == nil && out.Answer != nil
		},
		"sign-out": func(s string) bool {
			out, err := w.EndSessionRequest(t.Context(), url.Values{"id_token_hint": {s}}, b)
			return err == nil && out.Doubt == nil
		},
		"resume sign-out": func(s string) bool {
			out, err := w.ResumeEndSession(t.Context(), s, b)
			return err == nil && out.RedirectURI != ""
		},
		"assertion": func(s string) bool {
			_, e := w.token("", assertionForm(s, url.Values{"grant_type": {"client_credentials"}}))
			return e == nil
		},
		"request object": func(s string) bool {
			p := params("signed")
			p.Set("request", s)
			out, err := w.Authorize(t.Context(), p, b)
			return err == nil && out.Answer != nil
		},
		"pushed": func(s string) bool {
			out, err := w.Authorize(t.Context(), url.Values{"client_id": {"app"}, "request_uri": {pushedURN + s}}, b)
			return err == nil && out.Answer != nil
		},
		"resume": func(s string) bool { _, err := w.Resume(t.Context(), s, b); return err == nil },
	}
	fits := map[string]string{"code code": "y", "refresh refresh": "y", "refresh introspect": "y", "access userinfo": "y", "access introspect": "y", "access jwt userinfo": "y", "access jwt introspect": "y", "id hint": "y", "id sign-out": "y", "ending resume sign-out": "y", "assertion assertion": "y", "request resume": "y", "request object request object": "y", "pushed pushed": "y"}
	for kind, made := range kinds {
		for place, takes := range places {
			if token := made(); takes(token) != (fits[kind+" "+place] == "y") {
				t.Errorf("%s as %s: not %v", kind, place, fits[kind+" "+place] == "y")
			}
			token := made()
			prefixes := []string{"sac_", "sat_", "srt_", "spr_"}
			bare := token
			for _, prefix := range prefixes {
				bare = strings.TrimPrefix(bare, prefix)
			}
			for _, prefix := range prefixes {
				if other := prefix + bare; other != token && takes(other) {
					t.Errorf("%s as %s under the prefix %s", kind, place, prefix)
				}
			}
		}
	}
}
