package cli

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/cli/config"
	"signet/provider/audit"
	"signet/storage"
)

// audited looks at what an operator did, with or without a running server.
func audited(t *testing.T, dir string) {
	t.Helper()
	ok(t, "--data", dir, "client", "add", "shop", "--redirect", "https://shop.example.test/cb")
	ok(t, "--data", dir, "user", "add", "ada")
	ok(t, "--data", dir, "client", "rotate-secret", "shop")
	out := ok(t, "--data", dir, "audit", "search", "--client", "shop")
	added, rotated := strings.Index(out, "client.added"), strings.Index(out, "client.secret")
	if added < 0 || rotated < added || !strings.Contains(out, "by=operator") || strings.Contains(out, "person.added") {
		t.Errorf("search --client: %s", out)
	}
	if out := ok(t, "--data", dir, "audit", "search", "--user", "ada"); strings.Count(out, "\n") != 1 || !strings.Contains(out, "person.added") {
		t.Errorf("search --user: %s", out)
	}
	if out := ok(t, "--data", dir, "audit", "tail", "-n", "1"); strings.Count(out, "\n") != 1 || !strings.Contains(out, "client.secret") {
		t.Errorf("tail: %s", out)
	}
	if out := ok(t, "--data", dir, "audit", "search", "--since", "0s"); out != "" {
		t.Errorf("search --since now: %s", out)
	}
	fails(t, exitUsage, "how long ago", "--data", dir, "audit", "search", "--since", "lately")
	fails(t, exitFailed, "those of the table", "--data", dir, "audit", "search", "--kind", "nonsense")
	if out := ok(t, "--data", dir, "--format", "json", "audit", "tail", "--kind", "person.added"); !strings.Contains(out, `"severity":"info"`) || !strings.Contains(out, `"actor":"operator"`) {
		t.Errorf("json: %s", out)
	}
	if out := ok(t, "--data", dir, "audit", "kinds"); !strings.Contains(out, "refresh.reused") {
		t.Errorf("kinds: %s", out)
	}
}

func TestAuditOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	audited(t, dir)
	out := ok(t, "--data", dir, "audit", "verify")
	if !strings.Contains(out, "nothing was removed or changed") || !strings.Contains(out, "newest checkpoint") {
		t.Fatalf("verify: %s", out)
	}
	records, checkpoints := 0, 0
	for line := range strings.Lines(ok(t, "--data", dir, "audit", "export")) {
		var l audit.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if records++; l.JWS != "" {
			records, checkpoints = records-1, checkpoints+1
		}
	}
	if records < 3 || checkpoints < 3 {
		t.Errorf("export: %d records, %d checkpoints", records, checkpoints)
	}
	removeFirst(t, dir)
	code, out, errs := run(t, "", "--data", dir, "audit", "verify")
	if code != exitDamaged || !strings.Contains(out, audit.FoundMissing) || !strings.Contains(errs, "1 problems") {
		t.Errorf("after a removal: exit %d: %s%s", code, out, errs)
	}
}

// removeFirst removes the oldest record behind the program's back.
func removeFirst(t *testing.T, dir string) {
	t.Helper()
	c := config.Default()
	c.Storage.DataDir = dir
	n, err := openNode(t.Context(), c, slog.New(slog.DiscardHandler), parts{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	page, err := n.engine.List(t.Context(), time.Now().Unix(), storage.Query{Kind: &storage.Kind{Name: "audit", Passing: true}, Limit: 1})
	if err != nil || len(page.Records) != 1 {
		t.Fatal(page, err)
	}
	gone := storage.Write{Record: storage.Record{Key: page.Records[0].Key}, Delete: true}
	if err := n.db.Apply(t.Context(), storage.Batch{Then: []storage.Write{gone}}); err != nil {
		t.Fatal(err)
	}
}

func TestAuditOfARunningServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	serving(t, dir)
	audited(t, dir)
	for range 100 {
		if strings.Contains(ok(t, "--data", dir, "audit", "verify"), "newest checkpoint") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the server makes no checkpoints")
}
