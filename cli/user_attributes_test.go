package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const definitions = `
[[attribute]]
name = "plan"
label = { en = "Plan", de = "Tarif" }
type = "enum"
choices = ["free", "paid"]
scope = "billing"

[[attribute]]
name = "seats"
type = "number"
min = 1
max = 500
edit = "person"
ask = true

[[attribute]]
name = "teams"
type = "list"

[[attribute]]
name = "since"
type = "date"
min = 2000-01-01

[[scope]]
name = "billing"
title = "See what you pay"
`

func withDefinitions(t *testing.T, more string) (args []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "signet.toml")
	if err := os.WriteFile(file, []byte(definitions+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--config", file, "--data", t.TempDir()}
}

func TestAttributes_OnTheCommandLine(t *testing.T) {
	base := withDefinitions(t, "")
	args := func(more ...string) []string { return append(base[:len(base):len(base)], more...) }
	ok(t, args("config", "check")...)
	out := ok(t, args("user", "add", "ada", "--attribute", "plan=paid", "--attribute", "seats=12", "--attribute", "teams=red;blue")...)
	for _, want := range []string{"attributes.plan", "paid", "attributes.seats", "12", "red blue"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
	out = ok(t, args("--format", "json", "user", "edit", "ada", "--attribute", "plan=", "--attribute", "since=2026-02-03")...)
	for _, want := range []string{`"seats": 12`, `"since": "2026-02-03"`} {
		if !strings.Contains(out, want) || strings.Contains(out, "plan") {
			t.Errorf("no %s in %s", want, out)
		}
	}
	for _, wrong := range []string{"plan=gold", "seats=0", "seats=many", "since=1999-12-31", "none=1"} {
		fails(t, exitFailed, "attributes."+strings.SplitN(wrong, "=", 2)[0], args("user", "edit", "ada", "--attribute", wrong)...)
	}
	fails(t, exitUsage, "name=value", args("user", "edit", "ada", "--attribute", "plan")...)
	fails(t, exitUsage, "once", args("user", "edit", "ada", "--attribute", "plan=paid", "--attribute", "plan=free")...)

	csv := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(csv, []byte("username,attributes.plan,attributes.seats,attributes.teams\nbob,free,3,a;b\neve,gold,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "", args("import", "users", csv)...); code == exitDone || !strings.Contains(out+errs, "attributes.plan") {
		t.Errorf("import: exit %d: %s%s", code, out, errs)
	}
	if err := os.WriteFile(csv, []byte("username,attributes.plan,attributes.seats,attributes.teams\nbob,free,3,a;b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ok(t, args("import", "users", csv)...)
	if out := ok(t, args("--format", "json", "user", "show", "bob")...); !strings.Contains(strings.Join(strings.Fields(out), ""), `"attributes":{"plan":"free","seats":3,"teams":["a","b"]}`) {
		t.Errorf("imported: %s", out)
	}
	exported := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(exported, []byte(ok(t, args("--format", "json", "user", "list")...)), 0o600); err != nil {
		t.Fatal(err)
	}
	other := withDefinitions(t, "")
	ok(t, append(other, "import", "users", exported)...)
	if out := ok(t, append(other, "--format", "json", "user", "show", "bob")...); !strings.Contains(strings.Join(strings.Fields(out), ""), `"attributes":{"plan":"free","seats":3,"teams":["a","b"]}`) {
		t.Errorf("from another server: %s", out)
	}
}

func TestAttributes_AreDeclared(t *testing.T) {
	const users = "[[user]]\nname = \"ada\"\nattributes = { plan = \"paid\", seats = 3, since = 2026-02-03 }\n[[user]]\nname = \"bob\"\n[user.attributes]\nteams = [\"a\", \"b\"]\n"
	r := newReloading(t, definitions+users)
	shown := func(name string) (said string) {
		t.Helper()
		p, err := r.node.Load().accounts.FindPerson(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.node.Load().accounts.Attributes().All() {
			if v := a.Text(p.Attributes); v != "" {
				said += a.Name + "=" + strings.ReplaceAll(v, "\n", ";") + " "
			}
		}
		return said
	}
	if got := shown("ada") + shown("bob"); got != "plan=paid seats=3 since=2026-02-03 teams=a;b " {
		t.Errorf("declared: %s", got)
	}
	before, _ := r.node.Load().accounts.FindPerson(t.Context(), "ada")
	r.read("name = \"Other\"\n" + definitions + users)
	if after, _ := r.node.Load().accounts.FindPerson(t.Context(), "ada"); after.Updated != before.Updated {
		t.Error("written again without a change")
	}
	r.read(definitions + "[[user]]\nname = \"ada\"\n")
	if got := shown("ada"); got != "" {
		t.Errorf("declared without: %s", got)
	}
}

func TestAttributes_BrokenConfigurations(t *testing.T) {
	for doc, says := range map[string]string{
		"[[attribute]]\nname = \"Plan 2\"":                                          "attribute[5].name",
		"[[attribute]]\nname = \"x\"\nscope = \"nobody's\"":                         "neither a standard one",
		"[[attribute]]\nname = \"x\"\nscope = \"profile\"\nclaim = \"email\"":       "has a meaning already",
		"[[attribute]]\nname = \"x\"\nmin = 3\nmax = 2":                             "attribute[5].max",
		"[[attribute]]\nname = \"x\"\nask = true":                                   "attribute[5].ask",
		"[[attribute]]\nname = \"x\"\nlabel = { en = 3 }":                           "texts by language",
		"[[attribute]]\nname = \"x\"\ntype = \"int\"":                               "one of string",
		"[[attribute]]\nname = \"plan\"":                                            "names that differ",
		"[[scope]]\nname = \"email\"":                                               "it is there already",
		"[[user]]\nname = \"ada\"\nattributes = { plan = \"gold\" }":                "free, paid",
		"[[user]]\nname = \"ada\"\nattributes = { none = 1 }":                       "attributes of the configuration",
		"[[user]]\nname = \"ada\"\nattributes = { plan = { a = 1 } }":               "by name",
		"[[user]]\nname = \"ada\"\nattributes = [\"plan\"]":                         "by name",
		"[[attribute]]\nname = \"x\"\nmin = true":                                   "a number, or a date",
		"[[attribute]]\nname = \"x\"\nlabel = \"\"":                                 "a text",
		"[[attribute]]\nname = \"x\"\npattern = \"(\"":                              "regular expression",
		"[[attribute]]\nname = \"x\"\nscope = \"profile\"\nin = [\"access_token\"]": "id_token, userinfo",
		"[[attribute]]\nname = \"x\"\ntype = \"enum\"\nchoices = [\"a\", \"a\"]":    "attribute[5].choices",
	} {
		if code, _, errs := run(t, "", append(withDefinitions(t, doc), "config", "check")...); code != exitConfig || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %s, want %s", doc, code, errs, says)
		}
	}
}
