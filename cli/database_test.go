package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bbolt "go.etcd.io/bbolt"
)

// The data are counted, checked and compacted while no server runs; beside a server nothing is touched.
func TestDatabase_Offline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, verb := range []string{"stats", "check", "compact"} {
		fails(t, exitUsage, "does not exist", "--data", dir, "db", verb)
	}
	if exists(dir) {
		t.Error("a data directory was made")
	}
	rows := "username,name\n"
	for n := range 1200 {
		rows += fmt.Sprintf("person%d,Name %d\n", n, n)
	}
	importRun(t, exitDone, "1200 added", "--data", dir, "import", "users", importFile(t, "people.csv", rows))
	var stats storeFacts
	if err := json.Unmarshal([]byte(ok(t, "--data", dir, "--format", "json", "db", "stats")), &stats); err != nil || stats.Records["person"] != 1200 || stats.File < stats.Used {
		t.Fatalf("%v: %+v", err, stats)
	}
	if out := ok(t, "--data", dir, "db", "stats"); !strings.Contains(out, "MiB") || !strings.Contains(out, "person ") {
		t.Errorf("%s", out)
	}
	ok(t, "--data", dir, "db", "check")
	code, out, errs := run(t, "", "--data", dir, "--format", "json", "db", "compact")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var sum compaction
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil || code != exitDone {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if sum.After.Used >= sum.Before.Used || sum.After.Records["person"] != 1200 || !strings.Contains(lines[0], `"checked"`) || !strings.Contains(out, `"copied"`) {
		t.Errorf("%s", out)
	}
	userOf(t, dir, "person1199")
	serving(t, dir)
	for _, verb := range []string{"stats", "check", "compact"} {
		fails(t, exitUnavailable, "another process has the file open; fix: stop it", "--data", dir, "db", verb)
	}
	userOf(t, dir, "person0")
}

// Damage is found, said, and left as it is.
func TestDatabase_Damaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "user", "add", "ada")
	path := filepath.Join(dir, "signet.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		people := tx.Bucket([]byte("l:person"))
		k, v := people.Cursor().First()
		v = bytes.Clone(v)
		v[len(v)-1] ^= 1
		return people.Put(k, v)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"check", "compact"} {
		fails(t, exitDamaged, "damaged", "--data", dir, "db", verb)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(raw, after) {
		t.Error("the file was changed")
	}
}

// PostgreSQL has tools of its own.
func TestDatabase_OtherEngine(t *testing.T) {
	url := writeFile(t, "postgres://x@localhost/x\n")
	for _, verb := range []string{"stats", "check", "compact"} {
		fails(t, exitUsage, "VACUUM", "--set", "storage.engine=postgres", "--set", "storage.url_file="+url, "db", verb)
	}
}
