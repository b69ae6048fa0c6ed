package dev_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"signet/handlers/dev"
	"signet/provider"
)

// The rules of redirects for clients that nobody has registered.
func TestLoopback(t *testing.T) {
	for uri, allowed := range map[string]bool{
		"http://localhost":                              true,
		"http://localhost/":                             true,
		"http://localhost:3000":                         true,
		"http://localhost:3000/cb":                      true,
		"http://localhost:3000/a/b?c=d":                 true,
		"https://localhost:5001/signin-oidc":            true,
		"http://app.localhost:3000/cb":                  true,
		"http://127.0.0.1/cb":                           true,
		"http://127.0.0.1:65535/cb":                     true,
		"http://127.8.9.10:1/cb":                        true,
		"http://[::1]:9/cb":                             true,
		"":                                              false,
		"/cb":                                           false,
		"localhost:3000/cb":                             false,
		"//localhost/cb":                                false,
		"http://example.com/cb":                         false,
		"https://app.example.test/cb":                   false,
		"http://localhost.example.com/cb":               false,
		"http://localhost:3000@example.com/cb":          false,
		"http://user@localhost/cb":                      false,
		"http://localhost:99999/cb":                     false,
		"http://localhost:*":                            false,
		"http://localhost:/cb#fragment":                 false,
		"http://localhost\\@example.com":                false,
		"http://example.com\\.localhost/":               false,
		"http://localhost /cb":                          false,
		"http://localhost/\r\nSet-Cookie:a=b":           false,
		"http://192.168.1.5:3000/cb":                    false,
		"http://10.0.0.1/cb":                            false,
		"http://0.0.0.0:3000/cb":                        false,
		"http://[::]:3000/cb":                           false,
		"http://2130706433/cb":                          false,
		"http://127.1/cb":                               false,
		"http://[::ffff:7f00:1]/cb":                     false, // browsers write it in another way
		"javascript:alert(1)":                           false,
		"data:text/html,x":                              false,
		"com.example.app:/cb":                           false,
		"http:localhost/cb":                             false,
		"ftp://localhost/cb":                            false,
		"http://localhost.:3000/cb":                     false,
		"http://localhost%2eexample.com/cb":             false,
		"http://localhost/" + strings.Repeat("a", 3000): false,
	} {
		if got := dev.Loopback(uri); got != allowed {
			t.Errorf("%q: %v, want %v", uri, got, allowed)
		}
	}
}

func TestRelax_IDs(t *testing.T) {
	x := dev.NewRelax()
	if _, err := x.Client(t.Context(), "u_sansqlwe2nkieasj5ib5tavef6qmk2bc"); err == nil {
		t.Error("a client may have the subject of a person")
	}
	c, err := x.Client(t.Context(), "my-app")
	if err != nil || c.ID != "my-app" || c.Public() || !x.Credentials(c) || !x.Redirect(c, callback) {
		t.Errorf("%+v, %v", c, err)
	}
	if x.Redirect(c, "https://app.example.test/cb") {
		t.Error("an address elsewhere will do")
	}
	registered := &provider.Client{ID: "my-app", RedirectURIs: []string{"http://localhost:4000/cb"}}
	if x.Credentials(registered) || x.Redirect(registered, callback) {
		t.Error("a registered client is relaxed")
	}
}

// Nobody can register a client that passes for a made-up one.
func TestRelax_MarkCannotBeRegistered(t *testing.T) {
	made, err := dev.NewRelax().Client(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, uri := range made.RedirectURIs {
		if provider.CheckRedirect(uri) == nil {
			t.Errorf("%s can be registered", uri)
		}
	}
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// A client that nobody knows signs people in, however it authenticates.
func TestRelax_AnyClient(t *testing.T) {
	w := newWorld(t, nil)
	for name, c := range map[string]struct {
		request url.Values // changes of the authorization request
		redeem  url.Values // changes of the token request
		header  []string
		refused string
	}{
		"secret in the header, PKCE": {header: []string{"Authorization", basic("my-app", "anything")}, redeem: url.Values{"client_id": nil}},
		"secret in the form, PKCE":   {redeem: url.Values{"client_secret": {"whatever"}}},
		"no secret, PKCE":            {},
		"secret, no PKCE": {
			request: url.Values{"code_challenge": nil, "code_challenge_method": nil},
			redeem:  url.Values{"code_verifier": nil, "client_secret": {"whatever"}},
		},
		"neither secret nor PKCE": {
			request: url.Values{"code_challenge": nil, "code_challenge_method": nil},
			redeem:  url.Values{"code_verifier": nil}, refused: "invalid_request",
		},
		"wrong verifier": {redeem: url.Values{"code_verifier": {strings.Repeat("x", 43)}, "client_secret": {"whatever"}}, refused: "invalid_grant"},
		"another client": {redeem: url.Values{"client_id": {"other"}, "client_secret": {"whatever"}}, refused: "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			code := w.code(w.browser(), request(c.request))
			status, answer := w.form("/token", redeem(code, c.redeem), c.header...)
			if c.refused != "" {
				if answer["error"] != c.refused {
					t.Fatalf("%d %v, want %s", status, answer, c.refused)
				}
				return
			}
			if status != http.StatusOK {
				t.Fatalf("%d %v", status, answer)
			}
			claims := claimsOf(t, answer["id_token"])
			if claims["aud"] != "my-app" && !slices.Equal(anyStrings(claims["aud"]), []string{"my-app"}) || claims["nonce"] != "a nonce" {
				t.Errorf("%v", claims)
			}
		})
	}
}

func anyStrings(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, s := range list {
		text, _ := s.(string)
		out = append(out, text)
	}
	return out
}

// claimsOf decodes an ID token without looking at its signature.
func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token: %v", token)
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// A client that nobody knows signs people out too, and gets them back at any address on this machine.
func TestRelax_SignOut(t *testing.T) {
	w := newWorld(t, nil)
	for to, back := range map[string]bool{"http://localhost:3000/bye": true, "http://127.0.0.1:4000/": true, "https://app.example.test/bye": false} {
		b := w.browser()
		_, answer := w.form("/token", redeem(w.code(b, request(nil)), url.Values{"client_secret": {"any"}}))
		hint, _ := answer["id_token"].(string)
		b.Get("/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {to}, "state": {"s"}}.Encode())
		if b.Left() != back || back && b.URL().String() != to+"?state=s" || !back && b.TextOf("error-code") != "E-LOGOUT-03" {
			t.Errorf("%s: %s\n%s", to, b.URL(), b.Text())
		}
	}
}

// Consent is asked for once and remembered, as in production.
func TestRelax_ConsentIsAskedAndRemembered(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	w.code(b, request(nil))
	if b.Get("/authorize?" + request(nil).Encode()); !b.Left() {
		t.Errorf("asked again:\n%s", b.Text())
	}
	if b.Get("/authorize?" + request(url.Values{"scope": {"openid my-own-scope"}}).Encode()); b.Left() || !b.Has("allow") {
		t.Errorf("a new scope was not asked for:\n%s", b.Text())
	}
}

// The refresh tokens of a client without credentials rotate, those of one with any do not.
func TestRelax_RefreshTokens(t *testing.T) {
	w := newWorld(t, nil)
	for secret, rotates := range map[string]bool{"": true, "any": false} {
		change := url.Values{"client_secret": {secret}}
		if secret == "" {
			change = nil
		}
		_, answer := w.form("/token", redeem(w.code(w.browser(), request(nil)), change))
		first, _ := answer["refresh_token"].(string)
		form := redeem("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first}, "code": nil, "code_verifier": nil, "redirect_uri": nil})
		if change != nil {
			form["client_secret"] = change["client_secret"]
		}
		status, answer := w.form("/token", form)
		if next, _ := answer["refresh_token"].(string); status != http.StatusOK || (next != "") != rotates {
			t.Errorf("secret %q: %d %v, want a new refresh token: %v", secret, status, answer, rotates)
		}
	}
}

func TestRelax_ClientCredentialsAndResources(t *testing.T) {
	w := newWorld(t, nil)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"jobs:run"}, "resource": {"https://jobs.example.test"}}
	status, answer := w.form("/token", form, "Authorization", basic("worker", "any"))
	if status != http.StatusOK || answer["scope"] != "jobs:run" {
		t.Fatalf("%d %v", status, answer)
	}
	token, _ := answer["access_token"].(string)
	_, facts := w.form("/introspect", url.Values{"token": {token}}, "Authorization", basic("jobs", "any"))
	if facts["active"] != true || !strings.Contains(facts["client_id"].(string)+facts["scope"].(string), "workerjobs:run") {
		t.Errorf("introspected by another client: %v", facts)
	}
	if got := anyStrings(facts["aud"]); !slices.Contains(got, "https://jobs.example.test") {
		t.Errorf("aud %v", facts["aud"])
	}
	if status, answer := w.form("/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"worker"}}); status == http.StatusOK {
		t.Errorf("a client without credentials acts for itself: %v", answer)
	}
}

// The resource of an authorization request is still known after the pages.
func TestRelax_ResourceOfAuthorizationRequest(t *testing.T) {
	w := newWorld(t, nil)
	code := w.code(w.browser(), request(url.Values{"resource": {"https://api.example.test/"}}))
	if status, answer := w.form("/token", redeem(code, nil)); status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
}

// A client that nobody has registered may push its requests, with any credentials or none.
func TestRelax_PushedRequest(t *testing.T) {
	w := newWorld(t, nil)
	for _, header := range [][]string{nil, {"Authorization", basic("my-app", "any")}} {
		status, answer := w.form("/par", request(url.Values{"scope": {"openid jobs:run"}, "resource": {"https://api.example.test/"}}), header...)
		uri, _ := answer["request_uri"].(string)
		if status != http.StatusCreated || uri == "" {
			t.Fatalf("%v: %d %v", header, status, answer)
		}
		code := w.code(w.browser(), url.Values{"client_id": {"my-app"}, "request_uri": {uri}})
		if status, answer := w.form("/token", redeem(code, nil)); status != http.StatusOK || answer["scope"] != "openid jobs:run" {
			t.Errorf("%v: %d %v", header, status, answer)
		}
	}
}

// A registered client keeps its own record, and a strict server knows no others.
func TestRelax_Strict(t *testing.T) {
	relaxed := newWorld(t, nil)
	strict := newWorld(t, func(c *dev.Config) { c.Strict = true })
	for _, w := range []*world{relaxed, strict} {
		record := &provider.Client{ID: "registered", RedirectURIs: []string{"http://localhost:4000/only"}, Scopes: []string{"openid"}}
		secret, err := w.provider.AddClient(t.Context(), record)
		w.check(err)
		params := request(url.Values{"client_id": {"registered"}})
		if b := w.browser().Get("/authorize?" + params.Encode()); b.Left() || b.Status() != http.StatusBadRequest || !strings.Contains(b.Text(), "E-REDIR-01") {
			t.Errorf("another redirect URI: %d %s", b.Status(), b.Text())
		}
		form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {"http://localhost:4000/only"}}
		if status, answer := w.form("/token", form, "Authorization", basic("registered", "any")); status != http.StatusUnauthorized {
			t.Errorf("a wrong secret: %d %v", status, answer)
		}
		if _, answer := w.form("/token", form, "Authorization", basic("registered", secret.Reveal())); answer["error"] != "invalid_grant" {
			t.Errorf("the right secret: %v", answer)
		}
	}
	if b := strict.browser().Get("/authorize?" + request(nil).Encode()); !strings.Contains(b.Text(), "E-CLIENT-01") {
		t.Errorf("a strict server takes any client:\n%s", b.Text())
	}
}

// Pages on this machine may call the provider, and no others; in a strict server they must be of a registered client.
func TestRelax_Origins(t *testing.T) {
	for strict, allowed := range map[bool]map[string]bool{
		false: {"http://localhost:3000": true, "https://localhost:3000": true, "http://127.0.0.1:5173": true, "http://[::1]:8000": true, "http://app.localhost": true,
			"https://app.example.test": false, "http://localhost.evil.example": false, "null": false, "http://localhost:3000/": false, "http://10.0.0.1": false},
		true: {"http://localhost:3000": false, "https://app.example.test": false},
	} {
		w := newWorld(t, func(c *dev.Config) { c.Strict = strict })
		for origin, want := range allowed {
			if got := w.provider.OriginMay(t.Context(), origin, ""); got != want {
				t.Errorf("strict %v, %s: %v, want %v", strict, origin, got, want)
			}
			if got := w.provider.OriginMay(t.Context(), origin, "my-app"); got != want {
				t.Errorf("strict %v, %s for a client: %v, want %v", strict, origin, got, want)
			}
		}
	}
}
