package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// A person with a role administers a server from another machine, after signing in there with the device grant: as far as the role
// goes, and as long as they have it.
func TestAdministrationOverTheNetwork(t *testing.T) {
	issuer, dir := loginServer(t)
	file := filepath.Join(t.TempDir(), "login.json")
	there := func(more ...string) []string {
		return append([]string{"--server", issuer, "--login-file", file}, more...)
	}
	fails(t, exitFailed, "signet login ISSUER", there("user", "list")...)
	ok(t, "--data", dir, "client", "add", "signet-cli", "--public", "--device", "--first-party")
	ok(t, "--data", dir, "client", "edit", "signet-cli", "--administration")
	said, out := &heard{}, &heard{}
	done := make(chan int, 1)
	go func() {
		done <- Main([]string{"login", "--login-file", file, issuer, "--administer"}, strings.NewReader(""), out, said)
	}()
	if b := replyTo(t, issuer, said.await(t, `or open (\S+)`), "allow"); !b.Has("device-done") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if got := <-done; got != exitDone {
		t.Fatalf("exit %d: %s%s", got, out, said)
	}

	fails(t, exitRefused, "your role", there("user", "list")...)
	ok(t, "--data", dir, "group", "add", "admins")
	ok(t, "--data", dir, "group", "member", "add", "admins", "ada")
	if got := ok(t, there("user", "list")...); !strings.Contains(got, "ada@example.test") {
		t.Errorf("users: %s", got)
	}
	ok(t, there("client", "add", "wiki", "--redirect", "https://wiki.example.test/cb")...)
	if got := ok(t, there("audit", "search", "--kind", "client.added")...); !strings.Contains(got, "wiki") {
		t.Errorf("trail: %s", got)
	}
	if got := ok(t, there("keys", "list")...); !strings.Contains(got, "RS256") {
		t.Errorf("keys: %s", got)
	}
	ok(t, "--data", dir, "group", "member", "remove", "admins", "ada")
	fails(t, exitRefused, "your role", there("client", "remove", "wiki", "--yes")...)
}

// A command that is only for its subcommands used to print its help and end well for a word that is none of them: a script that
// said "group member rm" believed that somebody had left.
func TestUnknownSubcommands(t *testing.T) {
	fails(t, exitUsage, `no command "rm"`, "group", "member", "rm", "admins", "ada")
	fails(t, exitUsage, "did you mean list?", "user", "lst")
	ok(t, "user")
}
