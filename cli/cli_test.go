package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"signet/provider/account"
)

// run runs a command as its user would and returns what it printed.
func run(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

// ok runs a command that must succeed.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := run(t, "", args...)
	if code != exitDone {
		t.Fatalf("signet %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// fails runs a command that must fail with a code and say something.
func fails(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	got, out, errs := run(t, "", args...)
	if got != code || !strings.Contains(errs, says) {
		t.Fatalf("signet %s: exit %d: %s%s\nwant exit %d and %q", strings.Join(args, " "), got, out, errs, code, says)
	}
}

// serving runs a server on a data directory for the length of the test.
func serving(t *testing.T, dir string) (issuer string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, stop := context.WithCancel(t.Context())
	p := &program{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, dataDir: dir, format: "text", overrides: []string{"server.listen=" + addr}}
	done := make(chan error, 1)
	go func() { done <- p.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	for range 500 {
		if resp, err := http.Get("http://" + addr + "/readyz"); err == nil {
			resp.Body.Close()
			return "http://" + addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the server does not start: %s", p.err)
	return ""
}

// administer walks through the nouns, with or without a running server.
func administer(t *testing.T, dir string) {
	var added struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	out := ok(t, "--data", dir, "--format", "json", "client", "add", "app", "--redirect", "https://app.example.test/cb", "--name", "The App")
	if err := json.Unmarshal([]byte(out), &added); err != nil || added.ID != "app" || len(added.Secret) < 40 {
		t.Fatalf("%v in %s", err, out)
	}
	if out := ok(t, "--data", dir, "client", "show", "app"); strings.Contains(out, added.Secret) || !strings.Contains(out, "The App") {
		t.Fatalf("show: %s", out)
	}
	fails(t, exitFailed, "taken", "--data", dir, "client", "add", "app", "--redirect", "https://app.example.test/cb")
	fails(t, exitFailed, "redirect URI", "--data", dir, "client", "add", "evil", "--redirect", "javascript:alert(1)")
	ok(t, "--data", dir, "client", "edit", "app", "--add-redirect", "http://127.0.0.1/cb", "--add-scope", "read")
	if out := ok(t, "--data", dir, "client", "show", "app"); !strings.Contains(out, "http://127.0.0.1/cb") || !strings.Contains(out, "https://app.example.test/cb") || !strings.Contains(out, "read") {
		t.Fatalf("edit: %s", out)
	}
	ok(t, "--data", dir, "client", "edit", "app", "--post-logout-redirect", "https://app.example.test/bye")
	ok(t, "--data", dir, "client", "edit", "app", "--add-post-logout-redirect", "https://app.example.test/gone")
	if out := ok(t, "--data", dir, "client", "show", "app"); !strings.Contains(out, "https://app.example.test/bye") || !strings.Contains(out, "https://app.example.test/gone") {
		t.Fatalf("edit: %s", out)
	}
	fails(t, exitUsage, "nothing to change", "--data", dir, "client", "edit", "app")
	if out := ok(t, "--data", dir, "client", "rotate-secret", "app", "--keep", "1d"); strings.Contains(out, added.Secret) || !strings.Contains(out, "2") {
		t.Fatalf("rotate: %s", out)
	}
	fails(t, exitFailed, "signet client rotate-secret app --kept", "--data", dir, "client", "edit", "app", "--metadata", "id_token_signed_response_alg=HS256")
	ok(t, "--data", dir, "client", "rotate-secret", "app", "--kept")
	ok(t, "--data", dir, "client", "edit", "app", "--metadata", "id_token_signed_response_alg=HS256")
	if out := ok(t, "--data", dir, "client", "list"); !strings.Contains(out, "app") {
		t.Fatalf("list: %s", out)
	}
	administerPeople(t, dir)
	if out := ok(t, "--data", dir, "keys", "list"); !strings.Contains(out, "RS256") || !strings.Contains(out, "ES256") || !strings.Contains(out, "active") || !strings.Contains(out, "ECDH-ES") || !strings.Contains(out, "enc") {
		t.Fatalf("keys: %s", out)
	}
	ok(t, "--data", dir, "keys", "rotate", "ES256", "--now")
	ok(t, "--data", dir, "keys", "rotate", "RSA-OAEP-256")
	fails(t, exitFailed, "algorithm", "--data", dir, "keys", "rotate", "ES257")
	if out := ok(t, "--data", dir, "token", "inspect", "sat_nonsense"); !strings.Contains(out, "unknown") {
		t.Fatalf("inspect: %s", out)
	}
	fails(t, exitUsage, "--yes", "--data", dir, "client", "remove", "app")
	ok(t, "--data", dir, "client", "remove", "app", "--yes")
	fails(t, exitFailed, "not found", "--data", dir, "client", "show", "app")
}

func administerPeople(t *testing.T, dir string) {
	t.Helper()
	ok(t, "--data", dir, "group", "add", "staff", "--description", "people who work here")
	if code, out, errs := run(t, "correct horse battery staple\n", "--data", dir, "user", "add", "ada", "--email", "ada@example.test", "--group", "staff", "--password-file", filepath.Join(writeFile(t, "correct horse battery staple\n"))); code != exitDone {
		t.Fatalf("user add: %s%s", out, errs)
	}
	ok(t, "--data", dir, "user", "edit", "ada", "--name", "Ada Lovelace")
	out := ok(t, "--data", dir, "user", "show", "ada@example.test")
	for _, want := range []string{"Ada Lovelace", "staff", "u_"} {
		if !strings.Contains(out, want) {
			t.Fatalf("user show: no %q in %s", want, out)
		}
	}
	administerClaims(t, dir)
	ok(t, "--data", dir, "user", "disable", "ada")
	if out := ok(t, "--data", dir, "user", "list"); !strings.Contains(out, "disabled") {
		t.Fatalf("user list: %s", out)
	}
	ok(t, "--data", dir, "user", "enable", "ada")
	if out := ok(t, "--data", dir, "group", "show", "staff"); !strings.Contains(out, "ada") {
		t.Fatalf("group show: %s", out)
	}
	ok(t, "--data", dir, "group", "member", "remove", "staff", "ada")
	ok(t, "--data", dir, "group", "remove", "staff", "--yes")
	fails(t, exitFailed, "unknown person", "--data", dir, "user", "show", "nobody")
	ok(t, "--data", dir, "user", "remove", "ada", "--yes")
}

// administerClaims gives a person every standard claim by its flag, and takes some back.
func administerClaims(t *testing.T, dir string) {
	t.Helper()
	values := map[string]string{"profile": "https://example.test/ada", "picture": "https://example.test/ada.png", "website": "https://ada.example.test/",
		"birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en-GB", "phone_number": "+44 20 7946 0815", "expires": "2227-01-31"}
	args := []string{"--data", dir, "user", "edit", "ada"}
	for _, m := range userMembers {
		switch value, special := values[m.member]; {
		case m.member == "email" || m.member == "groups":
		case m.shape == yesNo:
			args = append(args, "--"+m.name)
		case special:
			args = append(args, "--"+m.name, value)
		default:
			args = append(args, "--"+m.name, "the "+m.member)
		}
	}
	ok(t, args...)
	out := squeezed(ok(t, "--data", dir, "user", "show", "ada"))
	for _, m := range userMembers {
		want := m.member + " "
		if m.shape == yesNo {
			want += "yes\n"
		}
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	ok(t, "--data", dir, "user", "edit", "ada", "--nickname", "", "--region", "", "--phone-number", "+1 202 555 0106", "--name", "Ada Lovelace")
	out = squeezed(ok(t, "--data", dir, "user", "show", "ada"))
	if strings.Contains(out, "nickname") || strings.Contains(out, "address.region") || !strings.Contains(out, "address.country the address.country") ||
		strings.Contains(out, "phone_number_verified") || !strings.Contains(out, "email_verified yes") {
		t.Errorf("%s", out)
	}
	fails(t, exitFailed, "birthdate", "--data", dir, "user", "edit", "ada", "--birthdate", "long ago")
}

// Every standard claim has a flag.
func TestUserFlags_AreAllClaims(t *testing.T) {
	flags := map[string]bool{}
	for _, m := range userMembers {
		flags[m.member] = true
	}
	for prefix, typ := range map[string]reflect.Type{"": reflect.TypeFor[account.Profile](), "address.": reflect.TypeFor[account.Address]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(prefix+typ.Field(i).Tag.Get("json"), ",")
			if !flags[name] && name != "address" {
				t.Errorf("%s has no flag", name)
			}
		}
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAdministrationWithoutServer(t *testing.T) { administer(t, filepath.Join(t.TempDir(), "data")) }

func TestAdministrationOfRunningServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	serving(t, dir)
	administer(t, dir)
}

// TestAttack_AP05_TwoServers starts a second server on the same data.
func TestAttack_AP05_TwoServers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	serving(t, dir)
	code, _, errs := run(t, "", "--data", dir, "--set", "server.listen=127.0.0.1:0", "--set", "issuer=http://localhost:8080", "serve")
	if code == exitDone || !strings.Contains(errs, "another process") && !strings.Contains(errs, "another server") {
		t.Fatalf("exit %d: %s", code, errs)
	}
}

// TestAttack_AP03_WrongMasterKey replaces the master key, and takes it away.
func TestAttack_AP03_WrongMasterKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "db", "migrate")
	path := filepath.Join(dir, "master.key")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	fails(t, exitDamaged, "master.key", "--data", dir, "keys", "list")
	other := filepath.Join(t.TempDir(), "other")
	ok(t, "--data", other, "db", "migrate")
	if err := os.Rename(filepath.Join(other, "master.key"), path); err != nil {
		t.Fatal(err)
	}
	fails(t, exitDamaged, "master key", "--data", dir, "keys", "list")
}

// TestAttack_AP04_FileModes looks at what a start leaves behind.
func TestAttack_AP04_FileModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	serving(t, dir)
	for name, want := range map[string]os.FileMode{".": 0o700, "signet.db": 0o600, "master.key": 0o600, "signet.sock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %o", name, info.Mode(), err, want)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	path := writeFile(t, "isuer = \"x\"\n[tokens]\naccess = \"99d\"\n")
	code, _, errs := run(t, "", "--config", path, "config", "check")
	if code != exitConfig || !strings.Contains(errs, "issuer") || !strings.Contains(errs, "tokens.access") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	fails(t, exitUsage, "serve", "srve")
	fails(t, exitUsage, "--nonsense", "serve", "--nonsense")
	fails(t, exitUsage, "--format", "--format", "xml", "version")
	fails(t, exitUsage, "E-NONE-01", "explain", "E-NONE-01")
	if out := ok(t, "explain", "e-redir-01"); !strings.Contains(out, "redirect_uri") {
		t.Fatalf("explain: %s", out)
	}
	if out := ok(t, "config", "explain", "tokens.access"); !strings.Contains(out, "15m") {
		t.Fatalf("config explain: %s", out)
	}
	if out := ok(t, "--set", "tokens.access=7m", "config", "show", "--sources"); !strings.Contains(out, "7m") {
		t.Fatalf("config show: %s", out)
	}
	if out := ok(t, "version"); !strings.HasPrefix(out, "signet ") {
		t.Fatalf("version: %s", out)
	}
}

func TestInit(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	out := ok(t, "--data", data, "init", "--issuer", "https://id.example.com", "--dir", dir)
	if !strings.Contains(out, "master.key") || !strings.Contains(out, "RS256") {
		t.Fatalf("init: %s", out)
	}
	ok(t, "--config", filepath.Join(dir, "signet.toml"), "config", "check")
	fails(t, exitFailed, "is there already", "--data", data, "init", "--issuer", "https://other.example.com", "--dir", dir)
	fails(t, exitConfig, "issuer", "--data", data, "init", "--issuer", "http://id.example.com", "--dir", t.TempDir())
}
