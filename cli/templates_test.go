package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTemplates_ExportedChangedCheckedReloaded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "look")
	fails(t, exitUsage, "no file", "templates", "export", dir, "html/nopage.html")
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("something was written")
	}
	if out := ok(t, "templates", "list"); !strings.Contains(out, "html/login.html") || strings.Contains(out, ".js") {
		t.Errorf("list: %s", out)
	}
	ok(t, "templates", "export", dir, "html/home.html")
	path := filepath.Join(dir, "html", "home.html")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(raw), "<h1>", `<h1 class="ours">`, 1))
	if out := ok(t, "templates", "export", dir, "html/home.html"); !strings.Contains(out, "kept") {
		t.Errorf("export: %s", out)
	}
	ok(t, "templates", "check", dir)

	setting := "[templates]\ndirectory = \"" + dir + "\"\n"
	r := newReloading(t, setting)
	good := r.node.Load().pages
	write(string(raw) + "{{.Nothing}}{{template \"nothing\"}}")
	config := writeFile(t, setting)
	fails(t, exitConfig, "html/home.html", "--config", config, "config", "check")
	fails(t, exitConfig, config+":2: templates.directory", "--config", config, "config", "check")
	r.read("name = \"Other\"\n" + setting)
	if n := r.node.Load(); n.pages != good || n.config.Name == "Other" || !strings.Contains(r.log.String(), "html/home.html") {
		t.Errorf("%s\n%s", n.config.Name, r.log)
	}
	write(string(raw))
	r.read("name = \"Other\"\n" + setting)
	if n := r.node.Load(); n.pages == good || n.config.Name != "Other" {
		t.Errorf("not reloaded: %s", r.log)
	}
}
