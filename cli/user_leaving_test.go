package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"signet/provider"
)

// The lives of an account by command, without a server.
func TestUserLives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	run := func(args ...string) string { return ok(t, append([]string{"--data", dir, "user"}, args...)...) }
	run("add", "ada", "--email", "ada@example.com", "--expires", "2126-01-31")
	if out := run("show", "ada"); !strings.Contains(out, "2126-02-01T00:00:00Z") {
		t.Errorf("the day is in it: %s", out)
	}
	run("edit", "ada", "--expires", "never")
	if u := userOf(t, dir, "ada"); u.Expires != 0 {
		t.Errorf("%+v", u)
	}
	if out := run("edit", "ada", "--expires", "2026-01-01"); !strings.Contains(out, "expired") {
		t.Errorf("%s", out)
	}
	run("edit", "ada", "--expires", "never")
	fails(t, exitUsage, "--reason", "--data", dir, "user", "lock", "ada")
	fails(t, exitUsage, "want a day", "--data", dir, "user", "edit", "ada", "--expires", "tomorrow")
	if out := run("lock", "ada", "--reason", "call 5555"); !strings.Contains(out, "locked") || !strings.Contains(out, "call 5555") {
		t.Errorf("%s", out)
	}
	if out := run("list"); !strings.Contains(out, "locked") {
		t.Errorf("%s", out)
	}
	run("unlock", "ada")
	fails(t, exitUsage, "not deleted", "--data", dir, "user", "delete", "ada")
	if out := run("delete", "ada", "--yes"); !strings.Contains(out, "leaving until") {
		t.Errorf("%s", out)
	}
	fails(t, exitFailed, "about to be deleted", "--data", dir, "user", "delete", "ada", "--yes")
	if u := userOf(t, dir, "ada"); u.Leaving == nil || !u.Leaving.ByOperator || u.Leaving.Ends-u.Leaving.Asked != 14*24*3600 {
		t.Errorf("%+v", u.Leaving)
	}
	run("restore", "ada")
	fails(t, exitFailed, "not about to be deleted", "--data", dir, "user", "restore", "ada")
	var data map[string]any
	if err := json.Unmarshal([]byte(run("export", "ada")), &data); err != nil || data["state"] != "active" {
		t.Errorf("%v %v", data, err)
	}
	run("add", "ada.old")
	old, into := userOf(t, dir, "ada.old"), userOf(t, dir, "ada")
	if out := run("merge", "ada.old", "ada", "--dry-run"); !strings.Contains(out, "dry run") {
		t.Errorf("%s", out)
	}
	var m provider.Merge
	out := ok(t, "--data", dir, "--format", "json", "user", "merge", "ada.old", "ada", "--yes")
	if err := json.Unmarshal([]byte(out), &m); err != nil || !m.Done || m.From != old.Subject || m.Into != into.Subject {
		t.Errorf("%s %v", out, err)
	}
	fails(t, exitFailed, "one account", "--data", dir, "user", "merge", "ada", "ada", "--yes")
	run("delete", "ada", "--now", "--yes")
	fails(t, exitFailed, "unknown", "--data", dir, "user", "show", "ada")
}
