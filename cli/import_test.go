package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/cli/importing"
	"signet/provider/account"
)

const bcryptHash = "$2b$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje"

func importFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// importRun runs an import and wants an exit code and words.
func importRun(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	got, out, errs := run(t, "", args...)
	if got != code || !strings.Contains(out+errs, says) {
		t.Fatalf("signet %s: exit %d: %s%s\nwant exit %d and %q", strings.Join(args, " "), got, out, errs, code, says)
	}
}

func userOf(t *testing.T, dir, name string) account.Person {
	t.Helper()
	var p account.Person
	if err := json.Unmarshal([]byte(ok(t, "--data", dir, "--format", "json", "user", "show", name)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestImportCSV(t *testing.T) {
	for name, start := range map[string]func(*testing.T, string){
		"without a server": func(*testing.T, string) {},
		"with a server":    func(t *testing.T, dir string) { serving(t, dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			start(t, dir)
			importCSV(t, dir)
		})
	}
}

func importCSV(t *testing.T, dir string) {
	var rows strings.Builder
	rows.WriteString("username,email,email_verified,name,groups,address.locality,password_hash,disabled\n")
	for n := range 250 {
		fmt.Fprintf(&rows, "p%d,p%d@example.com,true,\"Person, %d\",staff; old hands,Berlin,%s,\n", n, n, n, bcryptHash)
	}
	file := importFile(t, "people.csv", rows.String())
	importRun(t, exitDone, "nothing was written", "--data", dir, "import", "users", file, "--dry-run")
	fails(t, exitFailed, "unknown", "--data", dir, "user", "show", "p0")
	importRun(t, exitDone, "250 added", "--data", dir, "import", "users", file)
	p := userOf(t, dir, "p249")
	if p.Name != "Person, 249" || !p.EmailVerified || len(p.Groups) != 2 || p.Address == nil || p.Address.Locality != "Berlin" {
		t.Fatalf("%+v", p)
	}
	// Given again, it changes nobody.
	importRun(t, exitWarnings, "250 there already", "--data", dir, "import", "users", file)
	if again := userOf(t, dir, "p249"); again.Updated != p.Updated || again.Subject != p.Subject {
		t.Fatalf("%+v", again)
	}
}

// One who cannot be added keeps all out, until that is wanted otherwise. Every fault has its line.
func TestImportChecksFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	file := importFile(t, "people.csv", "username,email,password_hash\nada,ada@example.com,"+bcryptHash+"\n"+
		"bob,not an address,\ncosty,,$2b$15$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje\nADA,other@example.com,\nmd,md@example.com,5f4dcc3b5aa765d61d8327deb882cf99\n")
	report := filepath.Join(t.TempDir(), "report")
	importRun(t, exitFailed, "nothing was written", "--data", dir, "import", "users", file, "--report", report)
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"line 3: bob: cannot be added", "line 4: costy: cannot be added", "line 5: ADA: cannot be added", "stands in line 2", "line 6: md: the password's hash"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "$2b$") {
		t.Errorf("the report has a hash:\n%s", text)
	}
	fails(t, exitFailed, "unknown", "--data", dir, "user", "show", "ada")
	importRun(t, exitFailed, "2 added", "--data", dir, "import", "users", file, "--skip-invalid")
	userOf(t, dir, "ada")

	importRun(t, exitDamaged, "no column is called username", "--data", dir, "import", "users", importFile(t, "x.csv", "a,b\n1,2\n"))
	importRun(t, exitDamaged, "line 3", "--data", dir, "import", "users", importFile(t, "x.json", "[\n{\"username\":\"x\"},\n"))
	importRun(t, exitUsage, "allowed csv", "--data", dir, "import", "users", file, "--from", "xml")
	importRun(t, exitUsage, "no such file", "--data", dir, "import", "users", filepath.Join(dir, "absent.csv"))
}

// What `signet user list` prints arrives elsewhere with the same subjects, and with nothing that was issued to them before. Where
// somebody was removed, their subject is nobody's again.
func TestImportKeepsSubjects(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "user", "add", "ada", "--email", "ada@example.com", "--locality", "London")
	before := userOf(t, dir, "ada")
	file := importFile(t, "people.json", ok(t, "--data", dir, "--format", "json", "user", "list"))
	importRun(t, exitWarnings, "1 there already", "--data", dir, "import", "users", file)
	ok(t, "--data", dir, "user", "remove", "ada", "--yes")
	importRun(t, exitFailed, "sub", "--data", dir, "import", "users", file)
	dir = filepath.Join(t.TempDir(), "other")
	importRun(t, exitDone, "1 added", "--data", dir, "import", "users", file)
	after := userOf(t, dir, "ada")
	if after.Subject != before.Subject || after.Epoch <= before.Epoch || after.Address == nil {
		t.Fatalf("%+v\n%+v", before, after)
	}
	importRun(t, exitFailed, "sub", "--data", dir, "import", "users", importFile(t, "people.json", `{"username":"eve","sub":"17"}`))
}

// An interruption comes between two pages, and says where to go on.
func TestImportInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	i := &userImport{program: &program{out: io.Discard, err: io.Discard}, name: "people.csv"}
	records := []importing.Record{{Line: 7}}
	if err := i.pages(ctx, nil, "added", records, false, nil); err == nil || !strings.Contains(err.Error(), "signet import users people.csv --resume-at 7") {
		t.Fatal(err)
	}
	if err := i.pages(ctx, nil, "checked", records, true, nil); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Fatal(err)
	}

	dir := filepath.Join(t.TempDir(), "data")
	file := importFile(t, "people.csv", "username\nada\nbob\ncyd\n")
	importRun(t, exitDone, "2 added", "--data", dir, "import", "users", file, "--resume-at", "3")
	fails(t, exitFailed, "unknown", "--data", dir, "user", "show", "ada")
	userOf(t, dir, "bob")
}

// A-N13: what is too large is not read to its end.
func TestAttack_AN13_LargeImport(t *testing.T) {
	defer func(n int64) { importLimit = n }(importLimit)
	importLimit = 100
	dir := filepath.Join(t.TempDir(), "data")
	importRun(t, exitDamaged, "larger than 100 B", "--data", dir, "import", "users", importFile(t, "people.csv", "username\n"+strings.Repeat("ada\n", 30)))
	importRun(t, exitDone, "1 added", "--data", dir, "import", "users", importFile(t, "people.csv", "username\nada\n"))
}

// With --format json every line is an object: how far it is, and the sum.
func TestImportEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	out := ok(t, "--data", dir, "--format", "json", "import", "users", importFile(t, "people.csv", "username\nada\n"))
	want := `{"event":"progress","phase":"checked","done":1,"total":1}
{"event":"progress","phase":"added","done":1,"total":1}
{"event":"summary","dry_run":false,"total":1,"added":1,"present":0,"invalid":0,"notes":0}
`
	if out != want {
		t.Fatalf("%s\nwant\n%s", out, want)
	}
}

func TestProgressLine(t *testing.T) {
	start := time.Unix(1000, 0)
	p := &progress{verb: "added", total: 300, started: start}
	want := "[##########....................] 100 of 300 added, 10 a second, 20s left"
	if got := p.line(100, start.Add(10*time.Second)); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
}

const dump = `[
{"model": "auth.group", "pk": 1, "fields": {"name": "editors", "permissions": []}},
{"model": "auth.user", "pk": 7, "fields": {"password": "` + bcryptHash + `", "last_login": null, "is_superuser": true, "username": "ada",
  "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "is_staff": true, "is_active": true, "groups": [1], "user_permissions": []}},
{"model": "auth.user", "pk": 8, "fields": {"password": "!unusable", "last_login": null, "username": "bob@example.com",
  "first_name": "", "last_name": "", "email": "", "is_active": false, "groups": [["readers"]]}},
{"model": "account.emailaddress", "pk": 1, "fields": {"user": 7, "email": "Ada@example.com", "verified": true, "primary": true}},
{"model": "account.emailaddress", "pk": 2, "fields": {"user": 7, "email": "bob@example.com", "verified": true, "primary": false}},
{"model": "socialaccount.socialaccount", "pk": 1, "fields": {"user": 7, "provider": "github", "uid": "42", "extra_data": {}}},
{"model": "sessions.session", "pk": "x", "fields": {}}
]`

func TestImportDjango(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	file := importFile(t, "dump.json", dump)
	code, out, errs := run(t, "", "--data", dir, "import", "users", file)
	if code != exitWarnings || !strings.Contains(out, "2 added") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	for _, want := range []string{"line 9: a link to github (42) stays behind", "line 3: ada: is_staff", "sessions.session: 1 of them"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the report lacks %q:\n%s", want, errs)
		}
	}
	ada, bob := userOf(t, dir, "ada"), userOf(t, dir, "bob@example.com")
	if ada.Name != "Ada Lovelace" || !ada.EmailVerified || strings.Join(ada.Groups, " ") != "editors" {
		t.Errorf("%+v", ada)
	}
	// That ada proved an address says nothing of bob.
	if bob.Username != "" || bob.EmailVerified || !bob.Disabled || strings.Join(bob.Groups, " ") != "readers" {
		t.Errorf("%+v", bob)
	}
}
