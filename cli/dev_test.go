package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"signet/e2e"
	"signet/handlers/dev"
	"signet/handlers/robot"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// lines is a writer from which lines can be read while it is written.
type lines struct {
	*io.PipeWriter
	scanner *bufio.Scanner
}

func newLines() lines {
	r, w := io.Pipe()
	return lines{w, bufio.NewScanner(r)}
}

// developing runs a development server for the length of the test and returns what it said when it was ready.
type developing struct {
	t      *testing.T
	status dev.Status
	out    lines
	errs   *bytes.Buffer
	stop   func() error
}

// develop starts one with --json. Its standard error can be read when it has stopped.
func develop(t *testing.T, data string, f devFlags) *developing {
	t.Helper()
	d := &developing{t: t, out: newLines(), errs: &bytes.Buffer{}}
	f.json = true
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{in: strings.NewReader(""), out: d.out, err: d.errs, dataDir: data, format: "text"}
	done := make(chan error, 1)
	go func() {
		err := p.dev(ctx, f)
		d.out.CloseWithError(err)
		done <- err
	}()
	d.stop = sync.OnceValue(func() error {
		cancel()
		go func() { // so that it can say its last
			for d.out.scanner.Scan() {
			}
		}()
		return <-done
	})
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Errorf("signet dev: %v", err)
		}
	})
	d.next(&d.status, "ready")
	return d
}

// next reads a line of standard output, which must be an event of a kind.
func (d *developing) next(into any, kind string) {
	d.t.Helper()
	if !d.out.scanner.Scan() {
		d.t.Fatalf("no event %s: %v", kind, d.out.scanner.Err())
	}
	var e struct{ Event string }
	if err := errors.Join(json.Unmarshal(d.out.scanner.Bytes(), &e), json.Unmarshal(d.out.scanner.Bytes(), into)); err != nil || e.Event != kind {
		d.t.Fatalf("%v, want event %s: %s", err, kind, d.out.scanner.Text())
	}
}

func dataDir(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }

// Two at once live side by side on ports of their own; two on one directory do not.
func TestDev_TwoAtOnce(t *testing.T) {
	data := dataDir(t)
	first := develop(t, data, devFlags{})
	port := portOfIssuer(t, first.status.Issuer)
	second := develop(t, "", devFlags{memory: true, port: port})
	if first.status.Issuer == second.status.Issuer {
		t.Fatalf("both are %s", first.status.Issuer)
	}
	for _, issuer := range []string{first.status.Issuer, second.status.Issuer} {
		for _, host := range []string{"localhost", "127.0.0.1"} {
			address := strings.Replace(issuer, "localhost", host, 1) + "/.well-known/openid-configuration"
			if found := discover(t, address); found != issuer {
				t.Errorf("%s is of %s, want %s", address, found, issuer)
			}
		}
	}
	fails(t, exitFailed, "another signet dev runs on "+data, "dev", "--data", data, "--port", "0")
	if err := second.stop(); err != nil {
		t.Fatal(err)
	}
	if said := second.errs.String(); !strings.HasPrefix(said, strconv.Itoa(port)+" is in use") || !strings.Contains(said, "using "+strconv.Itoa(portOfIssuer(t, second.status.Issuer))) {
		t.Errorf("about the port it said %q", said)
	}
	if _, err := os.Stat(second.status.Data); !os.IsNotExist(err) {
		t.Errorf("data in memory are still there: %v", err)
	}
}

func portOfIssuer(t *testing.T, issuer string) int {
	t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func discover(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var document struct{ Issuer string }
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document.Issuer
}

// A port that is taken on one of localhost's two addresses is taken: a browser might go there.
func TestDev_PortTakenOnOneAddress(t *testing.T) {
	other, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("NOT TESTED: no IPv6")
	}
	defer other.Close()
	if l, err := listenLocalhost(portOf(other)); err == nil {
		l.Close()
		t.Error("half of localhost was taken for the whole")
	}
}

func TestDev_Refuses(t *testing.T) {
	production := filepath.Join(t.TempDir(), "production")
	ok(t, "--data", production, "db", "migrate")
	fresh := dataDir(t)
	for says, args := range map[string][]string{
		"issuer https://id.example.com is not on this machine": {"--set", "issuer=https://id.example.com"},
		"not a development directory":                          {"--data", production},
		"was left as it is":                                    {"--data", production, "--fresh"},
		"0.0.0.0:0 is not a loopback address":                  {"--listen", "0.0.0.0:0"},
	} {
		args := append([]string{"dev", "--port", "0"}, args...)
		if args[3] != "--data" {
			args = append(args, "--data", fresh)
		}
		fails(t, exitRefused, says, args...)
	}
	fails(t, exitRefused, "not a development directory", "dev", "reset", "--data", production)
	t.Run("postgres", func(t *testing.T) {
		t.Setenv("SIGNET_STORAGE_ENGINE", "postgres")
		t.Setenv("SIGNET_STORAGE_URL", "postgres://localhost/x")
		fails(t, exitRefused, "storage.engine is postgres", "dev", "--port", "0", "--data", fresh)
	})
	fails(t, exitUsage, "--port 70000", "dev", "--port", "70000")
	fails(t, exitUsage, "--fresh and --memory", "dev", "--fresh", "--memory")
	fails(t, exitFailed, "seed", "dev", "--seed", filepath.Join(fresh, "none.toml"))
	if out := ok(t, "--data", production, "keys", "list"); !strings.Contains(out, "RS256") {
		t.Errorf("the production data: %s", out)
	}
}

// The data of a development server, whose people have known passwords, never go into production.
func TestServe_RefusesDevelopmentData(t *testing.T) {
	data := dataDir(t)
	if err := develop(t, data, devFlags{}).stop(); err != nil {
		t.Fatal(err)
	}
	fails(t, exitRefused, "signet dev", "--data", data, "serve")
}

// status tells of the server that runs, to people, to scripts and to programs; reset removes what a stopped one has left.
func TestDev_StatusAndReset(t *testing.T) {
	data := dataDir(t)
	fails(t, exitFailed, "no development server runs", "dev", "status", "--data", data)
	d := develop(t, data, devFlags{})
	if out := ok(t, "dev", "status", "--data", data); !strings.Contains(out, "Issuer         "+d.status.Issuer+"\n") || !strings.Contains(out, "linus@example.test") {
		t.Errorf("%s", out)
	}
	if out := ok(t, "dev", "status", "-o", "env", "--data", data); !strings.Contains(out, "ISSUER="+d.status.Issuer+"\n") {
		t.Errorf("%s", out)
	}
	for _, args := range [][]string{{"-o", "json"}, {"--format", "json"}} {
		var s dev.Status
		if err := json.Unmarshal([]byte(ok(t, append([]string{"dev", "status", "--data", data}, args...)...)), &s); err != nil || s.Issuer != d.status.Issuer {
			t.Errorf("%+v %v", s, err)
		}
	}
	fails(t, exitUsage, "xml", "dev", "status", "-o", "xml", "--data", data)
	fails(t, exitFailed, "stop it first", "dev", "reset", "--data", data)
	if out := ok(t, "--data", data, "client", "list"); strings.Contains(out, "error") {
		t.Errorf("administration beside: %s", out)
	}
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	if out := ok(t, "dev", "reset", "--data", data); !strings.Contains(out, "removed") {
		t.Errorf("%s", out)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

// People and the clock are still there after a restart, and no more after --fresh.
func TestDev_KeptAndFresh(t *testing.T) {
	data := dataDir(t)
	d := develop(t, data, devFlags{})
	post(t, d.status.Issuer+"/dev/api/clock", `{"advance":"24h"}`)
	post(t, d.status.Issuer+"/dev/api/people", `{"username":"kurt"}`)
	var e dev.Event
	d.next(&e, "clock")
	d.next(&e, "person")
	reached := e.Time
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	d = develop(t, data, devFlags{})
	if !d.status.Now.After(reached) || len(d.status.People) != 5 {
		t.Errorf("%s after %s, people %v", d.status.Now, reached, d.status.People)
	}
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	d = develop(t, data, devFlags{fresh: true})
	if !d.status.Now.Before(reached) || len(d.status.People) != 4 || d.status.Ahead != "" {
		t.Errorf("fresh: %s, people %v", d.status.Now, d.status.People)
	}
}

func post(t *testing.T, address, body string) {
	t.Helper()
	answer, err := http.Post(address, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", address, answer.StatusCode, text)
	}
}

// An exposed server says so at once, and in its status.
func TestDev_Exposed(t *testing.T) {
	d := develop(t, dataDir(t), devFlags{listen: "0.0.0.0:0", expose: true})
	var e dev.Event
	d.next(&e, "warning")
	if !strings.Contains(e.Text, "EXPOSED at") || !strings.Contains(d.status.Exposed, ":"+strconv.Itoa(portOfIssuer(t, d.status.Issuer))) {
		t.Errorf("%q, %+v", e.Text, d.status)
	}
}

// What is printed for people has no escape codes where nobody looks at a terminal.
func TestDev_Text(t *testing.T) {
	program := e2e.Build(t, "signet")
	out := filepath.Join(t.TempDir(), "out")
	e2e.Start(t, t.TempDir(), nil, "/bin/sh", "-c", "exec '"+program+"' dev --memory --port 0 > '"+out+"'")
	text := ""
	for deadline := time.Now().Add(time.Minute); !strings.Contains(text, "Ctrl-C stops.") && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		b, _ := os.ReadFile(out)
		text = string(b)
	}
	for _, want := range []string{"  Open first     http://localhost:", "  Your app       issuer         http://localhost:", "  Pick a name", "ready in "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("escape codes in\n%q", text)
	}
}

// One command, and an application that was told nothing but the issuer has tokens, checked by a library that is not ours.
func TestDev_FromStartToTokens(t *testing.T) {
	issuer := e2e.Development(t).Issuer
	ctx := t.Context()
	op, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	app := oauth2.Config{ClientID: "my-app", ClientSecret: "any", Endpoint: op.Endpoint(), RedirectURL: "http://localhost:3000/callback", Scopes: []string{"openid", "profile", "email"}}
	verifier := oauth2.GenerateVerifier()
	b := robot.New(t, issuer).Get(app.AuthCodeURL("state", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier)))
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
	id, err := op.Verifier(&oidc.Config{ClientID: "my-app"}).Verify(ctx, raw)
	if err != nil || id.Nonce != "nonce" {
		t.Fatalf("ID token: %v %+v", err, id)
	}
	info, err := op.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Email != "ada@example.test" || !info.EmailVerified {
		t.Errorf("%v %+v", err, info)
	}
}
