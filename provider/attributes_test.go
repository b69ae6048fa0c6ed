package provider_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/account/attribute"
	"signet/storage"
	"signet/storage/bolt"
)

var staffScope = []provider.DeclaredScope{{Name: "staff", Title: attribute.Words{"": "See your place at work"}}, {Name: "orders:read"}}

var staffAttributes = []attribute.Definition{
	{Name: "number", Type: attribute.Number, Scope: "staff", Claim: "employee_number"},
	{Name: "office", Scope: "staff", Edit: attribute.ByPerson, Ask: true},
	{Name: "skills", Type: attribute.List, Scope: "staff", Claim: "https://id.example.test/skills", In: []attribute.Place{attribute.InUserInfo}},
	{Name: "vip", Type: attribute.Boolean, Scope: "profile", In: []attribute.Place{attribute.InIDToken}},
	{Name: "secret"},
}

const staffValues = `{"attributes":{"number":4711,"office":"3.14","skills":["go","sql"],"vip":false,"secret":"x"}}`

// newStaff is a world in which ada has attributes.
func newStaff(t *testing.T, change func(*provider.Config)) (*world, storage.Engine) {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	w := newWorldWith(t, engine, staffAttributes, func(c *provider.Config) {
		c.Scopes = staffScope
		if change != nil {
			change(c)
		}
	})
	w.patchAda(staffValues)
	return w, engine
}

// patchAda changes ada as an operator does.
func (w *world) patchAda(document string) {
	w.t.Helper()
	var err error
	w.ada, err = w.accounts.EditPerson(w.t.Context(), "ada", func(p *account.Person) error { return p.Patch([]byte(document)) })
	w.do(err)
}

var staffClaims = []string{"employee_number", "office", "https://id.example.test/skills", "vip", "secret"}

// attributesIn are the attributes that claims tell.
func attributesIn(claims map[string]any) string {
	told := map[string]any{}
	for _, name := range staffClaims {
		if v, ok := claims[name]; ok {
			told[name] = v
		}
	}
	text, _ := json.Marshal(told)
	return string(text)
}

func (w *world) wantAttributes(when string, answer map[string]any, idToken, userInfo string) {
	w.t.Helper()
	info, err := w.userInfo(answer["access_token"])
	if err != nil {
		w.t.Fatalf("%s: %v", when, err)
	}
	if got := attributesIn(w.claimsOf(answer["id_token"])); got != idToken {
		w.t.Errorf("%s: the ID token says %s, want %s", when, got, idToken)
	}
	if got := attributesIn(info); got != userInfo {
		w.t.Errorf("%s: userinfo says %s, want %s", when, got, userInfo)
	}
}

func TestAttributes_AreReleasedByScope(t *testing.T) {
	w, _ := newStaff(t, nil)
	scopes := append(provider.StandardScopes(), "staff")
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenClaims: true, Scopes: scopes})
	plain := "plain:" + w.client(provider.Client{ID: "plain", FirstParty: true, Scopes: scopes})
	const all = `{"employee_number":4711,"https://id.example.test/skills":["go","sql"],"office":"3.14"}`
	w.wantAttributes("openid alone", w.redeem(auth, params("app")), `{}`, `{}`)
	w.wantAttributes("profile", w.redeem(auth, params("app", "scope", "openid profile")), `{"vip":false}`, `{}`)
	w.wantAttributes("staff", w.redeem(auth, params("app", "scope", "openid staff")), `{"employee_number":4711,"office":"3.14"}`, all)
	w.wantAttributes("of a client with a small ID token", w.redeem(plain, params("plain", "scope", "openid staff")), `{}`, all)
	asked := `{"id_token":{"office":null,"vip":null,"https://id.example.test/skills":null,"secret":null},"userinfo":{"employee_number":{"essential":true},"vip":null,"secret":null}}`
	w.wantAttributes("asked by name", w.redeem(plain, params("plain", "claims", asked)), `{"office":"3.14","vip":false}`, `{"employee_number":4711}`)
}

// A client that may not ask for the scope cannot ask for its claims either, and who asks for a claim has to be allowed its scope.
func TestAttributes_NeedConsentToTheirScope(t *testing.T) {
	w, _ := newStaff(t, nil)
	narrow := "narrow:" + w.client(provider.Client{ID: "narrow", FirstParty: true})
	_, err := w.Authorize(t.Context(), params("narrow", "scope", "openid staff"), w.signIn(w.ada))
	wantCode(t, err, "E-SCOPE-01")
	w.wantAttributes("of a client without the scope", w.redeem(narrow, params("narrow", "claims", `{"userinfo":{"office":null}}`)), `{}`, `{}`)

	w.client(provider.Client{ID: "app", Scopes: append(provider.StandardScopes(), "staff")})
	out, err := w.Authorize(t.Context(), params("app", "claims", `{"userinfo":{"office":null}}`), w.signIn(w.ada))
	w.do(err)
	if out.Step == nil || out.Step.Name != provider.StepConsent || !slices.Equal(out.Step.Scopes, []string{"openid", "staff"}) {
		t.Fatalf("%+v", out.Step)
	}
	if s, ok := w.DeclaredScope("staff"); !ok || s.Title.In("fr") != "See your place at work" {
		t.Errorf("%+v, %v", s, ok)
	}
	if _, ok := w.DeclaredScope("profile"); ok {
		t.Error("a standard scope has words of the operator")
	}
}

func TestAttributes_StayRightAfterRefresh(t *testing.T) {
	w, _ := newStaff(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenClaims: true, RefreshAlways: true, Scopes: []string{"openid", "staff"}})
	answer := w.redeem(auth, params("app", "scope", "openid staff"))
	w.patchAda(`{"attributes":{"number":18,"office":null,"skills":null}}`)
	fresh, err := w.token(auth, refreshForm(answer["refresh_token"]))
	if err != nil {
		t.Fatal(err)
	}
	w.wantAttributes("after a refresh", fresh, `{"employee_number":18}`, `{"employee_number":18}`)
	w.wantAttributes("with the first token", map[string]any{"access_token": answer["access_token"], "id_token": fresh["id_token"]}, `{"employee_number":18}`, `{"employee_number":18}`)
}

// What the configuration has no more is kept and not told; what no longer fits is not told, with one warning.
func TestAttributes_ThatAreNoMore(t *testing.T) {
	w, engine := newStaff(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, Scopes: []string{"openid", "staff"}})
	var log bytes.Buffer
	n := &world{t: t, sealer: w.sealer, ada: w.ada}
	n.define([]attribute.Definition{{Name: "number", Type: attribute.Date, Scope: "staff", Claim: "employee_number"}, {Name: "office", Scope: "staff", Pattern: "[0-9.]+"}})
	n.join(engine, func(c *provider.Config) { c.Scopes, c.Log = staffScope, slog.New(slog.NewTextHandler(&log, nil)) })
	for range 2 {
		answer := n.redeem(auth, params("app", "scope", "openid staff"))
		n.wantAttributes("with another configuration", answer, `{}`, `{"office":"3.14"}`)
	}
	if got := strings.Count(log.String(), "attribute=number"); got != 1 || strings.Contains(log.String(), "4711") {
		t.Errorf("%d warnings: %s", got, log.String())
	}
	n.patchAda(`{"nickname":"Countess"}`)
	if got, _ := json.Marshal(n.ada.Attributes); string(got) != `{"number":4711,"office":"3.14","secret":"x","skills":["go","sql"],"vip":false}` {
		t.Errorf("kept: %s", got)
	}
	_, err := n.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error { return p.Patch([]byte(`{"attributes":{"secret":"y"}}`)) })
	if err == nil {
		t.Error("what is not declared can be changed")
	}
}

func TestAttributes_InDiscovery(t *testing.T) {
	w, _ := newStaff(t, nil)
	var document struct {
		Scopes []string `json:"scopes_supported"`
		Claims []string `json:"claims_supported"`
	}
	w.do(json.Unmarshal(w.Discovery().Body, &document))
	if !slices.Equal(document.Scopes, append(provider.StandardScopes(), "staff", "orders:read")) {
		t.Errorf("scopes %q", document.Scopes)
	}
	for _, name := range staffClaims {
		if slices.Contains(document.Claims, name) != (name != "secret") {
			t.Errorf("%s is announced: %v", name, slices.Contains(document.Claims, name))
		}
	}
	if w := newWorld(t, nil); strings.Contains(string(w.Discovery().Body), "employee_number") {
		t.Error("a provider without attributes announces those of another")
	}
}

// A claim that passes for one of the protocol or of the standard would make an attribute an authority.
func TestAttack_AttributeShadowsAClaim(t *testing.T) {
	names := []string{"sub", "iss", "aud", "exp", "iat", "nbf", "jti", "acr", "amr", "azp", "auth_time", "nonce", "sid", "at_hash", "events", "cnf", "act", "client_id", "scope", "active", "email", "email_verified", "groups", "roles", "entitlements", "phone_number_verified", "address", "preferred_username", "_claim_names", "sub_jwk"}
	for _, name := range names {
		set, err := attribute.New([]attribute.Definition{{Name: "a", Scope: "profile", Claim: name}})
		if err != nil {
			t.Fatal(err)
		}
		if err := provider.CheckDeclared(set, nil); err == nil {
			t.Errorf("%s: allowed", name)
		}
	}
	for _, c := range []struct {
		scopes      []provider.DeclaredScope
		definitions []attribute.Definition
	}{
		{nil, []attribute.Definition{{Name: "a", Scope: "openid"}}}, {nil, []attribute.Definition{{Name: "a", Scope: "offline_access"}}}, {nil, []attribute.Definition{{Name: "a", Scope: "staff"}}},
		{nil, []attribute.Definition{{Name: "a", Scope: "profile"}, {Name: "b", Scope: "email", Claim: "a"}}},
		{[]provider.DeclaredScope{{Name: "openid"}}, nil}, {[]provider.DeclaredScope{{Name: "a b"}}, nil}, {[]provider.DeclaredScope{{Name: ""}}, nil}, {[]provider.DeclaredScope{{Name: "a"}, {Name: "a"}}, nil},
		{[]provider.DeclaredScope{{Name: "a", Title: attribute.Words{"": strings.Repeat("x", 101)}}}, nil},
	} {
		set, err := attribute.New(c.definitions)
		if err != nil {
			t.Fatal(err)
		}
		if err := provider.CheckDeclared(set, c.scopes); err == nil {
			t.Errorf("%+v: allowed", c)
		}
	}
}

// Whoever lacks what everybody is asked for is stopped once, after the sign-in and before consent.
func TestDetails_AreAskedFor(t *testing.T) {
	w, _ := newStaff(t, nil)
	w.client(provider.Client{ID: "app", Scopes: []string{"openid", "staff"}})
	w.patchAda(`{"attributes":{"office":null}}`)
	b := w.signIn(w.ada)
	_, err := w.Authorize(t.Context(), params("app", "prompt", "none"), b)
	wantCode(t, err, "E-PROMPT-03")
	out, err := w.Authorize(t.Context(), params("app"), b)
	w.do(err)
	if out.Step == nil || out.Step.Name != provider.StepDetails {
		t.Fatalf("%+v", out.Step)
	}
	if again, err := w.Resume(t.Context(), out.Step.Request, b); err != nil || again.Step == nil || again.Step.Name != provider.StepDetails {
		t.Errorf("nothing was said: %+v, %v", again.Step, err)
	}
	sealed, err := w.ProveDetails(t.Context(), out.Step.Request, b)
	w.do(err)
	if next, err := w.Resume(t.Context(), sealed, b); err != nil || next.Step == nil || next.Step.Name != provider.StepConsent {
		t.Errorf("proved: %+v, %v", next.Step, err)
	}
	w.patchAda(`{"attributes":{"office":"1"}}`)
	if next, err := w.Authorize(t.Context(), params("app"), w.signIn(w.ada)); err != nil || next.Step == nil || next.Step.Name != provider.StepConsent {
		t.Errorf("said: %+v, %v", next.Step, err)
	}
	declared, err := w.accounts.DeclarePerson(t.Context(), account.Person{Username: "conny"})
	w.do(err)
	if next, err := w.Authorize(t.Context(), params("app"), w.signIn(declared)); err != nil || next.Step == nil || next.Step.Name != provider.StepConsent {
		t.Errorf("who cannot say it is asked: %+v, %v", next.Step, err)
	}
	if _, err := w.ProveDetails(t.Context(), out.Step.Request, provider.Browser{Binding: b.Binding}); err == nil {
		t.Error("nobody proves it")
	}
}
