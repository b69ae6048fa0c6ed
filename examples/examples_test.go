// Package examples_test runs each example as a reader would, and signs ada in.
package examples_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"signet/e2e"
	"signet/handlers/robot"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// examples tell how each one is started: a program, what it is given, and where.
var examples = map[string]func(t *testing.T) (dir, program string, args []string){
	"go": func(t *testing.T) (string, string, []string) {
		return t.TempDir(), e2e.Build(t, "signet/examples/go"), nil
	},
	"javascript": func(t *testing.T) (string, string, []string) {
		node, err := exec.LookPath("node")
		if err != nil {
			e2e.Missing(t, "no Node.js on this machine")
		}
		if _, err := os.Stat("javascript/node_modules/openid-client"); err != nil {
			e2e.Missing(t, "no openid-client: make setup")
		}
		return "javascript", node, []string{"main.js"}
	},
	"python": func(t *testing.T) (string, string, []string) {
		python, err := filepath.Abs("../.ci/python/bin/python")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(python); err != nil {
			e2e.Missing(t, "no Python environment: make setup")
		}
		return "python", python, []string{"main.py"}
	},
}

// Every example signs people in at a development provider, which knows nothing of it.
func TestExamples_Development(t *testing.T) {
	provider := e2e.Development(t)
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			dir, program, args := example(t)
			v := start(t, provider, dir, program, args, "example-"+name, func(redirect string) string {
				return provider.Register(t, "example-"+name, redirect)
			})
			v.signIn(t)
			v.refresh(t)
			v.signOut(t)
		})
	}
}

// With TLS, too, once each example's language has been told whom to trust.
func TestExamples_DevelopmentWithTLS(t *testing.T) {
	provider := e2e.Development(t, "--tls")
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			dir, program, args := example(t)
			v := start(t, provider, dir, program, args, "example-"+name, func(redirect string) string {
				return provider.Register(t, "example-"+name, redirect)
			})
			v.signIn(t)
			v.refresh(t)
		})
	}
}

// Every example signs people in at a provider that knows its clients and their secrets.
func TestExamples_Production(t *testing.T) {
	provider := e2e.Production(t)
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			dir, program, args := example(t)
			v := start(t, provider, dir, program, args, "example-"+name, func(redirect string) string {
				return provider.Register(t, "example-"+name, redirect)
			})
			v.refused(t)
			v.signIn(t)
			v.refresh(t)
			v.replayed(t)
			v.signOut(t)
		})
	}
}

// The provider lets nobody in who does not know the secret, so that the test above means something.
func TestExamples_WrongSecret(t *testing.T) {
	provider := e2e.Production(t)
	dir, program, args := examples["go"](t)
	v := start(t, provider, dir, program, args, "example", func(redirect string) string {
		provider.Register(t, "example", redirect)
		return "not the one that was registered"
	})
	v.leaveFor(t)
	v.password(t)
	v.op.Press("allow", nil)
	v.back(t)
	if v.app.Status() != http.StatusBadRequest || !strings.Contains(v.app.Body(), "invalid_client") {
		t.Errorf("status %d, want 400 and invalid_client:\n%s", v.app.Status(), v.app.Body())
	}
}

// visit is one person's way: their browser at the example and at the provider.
type visit struct {
	provider *e2e.Provider
	client   string
	app, op  *robot.Browser
	nonce    string
	callback string
	claims   map[string]any
}

// start starts an example. register makes a client for its redirect URI known, and returns the secret.
func start(t *testing.T, provider *e2e.Provider, dir, program string, args []string, client string, register func(redirect string) string) *visit {
	t.Helper()
	port := e2e.FreePort(t)
	own := "http://localhost:" + strconv.Itoa(port)
	env := append(provider.TrustEnv(), "ISSUER="+provider.Issuer, "CLIENT_ID="+client, "CLIENT_SECRET="+register(own+"/callback"), "PORT="+strconv.Itoa(port))
	e2e.Start(t, dir, env, program, args...).WaitFor(own)
	return &visit{provider: provider, client: client, app: robot.New(t, own), op: person(t, provider)}
}

// person is a browser without cookies at the provider.
func person(t *testing.T, provider *e2e.Provider) *robot.Browser {
	t.Helper()
	b := robot.New(t, provider.Issuer)
	b.Transport = provider.Transport(t)
	return b
}

// leaveFor begins at the example's start page and ends at the provider's first page.
func (v *visit) leaveFor(t *testing.T) {
	t.Helper()
	if !v.app.Get("/").Has("login") {
		t.Fatalf("nobody is signed in, and there is no way to:\n%s", v.app.Text())
	}
	if !v.app.Get("/login").Left() {
		t.Fatalf("/login does not lead to the provider:\n%s", v.app.Body())
	}
	sent := v.app.URL().Query()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(sent.Get(name)) < 20 {
			t.Errorf("%s=%q is no protection", name, sent.Get(name))
		}
	}
	if got := sent.Get("code_challenge_method"); got != "S256" {
		t.Errorf("code_challenge_method=%q", got)
	}
	v.nonce = sent.Get("nonce")
	v.op.Get(v.app.URL().String())
}

func (v *visit) password(t *testing.T) {
	t.Helper()
	v.op.Submit("login", url.Values{"identifier": {"ada"}, "password": {v.provider.Password}})
}

// back follows the provider's answer to the example.
func (v *visit) back(t *testing.T) {
	t.Helper()
	if !v.op.Left() {
		t.Fatalf("the provider keeps the browser at %s:\n%s", v.op.URL(), v.op.Text())
	}
	v.callback = v.op.URL().String()
	v.app.Get(v.callback)
}

// refused says no where the provider asks for consent. The example must say so and stay signed out.
func (v *visit) refused(t *testing.T) {
	t.Helper()
	v.leaveFor(t)
	v.password(t)
	v.op.Press("deny", nil)
	v.back(t)
	if v.app.Status() != http.StatusBadRequest || !strings.Contains(v.app.Body(), "access_denied") {
		t.Errorf("refusal: status %d, want 400 and access_denied:\n%s", v.app.Status(), v.app.Body())
	}
	if !v.app.Get("/").Has("login") {
		t.Errorf("refusal: somebody is signed in:\n%s", v.app.Text())
	}
	v.op = person(t, v.provider)
}

// signIn goes the whole way and looks at what the example has learned.
func (v *visit) signIn(t *testing.T) {
	t.Helper()
	v.leaveFor(t)
	v.password(t)
	v.op.Press("allow", nil)
	v.back(t)
	v.claims = v.read(t, "claims")
	want := map[string]any{"iss": v.provider.Issuer, "nonce": v.nonce}
	for name, value := range want {
		if v.claims[name] != value {
			t.Errorf("ID token: %s is %v, want %v", name, v.claims[name], value)
		}
	}
	if !isAudience(v.claims["aud"], v.client) {
		t.Errorf("ID token: aud is %v, want %s", v.claims["aud"], v.client)
	}
	v.checkUserInfo(t)
}

// isAudience tells whether an aud claim, a string or a list of one, names a client and nobody else.
func isAudience(aud any, client string) bool {
	if list, ok := aud.([]any); ok && len(list) == 1 {
		aud = list[0]
	}
	return aud == client
}

func (v *visit) checkUserInfo(t *testing.T) {
	t.Helper()
	info := v.read(t, "userinfo")
	want := map[string]any{"sub": v.claims["sub"], "name": "Ada Lovelace", "email": "ada@example.test", "email_verified": true}
	for name, value := range want {
		if info[name] != value {
			t.Errorf("UserInfo: %s is %v, want %v", name, info[name], value)
		}
	}
}

// read decodes what the example shows in an element.
func (v *visit) read(t *testing.T, id string) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal([]byte(v.app.TextOf(id)), &claims); err != nil {
		t.Fatalf("%s (status %d) shows no %s: %v\n%s", v.app.URL(), v.app.Status(), id, err, v.app.Text())
	}
	return claims
}

// refresh presses the button. The new ID token speaks of the same person and of another access token.
func (v *visit) refresh(t *testing.T) {
	t.Helper()
	for range 2 {
		v.app.Submit("refresh", nil)
		claims := v.read(t, "claims")
		if claims["sub"] != v.claims["sub"] || claims["auth_time"] != v.claims["auth_time"] {
			t.Errorf("refreshed: sub %v and auth_time %v, want those of %v", claims["sub"], claims["auth_time"], v.claims)
		}
		if claims["at_hash"] == nil || claims["at_hash"] == v.claims["at_hash"] {
			t.Errorf("refreshed: at_hash %v, as if there were no new access token", claims["at_hash"])
		}
		v.claims = claims
		v.checkUserInfo(t)
	}
}

// replayed opens the callback's address again, as the back button does: the example knows no such sign-in any more.
func (v *visit) replayed(t *testing.T) {
	t.Helper()
	if v.app.Get(v.callback); v.app.Status() != http.StatusBadRequest {
		t.Errorf("the callback again: status %d, want 400:\n%s", v.app.Status(), v.app.Body())
	}
}

// signOut presses the button; the start page offers to sign in.
func (v *visit) signOut(t *testing.T) {
	t.Helper()
	v.app.Get("/").Submit("logout", nil)
	if !v.app.Has("login") || v.app.Has("claims") {
		t.Errorf("still signed in:\n%s", v.app.Text())
	}
}
