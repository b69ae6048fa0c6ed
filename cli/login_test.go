package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rsc.io/qr"

	"signet/handlers/robot"
)

// heard is what a command says while it runs.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// await waits until a command has said something, and returns what the pattern's group matched.
func (h *heard) await(t *testing.T, pattern string) string {
	t.Helper()
	for range 1000 {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(h.String()); found != nil {
			return found[1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s is not in %s", pattern, h)
	return ""
}

const adasPassword = "correct horse battery staple"

// loginServer is a server with a person and the command line's client.
func loginServer(t *testing.T) (issuer, dir string) {
	dir = t.TempDir()
	addr := serving(t, dir)
	issuer = strings.Replace(addr, "127.0.0.1", "localhost", 1)
	if code, _, errs := run(t, adasPassword, "--data", dir, "user", "add", "ada", "--email", "ada@example.test", "--password-file", password(t)); code != exitDone {
		t.Fatal(errs)
	}
	return issuer, dir
}

func password(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(adasPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// replyTo signs ada in and answers the device whose code it is.
func replyTo(t *testing.T, issuer, complete, button string) *robot.Browser {
	b := robot.New(t, issuer)
	b.Get(complete).Submit("device", nil).Submit("login", url.Values{"identifier": {"ada"}, "password": {adasPassword}})
	return b.Press(button, nil)
}

// The whole life of a login, against a real server: in, used, looked at, given back.
func TestLogin(t *testing.T) {
	issuer, dir := loginServer(t)
	file := filepath.Join(t.TempDir(), "logins", "login.json")
	login := func(more ...string) []string { return append([]string{"login", "--login-file", file}, more...) }
	fails(t, exitFailed, "signet client add signet-cli --public --device", login(issuer)...)
	fails(t, exitFailed, "not signed in", login("status")...)
	fails(t, exitFailed, "not signed in", login("--token")...)
	fails(t, exitFailed, "not signed in", login("logout")...)
	fails(t, exitUsage, "which issuer", login()...)
	ok(t, "--data", dir, "client", "add", "signet-cli", "--public", "--device")

	said, out := &heard{}, &heard{}
	done := make(chan int, 1)
	go func() { done <- Main(login(issuer, "--qr"), strings.NewReader(""), out, said) }()
	complete, code := said.await(t, `or open (\S+)`), said.await(t, `Code\s+(\S+)`)
	if !strings.HasSuffix(complete, "user_code="+code) || !strings.Contains(said.await(t, `(?s)(▀.*)waiting`), "█") {
		t.Errorf("%s", said)
	}
	if b := replyTo(t, issuer, complete, "allow"); !b.Has("device-done") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if got := <-done; got != exitDone || !strings.Contains(out.String(), "ada@example.test") {
		t.Fatalf("exit %d: %s%s", got, out, said)
	}

	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	token := strings.TrimSpace(ok(t, login("--token")...))
	if !works(t, issuer, token) {
		t.Error("the token does not work")
	}
	if out := ok(t, login("status")...); strings.Contains(out, token) || !strings.Contains(out, "ada") || !strings.Contains(out, issuer) {
		t.Errorf("%s", out)
	}
	var status map[string]any
	if err := json.Unmarshal([]byte(ok(t, append([]string{"--format", "json"}, login("status", issuer)...)...)), &status); err != nil || status["issuer"] != issuer || status["refreshes"] != true {
		t.Errorf("%v %v", status, err)
	}
	refreshedWhenItMust(t, file, login)
	token = strings.TrimSpace(ok(t, login("--token")...))
	if out := ok(t, login("logout")...); !strings.Contains(out, "signed out") {
		t.Errorf("%s", out)
	}
	if works(t, issuer, token) {
		t.Error("the token outlives the logout")
	}
	fails(t, exitFailed, "not signed in", login("status")...)
}

// refreshedWhenItMust makes the kept access token old.
func refreshedWhenItMust(t *testing.T, file string, login func(...string) []string) {
	before := strings.TrimSpace(ok(t, login("--token")...))
	if again := strings.TrimSpace(ok(t, login("--token")...)); again != before {
		t.Error("refreshed without need")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`"expires": \d+`).ReplaceAll(text, []byte(`"expires": 1`))
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if after := strings.TrimSpace(ok(t, login("--token")...)); after == before {
		t.Error("an old token was not refreshed")
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), before) {
		t.Errorf("what came was not kept: %v", err)
	}
}

func works(t *testing.T, issuer, token string) bool {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func TestLogin_Denied(t *testing.T) {
	issuer, dir := loginServer(t)
	file := filepath.Join(t.TempDir(), "login.json")
	ok(t, "--data", dir, "client", "add", "tool", "--public", "--device")
	said, out := &heard{}, &heard{}
	done := make(chan int, 1)
	args := []string{"login", issuer, "--client-id", "tool", "--login-file", file, "--no-qr"}
	go func() { done <- Main(args, strings.NewReader(""), out, said) }()
	replyTo(t, issuer, said.await(t, `or open (\S+)`), "deny")
	if got := <-done; got != exitFailed || !strings.Contains(said.String(), "the person refused") || out.String() != "" {
		t.Errorf("exit %d: %s%s", got, out, said)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("something was kept: %v", err)
	}
}

// A logout that the provider does not hear of says so, and forgets the tokens all the same.
func TestLogin_LogoutWithoutProvider(t *testing.T) {
	file := filepath.Join(t.TempDir(), "login.json")
	kept := `{"current":"http://127.0.0.1:1","servers":{"http://127.0.0.1:1":{"client_id":"x","access_token":"a","refresh_token":"r"}}}`
	if err := os.WriteFile(file, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, exitWarnings, "could not be revoked", "login", "logout", "--login-file", file)
	fails(t, exitFailed, "not signed in", "login", "logout", "--login-file", file)
}

// What is drawn is the code, with a light border, module for module.
func TestQRCode(t *testing.T) {
	const text = "https://id.example.com/device?user_code=WDJB-MJHT"
	drawn, err := qrCode(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(drawn, "\n"), "\n")
	for n, line := range lines {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m")
		modules := []rune(line)
		if len(modules) != code.Size+2*quietZone {
			t.Fatalf("line %d has %d modules", n, len(modules))
		}
		for x, r := range modules {
			upper, lower := strings.ContainsRune("▀█", r), strings.ContainsRune("▄█", r)
			if y := 2*n - quietZone; upper != code.Black(x-quietZone, y) || lower != code.Black(x-quietZone, y+1) {
				t.Fatalf("module %d,%d", x, y)
			}
		}
	}
	if 2*len(lines) < code.Size+2*quietZone {
		t.Errorf("%d lines for %d modules", len(lines), code.Size)
	}
}
