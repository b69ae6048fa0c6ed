package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A text of the operator's that cannot be shown is a mistake of the configuration, named before anything starts.
func TestDocuments_Checked(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("terms.md", "# Terms\n\nBe kind.\n")
	for _, c := range []struct{ setting, want string }{
		{"signup.terms_file=" + filepath.Join(dir, "absent.md"), "signup.terms_file"},
		{"signup.terms_file=" + write("empty.md", "\n\n"), "not empty"},
		{"branding.privacy_file=" + write("latin1.md", "Caf\xe9"), "UTF-8"},
		{"branding.privacy_file=" + write("long.md", strings.Repeat("x", 300<<10)), "256 KiB"},
	} {
		fails(t, exitConfig, c.want, "--set", "issuer=http://localhost:8080", "--set", c.setting, "config", "check")
	}
	fails(t, exitConfig, "terms_version", "--set", "signup.terms_version=1", "config", "check")
	fails(t, exitConfig, "one of the two", "--set", "signup.terms_file="+good, "--set", "signup.terms_uri=https://example.com/", "config", "check")
	ok(t, "--set", "signup.terms_file="+good, "--set", "signup.terms_version=2026-11", "config", "check")
}
