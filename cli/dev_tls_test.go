package cli

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"signet/cli/authority"
	"signet/e2e"
	"signet/handlers/robot"
)

// atHome gives the test a home directory of its own, so that the authority of whoever runs the tests is left alone.
func atHome(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Setenv("SUDO_USER", "")
	return home
}

// trusting carries requests of somebody who trusts what is in a file, and nothing else.
func trusting(t *testing.T, file string) *http.Transport {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// One command, and an application that speaks TLS and was told nothing but the issuer and the authority has tokens.
func TestDevTLS_FromStartToTokens(t *testing.T) {
	provider := e2e.Development(t, "--tls")
	if !strings.HasPrefix(provider.Issuer, "https://localhost:") {
		t.Fatalf("issuer %s", provider.Issuer)
	}
	transport := provider.Transport(t)
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: transport})
	op, err := oidc.NewProvider(ctx, provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	app := oauth2.Config{ClientID: "my-app", ClientSecret: "any", Endpoint: op.Endpoint(), RedirectURL: "https://localhost:3000/callback", Scopes: []string{"openid", "email"}}
	verifier := oauth2.GenerateVerifier()
	b := robot.New(t, provider.Issuer)
	b.Transport = transport
	b.Get(app.AuthCodeURL("state", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier)))
	b.Submit("people", url.Values{"person": {"ada"}})
	b.Press("allow", nil)
	if !b.Left() {
		t.Fatalf("at %s:\n%s", b.URL(), b.Text())
	}
	token, err := app.Exchange(ctx, b.URL().Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if id, err := op.Verifier(&oidc.Config{ClientID: "my-app"}).Verify(ctx, raw); err != nil || id.Nonce != "nonce" {
		t.Errorf("ID token: %v %+v", err, id)
	}
	if info, err := op.UserInfo(ctx, oauth2.StaticTokenSource(token)); err != nil || info.Email != "ada@example.test" {
		t.Errorf("%v %+v", err, info)
	}
	u, err := url.Parse(provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	if b.Cookie("__Host-signet-"+u.Port()) == "" {
		t.Error("the session has no cookie with the prefix __Host-")
	}
}

// The authority is the user's: it is there for the next server, whatever becomes of its data.
func TestDevTLS_AuthorityOutlivesData(t *testing.T) {
	home := atHome(t)
	data := dataDir(t)
	var trusted string
	for _, f := range []devFlags{{tls: true}, {tls: true, fresh: true}, {tls: true, memory: true}} {
		dir := data
		if f.memory {
			dir = ""
		}
		d := develop(t, dir, f)
		text, err := os.ReadFile(d.status.Authority)
		if err != nil || trusted != "" && trusted != string(text) {
			t.Errorf("%+v: %v, another authority than before", f, err)
		}
		trusted = string(text)
		client := &http.Client{Transport: trusting(t, d.status.Authority)}
		answer, err := client.Get(d.status.Discovery)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%+v: %v", f, err)
		}
		answer.Body.Close()
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(d.status.Authority, d.status.Data) || !strings.HasPrefix(d.status.Authority, home) {
			t.Errorf("%+v: the authority is in %s, the data are in %s", f, d.status.Authority, d.status.Data)
		}
	}
}

// Whoever comes without TLS is told so, and gets nothing.
func TestDevTLS_PlainRequest(t *testing.T) {
	atHome(t)
	d := develop(t, "", devFlags{memory: true, tls: true})
	answer, err := http.Get(strings.Replace(d.status.Discovery, "https:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "HTTPS") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

// A certificate of the user's own does as well, and the playground believes it.
func TestDevTLS_OwnCertificate(t *testing.T) {
	home := atHome(t)
	other, err := authority.Open(t.TempDir(), "somebody else", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Leaf("localhost"); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(filepath.Dir(other.Path()), "localhost-private.pem")
	t.Setenv("SIGNET_SERVER_TLS", "files")
	t.Setenv("SIGNET_SERVER_CERT_FILE", own)
	t.Setenv("SIGNET_SERVER_KEY_FILE", own)
	d := develop(t, "", devFlags{memory: true})
	if !strings.HasPrefix(d.status.Issuer, "https://localhost:") || d.status.Authority != "" {
		t.Errorf("%+v", d.status)
	}
	if _, err := os.Stat(filepath.Join(home, ".config/signet")); !os.IsNotExist(err) {
		t.Errorf("an authority was made for nothing: %v", err)
	}
	b := robot.New(t, d.status.Issuer)
	b.Transport = trusting(t, other.Path())
	if b.Get("/playground").Submit("pick", nil); !b.Has("next") {
		t.Errorf("the playground has not read discovery:\n%s", b.Text())
	}
	fails(t, exitUsage, "--tls and server.tls = files", "dev", "--memory", "--port", "0", "--tls")
}

func TestDevTLS_Refuses(t *testing.T) {
	home := atHome(t)
	fails(t, exitUsage, "--tls and issuer http://localhost:9999", "dev", "--memory", "--port", "0", "--tls", "--set", "issuer=http://localhost:9999")
	if err := errors.Join(os.MkdirAll(filepath.Join(home, ".config/signet"), 0o700), os.WriteFile(filepath.Join(home, ".config/signet/authority-private.pem"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	fails(t, exitFailed, "is damaged; remove it", "dev", "--memory", "--port", "0", "--tls")
	t.Setenv("SUDO_USER", "ada")
	if os.Geteuid() == 0 {
		fails(t, exitUsage, "run it as ada", "dev", "trust")
	}
}

// status tells where the certificate of the authority is, and trust does, without touching anything.
func TestDevTrust_Print(t *testing.T) {
	atHome(t)
	path := strings.TrimSpace(ok(t, "dev", "trust", "--print"))
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), "-----BEGIN CERTIFICATE-----\n") {
		t.Fatalf("%s: %v %s", path, err, text)
	}
	data := dataDir(t)
	d := develop(t, data, devFlags{tls: true})
	if d.status.Authority != path {
		t.Errorf("%s and %s", d.status.Authority, path)
	}
	if out := ok(t, "dev", "status", "--data", data, "-o", "env"); !strings.Contains(out, "NODE_EXTRA_CA_CERTS="+path+"\n") || !strings.Contains(out, "ISSUER=https://") {
		t.Errorf("%s", out)
	}
	if out := ok(t, "dev", "status", "--data", data); !strings.Contains(out, "signet dev trust") || !strings.Contains(out, path) {
		t.Errorf("%s", out)
	}
	fails(t, exitUsage, "exclude each other", "dev", "trust", "--print", "--uninstall")
}

// trust says what it did and what is left, with commands; without an authority there is nothing to take away.
func TestDevTrust_Tells(t *testing.T) {
	home := atHome(t)
	t.Setenv("PATH", t.TempDir()) // no program of the system is in reach, so nothing outside of the home directory changes
	if out := ok(t, "dev", "trust", "--uninstall"); !strings.Contains(out, "there is no authority") {
		t.Errorf("%s", out)
	}
	database := filepath.Join(home, ".pki/nssdb")
	if err := errors.Join(os.MkdirAll(database, 0o700), os.WriteFile(filepath.Join(database, "cert9.db"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"-A", "-D"} {
		args := []string{"dev", "trust"}
		if verb == "-D" {
			args = append(args, "--uninstall")
		}
		code, out, _ := run(t, "", args...)
		if code != exitWarnings || !strings.Contains(out, "not done: the browser's certificates in "+database) || !strings.Contains(out, "certutil "+verb+" -d sql:"+database) {
			t.Errorf("exit %d: %s", code, out)
		}
		var outcomes []struct{ Store, Why string }
		_, out, _ = run(t, "", append(args, "--format", "json")...)
		if err := json.Unmarshal([]byte(out), &outcomes); err != nil || len(outcomes) == 0 || outcomes[0].Why == "" {
			t.Errorf("%v %s", err, out)
		}
	}
}

// The provider believes its own authority, too: an application beside it, like the playground, can be called.
func TestDevTLS_TheProviderCallsThePlayground(t *testing.T) {
	provider := e2e.Development(t, "--tls")
	b := robot.New(t, provider.Issuer)
	b.Transport = provider.Transport(t)
	b.Get("/playground").Submit("pick", url.Values{"client": {"registers"}})
	run := strings.TrimSuffix(b.URL().Path, "discovery")
	b.Get(run+"register").Press("do=register", nil)
	b.Get(run+"request").Press("do=show", url.Values{"way": {"request_uri"}})
	b.Press("do=go", nil).Submit("people", url.Values{"person": {"ada"}})
	b.Press("allow", nil)
	if !strings.Contains(b.Text(), "The provider fetched the request object") {
		t.Errorf("at %s:\n%s", b.URL(), b.Text())
	}
}
