package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// opened are the parameters of an answer, taken out of the signed one if it is one (JARM).
func (w *world) opened(params url.Values) url.Values {
	if !params.Has("response") {
		return params
	}
	out := url.Values{}
	for name, value := range w.claimsOf(params.Get("response")) {
		out.Set(name, fmt.Sprint(value))
	}
	return out
}

// half is what an ID token of RS256 says of a token beside it (OIDC Core §3.3.2.11).
func half(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// legacy is a client that may use every response type.
func legacy(id string) provider.Client {
	return provider.Client{
		ID: id, FirstParty: true, ResponseTypes: provider.ResponseTypes(), GrantTypes: []string{"authorization_code", "implicit", "refresh_token"},
	}
}

func (w *world) answer(b provider.Browser, p url.Values) *provider.Answer {
	w.t.Helper()
	out, err := w.Authorize(w.t.Context(), p, b)
	if err != nil || out.Answer == nil {
		w.t.Fatalf("%v: %+v, %v", p["response_type"], out.Step, err)
	}
	return out.Answer
}

// Each response type brings what it names and nothing else, in the fragment if there is a token; the ID token vouches for
// what it travels with, and what was issued works.
func TestResponseTypes(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(legacy("app"))
	b := w.signIn(w.ada)
	for _, typ := range provider.ResponseTypes() {
		words := strings.Fields(typ)
		slices.Reverse(words) // the order of the words does not matter
		a := w.answer(b, params("app", "response_type", strings.Join(words, " "), "scope", "openid email"))
		got := a.Params
		want := []string{"iss", "state"}
		for word, members := range map[string][]string{"code": {"code"}, "id_token": {"id_token"}, "token": {"access_token", "expires_in", "token_type"}} {
			if slices.Contains(words, word) {
				want = append(want, members...)
			}
		}
		if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: parameters %q, want %q", typ, keys, want)
		}
		front := got.Has("id_token") || got.Has("access_token")
		if (a.Mode == "fragment") != front || got.Get("state") != "s-1" || got.Get("iss") != issuer {
			t.Errorf("%s: mode %s, %v", typ, a.Mode, got)
		}
		if got.Has("access_token") {
			if claims, e := w.userInfo(got.Get("access_token")); e != nil || claims["email"] != "ada@example.test" {
				t.Errorf("%s: userinfo %v, %v", typ, claims, e)
			}
			if got.Get("token_type") != "Bearer" || got.Get("expires_in") != "900" {
				t.Errorf("%s: %v", typ, got)
			}
		}
		if got.Has("id_token") {
			w.checkFrontIDToken(typ, got)
		}
		if got.Has("code") {
			answer, e := w.token(auth, codeForm(got.Get("code")))
			if e != nil || w.claimsOf(answer["id_token"])["sub"] != w.ada.Subject {
				t.Errorf("%s: %v", typ, e)
			}
		}
	}
}

func (w *world) checkFrontIDToken(typ string, got url.Values) {
	w.t.Helper()
	claims := w.claimsOf(got.Get("id_token"))
	for name, text := range map[string]string{"at_hash": got.Get("access_token"), "c_hash": got.Get("code"), "s_hash": "s-1"} {
		switch hash, there := claims[name]; {
		case text == "" && there:
			w.t.Errorf("%s: %s for nothing", typ, name)
		case text != "" && hash != half(text):
			w.t.Errorf("%s: %s is %v", typ, name, hash)
		}
	}
	if claims["nonce"] != "n-1" || claims["sub"] != w.ada.Subject {
		w.t.Errorf("%s: %v", typ, claims)
	}
	// Only an ID token that comes alone says what userinfo would (OIDC Core §5.4).
	if _, there := claims["email"]; there != (typ == "id_token") {
		w.t.Errorf("%s: email in the ID token: %v", typ, there)
	}
}

// An access token from the authorization endpoint needs no grant, and ends with the browser session all the same.
func TestFrontChannelTokenEndsWithTheSession(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(legacy("app"))
	b := w.signIn(w.ada)
	token := w.answer(b, params("app", "response_type", "id_token token", "scope", "openid offline_access")).Params.Get("access_token")
	if _, e := w.userInfo(token); e != nil {
		t.Fatal(e)
	}
	var end storage.Batch
	w.accounts.Sessions.End(&end, b.Session)
	if err := w.db.Apply(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if _, e := w.userInfo(token); e == nil {
		t.Error("it has outlived its session")
	}
}

// Response types are off unless the record names them, and the record can name only what its grant types go with.
func TestResponseTypesAreOffUnlessNamed(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, typ := range provider.ResponseTypes() {
		c := legacy("only-" + strings.ReplaceAll(typ, " ", "-"))
		c.ResponseTypes = []string{typ}
		w.client(c)
		for _, asked := range provider.ResponseTypes() {
			_, err := w.Authorize(t.Context(), params(c.ID, "response_type", asked), w.signIn(w.ada))
			if (err == nil) != (asked == typ) {
				t.Errorf("registered for %q, asks for %q: %v", typ, asked, err)
			}
		}
	}
	for _, c := range []provider.Client{
		{ResponseTypes: []string{"id_token"}}, {ResponseTypes: []string{"code id_token"}, GrantTypes: []string{"implicit"}},
		{ResponseTypes: []string{"code code"}}, {ResponseTypes: []string{"device_code"}}, {ResponseTypes: []string{""}},
	} {
		c.RedirectURIs = []string{callback}
		if _, err := w.AddClient(t.Context(), &c); err == nil {
			t.Errorf("registered: %+v", c)
		}
	}
}

// Tokens never travel in a query, and an ID token that comes by way of the browser has a nonce.
func TestFrontChannelRules(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(legacy("app"))
	b := w.signIn(w.ada)
	for _, c := range []struct {
		code   string
		change []string
	}{
		{"E-MODE-01", []string{"response_type", "code id_token", "response_mode", "query"}},
		{"E-MODE-01", []string{"response_type", "token", "response_mode", "query.jwt"}},
		{"E-REQ-01", []string{"response_type", "code id_token", "nonce", ""}},
		{"E-REQ-01", []string{"response_type", "id_token", "nonce", ""}},
		{"E-TYPE-02", []string{"response_type", "id_token", "scope", "email"}},
		{"E-PKCE-01", []string{"response_type", "code id_token", "code_challenge", "", "code_challenge_method", ""}},
	} {
		_, err := w.Authorize(t.Context(), params("app", c.change...), b)
		wantCode(t, err, c.code)
		if a := provider.AsError(err).Answer; a == nil || a.Mode != "fragment" {
			t.Errorf("%q: refused by %+v, want the fragment", c.change, a)
		}
	}
	for _, change := range [][]string{{"response_type", "code token", "nonce", ""}, {"response_type", "id_token", "code_challenge", "", "code_challenge_method", ""}} {
		w.answer(b, params("app", change...))
	}
}

// A signed answer says all that a plain one would, for whom it is and until when (JARM §2.1); a refusal is signed too.
func TestJARM(t *testing.T) {
	w := newStillWorld(t, nil)
	c := legacy("app")
	c.AuthorizationAlg = "ES256"
	auth := "app:" + w.client(c)
	b := w.signIn(w.ada)
	for asked, way := range map[string][2]string{"jwt": {"query", "fragment"}, "query.jwt": {"query", ""}, "fragment.jwt": {"fragment", "fragment"}, "form_post.jwt": {"form_post", "form_post"}} {
		for i, typ := range []string{"code", "code id_token"} {
			if way[i] == "" {
				continue
			}
			a := w.answer(b, params("app", "response_type", typ, "response_mode", asked))
			if a.Mode != way[i] || len(a.Params) != 1 {
				t.Fatalf("%s, %s: %s with %v", asked, typ, a.Mode, a.Params)
			}
			claims := w.claimsOf(a.Params.Get("response"))
			exp, _ := claims["exp"].(float64)
			if claims["iss"] != issuer || claims["aud"] != "app" || claims["state"] != "s-1" || int64(exp)-w.now().Unix() != 300 {
				t.Errorf("%s, %s: %v", asked, typ, claims)
			}
			if _, e := w.token(auth, codeForm(claims["code"].(string))); e != nil {
				t.Errorf("%s, %s: %v", asked, typ, e)
			}
		}
	}
	_, err := w.Authorize(t.Context(), params("app", "response_mode", "jwt", "prompt", "none"), provider.Browser{Binding: "b"})
	if got := w.opened(told(err)); got.Get("error") != "login_required" || got.Get("state") != "s-1" || got.Get("aud") != "app" {
		t.Errorf("a refusal: %v", got)
	}
}

func claimsParam(t *testing.T, ask map[string]any) string {
	t.Helper()
	text, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Claims asked for by name come where they were asked for, stay with the grant, and are consented to like their scopes.
func TestClaimsParameter(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app"})
	b := w.signIn(w.ada)
	ask := claimsParam(t, map[string]any{
		"userinfo": map[string]any{"name": map[string]any{"essential": true}, "nonsense": nil},
		"id_token": map[string]any{"email": nil, "auth_time": map[string]any{"essential": true}},
		"other":    1,
	})
	p := params("app", "scope", "openid offline_access", "claims", ask, "prompt", "consent")
	out, err := w.Authorize(t.Context(), p, b)
	if err != nil || out.Step == nil || !slices.Equal(out.Step.Scopes, []string{"openid", "offline_access", "email", "profile"}) {
		t.Fatalf("the person is asked for %+v, %v", out.Step, err)
	}
	answer, e := w.token(auth, codeForm(w.code(b, p)))
	for range 2 {
		if e != nil {
			t.Fatal(e)
		}
		if claims := w.claimsOf(answer["id_token"]); claims["email"] != "ada@example.test" || claims["name"] != nil || claims["auth_time"] == nil {
			t.Errorf("ID token %v", claims)
		}
		if claims, e := w.userInfo(answer["access_token"]); e != nil || claims["name"] != "Ada Lovelace" || claims["email"] != nil || claims["nonsense"] != nil {
			t.Errorf("userinfo %v, %v", claims, e)
		}
		answer, e = w.token(auth, refreshForm(answer["refresh_token"]))
	}
	for _, bad := range []string{"x", "[]", `{"userinfo":1}`, `{"userinfo":{"name":{"values":1}}}`, `{"userinfo":{"name":null,"name":null}}`, `{"userinfo":{"x":"` + strings.Repeat("x", 4096) + `"}}`} {
		_, err := w.Authorize(t.Context(), params("app", "claims", bad), b)
		wantCode(t, err, "E-REQ-01")
	}
}

// A claim whose scope the client may not ask for is not released by asking for it by name.
func TestClaimsParameterDoesNotWiden(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, Scopes: []string{"openid"}})
	ask := claimsParam(t, map[string]any{"userinfo": map[string]any{"email": nil}, "id_token": map[string]any{"email": nil}})
	answer := w.redeem(auth, params("app", "claims", ask))
	claims, e := w.userInfo(answer["access_token"])
	if e != nil || claims["email"] != nil || w.claimsOf(answer["id_token"])["email"] != nil {
		t.Errorf("released: %v", claims)
	}
}

// A subject that is asked for by value is a demand for that person.
func TestClaimsParameterNamesThePerson(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	for sub, want := range map[string]bool{w.ada.Subject: true, "u_other": false} {
		ask := claimsParam(t, map[string]any{"id_token": map[string]any{"sub": map[string]any{"value": sub}}})
		_, err := w.Authorize(t.Context(), params("app", "claims", ask, "prompt", "none"), b)
		if (err == nil) != want {
			t.Errorf("%s: %v", sub, err)
		}
	}
}

// An essential acr is reached or the request is refused; a wish is met or not.
func TestACR(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	essential := func(values ...string) string {
		return claimsParam(t, map[string]any{"id_token": map[string]any{"acr": map[string]any{"essential": true, "values": values}}})
	}
	b := w.signInWith(w.ada, account.SignIn{ACR: provider.ACROneFactor})
	answer, e := w.token(auth, codeForm(w.code(b, params("app", "claims", essential("9", "1")))))
	if e != nil || w.claimsOf(answer["id_token"])["acr"] != "1" {
		t.Errorf("%v, %v", answer, e)
	}
	w.answer(b, params("app", "acr_values", "9 8"))
	_, err := w.Authorize(t.Context(), params("app", "claims", essential("9")), b)
	wantCode(t, err, "E-ACR-01")
	if got := told(err).Get("error"); got != "unmet_authentication_requirements" {
		t.Errorf("the client is told %q", got)
	}
	// A session of no class has to sign in once more, and is refused if that brings no class either.
	old := w.signInWith(w.ada, account.SignIn{})
	out, err := w.Authorize(t.Context(), params("app", "claims", essential("1")), old)
	if err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
		t.Fatalf("%+v, %v", out.Step, err)
	}
	sealed, err := w.ProveLogin(t.Context(), out.Step.Request, old, w.ada.Subject)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Resume(t.Context(), sealed, old)
	wantCode(t, err, "E-ACR-01")
}

// default_max_age and default_acr_values stand in for parameters that are not there (OIDC Registration §2).
func TestDefaultMaxAge(t *testing.T) {
	w := newStillWorld(t, nil)
	age := int64(60)
	w.client(provider.Client{ID: "app", FirstParty: true, DefaultMaxAge: &age})
	b := w.signIn(w.ada)
	w.answer(b, params("app"))
	w.pass(61 * time.Second)
	if out, err := w.Authorize(t.Context(), params("app"), b); err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
		t.Errorf("older than default_max_age: %+v, %v", out, err)
	}
	w.answer(b, params("app", "max_age", "120"))
}

// A code that would be long is kept in storage, is short, and is as good as any other: once.
func TestLongRequestsHaveShortCodes(t *testing.T) {
	w := newStillWorld(t, nil)
	c := provider.Client{ID: "app", FirstParty: true, Audience: []string{}}
	for i := range 20 {
		c.Audience = append(c.Audience, fmt.Sprintf("https://api-%02d.example.test/with/a/path/of/some/length", i))
	}
	auth := "app:" + w.client(c)
	p := params("app")
	p["resource"] = c.Audience
	code := w.code(w.signIn(w.ada), p)
	if len(code) > 200 {
		t.Errorf("a code of %d bytes", len(code))
	}
	answer, e := w.token(auth, codeForm(code))
	if e != nil || !w.active(auth, answer["access_token"]) {
		t.Fatal(e)
	}
	_, e = w.token(auth, codeForm(code))
	wantOAuth(t, e, 400, "invalid_grant")
	if w.active(auth, answer["access_token"]) {
		t.Error("the second use has not ended the grant")
	}
}
