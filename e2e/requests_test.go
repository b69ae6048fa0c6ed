package e2e_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signet/e2e"
	"signet/handlers/robot"
)

// The ways in which a request may reach the provider, as a library of others goes them.
func TestRequests_ByOpenIDClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		e2e.Missing(t, "no Node.js on this machine")
	}
	modules, err := filepath.Abs("../examples/javascript/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "openid-client")); err != nil {
		e2e.Missing(t, "no openid-client: make setup")
	}
	provider := e2e.Production(t)
	private, public := newJWK(t)
	jwks := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(jwks, []byte(`{"keys":[`+public+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for way, flags := range map[string][]string{
		"pushed": {"--require-par"}, "signed": {"--require-signed-request"}, "signed and encrypted": {"--metadata", "request_object_encryption_alg=ECDH-ES+A256KW", "--metadata", "request_object_encryption_enc=A256GCM"},
		"signed and pushed": {"--require-par", "--require-signed-request"}, "signed, encrypted and pushed": {"--require-par", "--require-signed-request"},
	} {
		t.Run(way, func(t *testing.T) {
			const redirect = "http://localhost:9/callback"
			id := strings.ReplaceAll(strings.ReplaceAll(way, ",", ""), " ", "-")
			secret := provider.Register(t, id, redirect, append(flags, "--jwks", jwks)...)
			cmd := exec.CommandContext(t.Context(), node, "testdata/requests.mjs")
			cmd.Env = append(os.Environ(), "ISSUER="+provider.Issuer, "CLIENT_ID="+id, "CLIENT_SECRET="+secret, "REDIRECT="+redirect, "KEY="+private, "MODULES="+modules, "WAY="+way)
			claims := converse(t, cmd, func(address string) string { return visitAndAllow(t, provider, address, way) })
			if claims["email"] != nil || claims["aud"] != id || claims["auth_time"] == nil {
				t.Errorf("claims %v", claims)
			}
		})
	}
}

// newJWK makes a key, as its owner has it and as others see it.
func newJWK(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwk := map[string]string{"kty": "EC", "crv": "P-256", "kid": "client-key", "x": b64(point[1:33]), "y": b64(point[33:])}
	public = asJSON(t, jwk)
	jwk["d"] = b64(scalar)
	return asJSON(t, jwk), public
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// converse runs a program that says an address and is told where that led, and returns what it says then.
func converse(t *testing.T, cmd *exec.Cmd, visit func(address string) string) map[string]any {
	t.Helper()
	var errs strings.Builder
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func() string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("%v: it says nothing more: %v\n%s", cmd.Args, cmd.Wait(), errs.String())
		}
		return lines.Text()
	}
	if _, err := in.Write([]byte(visit(next()) + "\n")); err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if text := next(); json.Unmarshal([]byte(text), &claims) != nil {
		t.Fatalf("%v says %s\n%s", cmd.Args, text, errs.String())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	return claims
}

// visitAndAllow signs ada in at an address, and returns where the provider sends her then. The address tells what it should
// and no more.
func visitAndAllow(t *testing.T, provider *e2e.Provider, address, way string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); strings.Contains(way, "pushed") && (len(q) != 2 || !q.Has("request_uri")) || !strings.Contains(way, "pushed") && !q.Has("request") || q.Has("nonce") {
		t.Errorf("%s: the browser carries %v", way, q)
	}
	b := robot.New(t, provider.Issuer)
	b.Transport = provider.Transport(t)
	b.Get(address).Submit("login", url.Values{"identifier": {"ada"}, "password": {provider.Password}})
	if !b.Left() {
		b.Press("allow", nil)
	}
	if !b.Left() {
		t.Fatalf("%s: the provider keeps the browser at %s:\n%s", way, b.URL(), b.Text())
	}
	return b.URL().String()
}
