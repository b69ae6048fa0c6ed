package provider_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
)

// secretAssertion makes a client_secret_jwt assertion; change replaces claims, nil ones are left out.
func secretAssertion(alg, secret, id string, now time.Time, change map[string]any) string {
	claims := map[string]any{"iss": id, "sub": id, "aud": issuer, "jti": newJTI(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	for name, v := range change {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	size := map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}[alg]
	if len(secret) < size {
		secret += strings.Repeat("s", size) // HMAC takes it, whoever verifies should not
	}
	token, err := keys.SignJWTWithSecret(alg, keys.Secret(secret), "JWT", []byte(asJSON(claims)))
	if err != nil {
		panic(err)
	}
	return token
}

// proves tells whether an assertion authenticates its client.
func (w *world) proves(assertion string) bool {
	w.t.Helper()
	_, e := w.token("", assertionForm(assertion, url.Values{"grant_type": {"client_credentials"}}))
	if e != nil {
		wantOAuth(w.t, e, 401, "invalid_client")
	}
	return e == nil
}

func machine(id, method string) provider.Client {
	return provider.Client{ID: id, AuthMethod: method, GrantTypes: []string{"client_credentials"}, Scopes: []string{"read"}}
}

func TestClientSecretJWT(t *testing.T) {
	w := newStillWorld(t, nil)
	secret := w.client(machine("svc", "client_secret_jwt"))
	pinned := machine("pinned", "client_secret_jwt")
	pinned.AssertionAlg = "HS384"
	pinnedSecret := w.client(pinned)
	for _, alg := range keys.SecretAlgorithms() {
		if !w.proves(secretAssertion(alg, secret, "svc", w.now(), nil)) {
			t.Errorf("%s is refused", alg)
		}
		if got := w.proves(secretAssertion(alg, pinnedSecret, "pinned", w.now(), nil)); got != (alg == "HS384") {
			t.Errorf("%s where the record names HS384: %v", alg, got)
		}
		if w.proves(secretAssertion(alg, pinnedSecret, "svc", w.now(), nil)) {
			t.Errorf("%s by another client's secret is taken", alg)
		}
	}
	once := secretAssertion("HS256", secret, "svc", w.now(), nil)
	if !w.proves(once) || w.proves(once) {
		t.Error("an assertion is not good for exactly one request")
	}
	now := w.now().Unix()
	for name, change := range map[string]map[string]any{
		"exp past": {"exp": now}, "exp far": {"exp": now + 311}, "no exp": {"exp": nil}, "no jti": {"jti": nil}, "aud": {"aud": issuer + "/token"}, "sub": {"sub": "pinned"}, "iss": {"iss": "pinned", "sub": "pinned"},
		"iat 60 s ahead": {"iat": now + 60}, "nbf 60 s ahead": {"nbf": now + 60},
	} {
		if w.proves(secretAssertion("HS256", secret, "svc", w.now(), change)) {
			t.Errorf("%s: taken", name)
		}
	}
	if !w.proves(secretAssertion("HS256", secret, "svc", w.now(), map[string]any{"iat": now + 8, "nbf": now + 8})) {
		t.Error("a clock that is 8 s ahead is refused")
	}
}

// Both live secrets sign and verify while the client's owner moves from one to the other; the newest signs.
func TestKeptSecretsRotate(t *testing.T) {
	w := newStillWorld(t, nil)
	c := machine("svc", "client_secret_jwt")
	c.IDTokenAlg = "HS256"
	old := w.client(c)
	works := func(secret string) bool {
		return w.proves(secretAssertion("HS512", secret, "svc", w.now(), nil))
	}
	next, err := w.RotateSecret(t.Context(), "svc", 60)
	if err != nil || !works(old) || !works(next.Reveal()) {
		t.Fatalf("%v, old %v, new %v", err, works(old), works(next.Reveal()))
	}
	w.pass(time.Minute)
	if works(old) || !works(next.Reveal()) {
		t.Error("the old secret outlives its time")
	}
	err = w.EditClient(t.Context(), "svc", func(c *provider.Client) error { c.Disabled = true; return nil })
	if err != nil || works(next.Reveal()) {
		t.Errorf("%v: a disabled client proves who it is", err)
	}
}

// kept are the client's secrets that are kept themselves.
func (w *world) kept(id string) (n int) {
	w.t.Helper()
	c, err := w.ClientRecord(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range c.Secrets {
		if len(s.Sealed) > 0 {
			n++
		}
	}
	return n
}

// A secret is kept only where something needs it; who changes to something that does is told to make one that is kept.
func TestSecretsAreKeptWhereNeeded(t *testing.T) {
	w := newStillWorld(t, nil)
	app := w.client(provider.Client{ID: "app", FirstParty: true})
	if w.kept("app") != 0 {
		t.Fatal("the secret is kept for nothing")
	}
	wants := map[string]func(*provider.Client){
		"client_secret_jwt": func(c *provider.Client) { c.AuthMethod = "client_secret_jwt" }, "id_token_signed_response_alg": func(c *provider.Client) { c.IDTokenAlg = "HS256" },
		"userinfo_signed_response_alg": func(c *provider.Client) { c.UserInfoAlg = "HS384" }, "authorization_signed_response_alg": func(c *provider.Client) { c.AuthorizationAlg = "HS512" },
		"introspection_signed_response_alg": func(c *provider.Client) { c.IntrospectionAlg = "HS256" }, "request_object_signing_alg": func(c *provider.Client) { c.RequestObjectAlg = "HS256" },
	}
	edit := func(id string, change func(*provider.Client)) error {
		return w.EditClient(t.Context(), id, func(c *provider.Client) error { change(c); return nil })
	}
	for name, want := range wants {
		err := edit("app", want)
		if !errors.Is(err, provider.ErrClientInvalid) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "signet client rotate-secret app --kept") {
			t.Errorf("%s: %v", name, err)
		}
	}
	secret, err := w.RotateKeptSecret(t.Context(), "app", 60)
	if err != nil || w.kept("app") != 1 {
		t.Fatal(err)
	}
	if err := edit("app", func(c *provider.Client) { c.Name = "App" }); err != nil || w.kept("app") != 1 {
		t.Errorf("a change of something else: %v, %d kept", err, w.kept("app"))
	}
	for name, want := range wants {
		if err := edit("app", func(c *provider.Client) { want(c); c.AuthMethod = "client_secret_basic" }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := w.receive("app", secret.Reveal())
	w.verified(s.idToken, "HS256", "JWT", secret.Reveal())
	if _, e := w.token("app:"+app, refreshForm("x")); e.OAuth != "invalid_grant" {
		t.Errorf("the old secret: %v", e)
	}
	err = edit("app", func(c *provider.Client) {
		c.IDTokenAlg, c.UserInfoAlg, c.AuthorizationAlg, c.IntrospectionAlg, c.RequestObjectAlg = "", "", "", "", ""
	})
	if err != nil || w.kept("app") != 0 {
		t.Errorf("when nothing needs it any more: %v, %d kept", err, w.kept("app"))
	}
	w.client(provider.Client{ID: "keys", AuthMethod: "private_key_jwt", JWKS: newAssertionKey(t).jwks})
	if err := edit("keys", wants["id_token_signed_response_alg"]); !errors.Is(err, provider.ErrClientInvalid) {
		t.Errorf("a client without any secret: %v", err)
	}
	if _, err := w.RotateKeptSecret(t.Context(), "keys", 0); err != nil {
		t.Fatal(err)
	}
	if err := edit("keys", wants["id_token_signed_response_alg"]); err != nil {
		t.Errorf("a client with a secret for its ID tokens: %v", err)
	}
	w.client(provider.Client{ID: "public", AuthMethod: "none"})
	if _, err := w.RotateKeptSecret(t.Context(), "public", 0); !errors.Is(err, provider.ErrClientInvalid) {
		t.Errorf("a public client: %v", err)
	}
}

// A secret that an owner has chosen must be long enough for what it is for (RFC 7518 §3.2).
func TestChosenSecretsAreLongEnough(t *testing.T) {
	w := newStillWorld(t, nil)
	for alg, least := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		for _, size := range []int{least - 1, least} {
			c := provider.Client{ID: "app-" + alg, IDTokenAlg: alg, RedirectURIs: []string{callback}}
			err := w.SetSecret(&c, keys.Secret(strings.Repeat("x", size)))
			if err == nil {
				_, err = w.AddClient(t.Context(), &c)
			}
			if (err == nil) != (size == least) || err != nil && !errors.Is(err, provider.ErrClientInvalid) {
				t.Errorf("%s with %d bytes: %v", alg, size, err)
			}
		}
	}
}

// A client that manages itself gets another secret when it changes to an algorithm that takes the secret itself.
func TestRegisteredClientsGetASecretThatIsKept(t *testing.T) {
	w := newStillWorld(t, openly)
	answer := w.register(registration("id_token_signed_response_alg", "RS256"))
	id, first := str(answer, "client_id"), str(answer, "client_secret")
	answer, e := w.tryUpdate(id, str(answer, "registration_access_token"), registration("client_id", id, "id_token_signed_response_alg", "HS256"))
	second := str(answer, "client_secret")
	if e != nil || second == "" || second == first || w.kept(id) != 1 {
		t.Fatalf("%v: %v", e, answer)
	}
	claims := w.verified(w.redeem(id+":"+second, params(id))["id_token"].(string), "HS256", "JWT", second)
	if claims["aud"] != id {
		t.Error(claims)
	}
	answer, e = w.tryUpdate(id, str(answer, "registration_access_token"), registration("client_id", id, "userinfo_signed_response_alg", "HS512", "id_token_signed_response_alg", "HS256"))
	if e != nil || str(answer, "client_secret") != "" || w.kept(id) != 1 {
		t.Errorf("a further algorithm: %v: %v", e, answer)
	}
	answer, e = w.tryUpdate(id, str(answer, "registration_access_token"), registration("client_id", id))
	if e != nil || w.kept(id) != 0 {
		t.Errorf("back again: %v: %v, %d kept", e, answer, w.kept(id))
	}
	if _, e := w.token(id+":"+second, refreshForm("x")); e.OAuth != "invalid_grant" {
		t.Errorf("the secret is another now: %v", e)
	}
}

// A configuration that is read again changes nothing, though what is sealed looks different each time; and its secret is there
// when an algorithm begins or ceases to need it.
func TestDeclaredClientsKeepTheirSecrets(t *testing.T) {
	w := newStillWorld(t, nil)
	declare := func(alg string) {
		t.Helper()
		c := provider.Client{ID: "app", RedirectURIs: []string{callback}, IDTokenAlg: alg}
		if err := w.SetSecret(&c, keys.Secret(strings.Repeat("x", 64))); err != nil {
			t.Fatal(err)
		}
		w.tap.reset(nil)
		if err := w.DeclareClients(t.Context(), []provider.Client{c}); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		alg          string
		writes, kept int
	}{{"HS256", 1, 1}, {"HS256", 0, 1}, {"", 1, 0}, {"", 0, 0}, {"HS512", 1, 1}, {"HS512", 0, 1}} {
		declare(step.alg)
		if _, writes := w.tap.counted(); int(writes) != step.writes || w.kept("app") != step.kept {
			t.Errorf("%d, %q: %d writes, %d kept", i+1, step.alg, writes, w.kept("app"))
		}
	}
}

// What is kept opens for its own client alone, and is nowhere to be read.
func TestAttack_AP01_KeptSecretsAreSealed(t *testing.T) {
	w := newStillWorld(t, nil)
	secret, other := w.client(machine("svc", "client_secret_jwt")), w.client(machine("other", "client_secret_jwt"))
	record, err := w.ClientRecord(t.Context(), "svc")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(record)
	if err != nil || strings.Contains(string(text), secret) || strings.Contains(string(text), b64.EncodeToString([]byte(secret))) {
		t.Errorf("%v: the record shows the secret: %s", err, text)
	}
	for name, wrong := range map[string]string{"hash": string(record.Secrets[0].Hash), "sealed": string(record.Secrets[0].Sealed), "nothing": strings.Repeat("\x00", 64)} {
		if w.proves(secretAssertion("HS256", wrong, "svc", w.now(), nil)) {
			t.Errorf("the %s stands for the secret", name)
		}
	}
	err = w.EditClient(t.Context(), "other", func(c *provider.Client) error {
		c.Secrets[0].Sealed = record.Secrets[0].Sealed
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, other} {
		if w.proves(secretAssertion("HS256", s, "other", w.now(), nil)) {
			t.Error("a secret that was moved to another client works")
		}
	}
}
