package playground_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// registers begins a run with a client that registers itself; fields are pairs of the pick page.
func (v visitor) registers(flow string, fields ...string) visitor {
	v.t.Helper()
	v.begin(flow, append(fields, "client", "registers")...).next("register")
	v.Press("do=register", nil)
	v.at("register")
	return v
}

// document is what the client says of itself, as it stands in the form, with members changed.
func (v visitor) document(change map[string]any) string {
	v.t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(v.Field("register", "metadata")), &all); err != nil {
		v.t.Fatal(err)
	}
	for name, value := range change {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(raw)
}

func TestRegistration(t *testing.T) {
	v := newWorld(t).visitor().begin("code", "client", "registers").next("register")
	v.says("The playground has made a key pair", `"token_endpoint_auth_method": "private_key_jwt"`)
	v.saysNot("What the provider has recorded")
	v.Press("do=register", nil)
	v.at("register")
	v.says("The client is registered", "What the provider has recorded", "registration_access_token", "POST /register HTTP/1.1", "HTTP/1.1 201 Created")
	v.saysNot("Wrong:", "Attention:")
	v.next("request").ask("ada").next("token")
	v.says("The client's proof", "client_assertion_type", "ES256", "It is good once")
	v.saysNot("Authorization: Basic")
	v.Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine")
	v.saysNot("Wrong:")
	v.next("use").do("userinfo").says("Ada Lovelace")
	v.do("introspect-access").says("The access token is good")
	v.do("revoke-access").do("introspect-access").says("The token is not good")
}

func TestRegistration_EveryMethodOfAuthentication(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"private_key_jwt", "client_secret_basic", "client_secret_post", "none"} {
		v := w.visitor().begin("code", "client", "registers").next("register")
		v.Press("do=register", url.Values{"method": {method}})
		v.says("The client is registered")
		v.next("request").ask("ada").next("token").Press("do=send", nil)
		v.at("answer")
		v.says("The ID token is genuine")
	}
}

func TestRegistration_EveryFlow(t *testing.T) {
	w := newWorld(t)
	w.visitor().registers("hybrid").next("request").ask("ada").carried().says("c_hash fits the code")
	w.visitor().registers("implicit").next("request").ask("ada").carried().next("answer").says("The ID token is genuine")
	w.visitor().registers("none").next("request").ask("ada").says("Somebody is signed in and has agreed")
	w.visitor().registers("refresh").next("request").ask("ada").next("token").Press("do=send", nil)
	v := w.visitor().registers("client-credentials", "scope", "email").next("token")
	v.Press("do=send", nil)
	v.at("answer")
	v.says("There is no person")
}

// A client may use what it has registered for and nothing else.
func TestRegistration_AnotherResponseTypeIsRefused(t *testing.T) {
	v := newWorld(t).visitor().registers("code").next("request").asks("response_type", "code id_token")
	v.Press("do=go", nil)
	v.says("Continue only if you trust it") // a provider that does not know the client leaves it to the person
	v.Get(html.UnescapeString(v.link(issuer + "/playground/callback")))
	v.carried().says("The provider refuses")
}

func TestRegistration_Refused(t *testing.T) {
	v := newWorld(t).visitor().begin("code", "client", "registers").next("register")
	for _, c := range []struct{ document, want string }{
		{v.document(map[string]any{"redirect_uris": []string{"javascript:alert(1)"}, "frontchannel_logout_uri": nil}), "a redirect URI cannot be registered"},
		{v.document(map[string]any{"client_name": 7}), "something that the client says of itself is malformed"},
		{"{", "something that the client says of itself is malformed"},
	} {
		v.Press("do=register", url.Values{"metadata": {c.document}, "method": {""}})
		v.at("register")
		v.says("The provider refuses, with status 400", c.want)
		v.Get(strings.TrimSuffix(v.URL().Path, "register") + "request")
		v.at("register")
	}
}

func TestRegistration_Managed(t *testing.T) {
	v := newWorld(t).visitor().registers("code")
	v.Press("do=read", nil)
	v.at("register")
	v.says("This is the record now", "GET /register/", "Authorization: Bearer")
	v.Press("do=update", url.Values{"metadata": {v.document(map[string]any{"client_name": "Another name"})}})
	v.at("register")
	v.says("The record is replaced", "PUT /register/", "Another name")
	v.Press("do=read", nil) // the token was replaced, too
	v.says("This is the record now", "Another name")
	v.next("request").ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
	run := strings.TrimSuffix(v.URL().Path, "answer")

	v.Get(run+"register").Press("do=delete", nil)
	v.at("register")
	v.says("The client is no more", "DELETE /register/", "204 No Content")
	for _, step := range []string{"request", "token", "use"} {
		v.Get(run + step)
		v.at("register")
	}
	v.Press("do=register", nil)
	v.says("The client is registered")
	v.next("request").ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
}

// A provider may record something else than was said; a client must look.
func TestRegistration_RecordedOtherwise(t *testing.T) {
	w := newWorld(t)
	w.tamper = func(r *http.Request, resp *http.Response) {
		if r.URL.Path == "/register" {
			replace("/register", `"native"`, `"web"`)(r, resp)
			replace("/register", `"client_name"`, `"c"`)(r, resp)
		}
	}
	w.visitor().registers("code").says("Is not what was said", "Was said, and is not recorded")
}

func TestRegistration_Closed(t *testing.T) {
	w := newWorld(t)
	w.tamper = replace(discoveryPath, `"registration_endpoint"`, `"r"`)
	v := w.visitor().begin("code", "client", "registers").next("register")
	v.says("names no registration_endpoint")
	v.Press("do=register", nil)
	v.at("register")
	v.saysNot("The client is registered")
}

// The key stays here, and each run has its own.
func TestRegistration_KeysAreTheRunsOwn(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	w.tamper = func(r *http.Request, _ *http.Response) {
		if r.URL.Path != "/register" {
			return
		}
		body, _ := r.GetBody()
		var m struct {
			JWKS struct{ Keys []map[string]string }
		}
		if err := json.NewDecoder(body).Decode(&m); err != nil || len(m.JWKS.Keys) != 1 {
			t.Errorf("keys: %v, %v", m, err)
			return
		}
		key := m.JWKS.Keys[0]
		if key["d"] != "" || key["kid"] == "" || seen[key["kid"]] {
			t.Errorf("key %v", key)
		}
		seen[key["kid"]] = true
	}
	w.visitor().registers("code")
	w.visitor().registers("code")
	if len(seen) != 2 {
		t.Errorf("%d keys", len(seen))
	}
}

func TestToken_WrongKeyCostsNothing(t *testing.T) {
	v := newWorld(t).visitor().registers("code").next("request").ask("ada").next("token")
	v.Press("do=key", nil)
	v.at("token")
	v.says("the signature is not by the key in the client's record", "invalid_client")
	v.Press("do=send", nil)
	v.at("answer")
}

// A proof is good for one request: the provider takes it once, and each request of the playground has its own.
func TestToken_EachRequestHasItsOwnProof(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	w.tamper = func(r *http.Request, _ *http.Response) {
		if r.GetBody == nil {
			return
		}
		body, _ := r.GetBody()
		raw, _ := io.ReadAll(body)
		form, _ := url.ParseQuery(string(raw))
		if proof := form.Get("client_assertion"); proof != "" {
			if seen[proof] {
				t.Errorf("%s: the same proof again", r.URL.Path)
			}
			seen[proof] = true
		}
	}
	v := w.visitor().registers("refresh").next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	v.next("use").do("introspect-access").do("refresh").do("revoke-access")
	if len(seen) != 4 {
		t.Errorf("%d proofs", len(seen))
	}
}
