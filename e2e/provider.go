package e2e

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Password is that of everybody whom the providers of this package know.
const Password = "dev"

// strictPassword is what the strict provider makes of it: it refuses short ones.
const strictPassword = "three words and a lamp"

// directory holds what is built once for all tests of a process.
var directory = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "e2e-") })

// Main runs the tests of a package and removes what Build has made. It is for TestMain. What comes after the tests is told
// their exit code and returns the program's.
func Main(m *testing.M, after ...func(code int) int) {
	code := m.Run()
	for _, f := range after {
		code = f(code)
	}
	if dir, err := directory(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var (
	buildMu sync.Mutex
	built   = map[string]string{}
)

// dependOnSource looks at every file of the module. The go command remembers what a test has looked at: without this it would take a result
// from its cache though the program that the test builds is another one now.
func dependOnSource(tb testing.TB) {
	tb.Helper()
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		tb.Fatal(err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		if name := d.Name(); d.IsDir() && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin") {
			return fs.SkipDir
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// Build compiles a command of this module, "signet" or "signet/examples/go", once for all tests of a process, and returns
// its path.
func Build(tb testing.TB, pkg string) string {
	tb.Helper()
	buildMu.Lock()
	defer buildMu.Unlock()
	if built[pkg] != "" {
		return built[pkg]
	}
	dir, err := directory()
	if err != nil {
		tb.Fatal(err)
	}
	dependOnSource(tb)
	out := filepath.Join(dir, strconv.Itoa(len(built)))
	if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", out, pkg).CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", pkg, err, text)
	}
	built[pkg] = out
	return out
}

// Provider is a running Signet.
type Provider struct {
	// Issuer is its address.
	Issuer string
	// Password is that of everybody in it.
	Password string
	// Authority is the file with the certificate (PEM) that vouches for a provider with --tls, or empty.
	Authority string
	// Home is the home directory of a development provider, so that the authority of whoever runs the tests is left alone.
	Home string

	program string
	data    string
	// takesAny tells that every client is known, as in development mode.
	takesAny bool
}

// Development starts a provider in development mode, on a free port and in memory, with the flags given.
func Development(tb testing.TB, flags ...string) *Provider {
	tb.Helper()
	p := &Provider{Password: Password, Home: tb.TempDir(), program: Build(tb, "signet")}
	out, in := io.Pipe()
	args := append([]string{"dev", "--memory", "--port", "0", "--json"}, flags...)
	process := start(tb, tb.TempDir(), p.HomeEnv(), in, p.program, args...)
	ready := make(chan readyEvent, 1)
	go awaitReady(out, ready)
	select {
	case event := <-ready:
		p.Issuer, p.Authority, p.data, p.takesAny = event.Issuer, event.Authority, event.Data, true
	case <-process.exited:
		tb.Fatalf("signet dev ended: %v", process.err)
	case <-time.After(patience):
		tb.Fatal("signet dev is not ready")
	}
	if p.Issuer == "" {
		tb.Fatal("signet dev does not say where it is")
	}
	return p
}

// readyEvent is what a development provider says first.
type readyEvent struct{ Event, Issuer, Authority, Data string }

// awaitReady reads events until it has read where the provider is, and then reads on so that nobody has to wait.
func awaitReady(out io.Reader, ready chan<- readyEvent) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var event readyEvent
		if json.Unmarshal(lines.Bytes(), &event) == nil && event.Event == "ready" {
			ready <- event
			break
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// Production starts a provider as operators do, on a data directory, with one person in it: ada. settings are further ones,
// such as "tokens.access=10m".
func Production(tb testing.TB, settings ...string) *Provider {
	tb.Helper()
	return Configured(tb, "", settings...)
}

// Configured is Production with a configuration file.
func Configured(tb testing.TB, file string, settings ...string) *Provider {
	tb.Helper()
	port := FreePort(tb)
	p := &Provider{
		Issuer:   "http://localhost:" + strconv.Itoa(port),
		Password: strictPassword,
		program:  Build(tb, "signet"),
		data:     filepath.Join(tb.TempDir(), "data"),
	}
	if err := errors.Join(os.Mkdir(p.data, 0o700), os.WriteFile(filepath.Join(p.data, "signet.toml"), []byte(file), 0o600)); err != nil {
		tb.Fatal(err)
	}
	listen := "server.listen=localhost:" + strconv.Itoa(port)
	args := p.args("serve", "--set", listen, "--set", "server.metrics_listen=off")
	for _, s := range settings {
		args = append(args, "--set", s)
	}
	server := Start(tb, tb.TempDir(), nil, p.program, args...)
	server.WaitFor(p.Issuer + "/readyz")
	p.run(tb, p.Password, "user", "add", "ada", "--email", "ada@example.test", "--email-verified", "--name", "Ada Lovelace",
		"--password-file", "-")
	return p
}

// Transport carries requests to the provider, and trusts it.
func (p *Provider) Transport(tb testing.TB) *http.Transport {
	tb.Helper()
	t := &http.Transport{}
	if p.Authority == "" {
		return t
	}
	text, err := os.ReadFile(p.Authority)
	if err != nil {
		tb.Fatal(err)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	t.TLSClientConfig.RootCAs.AppendCertsFromPEM(text)
	tb.Cleanup(t.CloseIdleConnections)
	return t
}

// HomeEnv are environment variables that let a program be at home where a development provider is.
func (p *Provider) HomeEnv() []string {
	return []string{"HOME=" + p.Home, "XDG_CONFIG_HOME=" + filepath.Join(p.Home, ".config")}
}

// TrustEnv are environment variables with which programs of several languages trust the provider.
func (p *Provider) TrustEnv() []string {
	if p.Authority == "" {
		return nil
	}
	return []string{"SSL_CERT_FILE=" + p.Authority, "NODE_EXTRA_CA_CERTS=" + p.Authority, "REQUESTS_CA_BUNDLE=" + p.Authority}
}

// Register adds a confidential client by the command line, with the flags given, and returns its secret. A development
// provider takes any client with any secret.
func (p *Provider) Register(tb testing.TB, id, redirect string, flags ...string) string {
	tb.Helper()
	if p.takesAny {
		return "any secret"
	}
	var client struct {
		Secret string `json:"client_secret"`
	}
	out := p.run(tb, "", append([]string{"client", "add", id, "--redirect", redirect, "--format", "json"}, flags...)...)
	if err := json.Unmarshal(out, &client); err != nil || client.Secret == "" {
		tb.Fatalf("client add: %v, no secret in:\n%s", err, out)
	}
	return client.Secret
}

// Operate runs a command of the operator's on a provider, and returns what it printed.
func (p *Provider) Operate(tb testing.TB, args ...string) []byte {
	tb.Helper()
	return p.run(tb, "", args...)
}

// RegisterPage adds a client that is a page in browsers, at an address that people come back to.
func (p *Provider) RegisterPage(tb testing.TB, id, address string) {
	tb.Helper()
	p.run(tb, "", "client", "add", id, "--public", "--redirect", address, "--web-origin", strings.TrimSuffix(address, "/"))
}

// Advance moves the clock of a development provider forward.
func (p *Provider) Advance(tb testing.TB, by time.Duration) {
	tb.Helper()
	client := &http.Client{Timeout: patience, Transport: p.Transport(tb)}
	answer, err := client.Post(p.Issuer+"/dev/api/clock", "application/json", strings.NewReader(`{"advance":"`+by.String()+`"}`))
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		tb.Fatalf("the clock cannot be moved by %s: status %d", by, answer.StatusCode)
	}
}

func (p *Provider) args(args ...string) []string {
	return append(args, "--data", p.data, "--set", "issuer="+p.Issuer)
}

func (p *Provider) run(tb testing.TB, input string, args ...string) []byte {
	tb.Helper()
	cmd := exec.Command(p.program, p.args(args...)...)
	cmd.Stdin = strings.NewReader(input)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("signet %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out
}
