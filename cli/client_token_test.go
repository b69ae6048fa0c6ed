package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/cli/config"
)

func TestInitialTokensOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	var made struct {
		ID, Token string
		Uses      int64
	}
	out := ok(t, "--data", dir, "--format", "json", "client", "token", "create", "--uses", "3", "--expires", "7d", "--scope", "orders:read", "--note", "the wiki team")
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Uses != 3 || !strings.HasPrefix(made.Token, "sit_"+made.ID+"_") || strings.Contains(out, "hash") {
		t.Fatalf("%v: %s", err, out)
	}
	out = ok(t, "--data", dir, "client", "token", "list")
	for _, want := range []string{made.ID, "3", "orders:read", "the wiki team"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, made.Token) {
		t.Error("the token is shown again")
	}
	fails(t, exitUsage, "want a time", "--data", dir, "client", "token", "create", "--expires", "soon")
	fails(t, exitFailed, "allowed", "--data", dir, "client", "token", "create", "--uses", "0")
	fails(t, exitFailed, "allowed", "--data", dir, "client", "token", "create", "--expires", "400d")
	ok(t, "--data", dir, "client", "token", "revoke", made.ID)
	if out := ok(t, "--data", dir, "client", "token", "list"); strings.Contains(out, made.ID) {
		t.Error(out)
	}
	fails(t, exitFailed, "not found", "--data", dir, "client", "token", "revoke", made.ID)
}

// The provider's own name is nobody else's, and issuers of software statements are read from their files.
func TestRegistrationIsAsConfigured(t *testing.T) {
	c := config.Default()
	c.Name, c.Registration.Policy, c.Registration.ReservedNames = "Example ID", "open", []string{"Example Corp"}
	r, err := registrationOf(c)
	if err != nil || r.Policy != "open" || strings.Join(r.ReservedNames, ",") != "Example ID,Example Corp" || r.MaxClients != 10000 {
		t.Errorf("%+v, %v", r, err)
	}
	file := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c.SoftwareIssuers = []config.SoftwareIssuer{{Issuer: "https://trust.test", JWKSFile: file}}
	if r, err = registrationOf(c); err != nil || len(r.Software) != 1 || r.Software[0].Issuer != "https://trust.test" {
		t.Errorf("%+v, %v", r, err)
	}
	if err := os.WriteFile(file, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = registrationOf(c); err == nil {
		t.Error("a file without keys was taken")
	}
}
