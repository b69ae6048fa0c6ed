package cli

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// reloading is a server that can be told to read another configuration.
type reloading struct {
	*server
	t    *testing.T
	path string
	log  *bytes.Buffer
}

func newReloading(t *testing.T, text string) *reloading {
	t.Helper()
	r := &reloading{t: t, path: writeFile(t, text), log: &bytes.Buffer{}}
	p := &program{in: strings.NewReader(""), out: &bytes.Buffer{}, err: r.log, dataDir: filepath.Join(t.TempDir(), "data"), format: "text", configFile: r.path}
	cfg, err := p.load()
	if err != nil {
		t.Fatal(err)
	}
	r.server = newServer(p, cfg, parts{migrate: true})
	if err := r.start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.node.Load().close() })
	return r
}

func (r *reloading) read(text string) {
	r.t.Helper()
	if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.reload(r.t.Context())
}

// TestReload changes what the configuration declares while the server runs; a bad configuration changes nothing.
func TestReload(t *testing.T) {
	r := newReloading(t, "[[group]]\nname = \"one\"\n")
	r.read("name = \"Two\"\n[[group]]\nname = \"two\"\n")
	r.read("nonsense = true\n[[group]]\nname = \"three\"\n")
	n := r.node.Load()
	if n.config.Name != "Two" {
		t.Errorf("name %q", n.config.Name)
	}
	for name, want := range map[string]bool{"one": true, "two": true, "three": false} {
		if _, err := n.accounts.Group(t.Context(), name); (err == nil) != want {
			t.Errorf("group %s: %v", name, err)
		}
	}
}

// What the reference calls reloadable is in force after a reload, whatever its section; the rest is told, and stays.
func TestReload_TakesEverythingButWhatNeedsARestart(t *testing.T) {
	r := newReloading(t, "issuer = \"https://id.example.test\"\n[server]\nlisten = \"127.0.0.1:8080\"\n[limits]\nlogin_account = \"1/1h\"\n")
	r.mustWait(false)
	r.mustWait(true)
	r.read("issuer = \"https://id.example.test\"\n[server]\nlisten = \"127.0.0.1:9090\"\nshutdown_grace = \"3s\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n[limits]\nlogin_account = \"3/1m\"\n")
	c := r.node.Load().config
	if c.Server.Listen != "127.0.0.1:8080" || !strings.Contains(r.log.String(), "server.listen") {
		t.Errorf("listen %s:\n%s", c.Server.Listen, r.log)
	}
	if c.Server.ShutdownGrace != 3*time.Second || len(c.Server.TrustedProxies) != 1 || c.Limits.LoginAccount.Count != 3 {
		t.Errorf("left out: %+v, %+v", c.Server, c.Limits)
	}
	r.mustWait(false)
	r.mustWait(false)
	r.mustWait(false)
	r.mustWait(true)
	r.read("issuer = \"https://id.example.test\"\nname = \"Other\"\n[limits]\nlogin_account = \"3/1m\"\n")
	r.mustWait(true) // a reload that has nothing to do with limits forgets nobody who is held back
}

// mustWait tries a wrong password, and tells whether it was held back.
func (r *reloading) mustWait(want bool) {
	r.t.Helper()
	if got := tries["sign-in"](r) == http.StatusTooManyRequests; got != want {
		r.t.Errorf("held back: %v, want %v", got, want)
	}
}

// A reload that fails half way leaves the running node as it is.
func TestReload_Fails(t *testing.T) {
	r := newReloading(t, "name = \"One\"\n")
	before, served := r.node.Load(), r.handlers.Load()
	if err := before.engine.Close(); err != nil {
		t.Fatal(err)
	}
	r.read("name = \"Two\"\n")
	if r.node.Load() != before || r.handlers.Load() != served {
		t.Error("half a node has taken the place of a whole one")
	}
	if !strings.Contains(r.log.String(), "configuration not reloaded") {
		t.Errorf("log:\n%s", r.log)
	}
}
