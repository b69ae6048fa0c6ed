package cli

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"signet/provider"
)

// Each common flag is for a member that an operator may set, and is read as that member's type.
func TestClientFlags_AreMembers(t *testing.T) {
	for _, c := range append(commonFlags, memberFlag{"disabled", "disabled", yesNo, ""}) {
		f, cmd := &clientFlags{}, &cobra.Command{}
		f.register(cmd)
		cmd.Flags().Bool("disabled", false, "")
		value := map[shape]string{text: "x", number: "7", yesNo: "true", wordList: "a,b", uris: "a,b"}[c.shape]
		if err := cmd.Flags().Set(c.name, value); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		in, err := f.members(cmd)
		if err != nil || len(in) != 1 {
			t.Errorf("%s: %v %v", c.name, in, err)
			continue
		}
		document, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := new(provider.Client).Patch(document, provider.SetByOperator); err != nil {
			t.Errorf("%s: %s: %v", c.name, document, err)
		}
		if list, ok := in[c.member].([]string); ok && (c.shape == wordList) != (len(list) == 2) {
			t.Errorf("%s: %q", c.name, list)
		}
		if c.help == "" && c.name != "disabled" {
			t.Errorf("%s has no help", c.name)
		}
	}
}

// squeezed is a text with single spaces, so that no test depends on how wide a column is.
func squeezed(s string) string { return spaces.ReplaceAllString(s, " ") }

var spaces = regexp.MustCompile(` +`)

// Every member can be set, seen and put back by its name; what is wrong is said with the name that was meant.
func TestClient_Metadata(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "client", "add", "app", "--redirect", "https://app.example.test/cb?a=1,2", "--contact", "Ada, at home",
		"--metadata", "software_id=4711", "--metadata", "default_acr_values=one two", "--metadata", `lifetimes={"access":60}`, "--metadata", "default_max_age=3600")
	out := squeezed(ok(t, "--data", dir, "client", "show", "app"))
	for _, want := range []string{"redirect_uris https://app.example.test/cb?a=1,2\n", "contacts Ada, at home\n", "software_id 4711\n",
		"default_acr_values one two\n", "lifetimes.access 60\n", "default_max_age 3600\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, hidden := range []string{"epoch", "registration_token", "hash", "false"} {
		if strings.Contains(out, hidden) {
			t.Errorf("%s in\n%s", hidden, out)
		}
	}
	ok(t, "--data", dir, "client", "edit", "app", "--metadata", "default_max_age=null", "--metadata", "software_id=null", "--metadata", "grant_types=null", "--logo", "https://app.example.test/logo.png")
	out = squeezed(ok(t, "--data", dir, "client", "show", "app"))
	if strings.Contains(out, "software_id") || strings.Contains(out, "default_max_age") || !strings.Contains(out, "default_acr_values") || !strings.Contains(out, "logo.png") || !strings.Contains(out, "authorization_code refresh_token") {
		t.Errorf("%s", out)
	}
	fails(t, exitFailed, "software_idd: no such member; did you mean software_id?", "--data", dir, "client", "edit", "app", "--metadata", "software_idd=1")
	fails(t, exitFailed, "epoch: only the server sets it", "--data", dir, "client", "edit", "app", "--metadata", "epoch=1")
	fails(t, exitFailed, "first_party: got a text, allowed true or false", "--data", dir, "client", "edit", "app", "--metadata", "first_party=perhaps")
	fails(t, exitFailed, "client_secret cannot be changed", "--data", dir, "client", "edit", "app", "--metadata", "client_secret=a-secret-that-is-chosen-by-somebody")
	fails(t, exitUsage, "want member=value", "--data", dir, "client", "edit", "app", "--metadata", "first_party")
	fails(t, exitUsage, "each member once", "--data", dir, "client", "edit", "app", "--first-party", "--metadata", "first_party=true")
	fails(t, exitUsage, "exclude each other", "--data", dir, "client", "edit", "app", "--public", "--auth-method", "none")
	fails(t, exitUsage, "is not JSON", "--data", dir, "client", "edit", "app", "--jwks", writeFile(t, "{"))
}

// A client whose secret was kept as a hash alone gets one that is kept itself, and then may use an algorithm that takes it.
func TestClient_RotateSecretKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "client", "add", "app", "--redirect", "https://app.example.test/cb")
	fails(t, exitFailed, "signet client rotate-secret app --kept", "--data", dir, "client", "edit", "app", "--id-token-alg", "HS256")
	ok(t, "--data", dir, "client", "rotate-secret", "app", "--kept")
	ok(t, "--data", dir, "client", "edit", "app", "--id-token-alg", "HS256")
}
