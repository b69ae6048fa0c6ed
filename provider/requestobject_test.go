package provider_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
)

// objectClaims are those of a good request object with these parameters in it; change replaces claims, nil ones are left out.
func (w *world) objectClaims(p url.Values, change map[string]any) map[string]any {
	now := w.now().Unix()
	claims := map[string]any{"iss": p.Get("client_id"), "aud": issuer, "iat": now, "nbf": now, "exp": now + 300}
	for name := range p {
		claims[name] = p.Get(name)
	}
	for name, v := range change {
		claims = with(claims, name, v)
	}
	return claims
}

// with is a copy of claims with one replaced, or left out if it is nil.
func with(claims map[string]any, name string, v any) map[string]any {
	claims = maps.Clone(claims)
	if claims[name] = v; v == nil {
		delete(claims, name)
	}
	return claims
}

// object signs a request object.
func (k assertionKey) object(t testing.TB, claims map[string]any) string {
	t.Helper()
	token, err := k.SignJWT("oauth-authz-req+jwt", []byte(asJSON(claims)))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// byValue is a request by its object, with what OAuth demands beside it.
func byValue(id, object string) url.Values {
	return url.Values{"client_id": {id}, "request": {object}}
}

// jarWorld has a client "app" with a key, one that must sign, "strict", and the owner of a site, "site".
func jarWorld(t testing.TB) (w *world, k assertionKey, auth map[string]string) {
	t.Helper()
	w, k, auth = newStillWorld(t, reaching), newAssertionKey(t), map[string]string{}
	for _, c := range []provider.Client{{ID: "app"}, {ID: "strict", RequireSignedRequestObject: true}} {
		c.FirstParty, c.JWKS, c.RedirectURIs, c.Audience = true, k.jwks, []string{callback, callback + "2"}, []string{"https://a.test", "https://b.test"}
		auth[c.ID] = c.ID + ":" + w.client(c)
	}
	return w, k, auth
}

// accepted tells whether a request is answered with a code.
func (w *world) accepted(p url.Values, b provider.Browser) (bool, error) {
	out, err := w.Authorize(context.Background(), p, b)
	return err == nil && out.Answer != nil && out.Answer.Params.Has("code"), err
}

// What is in a request object is used, whatever kind of value it is; everything else in the address is not.
func TestRequestObject_ItsParametersCount(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	w.pass(time.Minute)
	inside := w.objectClaims(params("app", "state", "inside", "nonce", "inside"), map[string]any{
		"scope": "openid email", "max_age": 3600, "claims": map[string]any{"id_token": map[string]any{"email": nil}}, "resource": []string{"https://a.test", "https://b.test"},
		"unknown": map[string]any{"a": []any{1, 2.5e1, true}}, "display": "page", "flag": false,
	})
	p := params("app", "state", "outside", "nonce", "outside", "scope", "openid profile offline_access", "prompt", "login", "redirect_uri", callback+"2", "ui_locales", "de")
	p.Set("request", k.object(t, inside))
	out, err := w.Authorize(t.Context(), p, b)
	if err != nil || out.Answer == nil || out.Answer.Params.Get("state") != "inside" || out.Answer.RedirectURI != callback {
		t.Fatalf("%+v %v", out, err)
	}
	answer, e := w.token(auth["app"], codeForm(out.Answer.Params.Get("code")))
	if e != nil || answer["scope"] != "openid email" || answer["refresh_token"] != nil {
		t.Fatalf("%v %v", answer, e)
	}
	if claims := w.claimsOf(answer["id_token"]); claims["nonce"] != "inside" || claims["email"] != "ada@example.test" {
		t.Errorf("%v", claims)
	}
	for name, change := range map[string]map[string]any{"a number too small": {"max_age": 5}, "a number as text": {"max_age": "5"}, "a prompt": {"prompt": "login"}} {
		out, err := w.Authorize(t.Context(), byValue("app", k.object(t, w.objectClaims(params("app"), change))), b)
		if err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
			t.Errorf("%s: %+v %v", name, out, err)
		}
	}
	out, err = w.Authorize(t.Context(), byValue("app", k.object(t, w.objectClaims(params("app", "state", ""), nil))), b)
	if err != nil || out.Answer == nil || out.Answer.Params.Has("state") {
		t.Errorf("without a state inside: %+v %v", out, err)
	}
}

// A request travels through the pages as it was resolved: the object is not judged again, and may have ended meanwhile.
func TestRequestObject_ThroughThePages(t *testing.T) {
	w, k, auth := jarWorld(t)
	p := byValue("app", k.object(t, w.objectClaims(params("app", "nonce", "inside", "prompt", "consent"), map[string]any{"jti": newJTI()})))
	b := w.signIn(w.ada)
	step := w.consentStep(b, p)
	w.pass(20 * time.Minute)
	sealed, err := w.Consent(t.Context(), step.Request, b, true, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(t.Context(), sealed, b)
	if err != nil || out.Answer == nil {
		t.Fatalf("%+v %v", out, err)
	}
	if answer, e := w.token(auth["app"], codeForm(out.Answer.Params.Get("code"))); e != nil || w.claimsOf(answer["id_token"])["nonce"] != "inside" {
		t.Errorf("%v %v", answer, e)
	}
	_, err = w.Resume(t.Context(), sealed, b)
	if e := provider.AsError(err); e == nil || e.OAuth != "invalid_request_object" {
		t.Errorf("answered again: %v", err)
	}
}

// A refusal goes to the address beside the object if it is the client's; what is inside cannot be believed.
func TestAttack_AA05_RefusedRequestObjects(t *testing.T) {
	w, k, _ := jarWorld(t)
	b := w.signIn(w.ada)
	bad := newAssertionKey(t).object(t, w.objectClaims(params("app"), nil))
	for _, c := range []struct {
		redirect string
		want     bool
	}{{callback, true}, {callback + "2", true}, {"", false}, {"https://evil.test/", false}, {callback + "3", false}} {
		p := byValue("app", bad)
		p.Set("state", "s-1")
		if c.redirect != "" {
			p.Set("redirect_uri", c.redirect)
		}
		_, err := w.Authorize(t.Context(), p, b)
		e := provider.AsError(err)
		if e == nil || e.OAuth != "invalid_request_object" || (e.Answer != nil) != c.want {
			t.Errorf("%q: %v", c.redirect, err)
		}
		if c.want && (e.Answer.RedirectURI != c.redirect || e.Answer.Params.Get("state") != "s-1") {
			t.Errorf("%q: %+v", c.redirect, e.Answer)
		}
	}
	_, err := w.Authorize(t.Context(), byValue("nobody", bad), b)
	wantCode(t, err, "E-CLIENT-01")
	_, err = w.Authorize(t.Context(), byValue("app", k.object(t, w.objectClaims(params("app", "redirect_uri", "https://evil.test/"), nil))), b)
	if e := provider.AsError(err); e == nil || e.Code != "E-REDIR-01" || e.Answer != nil {
		t.Errorf("an address inside that is not the client's: %v", err)
	}
	p := byValue("app", k.object(t, w.objectClaims(params("app"), nil)))
	p.Set("request_uri", "https://app.example.test/r")
	_, err = w.Authorize(t.Context(), p, b)
	wantCode(t, err, "E-REQ-01")
}

// objectRules are the demands of RFC 9101 and of FAPI 2.0 Message Signing §5.3.1 on the claims of an object, for a client that
// must sign, and whether they hold for every other one, too.
func objectRules(now int64) []struct {
	name   string
	change map[string]any
	good   bool
	others bool
} {
	return []struct {
		name   string
		change map[string]any
		good   bool
		others bool
	}{
		{"as it is", nil, true, true},
		{"aud is a list", map[string]any{"aud": []string{issuer}}, true, true},
		{"aud is a list of more", map[string]any{"aud": []string{"https://other.test", issuer}}, true, true},
		{"aud is a list of others", map[string]any{"aud": []string{"https://other.test"}}, false, false},
		{"aud is a list with null", map[string]any{"aud": []any{nil, issuer}}, false, false},
		{"aud is a list with a list", map[string]any{"aud": []any{[]string{issuer}}}, false, false},
		{"aud is empty", map[string]any{"aud": []string{}}, false, false},
		{"aud is the push address", map[string]any{"aud": issuer + "/par"}, false, false},
		{"aud has a slash", map[string]any{"aud": issuer + "/"}, false, false},
		{"no aud", map[string]any{"aud": nil}, false, false},
		{"no iss", map[string]any{"iss": nil}, false, false},
		{"no client_id", map[string]any{"client_id": nil}, false, false},
		{"no exp", map[string]any{"exp": nil}, false, true},
		{"no nbf", map[string]any{"nbf": nil}, false, true},
		{"no iat", map[string]any{"iat": nil}, true, true},
		{"exp now", map[string]any{"exp": now}, false, false},
		{"exp past", map[string]any{"exp": now - 300}, false, false},
		{"exp as text", map[string]any{"exp": fmt.Sprint(now + 60)}, false, false},
		{"exp null", map[string]any{"exp": jsonNull}, false, false},
		{"exp 60 minutes after nbf", map[string]any{"exp": now + 3600}, true, true},
		{"exp 70 minutes after nbf", map[string]any{"exp": now + 4200}, false, false},
		{"exp 70 minutes after an old nbf", map[string]any{"nbf": now - 600, "exp": now + 3600}, false, false},
		{"exp in the year 9999, no nbf", map[string]any{"nbf": nil, "exp": 253402300798}, false, false},
		{"nbf 8 seconds ahead", map[string]any{"nbf": now + 8}, true, true},
		{"nbf 60 seconds ahead", map[string]any{"nbf": now + 60}, false, false},
		{"nbf 59 minutes ago", map[string]any{"nbf": now - 59*60, "exp": now + 30}, true, true},
		{"nbf 61 minutes ago", map[string]any{"nbf": now - 61*60, "exp": now - 61*60 + 3600}, false, false},
		{"nbf 70 minutes ago", map[string]any{"nbf": now - 4200, "exp": now + 60}, false, false},
		{"iat 60 seconds ahead", map[string]any{"iat": now + 60}, false, false},
		{"sub", map[string]any{"sub": "strict"}, false, false},
		{"request inside", map[string]any{"request": "x"}, false, false},
		{"request_uri inside", map[string]any{"request_uri": "https://a.test/"}, false, false},
		{"a pushed request inside", map[string]any{"request_uri": pushedURN + "x"}, false, false},
		{"a secret inside", map[string]any{"client_secret": "x"}, false, false},
		{"an assertion inside", map[string]any{"client_assertion": "x"}, false, false},
		{"jti", map[string]any{"jti": newJTI()}, true, true},
		{"jti empty", map[string]any{"jti": ""}, false, false},
		{"jti long", map[string]any{"jti": strings.Repeat("j", 129)}, false, false},
		{"jti a number", map[string]any{"jti": 1}, false, false},
		{"null", map[string]any{"state": jsonNull}, false, false},
		{"no redirect_uri", map[string]any{"redirect_uri": nil}, false, false},
		{"another redirect_uri", map[string]any{"redirect_uri": "https://evil.test/"}, false, false},
		{"scope as a list", map[string]any{"scope": []string{"openid"}}, false, false},
		{"resource as a list", map[string]any{"resource": []string{"https://a.test"}}, true, true},
		{"resource as a list of numbers", map[string]any{"resource": []int{1}}, false, false},
		{"plain PKCE", map[string]any{"code_challenge_method": "plain"}, false, false},
		{"no PKCE", map[string]any{"code_challenge": nil, "code_challenge_method": nil}, false, false},
	}
}

// jsonNull is a null that stays one: nil leaves a claim out.
var jsonNull any = (*int)(nil)

// The same rules hold in the address and in a push.
func TestAttack_AD09_ClaimsOfRequestObjects(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	for _, id := range []string{"strict", "app"} {
		for _, rule := range objectRules(w.now().Unix()) {
			if _, ok := rule.change["sub"]; ok {
				rule.change["sub"] = id
			}
			want := rule.good
			if id == "app" {
				want = rule.others
			}
			p := params(id) // what is outside must not make up for what is not inside
			p.Set("request", k.object(t, w.objectClaims(params(id), rule.change)))
			if got, err := w.accepted(p, b); got != want {
				t.Errorf("%s, %s: accepted is %v: %v", id, rule.name, got, err)
			}
			if rule.change["jti"] != nil {
				rule.change["jti"] = newJTI()
				if !want {
					continue
				}
			}
			p.Set("request", k.object(t, w.objectClaims(params(id), rule.change)))
			_, err := w.push(auth[id], p)
			if e := provider.AsError(err); (err == nil) != want || e != nil && e.OAuth != "invalid_request_object" && e.OAuth != "invalid_request" && e.OAuth != "invalid_scope" && e.OAuth != "invalid_target" {
				t.Errorf("%s, %s, pushed: %v", id, rule.name, err)
			}
		}
	}
}

// Only the client's own keys count, with the algorithm of its record if there is one.
func TestAttack_AD02_AlgorithmsOfRequestObjects(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	small, large := newAssertionKey(t), newAssertionKey(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if large.Signer, err = keys.NewSigner("ES384", p384, rand.Reader); err != nil {
		t.Fatal(err)
	}
	jwks := json.RawMessage(asJSON(map[string]any{"keys": []any{small.Public(), large.Public()}}))
	w.client(provider.Client{ID: "choosy", FirstParty: true, JWKS: jwks, RequestObjectAlg: "ES384"})
	w.client(provider.Client{ID: "bare", FirstParty: true})
	for name, c := range map[string]struct{ id, object string }{
		"another client's key":    {"choosy", k.object(t, w.objectClaims(params("choosy"), nil))},
		"another algorithm":       {"choosy", small.object(t, w.objectClaims(params("choosy"), nil))},
		"a client without keys":   {"bare", k.object(t, w.objectClaims(params("bare"), nil))},
		"another client's object": {"choosy", k.object(t, w.objectClaims(params("app"), nil))},
		"for another client":      {"app", k.object(t, w.objectClaims(params("choosy"), map[string]any{"iss": "app"}))},
		"unsigned":                {"app", joined(`{"alg":"none"}`, asJSON(w.objectClaims(params("app"), nil)), func(string) []byte { return nil })},
	} {
		p := params(c.id)
		p.Set("request", c.object)
		if _, err := w.Authorize(t.Context(), p, b); told(err).Get("error") != "invalid_request_object" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.push(auth["app"], url.Values{"request": {c.object}}); c.id == "app" && provider.AsError(err).OAuth != "invalid_request_object" {
			t.Errorf("%s, pushed: %v", name, err)
		}
	}
	if got, err := w.accepted(byValue("choosy", large.object(t, w.objectClaims(params("choosy"), nil))), b); !got {
		t.Errorf("the algorithm of the record: %v", err)
	}
}

// The client's secret signs if its record says so, and for nobody else.
func TestRequestObject_SignedWithTheSecret(t *testing.T) {
	w, k, _ := jarWorld(t)
	b := w.signIn(w.ada)
	secret := w.client(provider.Client{ID: "hs", FirstParty: true, RequestObjectAlg: "HS256", RequireSignedRequestObject: true, JWKS: k.jwks})
	other := w.client(provider.Client{ID: "kept", FirstParty: true, AuthMethod: "client_secret_jwt", JWKS: k.jwks})
	signed := func(id, alg, secret string) url.Values {
		t.Helper()
		text, err := keys.SignJWTWithSecret(alg, keys.Secret(secret), "oauth-authz-req+jwt", []byte(asJSON(w.objectClaims(params(id), nil))))
		if err != nil {
			t.Fatal(err)
		}
		return byValue(id, text)
	}
	if got, err := w.accepted(signed("hs", "HS256", secret), b); !got {
		t.Error(err)
	}
	for name, p := range map[string]url.Values{
		"another client's secret": signed("hs", "HS256", other), "the public key": signed("hs", "HS256", string(k.jwks)), "a key in place of the secret": byValue("hs", k.object(t, w.objectClaims(params("hs"), nil))),
		"a secret that the record does not name": signed("kept", "HS256", other),
	} {
		if got, err := w.accepted(p, b); got || provider.AsError(err).OAuth != "invalid_request_object" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A client that must sign cannot be made to do without, neither in the address nor in a push.
func TestAttack_AA20_RequiredRequestObjects(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	if _, err := w.Authorize(t.Context(), params("strict"), b); told(err).Get("error") != "invalid_request" || provider.AsError(err).Code != "E-REQ-13" {
		t.Errorf("a plain request: %v", err)
	}
	_, err := w.push(auth["strict"], params("strict"))
	wantCode(t, err, "E-REQ-13")
	object := k.object(t, w.objectClaims(params("strict"), nil))
	w.code(b, byValue("strict", object))
	p := w.visit("strict", auth["strict"], url.Values{"request": {object}})
	step, err := w.Authorize(t.Context(), p, provider.Browser{Binding: "b"})
	if err != nil || step.Step == nil {
		t.Fatal(err)
	}
	w.code(b, p)
	if err := w.EditClient(t.Context(), "strict", func(c *provider.Client) error { c.RequirePAR = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authorize(t.Context(), byValue("strict", object), b); told(err).Get("error") != "invalid_request" || provider.AsError(err).Code != "E-REQ-09" {
		t.Errorf("a signed request that was not pushed: %v", err)
	}
	w.code(b, w.visit("strict", auth["strict"], url.Values{"request": {object}}))
}

// An object with a jti is good for one answer; a push spends it at once. Until then it may be looked at as often as one likes.
func TestAttack_AB20_RequestObjectReplay(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	fresh := func() url.Values {
		p := params("app")
		p.Set("request", k.object(t, w.objectClaims(params("app"), map[string]any{"jti": newJTI()})))
		return p
	}
	p := fresh()
	for range 2 {
		if _, err := w.Authorize(t.Context(), p, provider.Browser{Binding: "b"}); err != nil {
			t.Fatal(err)
		}
	}
	w.code(b, p)
	if _, err := w.Authorize(t.Context(), p, b); told(err).Get("error") != "invalid_request_object" {
		t.Errorf("a second answer: %v", err)
	}
	if _, err := w.push(auth["app"], p); provider.AsError(err).OAuth != "invalid_request_object" {
		t.Errorf("pushed after an answer: %v", err)
	}
	pushed := fresh()
	visit := w.visit("app", auth["app"], pushed)
	if _, err := w.push(auth["app"], pushed); provider.AsError(err).OAuth != "invalid_request_object" {
		t.Errorf("pushed again: %v", err)
	}
	if _, err := w.Authorize(t.Context(), pushed, b); told(err).Get("error") != "invalid_request_object" {
		t.Errorf("in the address after a push: %v", err)
	}
	w.code(b, visit)
	without := byValue("app", k.object(t, w.objectClaims(params("app"), nil)))
	w.code(b, without)
	w.code(b, without)
}

// A push that is refused does not spend the object, so that the client can mend what was wrong and try again.
func TestPush_RefusedObjectIsNotSpent(t *testing.T) {
	w, k, _ := jarWorld(t)
	w.client(provider.Client{ID: "signed", AuthMethod: "private_key_jwt", JWKS: k.jwks})
	object := k.object(t, w.objectClaims(params("signed"), map[string]any{"jti": newJTI()}))
	push := func(aud string) error {
		form := assertionForm(k.assertion(t, "signed", w.now(), map[string]any{"aud": aud}), url.Values{"request": {object}})
		_, err := w.push("", form)
		return err
	}
	if err := push("https://other.test"); provider.AsError(err).OAuth != "invalid_client" {
		t.Error(err)
	}
	if err := push(issuer); err != nil {
		t.Error(err)
	}
}

func TestAttack_AB20_RequestObjectRace(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, c cluster) {
		k := newAssertionKey(t)
		c[0].client(provider.Client{ID: "app", FirstParty: true, JWKS: k.jwks})
		b := c[0].signIn(c[0].ada)
		for range races(t) {
			object := k.object(t, c[0].objectClaims(params("app"), map[string]any{"jti": newJTI()}))
			won, lost := c.raceAnswers(byValue("app", object), b)
			wantOneWinner(t, won, lost, "invalid_request_object")
		}
	})
}

// An object may be encrypted for us, with what is signed inside.
func TestRequestObject_Encrypted(t *testing.T) {
	w, k, auth := jarWorld(t)
	b := w.signIn(w.ada)
	w.client(provider.Client{ID: "choosy", FirstParty: true, JWKS: k.jwks, RequestObjectEncryptionAlg: "RSA-OAEP-256", RequestObjectEncryptionEnc: "A256GCM"})
	ours, err := keys.ParseJWKS(w.JWKS().Body, keys.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	seal := func(alg, enc, cty, text string) string {
		t.Helper()
		sealed, err := ours.Encrypt(alg, enc, cty, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	for _, id := range []string{"app", "choosy"} {
		signed := k.object(t, w.objectClaims(params(id), nil))
		for _, alg := range keys.EncryptionAlgorithms() {
			for _, enc := range keys.ContentEncryptions() {
				want := id == "app" || alg == "RSA-OAEP-256" && enc == "A256GCM"
				for _, cty := range []string{"JWT", ""} {
					if got, err := w.accepted(byValue(id, seal(alg, enc, cty, signed)), b); got != want {
						t.Errorf("%s %s %s: %v", id, alg, enc, err)
					}
				}
			}
		}
	}
	good := w.objectClaims(params("app"), nil)
	signed := k.object(t, good)
	large := k.object(t, with(good, "authorization_details", strings.Repeat("x", 20_000)))
	if _, err := w.push(auth["app"], url.Values{"request": {seal("ECDH-ES", "A128GCM", "JWT", large)}}); err != nil {
		t.Errorf("a large one, pushed: %v", err)
	}
	for name, object := range map[string]string{
		"not signed":          seal("ECDH-ES", "A128GCM", "JWT", asJSON(good)),
		"unsigned":            seal("ECDH-ES", "A128GCM", "JWT", joined(`{"alg":"none"}`, asJSON(good), func(string) []byte { return nil })),
		"signed by others":    seal("ECDH-ES", "A128GCM", "JWT", newAssertionKey(t).object(t, good)),
		"encrypted twice":     seal("ECDH-ES", "A128GCM", "JWT", seal("ECDH-ES", "A128GCM", "JWT", signed)),
		"another's encrypted": seal("ECDH-ES", "A128GCM", "JWT", signed)[1:],
		"empty":               "....",
	} {
		p := params("app")
		p.Set("request", object)
		if _, err := w.Authorize(t.Context(), p, b); told(err).Get("error") != "invalid_request_object" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Keys that the client has changed are found by the next object.
func TestRequestObject_KeysAreFetchedAgain(t *testing.T) {
	w, s := newStillWorld(t, reaching), newSite(t)
	w.client(provider.Client{ID: "app", FirstParty: true, JWKSURI: s.URL + "/jwks"})
	b := w.signIn(w.ada)
	for range 2 {
		k := newAssertionKey(t)
		s.say(string(k.jwks))
		if got, err := w.accepted(byValue("app", k.object(t, w.objectClaims(params("app"), nil))), b); !got {
			t.Error(err)
		}
		w.pass(time.Minute)
	}
}

func TestRequestMembersOfClientsAreChecked(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("https://app.example.test/%d", i)
	}
	for what, c := range map[string]provider.Client{
		"unsigned objects":        {RequestObjectAlg: "none"},
		"HMAC of a public client": {RequestObjectAlg: "HS256", AuthMethod: "none"},
		"unknown encryption":      {RequestObjectEncryptionAlg: "RSA1_5"},
		"unknown enc":             {RequestObjectEncryptionAlg: "RSA-OAEP-256", RequestObjectEncryptionEnc: "A192GCM"},
		"enc alone":               {RequestObjectEncryptionEnc: "A128GCM"},
		"signed without keys":     {RequireSignedRequestObject: true},
		"http":                    {RequestURIs: []string{"http://app.example.test/r"}},
		"file":                    {RequestURIs: []string{"file:///etc/passwd"}},
		"a pushed request":        {RequestURIs: []string{pushedURN + "x"}},
		"relative":                {RequestURIs: []string{"/r"}},
		"with a name":             {RequestURIs: []string{"https://user@app.example.test/r"}},
		"nothing":                 {RequestURIs: []string{""}},
		"only a fragment":         {RequestURIs: []string{"#x"}},
		"too long":                {RequestURIs: []string{"https://app.example.test/" + strings.Repeat("r", 500)}},
		"too many":                {RequestURIs: many},
	} {
		c.ID, c.RedirectURIs = "c", []string{callback}
		if _, err := w.AddClient(t.Context(), &c); err == nil {
			t.Errorf("%s: registered", what)
		}
	}
	good := provider.Client{ID: "good", RedirectURIs: []string{callback}, JWKS: k.jwks, RequireSignedRequestObject: true, RequirePAR: true, RequestObjectAlg: "PS256",
		RequestObjectEncryptionAlg: "ECDH-ES", RequestObjectEncryptionEnc: "A256GCM", RequestURIs: []string{"https://app.example.test/r#" + hashOf("x"), "http://127.0.0.1:1/r"}}
	if _, err := w.AddClient(t.Context(), &good); err != nil {
		t.Error(err)
	}
}

func TestDiscovery_WaysToAsk(t *testing.T) {
	w := newStillWorld(t, nil)
	for name, want := range map[string]string{
		"pushed_authorization_request_endpoint": `"` + issuer + `/par"`, "require_pushed_authorization_requests": "false", "request_parameter_supported": "true",
		"request_uri_parameter_supported": "true", "require_request_uri_registration": "true", "require_signed_request_object": "false",
		"request_object_signing_alg_values_supported": asJSON(slices.Concat(keys.Algorithms(), keys.SecretAlgorithms())),
	} {
		if !strings.Contains(string(w.Discovery().Body), `"`+name+`":`+want) {
			t.Errorf("discovery lacks %s %s", name, want)
		}
	}
}
