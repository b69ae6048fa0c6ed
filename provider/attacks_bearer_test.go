package provider_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signet/provider"
)

// Revoking is an act of a token's own client that has shown who it is. To everybody else nothing happens, and who cannot be
// told is told nothing.
func TestAttack_AC08_Revocation(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	other := "other:" + w.client(provider.Client{ID: "other"})
	revoke := func(auth string, form url.Values) *provider.Error {
		return provider.AsError(w.Revoke(t.Context(), post(auth, form)))
	}
	for _, id := range []string{"app", "jwt", "rotate", "public", "signed"} {
		for _, hint := range []string{"", "access_token", "refresh_token", "unknown"} {
			answer := c.signedIn(w, id)
			access, refresh := answer["access_token"].(string), answer["refresh_token"].(string)
			for _, token := range []string{access, refresh, "unknown", "sat_", "srt_x", "e30.e30.e30", strings.Repeat(".", 1<<16), "\x00"} {
				if e := revoke(other, url.Values{"token": {token}, "token_type_hint": {hint}}); e != nil {
					t.Errorf("%s: revoking %.10q as another client: %v", id, token, e)
				}
				if e := revoke("", url.Values{"token": {token}, "client_id": {"other"}}); e == nil || e.Status != 401 {
					t.Errorf("%s: revoking %.10q as nobody: %v", id, token, e)
				}
			}
			wantOAuth(t, revoke(c.auth[id], c.as(w, id, url.Values{"token": {""}})), 400, "invalid_request")
			if _, e := w.userInfo(access); e != nil {
				t.Fatalf("%s, hint %q: the attempts ended the token: %v", id, hint, e)
			}
			for range 2 {
				if e := revoke(c.auth[id], c.as(w, id, url.Values{"token": {access}, "token_type_hint": {hint}})); e != nil {
					t.Fatal(e)
				}
			}
			if _, e := w.userInfo(access); e == nil {
				t.Errorf("%s, hint %q: revoked and alive", id, hint)
			}
			next := c.mustRefresh(w, id, refresh)
			if e := revoke(c.auth[id], c.as(w, id, url.Values{"token": {refresh}, "token_type_hint": {hint}})); e != nil {
				t.Fatal(e)
			}
			c.wantDead(w, id, map[string]any{"access_token": next["access_token"], "refresh_token": refresh})
		}
	}
}

// What is revoked while it cannot be used, because the person is out of the group just now, stays revoked when they are back.
func TestAttack_AC08_RevokedWhileAsleep(t *testing.T) {
	for _, kind := range []string{"access_token", "refresh_token"} {
		for _, format := range []string{"opaque", "jwt"} {
			w := newStillWorld(t, nil)
			w.enter("staff")
			auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, AccessToken: format, Groups: []string{"staff"}})
			answer := w.redeem(auth, params("app", "scope", "openid offline_access"))
			if err := w.accounts.RemoveMember(t.Context(), "staff", "ada"); err != nil {
				t.Fatal(err)
			}
			if err := w.Revoke(t.Context(), post(auth, url.Values{"token": {answer[kind].(string)}})); err != nil {
				t.Fatal(err)
			}
			if w.enter("staff"); w.active(auth, answer[kind]) || w.active(auth, answer["access_token"]) {
				t.Errorf("%s, %s: back in the group, the revoked token lives", kind, format)
			}
		}
	}
}

// Whom a token does not concern learns that it is not active, and nothing else.
func TestAttack_AC09_IntrospectionTellsOutsidersNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	const api = "https://api.test"
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, Audience: []string{api}})
	jwt := "jwt:" + w.client(provider.Client{ID: "jwt", FirstParty: true, Audience: []string{api}, AccessToken: "jwt"})
	outsider := "outsider:" + w.client(provider.Client{ID: "outsider", Audience: []string{"https://other.test"}})
	gateway := "gateway:" + w.client(provider.Client{ID: "gateway", IntrospectAll: true})
	w.client(provider.Client{ID: "public", AuthMethod: "none"})
	for _, owner := range []string{auth, jwt} {
		id, _, _ := strings.Cut(owner, ":")
		answer := w.redeem(owner, params(id, "scope", "openid email offline_access", "resource", api))
		for _, kind := range []string{"access_token", "refresh_token", "id_token"} {
			for _, hint := range []string{"", "access_token", "refresh_token", "x"} {
				form := url.Values{"token": {answer[kind].(string)}, "token_type_hint": {hint}}
				facts, err := w.introspect(post(outsider, maps.Clone(form)))
				if diff := cmp.Diff(map[string]any{"active": false}, facts); err != nil || diff != "" {
					t.Errorf("%s of %s to an outsider: %v %s", kind, id, err, diff)
				}
				facts["active"] = true // what is given out is the caller's own
				if w.says(owner, answer[kind]) != (kind != "id_token") {
					t.Errorf("%s of %s to its client: not active", kind, id)
				}
				if w.says(gateway, answer[kind]) != (kind == "access_token") {
					t.Errorf("%s of %s to who may see all access tokens", kind, id)
				}
				if id == "jwt" {
					continue
				}
				for _, public := range []string{"", "public"} {
					form.Set("client_id", public)
					_, err := w.Introspect(t.Context(), post("", form))
					if e := provider.AsError(err); e == nil || e.Status != 401 || e.OAuth != "invalid_client" {
						t.Errorf("%s to %q: %v", kind, public, err)
					}
				}
			}
		}
	}
	_, err := w.Introspect(t.Context(), post(auth, url.Values{}))
	wantCode(t, err, "E-REQ-01")
	if facts, err := w.introspect(post(auth, url.Values{"token": {"x"}})); err != nil || len(facts) != 1 {
		t.Errorf("%v %v", facts, err)
	}
}

// A bearer token is in one place, which is never the URL.
func TestAttack_AC11_BearerInOnePlace(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	token := w.redeem(auth, params("app"))["access_token"].(string)
	for name, c := range map[string]struct {
		query   string
		headers []string
		form    url.Values
		status  int
	}{
		"header":                     {"", []string{"Bearer " + token}, nil, 0},
		"header, lower case":         {"", []string{"bearer " + token}, nil, 0},
		"form":                       {"", nil, url.Values{"access_token": {token}}, 0},
		"query":                      {"access_token=" + token, nil, nil, 400},
		"query and header":           {"access_token=" + token, []string{"Bearer " + token}, nil, 400},
		"empty query and header":     {"access_token", []string{"Bearer " + token}, nil, 400},
		"header and form":            {"", []string{"Bearer " + token}, url.Values{"access_token": {token}}, 400},
		"header and an empty form":   {"", []string{"Bearer " + token}, url.Values{"access_token": {""}}, 400},
		"two headers":                {"", []string{"Bearer " + token, "Bearer " + token}, nil, 400},
		"form twice":                 {"", nil, url.Values{"access_token": {token, token}}, 400},
		"nowhere":                    {"", nil, nil, 401},
		"empty header":               {"", []string{"Bearer "}, nil, 401},
		"scheme alone":               {"", []string{"Bearer"}, nil, 401},
		"token without scheme":       {"", []string{token}, nil, 401},
		"another scheme":             {"", []string{"DPoP " + token}, nil, 401},
		"basic":                      {"", []string{"Basic " + std([]byte("app:"+token))}, nil, 401},
		"two tokens in one header":   {"", []string{"Bearer " + token + " " + token}, nil, 401},
		"two tokens with a comma":    {"", []string{"Bearer " + token + ", Bearer " + token}, nil, 401},
		"followed by a space":        {"", []string{"Bearer " + token + " "}, nil, 401},
		"followed by padding":        {"", []string{"Bearer " + token + "="}, nil, 401},
		"a mebibyte of dots":         {"", []string{"Bearer " + strings.Repeat(".", 1<<20)}, nil, 401},
		"a mebibyte with the prefix": {"", []string{"Bearer " + "sat_" + strings.Repeat("A", 1<<20)}, nil, 401},
	} {
		r := httptest.NewRequest(http.MethodPost, issuer+"/userinfo?"+c.query, nil)
		r.PostForm = c.form
		for _, h := range c.headers {
			r.Header.Add("Authorization", h)
		}
		_, err := w.UserInfo(context.Background(), r)
		if e := provider.AsError(err); (e == nil) != (c.status == 0) || e != nil && e.Status != c.status {
			t.Errorf("%s: %v, want %d", name, err, c.status)
		}
	}
	for _, e := range w.events {
		if e.Refusal != nil && strings.Contains(e.Refusal.Error()+e.Text, token) {
			t.Errorf("an event holds the token: %v", e.Refusal)
		}
	}
}

func TestAttack_AC12_UserInfoNeedsOpenID(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, format := range []string{"opaque", "jwt"} {
		auth := format + ":" + w.client(provider.Client{ID: format, FirstParty: true, AccessToken: format})
		answer := w.redeem(auth, params(format, "scope", "email profile"))
		if answer["id_token"] != nil {
			t.Errorf("an ID token without openid: %v", answer)
		}
		info, e := w.userInfo(answer["access_token"])
		if wantOAuth(t, e, 403, "insufficient_scope"); info != nil {
			t.Errorf("%v", info)
		}
		answer = w.redeem(auth, params(format, "scope", "openid profile"))
		if err := w.accounts.SetDisabled(t.Context(), "ada", true); err != nil {
			t.Fatal(err)
		}
		_, e = w.userInfo(answer["access_token"])
		wantOAuth(t, e, 401, "invalid_token")
		if err := w.accounts.SetDisabled(t.Context(), "ada", false); err != nil {
			t.Fatal(err)
		}
		w.ada, _ = w.accounts.FindPerson(t.Context(), "ada")
	}
}

// Every access token says for whom it is: what the client asked for, within its record; the issuer, if nothing. Our own
// userinfo endpoint looks at it.
func TestAttack_AC15_TokensAreAddressed(t *testing.T) {
	w := newStillWorld(t, nil)
	const api, mail = "https://api.test", "https://mail.test/v1"
	for _, format := range []string{"opaque", "jwt"} {
		id := "app-" + format
		auth := id + ":" + w.client(provider.Client{ID: id, FirstParty: true, AccessToken: format, Audience: []string{api, mail}, GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, Scopes: append(provider.StandardScopes(), "read")})
		audience := func(answer map[string]any) []string {
			facts, err := w.introspect(post(auth, url.Values{"token": {answer["access_token"].(string)}}))
			if err != nil || facts["active"] != true {
				t.Fatal(facts, err)
			}
			aud, _ := facts["aud"].([]string)
			if format == "jwt" {
				var claimed []string
				for _, a := range w.claimsOf(answer["access_token"])["aud"].([]any) {
					claimed = append(claimed, a.(string))
				}
				if !slices.Equal(aud, claimed) {
					t.Errorf("introspection says %q, the token %q", aud, claimed)
				}
			}
			return aud
		}
		want := func(answer map[string]any, userinfo bool, aud ...string) {
			t.Helper()
			if got := audience(answer); !slices.Equal(got, aud) {
				t.Errorf("%s: audience %q, want %q", format, got, aud)
			}
			if _, e := w.userInfo(answer["access_token"]); (e == nil) != userinfo {
				t.Errorf("%s for %q: userinfo says %v", format, aud, e)
			}
		}
		want(w.redeem(auth, params(id)), true, issuer)
		want(w.redeem(auth, params(id, "scope", "email")), false, issuer)
		want(w.redeem(auth, params(id, "scope", "email", "resource", api)), false, api)
		want(w.redeem(auth, params(id, "resource", api)), true, api, issuer)
		for _, unknown := range []string{"https://evil.test", api + "/", strings.ToUpper(api), "https://api.tes", "*", issuer} {
			for _, name := range []string{"resource", "audience"} {
				if _, err := w.Authorize(t.Context(), params(id, name, unknown), w.signIn(w.ada)); told(err).Get("error") != "invalid_target" {
					t.Errorf("authorize, %s %q: %v", name, unknown, err)
				}
				_, e := w.token(auth, url.Values{"grant_type": {"client_credentials"}, name: {unknown}})
				wantOAuth(t, e, 400, "invalid_target")
			}
		}
		p := params(id, "scope", "email offline_access")
		p["resource"] = []string{api, mail}
		both := w.redeem(auth, p)
		want(both, false, api, mail)
		form := refreshForm(both["refresh_token"])
		form.Set("resource", mail)
		less, e := w.token(auth, form)
		if e != nil {
			t.Fatal(e)
		}
		want(less, false, mail)
		for _, grown := range []string{issuer, "https://evil.test"} {
			form.Set("resource", grown)
			_, e = w.token(auth, form)
			wantOAuth(t, e, 400, "invalid_target")
		}
		form = codeForm(w.code(w.signIn(w.ada), params(id, "scope", "email", "resource", api)))
		form.Set("resource", mail)
		_, e = w.token(auth, form)
		wantOAuth(t, e, 400, "invalid_target")
		own, e := w.token(auth, url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}, "resource": {api}})
		if e != nil {
			t.Fatal(e)
		}
		want(own, false, api)
	}
}
