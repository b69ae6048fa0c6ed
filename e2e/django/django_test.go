// Package django_test moves the people of a site made with Django over to the provider. They sign in at an application with
// the passwords that they had, whichever of Django's hashers has hashed them.
package django_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"signet/e2e"
	"signet/handlers/robot"
)

func TestMain(m *testing.M) { e2e.Main(m) }

const password = "Trübe Aussicht 7"

// hashers are all that Django 5.2 has and that are worth keeping.
var hashers = []string{"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"}

func TestPeopleOfDjango(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "dump.json")
	if err := os.WriteFile(dump, dumped(t), 0o600); err != nil {
		t.Fatal(err)
	}
	metrics := "127.0.0.1:" + strconv.Itoa(e2e.FreePort(t))
	provider := e2e.Production(t, "server.metrics_listen="+metrics)
	provider.Operate(t, "import", "users", dump)
	app := application(t, provider)
	for _, hasher := range hashers {
		t.Run(hasher, func(t *testing.T) {
			// One hash to verify the old one, one to replace it; from then on one.
			for visit, want := range []int{2, 1} {
				before := hashes(t, metrics)
				signIn(t, provider, app, hasher)
				if got := hashes(t, metrics) - before; got != want {
					t.Errorf("sign-in %d computed %d hashes, want %d", visit+1, got, want)
				}
			}
		})
	}
	refused(t, provider, app, hashers[0], password+"!")
	refused(t, provider, app, "nobody", "!")
}

// dumped is what the site's dumpdata prints.
func dumped(t *testing.T) []byte {
	t.Helper()
	python, err := filepath.Abs("../../.ci/python/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(python, "-c", "import django, argon2, bcrypt").Run(); err != nil {
		e2e.Missing(t, "no Python environment with Django: make setup")
	}
	database := filepath.Join(t.TempDir(), "site.sqlite3")
	manage := func(args ...string) []byte {
		cmd := exec.Command(python, append([]string{"-B", "site/manage.py"}, args...)...)
		cmd.Env = append(os.Environ(), "DATABASE="+database)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("manage.py %s: %v\n%s", args[0], err, errs.String())
		}
		return out
	}
	manage("migrate", "--verbosity", "0")
	manage("populate", password)
	return manage("dumpdata", "auth.user", "auth.group")
}

// application starts the example in Go as a client, and returns its address.
func application(t *testing.T, provider *e2e.Provider) string {
	t.Helper()
	port := strconv.Itoa(e2e.FreePort(t))
	own := "http://localhost:" + port
	secret := provider.Register(t, "shop", own+"/callback")
	env := []string{"ISSUER=" + provider.Issuer, "CLIENT_ID=shop", "CLIENT_SECRET=" + secret, "PORT=" + port}
	e2e.Start(t, t.TempDir(), env, e2e.Build(t, "signet/examples/go")).WaitFor(own)
	return own
}

// arrive is a new browser that gives a name and a password where the application sends it.
func arrive(t *testing.T, provider *e2e.Provider, app, name, password string) (atApp, atProvider *robot.Browser) {
	t.Helper()
	atApp, atProvider = robot.New(t, app), robot.New(t, provider.Issuer)
	if !atApp.Get("/login").Left() {
		t.Fatalf("/login does not lead to the provider:\n%s", atApp.Body())
	}
	atProvider.Get(atApp.URL().String())
	return atApp, atProvider.Submit("login", url.Values{"identifier": {name}, "password": {password}})
}

func signIn(t *testing.T, provider *e2e.Provider, app, name string) {
	t.Helper()
	atApp, atProvider := arrive(t, provider, app, name, password)
	if atProvider.Has("consent") {
		atProvider.Press("allow", nil)
	}
	if !atProvider.Left() {
		t.Fatalf("%s is not signed in: %s:\n%s", name, atProvider.URL(), atProvider.Text())
	}
	atApp.Get(atProvider.URL().String())
	var claims map[string]any
	if err := json.Unmarshal([]byte(atApp.TextOf("claims")), &claims); err != nil {
		t.Fatalf("the application shows no claims: %v:\n%s", err, atApp.Text())
	}
	if sub, _ := claims["sub"].(string); sub == "" {
		t.Errorf("%s: claims %v", name, claims)
	}
}

func refused(t *testing.T, provider *e2e.Provider, app, name, password string) {
	t.Helper()
	if _, atProvider := arrive(t, provider, app, name, password); atProvider.Left() || !atProvider.Has("login") {
		t.Errorf("%s signs in with %q: %s", name, password, atProvider.URL())
	}
}

var hashCount = regexp.MustCompile(`(?m)^signet_password_hashes_total ([0-9]+)$`)

// hashes is how many password hashes the provider has computed.
func hashes(t *testing.T, metrics string) int {
	t.Helper()
	client := &http.Client{Timeout: time.Minute}
	answer, err := client.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := hashCount.FindSubmatch(text)
	if found == nil {
		t.Fatalf("no count of hashes among the metrics:\n%s", text)
	}
	count, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return count
}
