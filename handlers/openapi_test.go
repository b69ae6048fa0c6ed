package handlers_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"signet/handlers/api"
	"signet/provider"
)

// contract holds every exchange against the description of the operations: what is sent, and what is answered, which may have no
// member that the description does not name.
type contract struct {
	*office
	router routers.Router
	kept   map[string]bool
}

func newContract(t *testing.T) *contract {
	o := newOffice(t)
	c := &contract{office: o, kept: map[string]bool{}}
	description := o.decode(o.do(o.request(http.MethodGet, "/api/v1/openapi.json", "")))
	doc, err := openapi3.NewLoader().LoadFromData(strictly(t, description))
	o.check(err)
	o.check(doc.Validate(context.Background()))
	c.router, err = legacy.NewRouter(doc)
	o.check(err)
	return c
}

// strictly closes all objects of a description.
func strictly(t *testing.T, description any) []byte {
	t.Helper()
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, open := v["additionalProperties"]; v["type"] == "object" && !open {
				v["additionalProperties"] = false
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(description)
	text, err := json.Marshal(description)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keeps sends an operation as the owner and holds it against the description. It returns the answer.
func (c *contract) keeps(method, path, body string) map[string]any {
	c.t.Helper()
	r := c.operation("owner", method, path, body)
	if body == "" {
		r.Header.Del("Content-Type")
	}
	route, variables, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: variables, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true}}
	if err := openapi3filter.ValidateRequest(c.t.Context(), in); err != nil {
		c.t.Errorf("%s %s: what is sent: %v", method, path, err)
	}
	r = c.operation("owner", method, path, body)
	out := c.do(r)
	if out.Code != http.StatusOK {
		c.t.Errorf("%s %s: %d %s", method, path, out.Code, out.Body)
		return nil
	}
	c.kept[method+" "+strings.TrimPrefix(route.Path, provider.PathAdministration)] = true
	return c.answered(in, out)
}

// answered holds an answer, or each of its lines, against the description.
func (c *contract) answered(in *openapi3filter.RequestValidationInput, out *httptest.ResponseRecorder) (last map[string]any) {
	c.t.Helper()
	bodies := [][]byte{out.Body.Bytes()}
	if out.Header().Get("Content-Type") == "application/x-ndjson" {
		bodies = bytes.Split(bytes.TrimSpace(out.Body.Bytes()), []byte("\n"))
	}
	for _, body := range bodies {
		header := http.Header{"Content-Type": {out.Header().Get("Content-Type")}}
		answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: out.Code, Header: header, Options: in.Options}
		answer.SetBodyBytes(body)
		if err := openapi3filter.ValidateResponse(c.t.Context(), answer); err != nil {
			c.t.Errorf("%s %s: what is answered: %v\n%s", in.Request.Method, in.Request.URL, err, body)
		}
		last = map[string]any{}
		_ = json.Unmarshal(body, &last)
	}
	return last
}

func init() {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		var v any
		return v, json.NewDecoder(body).Decode(&v)
	})
}

// notKept are operations whose good answers this world cannot give, and why.
var notKept = map[string]string{
	"POST /users/invite": "there is no mail in this world; see TestInvitations",
	"POST /mail/test":    "there is no mail server",
	"GET /mail/outbox":   "there is no mail server",
}

// Every operation is called, and keeps to its description.
func TestOpenAPI_IsKept(t *testing.T) {
	c := newContract(t)
	c.keeps("GET", "/status", "")
	client := c.keeps("POST", "/clients", `{"client_id": "new", "client_name": "New", "redirect_uris": ["https://new.example.test/cb"], "lifetimes": {"access": 600}}`)
	if client["client_secret"] == "" {
		t.Errorf("no secret: %v", client)
	}
	c.keeps("GET", "/clients?prefix=&limit=2", "")
	c.keeps("GET", "/clients/new", "")
	c.keeps("PATCH", "/clients/new", `{"client_name": null, "contacts": ["a@example.test"], "default_max_age": 10}`)
	c.keeps("POST", "/clients/new/secret", `{"keep": 60}`)
	c.keeps("GET", "/clients/new/deliveries", "")
	c.keeps("DELETE", "/clients/new", "")
	c.keeps("POST", "/registration/tokens", `{"uses": 1, "life": 60, "note": "x"}`)
	token := c.keeps("GET", "/registration/tokens", "")
	id := token["items"].([]any)[0].(map[string]any)["id"].(string)
	c.keeps("DELETE", "/registration/tokens/"+id, "")
	c.people()
	c.keeps("GET", "/keys", "")
	c.keeps("POST", "/keys/ES256/rotate", `{"now": false}`)
	c.keeps("POST", "/keys", `{"alg": "ES256", "key": `+quoted(ecKey(t))+`}`)
	c.keeps("POST", "/tokens/inspect", `{"token": "`+c.tokens["owner"]+`"}`)
	c.keeps("GET", "/audit/kinds", "")
	c.keeps("GET", "/audit?last=5", "")
	c.keeps("GET", "/audit/export", "")
	c.keeps("GET", "/audit/verify", "")
	for _, op := range api.Operations() {
		if !c.kept[op] && notKept[op] == "" {
			t.Errorf("%s was not called", op)
		}
	}
}

// people calls the operations on people and groups.
func (c *contract) people() {
	c.t.Helper()
	c.signedIn("grace")
	c.code(c.signedIn("ada"))
	c.keeps("POST", "/users", `{"username": "new", "password": "a good long password", "address": {"country": "FR"}, "groups": []}`)
	c.keeps("GET", "/users?limit=1", "")
	c.keeps("GET", "/users/new", "")
	c.keeps("PATCH", "/users/new", `{"email": "new@example.test", "email_verified": true, "name": null}`)
	c.keeps("PUT", "/users/new/password", `{"password": "another good long password"}`)
	c.keeps("POST", "/users/import", `{"users": [{"username": "old", "sub": "old-1"}, {"username": "new"}], "dry_run": true}`)
	c.keeps("GET", "/users/new/factors", "")
	c.keeps("DELETE", "/users/new/factors", "")
	sessions := c.keeps("GET", "/users/grace/sessions", "")
	c.keeps("DELETE", "/users/grace/sessions/"+sessions["items"].([]any)[0].(map[string]any)["sid"].(string), "")
	c.keeps("DELETE", "/users/grace/sessions?everything=true", "")
	c.keeps("GET", "/users/ada/consents", "")
	c.keeps("GET", "/users/ada/connections", "")
	c.keeps("DELETE", "/users/ada/connections", "")
	c.keeps("DELETE", "/users/ada/consents/app", "")
	c.keeps("POST", "/groups", `{"name": "new", "description": "x"}`)
	c.keeps("GET", "/groups", "")
	c.keeps("PATCH", "/groups/new", `{"description": "y", "parents": ["readers"]}`)
	c.keeps("PUT", "/groups/new/members/new", "")
	c.keeps("GET", "/groups/new/members", "")
	c.keeps("GET", "/groups/new/members?all=true", "")
	c.keeps("DELETE", "/groups/new/members/new", "")
	c.keeps("DELETE", "/groups/new", "")
	c.keeps("PUT", "/users/new/leaving", "")
	c.keeps("DELETE", "/users/new/leaving", "")
	c.keeps("GET", "/users/new/export", "")
	c.keeps("POST", "/users", `{"username": "twin", "password": "a good long password"}`)
	c.keeps("POST", "/users/twin/merge", `{"into": "new", "dry_run": true}`)
	c.keeps("DELETE", "/users/new", "")
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// ecKey is a private key in PEM.
func ecKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
