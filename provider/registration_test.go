package provider_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/provider"
)

// openly lets everybody register clients of every kind, and reaches sites of this machine.
func openly(c *provider.Config) {
	reaching(c)
	c.Registration = provider.Registration{Policy: provider.RegistrationOpen, GrantTypes: provider.GrantTypes(), ResponseTypes: provider.ResponseTypes()}
}

// bearing is a request with a bearer token, or none if it is empty.
func bearing(token string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, issuer+"/register", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// registration is usual client metadata; change pairs replace members, nil leaves one out.
func registration(change ...any) map[string]any {
	m := map[string]any{"client_name": "Photos", "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code", "refresh_token"}}
	for i := 0; i < len(change); i += 2 {
		name := change[i].(string)
		if m[name] = change[i+1]; change[i+1] == nil {
			delete(m, name)
		}
	}
	return m
}

func (w *world) tryRegister(token string, m map[string]any) (map[string]any, *provider.Error) {
	w.t.Helper()
	answer, err := w.Register(context.Background(), bearing(token), []byte(asJSON(m)))
	return plainJSON(answer), provider.AsError(err)
}

// register registers a client and returns the answer.
func (w *world) register(m map[string]any) map[string]any {
	w.t.Helper()
	answer, err := w.tryRegister("", m)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// plainJSON is an answer as its reader sees it.
func plainJSON(answer map[string]any) map[string]any {
	if answer == nil {
		return nil
	}
	out := map[string]any{}
	if err := json.Unmarshal([]byte(asJSON(answer)), &out); err != nil {
		panic(err)
	}
	return out
}

func (w *world) tryUpdate(id, token string, m map[string]any) (map[string]any, *provider.Error) {
	answer, err := w.UpdateRegistration(context.Background(), bearing(token), id, []byte(asJSON(m)))
	return plainJSON(answer), provider.AsError(err)
}

func (w *world) read(id, token string) (map[string]any, *provider.Error) {
	answer, err := w.Registration(context.Background(), bearing(token), id)
	return plainJSON(answer), provider.AsError(err)
}

func str(answer map[string]any, name string) string { s, _ := answer[name].(string); return s }

func TestRegisteredClientSignsPeopleIn(t *testing.T) {
	w := newStillWorld(t, openly)
	c := w.register(registration())
	id, secret := str(c, "client_id"), str(c, "client_secret")
	if c["client_secret_expires_at"] != 0.0 || c["client_id_issued_at"] != float64(w.now().Unix()) || len(secret) != 43 {
		t.Errorf("%v", c)
	}
	for name, want := range map[string]any{
		"token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "subject_type": "public", "id_token_signed_response_alg": "RS256",
		"client_name": "Photos", "scope": strings.Join(provider.StandardScopes(), " "), "registration_client_uri": issuer + "/register/" + id,
	} {
		if c[name] != want {
			t.Errorf("%s is %v, want %v", name, c[name], want)
		}
	}
	// It is a confidential client of OpenID Connect: it may rely on its nonce.
	form := codeForm(w.code(w.signIn(w.ada), params(id, "code_challenge", "", "code_challenge_method", "", "scope", "openid offline_access")))
	form.Del("code_verifier")
	answer, err := w.token(id+":"+secret, form)
	if err != nil {
		t.Fatal(err)
	}
	if answer["refresh_token"] == nil || w.claimsOf(answer["id_token"])["aud"] != id {
		t.Errorf("%v", answer)
	}
}

// Without openid there is no nonce, and a public client has none to rely on.
func TestRegisteredClientsNeedPKCE(t *testing.T) {
	w := newStillWorld(t, openly)
	b := w.signIn(w.ada)
	none := []string{"code_challenge", "", "code_challenge_method", ""}
	id := str(w.register(registration()), "client_id")
	_, err := w.Authorize(t.Context(), params(id, append(none, "scope", "profile")...), b)
	wantCode(t, err, "E-PKCE-01")
	public := str(w.register(registration("token_endpoint_auth_method", "none")), "client_id")
	_, err = w.Authorize(t.Context(), params(public, none...), b)
	wantCode(t, err, "E-PKCE-01")
	w.code(b, params(public))
}

func TestRegistrationDefaults(t *testing.T) {
	w := newStillWorld(t, openly)
	k := newAssertionKey(t)
	for what, c := range map[string]struct {
		send, want map[string]any
		secret     bool
	}{
		"nothing but an address": {map[string]any{"redirect_uris": []string{callback}},
			map[string]any{"grant_types": []any{"authorization_code"}, "response_types": []any{"code"}}, true},
		"post":   {registration("token_endpoint_auth_method", "client_secret_post"), map[string]any{"token_endpoint_auth_method": "client_secret_post"}, true},
		"public": {registration("token_endpoint_auth_method", "none"), map[string]any{"token_endpoint_auth_method": "none"}, false},
		"keys": {registration("token_endpoint_auth_method", "private_key_jwt", "jwks", k.jwks),
			map[string]any{"token_endpoint_auth_method": "private_key_jwt"}, false},
		"hybrid": {registration("grant_types", []string{"authorization_code", "implicit"}, "response_types", []string{"token code id_token"}),
			map[string]any{"response_types": []any{"token code id_token"}}, true},
		"machine":        {registration("grant_types", []string{"client_credentials"}, "redirect_uris", nil), map[string]any{"response_types": nil, "redirect_uris": nil}, true},
		"less scope":     {registration("scope", "openid email"), map[string]any{"scope": "openid email"}, true},
		"unknown scope":  {registration("scope", "openid admin email"), map[string]any{"scope": "openid email"}, true},
		"no scope":       {registration("scope", ""), map[string]any{"scope": ""}, true},
		"null":           {registration("client_uri", json.RawMessage("null"), "grant_types", json.RawMessage("null")), map[string]any{"client_uri": nil, "grant_types": []any{"authorization_code"}}, true},
		"a language":     {registration("client_name#ja", "写真", "tos_uri#fr", "https://app.example.test/cgu"), map[string]any{"client_name": "Photos", "client_name#ja": nil, "tos_uri#fr": nil}, true},
		"native":         {registration("application_type", "native", "token_endpoint_auth_method", "none", "redirect_uris", []string{"com.example.app:/cb"}), map[string]any{"application_type": "native"}, false},
		"third party":    {registration("initiate_login_uri", "https://app.example.test/login"), map[string]any{"initiate_login_uri": "https://app.example.test/login"}, true},
		"pages":          {registration("logo_uri", "https://app.example.test/l.png", "policy_uri", "https://app.example.test/p", "tos_uri", "https://app.example.test/t"), map[string]any{"logo_uri": "https://app.example.test/l.png"}, true},
		"unknown member": {registration("favourite_colour", "blue"), map[string]any{"favourite_colour": nil}, true},
	} {
		answer, err := w.tryRegister("", c.send)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for name, want := range c.want {
			if asJSON(answer[name]) != asJSON(want) {
				t.Errorf("%s: %s is %v, want %v", what, name, answer[name], want)
			}
		}
		if _, expires := answer["client_secret_expires_at"]; (str(answer, "client_secret") != "") != c.secret || expires != c.secret {
			t.Errorf("%s: secret %q", what, answer["client_secret"])
		}
		// What was answered is what is kept.
		kept, err := w.read(str(answer, "client_id"), str(answer, "registration_access_token"))
		if err != nil {
			t.Fatal(err)
		}
		for _, once := range []string{"client_secret", "client_secret_expires_at", "registration_access_token"} {
			delete(answer, once)
		}
		if asJSON(kept) != asJSON(answer) {
			t.Errorf("%s: kept\n%s\nanswered\n%s", what, asJSON(kept), asJSON(answer))
		}
	}
}

func TestRegistrationRefusals(t *testing.T) {
	w := newStillWorld(t, openly)
	k := newAssertionKey(t)
	for what, c := range map[string]struct {
		send        map[string]any
		oauth, name string
	}{
		"fragment":              {registration("redirect_uris", []string{callback + "#fragment"}), "invalid_redirect_uri", "redirect_uris"},
		"http address":          {registration("redirect_uris", []string{"http://app.example.test/cb"}), "invalid_redirect_uri", "redirect_uris"},
		"script address":        {registration("redirect_uris", []string{"javascript:alert(1)"}), "invalid_redirect_uri", "redirect_uris"},
		"wildcard":              {registration("redirect_uris", []string{"https://*.example.test/cb"}), "invalid_redirect_uri", "redirect_uris"},
		"web, private scheme":   {registration("redirect_uris", []string{"com.example.app:/cb"}), "invalid_redirect_uri", "redirect_uris"},
		"implicit on loopback":  {registration("redirect_uris", []string{"https://localhost/cb"}, "grant_types", []string{"implicit"}, "response_types", []string{"id_token"}), "invalid_redirect_uri", "redirect_uris"},
		"no list":               {registration("redirect_uris", callback), "invalid_redirect_uri", "redirect_uris"},
		"no address":            {registration("redirect_uris", nil), "invalid_client_metadata", ""},
		"http initiation":       {registration("initiate_login_uri", "http://app.example.test/login"), "invalid_client_metadata", "initiate_login_uri"},
		"http logo":             {registration("logo_uri", "http://app.example.test/l.png"), "invalid_client_metadata", "logo_uri"},
		"no such method":        {registration("token_endpoint_auth_method", "password"), "invalid_client_metadata", "token_endpoint_auth_method"},
		"no such algorithm":     {registration("id_token_signed_response_alg", "HS1"), "invalid_client_metadata", "id_token_signed_response_alg"},
		"no signature":          {registration("id_token_signed_response_alg", "none"), "invalid_client_metadata", "id_token_signed_response_alg"},
		"no such grant":         {registration("grant_types", []string{"password"}), "invalid_client_metadata", "grant_types"},
		"no such response type": {registration("response_types", []string{"code", "banana"}), "invalid_client_metadata", "response_types"},
		"no grant for the type": {registration("response_types", []string{"id_token"}), "invalid_client_metadata", ""},
		"keys missing":          {registration("token_endpoint_auth_method", "private_key_jwt"), "invalid_client_metadata", ""},
		"bad keys":              {registration("jwks", json.RawMessage(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`)), "invalid_client_metadata", "jwks"},
		"keys twice":            {registration("jwks", k.jwks, "jwks_uri", "https://app.example.test/jwks"), "invalid_client_metadata", "jwks"},
		"keys of nowhere":       {registration("jwks_uri", "http://app.example.test/jwks"), "invalid_client_metadata", "jwks_uri"},
		"a number as name":      {registration("client_name", 7), "invalid_client_metadata", "client_name"},
		"a list as scope":       {registration("scope", []string{"openid"}), "invalid_client_metadata", "scope"},
		"no such kind":          {registration("application_type", "desktop"), "invalid_client_metadata", "application_type"},
		"no such subject":       {registration("subject_type", "secret"), "invalid_client_metadata", "subject_type"},
		"negative age":          {registration("default_max_age", -1), "invalid_client_metadata", "default_max_age"},
	} {
		answer, err := w.tryRegister("", c.send)
		if err == nil || err.Status != 400 || err.OAuth != c.oauth {
			t.Errorf("%s: %v, %v", what, answer, err)
			continue
		}
		if !strings.HasSuffix(err.Description, c.name) || strings.ContainsAny(err.Description, `"\`) || strings.Contains(err.Description, "example") {
			t.Errorf("%s: %q", what, err.Description)
		}
	}
	for _, document := range []string{"", "x", "[]", "null", "7", `"x"`, `{"client_name":"a","client_name":"b"}`, "{} {}", strings.Repeat("[", 100), "{\"client_name\":\"\xff\"}"} {
		_, err := w.Register(t.Context(), bearing(""), []byte(document))
		wantCode(t, err, "E-REG-01")
	}
}

// What the operator has not allowed cannot be registered, though the provider can do it.
func TestRegistrationPolicyOfTypes(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Registration.Policy = provider.RegistrationOpen })
	for _, m := range []map[string]any{
		registration("grant_types", []string{"implicit"}, "response_types", []string{"id_token"}), registration("grant_types", []string{"authorization_code", "implicit"}),
		registration("grant_types", []string{"client_credentials"}), registration("response_types", []string{"none"}),
	} {
		_, err := w.tryRegister("", m)
		wantOAuth(t, err, 400, "invalid_client_metadata")
	}
	w.register(registration())
}

func TestRegistrationIsManaged(t *testing.T) {
	w := newStillWorld(t, openly)
	first := w.register(registration("contacts", []string{"ops@example.test"}, "scope", "openid email"))
	id, token, secret := str(first, "client_id"), str(first, "registration_access_token"), str(first, "client_secret")
	w.pass(time.Hour)
	next, err := w.tryUpdate(id, token, registration("client_id", id, "client_secret", secret, "client_name", "Pictures"))
	if err != nil {
		t.Fatal(err)
	}
	if next["client_name"] != "Pictures" || next["contacts"] != nil || next["client_secret"] != nil || next["client_id_issued_at"] != first["client_id_issued_at"] {
		t.Errorf("%v", next)
	}
	if str(next, "registration_access_token") == token || str(next, "registration_access_token") == "" {
		t.Error("the token did not change")
	}
	token = str(next, "registration_access_token")
	w.redeem(id+":"+secret, params(id)) // its secret is as it was
	// From keys to a secret and back: there is a new one, and then none.
	k := newAssertionKey(t)
	next, err = w.tryUpdate(id, token, registration("client_id", id, "token_endpoint_auth_method", "private_key_jwt", "jwks", k.jwks))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.token(id+":"+secret, codeForm("x")); err == nil || err.OAuth != "invalid_client" {
		t.Errorf("the secret of before: %v", err)
	}
	next, err = w.tryUpdate(id, str(next, "registration_access_token"), registration("client_id", id))
	if err != nil || str(next, "client_secret") == "" || str(next, "client_secret") == secret || next["jwks"] != nil {
		t.Fatalf("%v, %v", next, err)
	}
	w.redeem(id+":"+str(next, "client_secret"), params(id))
	for what, m := range map[string]map[string]any{
		"no client_id": registration(), "another client_id": registration("client_id", "x"), "a number": registration("client_id", 7),
		"another secret": registration("client_id", id, "client_secret", secret),
	} {
		if _, err := w.tryUpdate(id, str(next, "registration_access_token"), m); err == nil || err.OAuth != "invalid_client_metadata" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.EndRegistration(t.Context(), bearing(str(next, "registration_access_token")), id); err != nil {
		t.Fatal(err)
	}
	_, err = w.read(id, str(next, "registration_access_token"))
	wantOAuth(t, err, 401, "invalid_token")
	if _, err := w.Authorize(t.Context(), params(id), w.signIn(w.ada)); provider.AsError(err).Code != "E-CLIENT-01" {
		t.Errorf("%v", err)
	}
}

func TestInitialTokens(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Registration.Policy = provider.RegistrationByToken })
	make := func(uses int64, life time.Duration, scopes ...string) (string, string) {
		t.Helper()
		text, token, err := w.CreateInitialToken(t.Context(), provider.InitialToken{Uses: uses, Expires: w.now().Add(life).Unix(), Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return text.Reveal(), token.ID
	}
	_, err := w.tryRegister("", registration())
	wantOAuth(t, err, 401, "invalid_token")
	text, id := make(2, time.Hour, "orders:read")
	answer, err := w.tryRegister(text, registration("scope", "openid orders:read admin"))
	if err != nil || answer["scope"] != "openid orders:read" {
		t.Fatalf("%v, %v", answer, err)
	}
	record, _ := w.ClientRecord(t.Context(), str(answer, "client_id"))
	if record.RegisteredWith != id {
		t.Errorf("registered with %q", record.RegisteredWith)
	}
	// What it was given it keeps when it changes its record.
	answer, err = w.tryUpdate(str(answer, "client_id"), str(answer, "registration_access_token"), registration("client_id", answer["client_id"]))
	if err != nil || !slices.Contains(strings.Fields(str(answer, "scope")), "orders:read") {
		t.Errorf("%v, %v", answer, err)
	}
	list, _, e := w.ListInitialTokens(t.Context(), "", 10)
	if e != nil || len(list) != 1 || list[0].Uses != 1 || list[0].Hash != nil {
		t.Fatalf("%+v, %v", list, e)
	}
	if _, err := w.tryRegister(text, registration()); err != nil {
		t.Fatal(err)
	}
	_, err = w.tryRegister(text, registration()) // used up
	wantOAuth(t, err, 401, "invalid_token")
	// A refused registration uses nothing.
	text, _ = make(1, time.Hour)
	_, err = w.tryRegister(text, registration("redirect_uris", nil))
	wantOAuth(t, err, 400, "invalid_client_metadata")
	if _, err := w.tryRegister(text, registration()); err != nil {
		t.Fatal(err)
	}
	text, _ = make(1, time.Hour)
	w.pass(time.Hour)
	_, err = w.tryRegister(text, registration())
	wantOAuth(t, err, 401, "invalid_token")
	text, id = make(1, time.Hour)
	if err := w.RevokeInitialToken(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	_, err = w.tryRegister(text, registration())
	wantOAuth(t, err, 401, "invalid_token")
	for _, bad := range []provider.InitialToken{{Uses: 0, Expires: w.now().Unix() + 60}, {Uses: 1}, {Uses: 1, Expires: w.now().Unix() + 400*24*3600}, {Uses: 1, Expires: w.now().Unix() + 60, Scopes: []string{"a b"}}, {Uses: 1, Expires: w.now().Unix() + 60, Note: "a\nb"}} {
		if _, _, err := w.CreateInitialToken(t.Context(), bad); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

// Discovery says where to register only where one can.
func TestRegistrationIsAnnounced(t *testing.T) {
	for policy, want := range map[provider.RegistrationPolicy]any{
		"": nil, provider.RegistrationClosed: nil, provider.RegistrationByToken: issuer + "/register", provider.RegistrationOpen: issuer + "/register",
	} {
		w := newStillWorld(t, func(c *provider.Config) { c.Registration.Policy = policy })
		doc := map[string]any{}
		if err := json.Unmarshal(w.Discovery().Body, &doc); err != nil {
			t.Fatal(err)
		}
		if doc["registration_endpoint"] != want || w.CanRegister() != (want != nil) {
			t.Errorf("%s: %v", policy, doc["registration_endpoint"])
		}
		_, err := w.tryRegister("x", registration())
		if want == nil {
			wantOAuth(t, err, 404, "not_found")
		}
	}
	w := newStillWorld(t, nil)
	for _, bad := range []provider.Registration{{Policy: "maybe"}, {ResponseTypes: []string{"banana"}}, {GrantTypes: []string{"banana"}}} {
		c := provider.Config{Issuer: issuer, DB: w.db, Sealer: w.sealer, Ring: w.ring, Accounts: w.accounts, Registration: bad}
		if _, err := provider.New(t.Context(), c); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}
