package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"signet/e2e"
)

// commandLine is a signet login that waits for somebody.
type commandLine struct {
	cmd            *exec.Cmd
	out            *strings.Builder
	code, complete string
}

// beginLogin starts a signet login, and reads what it tells the person to do.
func beginLogin(t *testing.T, provider *e2e.Provider, file string) *commandLine {
	t.Helper()
	c := &commandLine{cmd: exec.Command(e2e.Build(t, "signet"), "login", provider.Issuer, "--login-file", file), out: &strings.Builder{}}
	c.cmd.Stdout = c.out
	said, err := c.cmd.StderrPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	lines := bufio.NewScanner(said)
	code, complete := regexp.MustCompile(`^  Code   (\S+)$`), regexp.MustCompile(`^  or open (\S+) `)
	for c.complete == "" && lines.Scan() {
		if found := code.FindStringSubmatch(lines.Text()); found != nil {
			c.code = found[1]
		}
		if found := complete.FindStringSubmatch(lines.Text()); found != nil {
			c.complete = found[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	if c.code == "" || c.complete == "" {
		t.Fatal("signet login does not say what to do")
	}
	return c
}

// signet runs a command and returns what it printed.
func signet(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(e2e.Build(t, "signet"), args...).Output()
	if err != nil {
		t.Fatalf("signet %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}

// A command line waits, a person in a browser types its code, signs in, compares, and lets it in.
func TestDevice(t *testing.T) {
	browser := launch(t)
	provider := e2e.Production(t)
	provider.Operate(t, "client", "add", "signet-cli", "--public", "--device", "--name", "The command line")
	file := filepath.Join(t.TempDir(), "login.json")

	t.Run("typed", func(t *testing.T) {
		waiting, b := beginLogin(t, provider, file), person(t, browser)
		b.open(provider.Issuer+"/device", "form#device")
		if got := b.focused(); got != "user-code" {
			t.Errorf("the focus is on %q, want the code", got)
		}
		b.faces("device")
		b.fill("#user-code", "BBBB-BBBB")
		b.click("#continue", atSignIn)
		b.password(&application{provider: provider}, "#problem")
		b.faces("device-wrong")
		get[string](b, "document.querySelector('#user-code').value = ''")
		b.fill("#user-code", strings.ToLower(strings.ReplaceAll(waiting.code, "-", "")))
		b.click("#continue", "form#device-consent")
		if got := b.text("#user-code"); got != waiting.code {
			t.Errorf("the page shows %q, the command line %q", got, waiting.code)
		}
		b.faces("device-consent")
		b.click("#allow", "#device-done")
		b.faces("device-done")
		if err := waiting.cmd.Wait(); err != nil || !strings.Contains(waiting.out.String(), "ada@example.test") {
			t.Fatalf("%v: %s", err, waiting.out)
		}
		token := signet(t, "login", "--token", "--login-file", file)
		if !accepted(t, provider, token) {
			t.Error("the token is not accepted")
		}
		signet(t, "login", "logout", "--login-file", file)
		if accepted(t, provider, token) {
			t.Error("the token outlives the logout")
		}
	})
	t.Run("by the complete address, without scripts, refused", func(t *testing.T) {
		waiting, b := beginLogin(t, provider, file), person(t, browser)
		b.scripting(false)
		b.open(waiting.complete, "form#device")
		b.click("#continue", atSignIn)
		b.password(&application{provider: provider}, "form#device-consent")
		b.click("#deny", "#device-done")
		b.picture("device-denied")
		if err := waiting.cmd.Wait(); err == nil {
			t.Errorf("refused, and yet: %s", waiting.out)
		}
	})
}

// A device of the playground: the person answers in another tab, and the playground's next poll brings the tokens.
func playgroundDevice(b *tab, address string) {
	b.open(address, "#pick")
	b.choose("#pick-flow", "device")
	b.click("#pick button", "#next")
	b.click("#next", "#ask")
	b.click("#ask button", "#user-code")
	b.faces("playground-device")
	b.click("#next", "#poll")
	b.click("#poll button", "#outcome")
	b.says("authorization_pending")
	b.faces("playground-device-poll")
	other := b.another()
	other.open(get[string](b, "document.querySelector('a[href*=user_code]').href"), "form#device")
	other.click("#continue", ada)
	other.click(ada, "form#device-consent")
	other.click("#allow", "#device-done")
	b.click("#poll button", "#id-token")
	b.says("The ID token is genuine")
}

// accepted tells whether the userinfo endpoint takes a token.
func accepted(t *testing.T, provider *e2e.Provider, token string) bool {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, provider.Issuer+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
