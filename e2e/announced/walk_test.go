// Package announced_test holds discovery to its word: every member that it has is used as a relying party would use it, and
// every value of every list. A member that no use is known for fails the test: what is announced is tried, or not announced.
package announced_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"signet/e2e"
	"signet/handlers/robot"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// walk is a relying party on its way through what the provider announces.
type walk struct {
	*testing.T
	provider *e2e.Provider
	meta     map[string]any
	keys     *keyring
	person   *robot.Browser
	// name is the person's, by which they sign in.
	name string
}

// Every announced value is used, and works.
func TestDiscoveryIsTrue(t *testing.T) {
	provider := e2e.Development(t)
	meta := map[string]any{}
	fetch(t, provider.Issuer+"/.well-known/openid-configuration", &meta)
	keys := newKeyring(t)
	for name, value := range meta {
		t.Run(name, func(t *testing.T) {
			use, known := uses[name]
			if !known {
				t.Fatalf("%s: %v is announced, and nobody uses it", name, value)
			}
			use(&walk{t, provider, meta, keys, robot.New(t, provider.Issuer), "ada"}, name)
		})
	}
	for name := range uses {
		if meta[name] == nil {
			t.Errorf("%s is not announced", name)
		}
	}
}

// list is an announced list.
func (w *walk) list(name string) []string {
	w.Helper()
	var out []string
	values, ok := w.meta[name].([]any)
	for _, v := range values {
		text, isText := v.(string)
		ok = ok && isText
		out = append(out, text)
	}
	if !ok || len(out) == 0 {
		w.Fatalf("%s is %v, want a list of texts", name, w.meta[name])
	}
	return out
}

// endpoint is an announced address below the issuer.
func (w *walk) endpoint(name string) string {
	w.Helper()
	text, _ := w.meta[name].(string)
	if !strings.HasPrefix(text, w.provider.Issuer+"/") {
		w.Fatalf("%s is %v", name, w.meta[name])
	}
	return text
}

func fetch(t *testing.T, address string, into any) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, into) != nil {
		t.Fatalf("%s: %d %s %v", address, resp.StatusCode, text, err)
	}
}

// answer is what came back from an endpoint.
type answer struct {
	status int
	kind   string
	body   []byte
}

// post sends a form.
func (w *walk) post(address string, form url.Values, headers ...string) answer {
	w.Helper()
	return w.send(http.MethodPost, address, "application/x-www-form-urlencoded", []byte(form.Encode()), headers...)
}

func (w *walk) send(method, address, kind string, body []byte, headers ...string) answer {
	w.Helper()
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{resp.StatusCode, strings.Split(resp.Header.Get("Content-Type"), ";")[0], text}
}

// members reads a JSON answer of a status.
func (w *walk) members(a answer, status int) map[string]any {
	w.Helper()
	out := map[string]any{}
	if a.status != status || json.Unmarshal(a.body, &out) != nil {
		w.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return out
}

const callback = "http://127.0.0.1:3999/callback"

// client is one that the walk has registered.
type client struct {
	id, secret, method, alg string
	record                  map[string]any
}

// register registers a client that may do everything, with changes.
func (w *walk) register(change map[string]any) *client {
	w.Helper()
	ask := map[string]any{
		"client_name": "announced", "application_type": "native", "redirect_uris": []string{callback},
		"grant_types": w.list("grant_types_supported"), "response_types": w.list("response_types_supported"),
		"jwks": w.keys.public(), "token_endpoint_auth_method": "client_secret_basic",
	}
	for name, value := range change {
		ask[name] = value
	}
	body, err := json.Marshal(ask)
	if err != nil {
		w.Fatal(err)
	}
	got := w.members(w.send(http.MethodPost, w.endpoint("registration_endpoint"), "application/json", body), http.StatusCreated)
	for name, value := range change {
		if name != "jwks" && !same(got[name], value) {
			w.Fatalf("registered with %s %v, asked for %v", name, got[name], value)
		}
	}
	c := &client{id: got["client_id"].(string), method: got["token_endpoint_auth_method"].(string), record: got}
	c.secret, _ = got["client_secret"].(string)
	c.alg, _ = change["token_endpoint_auth_signing_alg"].(string)
	return c
}

// same compares members; an empty list may be left out.
func same(a, b any) bool {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	return bytes.Equal(left, right) || a == nil && string(right) == "[]"
}

// call posts a form to an endpoint as a client.
func (w *walk) call(c *client, endpoint string, form url.Values, headers ...string) answer {
	w.Helper()
	address := w.endpoint(endpoint)
	switch c.method {
	case "client_secret_basic":
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
		headers = append(headers, "Authorization", r.Header.Get("Authorization"))
	case "client_secret_post":
		form.Set("client_id", c.id)
		form.Set("client_secret", c.secret)
	case "client_secret_jwt", "private_key_jwt":
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", w.assertion(c))
	case "none":
		form.Set("client_id", c.id)
	default:
		w.Fatalf("nobody knows the method %s", c.method)
	}
	return w.post(address, form, headers...)
}

// ask are the parameters of an authorization request, with changes; an empty value removes one.
func (w *walk) ask(c *client, change ...string) url.Values {
	form := url.Values{
		"client_id": {c.id}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {w.keys.random()}, "nonce": {w.keys.random()},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(change); i += 2 {
		if form.Set(change[i], change[i+1]); change[i+1] == "" {
			form.Del(change[i])
		}
	}
	return form
}

// authorize goes to the authorization endpoint and returns the parameters of what came back, with how they came.
func (w *walk) authorize(c *client, form url.Values) (params url.Values, way string) {
	w.Helper()
	w.person.Get(w.endpoint("authorization_endpoint") + "?" + form.Encode())
	for range 6 {
		switch {
		case w.person.Left():
			u := w.person.URL()
			if u.Fragment != "" {
				params, _ = url.ParseQuery(u.EscapedFragment())
				return params, "fragment"
			}
			return u.Query(), "query"
		case w.person.Has("login"):
			w.person.Submit("login", url.Values{"identifier": {w.name}, "password": {w.provider.Password}})
		case w.person.Has("set-up"):
			w.person.Submit("set-up", url.Values{"code": {w.keys.codeOf(w, w.person.TextOf("secret"))}})
		case w.person.Has("allow"):
			w.person.Press("allow", nil)
		case w.person.Has("select"):
			w.person.Submit("select", nil)
		case w.person.Has("redirect-host") && slices.Contains(w.person.All("form", "action"), callback):
			return w.posted(), "form_post"
		default:
			w.Fatalf("%v leads to a page: %s", form, w.person.Text())
		}
	}
	w.Fatalf("%v: no end of pages", form)
	return nil, ""
}

func (w *walk) posted() url.Values {
	fields, values := url.Values{}, w.person.All("input", "value")
	for i, name := range w.person.All("input", "name") {
		fields.Set(name, values[i])
	}
	return fields
}

// signIn is a whole login, with the members of the token answer.
func (w *walk) signIn(c *client, change ...string) map[string]any {
	w.Helper()
	params, _ := w.authorize(c, w.ask(c, change...))
	if params.Get("code") == "" || params.Get("iss") != w.provider.Issuer {
		w.Fatalf("no code, or no iss: %v", params)
	}
	return w.members(w.redeem(c, params.Get("code")), http.StatusOK)
}

func (w *walk) redeem(c *client, code string) answer {
	w.Helper()
	return w.call(c, "token_endpoint", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
}

// userInfo is the answer of the userinfo endpoint.
func (w *walk) userInfo(token any) answer {
	w.Helper()
	text, _ := token.(string)
	return w.send(http.MethodGet, w.endpoint("userinfo_endpoint"), "", nil, "Authorization", "Bearer "+text)
}
