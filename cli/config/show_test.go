package config

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShowRoundTrip loads what Show writes and finds the same configuration: every secret of the example is a reference.
func TestShowRoundTrip(t *testing.T) {
	c := must(t, example(t))
	for _, withSources := range []bool{false, true} {
		text, err := c.Show("text", withSources)
		if err != nil {
			t.Fatal(err)
		}
		again := must(t, text)
		if diff := cmp.Diff(c, again, sameConfig); diff != "" {
			t.Errorf("sources %v:\n%s\n%s", withSources, diff, text)
		}
	}
}

func TestShowNamesSourcesAndHidesSecrets(t *testing.T) {
	doc := "[tokens]\naccess = \"5m\"\n[storage]\nmaster_key = \"" + strong + "\"\n[[user]]\nname = \"ada\"\npassword = \"" + strong + "\"\n"
	c, err := from(doc, []string{"SIGNET_TOKENS_ID=10m"}, map[string]string{"log.format": "json"})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := c.Show("text", true)
	for _, line := range []string{
		"access = \"5m\"  # signet.toml:2\n", "id = \"10m\"  # environment SIGNET_TOKENS_ID\n", "format = \"json\"  # command line\n",
		"refresh_max = \"90d\"  # default\n", "issuer = \"http://localhost:8080\"  # derived\n",
		"master_key = \"[hidden]\"  # signet.toml:4\n", "# url is not set\n", "password = \"[hidden]\"  # signet.toml:7\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("lacks %q", line)
		}
	}
	asJSON, _ := c.Show("json", true)
	var settings map[string]struct {
		Value  any
		Source string
	}
	if err := json.Unmarshal([]byte(asJSON), &settings); err != nil {
		t.Fatal(err)
	}
	if got := settings["user[1].password"]; got.Value != "[hidden]" || got.Source != "signet.toml:7" {
		t.Errorf("password shown as %v", got)
	}
	if got := settings["passwords.time"].Value; got != 2.0 {
		t.Errorf("passwords.time shown as %v", got)
	}
	if strings.Contains(text+asJSON, marker) {
		t.Error("a secret is shown")
	}
	if _, err := c.Show("yaml", false); err == nil {
		t.Error("an unknown format was taken")
	}
}

func TestShowJSONWithoutSources(t *testing.T) {
	text, err := must(t, example(t)).Show("json", false)
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]any
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatal(err)
	}
	if settings["tokens.access"] != "10m" || settings["client[2].public"] != true || settings["client[2].secret"] != nil {
		t.Errorf("%v %v %v", settings["tokens.access"], settings["client[2].public"], settings["client[2].secret"])
	}
}

// TestExampleChangesNothing loads the generated example as it is, and with each of its settings uncommented.
func TestExampleChangesNothing(t *testing.T) {
	if diff := cmp.Diff(Default(), must(t, Example()), sameConfig); diff != "" {
		t.Error(diff)
	}
	var lines []string
	for line := range strings.Lines(Example()) {
		if strings.HasPrefix(line, "[") || strings.Contains(line, " = ") && strings.HasPrefix(line, "# ") && !strings.Contains(line, "…") {
			line = strings.TrimPrefix(line, "# ")
			key, _, _ := strings.Cut(line, " ")
			if inSection := slices.Contains([]string{"cert_file", "key_file", "url", "master_key", "password", "trusted_proxies", "allow_private"}, key); !inSection {
				lines = append(lines, line)
			}
		}
		if strings.HasPrefix(line, "# [[") {
			break
		}
	}
	if diff := cmp.Diff(Default(), must(t, strings.Join(lines, "")), sameConfig); diff != "" || len(lines) < 39 {
		t.Errorf("%d lines:\n%s", len(lines), diff)
	}
}

func TestExplain(t *testing.T) {
	entries, err := Explain("tokens.access")
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{Key: "tokens.access", Type: "duration", Default: `"15m"`, Allowed: "a duration with its unit (s, m, h, d), 10s to 1d",
		Effect: "How long an access token lives.", Env: "SIGNET_TOKENS_ACCESS", Reload: true}
	if diff := cmp.Diff([]Entry{want}, entries); diff != "" {
		t.Error(diff)
	}
	for _, words := range []string{"10s to 1d", "SIGNET_TOKENS_ACCESS", `"15m"`, "takes effect at reload"} {
		if !strings.Contains(entries[0].String(), words) {
			t.Errorf("%q is not in\n%s", words, entries[0])
		}
	}
	if entries, err = Explain("storage"); err != nil || len(entries) != 4 || entries[2].EnvFile != "SIGNET_STORAGE_URL_FILE" || entries[0].Reload {
		t.Errorf("storage: %+v, %v", entries, err)
	}
	if entries, err = Explain("client.id"); err != nil || entries[0].Env != "" {
		t.Errorf("client.id: %+v, %v", entries, err)
	}
	if _, err = Explain("tokens.acces"); err == nil || !strings.Contains(err.Error(), "tokens.access?") {
		t.Errorf("misspelt: %v", err)
	}
}

func TestReferenceIsWhole(t *testing.T) {
	doc := Markdown()
	for _, key := range Keys() {
		entries, err := Explain(key)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(doc, strings.ReplaceAll(entries[0].Effect, "|", `\|`)) {
			t.Errorf("%s is not in the reference", key)
		}
	}
	for line := range strings.Lines(doc) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|")-strings.Count(line, `\|`) != 6 {
			t.Errorf("row with a wrong number of columns: %s", line)
		}
	}
}

func TestReload(t *testing.T) {
	running := must(t, example(t))
	change := strings.NewReplacer(
		`listen          = ":8443"`, `listen = ":9443"`, `access              = "10m"`, `access = "11m"`,
		"master.key", "grafana.secret", "People who work here", "Staff", `name   = "Example ID"`, `name = "Other"`)
	read := must(t, change.Replace(example(t)))
	if diff := cmp.Diff([]string{"name", "server.listen", "storage.master_key", "tokens.access", "group"}, Changed(running, read)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"server.listen", "storage.master_key"}, Keep(running, read)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"name", "tokens.access", "group"}, Changed(running, read)); diff != "" {
		t.Errorf("after what needs a restart was kept: %s", diff)
	}
	if got := Changed(running, must(t, example(t))); len(got) != 0 {
		t.Errorf("nothing changed, and yet %q", got)
	}
}
