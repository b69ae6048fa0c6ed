package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// marker is in every secret of these tests. It must never be in an error.
const marker = "hunter2"

const strong = marker + "-0123456789-0123456789-0123456789"

var files = map[string]string{
	"master.key":      strong + "\n",
	"grafana.secret":  strong,
	"database.url":    "postgres://signet:" + marker + "@db/signet\n",
	"empty":           "\n",
	"short":           marker,
	"etc/master.key":  strong,
	"big":             strings.Repeat(marker, 10_000),
	"not-a-cert.pem":  "-----BEGIN NOTHING-----\n",
	"not-a-key.pem":   marker,
	"/run/secret.url": "postgres://signet:" + marker + "@db/signet",
}

var environ = []string{"WORKER_SECRET=" + strong, "ADA_PASSWORD=" + strong, "PATH=/bin"}

// from loads a document that stands in signet.toml.
func from(doc string, env []string, flags map[string]string) (*Config, error) {
	return Load(Sources{
		File: "signet.toml", Environ: append(env, environ...), Flags: flags,
		ReadFile: func(path string) ([]byte, error) {
			if path == "signet.toml" {
				return []byte(doc), nil
			}
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	})
}

func must(t *testing.T, doc string) *Config {
	t.Helper()
	c, err := from(doc, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func example(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("testdata/signet.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

var sameConfig = cmp.Options{
	cmpopts.IgnoreUnexported(Config{}),
	cmp.Comparer(func(a, b Secret) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func TestNothingConfigured(t *testing.T) {
	c, err := Load(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer != "http://localhost:8080" || c.Server.Listen != "127.0.0.1:8080" || c.Storage.Engine != "bolt" {
		t.Errorf("issuer %q, listen %q, engine %q", c.Issuer, c.Server.Listen, c.Storage.Engine)
	}
	if c.Tokens.Access != 15*time.Minute || c.Tokens.RefreshMax != 90*day || c.Passwords.Memory != 19<<20 {
		t.Errorf("tokens %+v, passwords %+v", c.Tokens, c.Passwords)
	}
	if diff := cmp.Diff(c, Default(), sameConfig); diff != "" {
		t.Error("differs from Default:\n", diff)
	}
}

func TestExampleFile(t *testing.T) {
	c := must(t, example(t))
	if got := c.Storage.URL.Reveal(); got != "postgres://signet:"+marker+"@db/signet" {
		t.Errorf("storage.url is %d characters", len(got))
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")}
	if diff := cmp.Diff(want, c.Server.TrustedProxies, sameConfig); diff != "" {
		t.Error("trusted_proxies:\n", diff)
	}
	if c.Tokens.RefreshMax != 60*day+12*time.Hour || c.Tokens.RefreshGrace != 0 {
		t.Errorf("tokens: %+v", c.Tokens)
	}
	if want := (Rate{Count: 20, Per: time.Minute}); c.Limits.ClientFailures != want || !c.Limits.LoginAddress.Off() {
		t.Errorf("limits: %+v", c.Limits)
	}
	if len(c.Clients) != 4 || c.Clients[2].Secret.Reveal() != strong || c.Users[0].Password.Reveal() != strong {
		t.Errorf("declared: %+v %+v", c.Clients, c.Users)
	}
}

func TestDerivedClientMembers(t *testing.T) {
	c := must(t, example(t))
	yes, no := true, false
	want := []Client{
		{AuthMethod: "client_secret_basic", GrantTypes: []string{"authorization_code", "refresh_token"}, AccessAlg: "ES256", RotateRefresh: &yes},
		{AuthMethod: "none", GrantTypes: []string{"authorization_code", "refresh_token"}, AccessAlg: "RS256", RotateRefresh: &yes},
		{AuthMethod: "client_secret_basic", GrantTypes: []string{"client_credentials"}, AccessAlg: "RS256", RotateRefresh: &yes},
		{AuthMethod: "private_key_jwt", GrantTypes: []string{"authorization_code", "refresh_token"}, AccessAlg: "RS256", RotateRefresh: &yes},
	}
	for i, w := range want {
		g := c.Clients[i]
		got := Client{AuthMethod: g.AuthMethod, GrantTypes: g.GrantTypes, AccessAlg: g.AccessAlg, RotateRefresh: g.RotateRefresh}
		if diff := cmp.Diff(w, got, sameConfig); diff != "" {
			t.Errorf("%s:\n%s", g.ID, diff)
		}
	}
	plain := must(t, "[[client]]\nid = \"w\"\nsecret = { file = \"master.key\" }\n")
	if diff := cmp.Diff(&no, plain.Clients[0].RotateRefresh); diff != "" {
		t.Error("confidential client without rotation:\n", diff)
	}
	if c.Clients[2].ResponseTypes != nil {
		t.Errorf("a client without redirects got response types %q", c.Clients[2].ResponseTypes)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	doc := "[tokens]\naccess = \"5m\"\nid = \"5m\"\ncode = \"5s\"\n"
	env := []string{"SIGNET_TOKENS_ACCESS=6m", "SIGNET_TOKENS_ID=6m", "SIGNET_SERVER_TRUSTED_PROXIES=10.1.2.3/8, ::1", "SIGNET_NAME="}
	c, err := from(doc, env, map[string]string{"tokens.access": "7m", "server.trusted_proxies": `["10.0.0.1"]`, "tokens.require_pkce": "false"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Tokens.Access != 7*time.Minute || c.Tokens.ID != 6*time.Minute || c.Tokens.Code != 5*time.Second {
		t.Errorf("access %v, id %v, code %v", c.Tokens.Access, c.Tokens.ID, c.Tokens.Code)
	}
	if c.Tokens.RequirePKCE || c.Name != "Signet" || len(c.Server.TrustedProxies) != 1 {
		t.Errorf("require_pkce %v, name %q, proxies %v", c.Tokens.RequirePKCE, c.Name, c.Server.TrustedProxies)
	}
	for key, want := range map[string]string{
		"tokens.access": "command line", "tokens.id": "environment SIGNET_TOKENS_ID", "tokens.code": "signet.toml:4",
		"tokens.refresh_max": "default", "issuer": "derived", "name": "default",
	} {
		if _, source, ok := c.Value(key); !ok || source != want {
			t.Errorf("%s comes from %q, want %q", key, source, want)
		}
	}
}

func TestSecretSources(t *testing.T) {
	for name, tc := range map[string]struct {
		doc   string
		env   []string
		flags map[string]string
	}{
		"inline":        {doc: "[storage]\nmaster_key = \"" + strong + "\""},
		"file":          {doc: "[storage]\nmaster_key = { file = \"master.key\" }"},
		"env":           {doc: "[storage]\nmaster_key = { env = \"WORKER_SECRET\" }"},
		"variable":      {env: []string{"SIGNET_STORAGE_MASTER_KEY=" + strong}},
		"variable file": {env: []string{"SIGNET_STORAGE_MASTER_KEY_FILE=master.key"}},
		"flag file":     {flags: map[string]string{"storage.master_key_file": "master.key"}},
		"absent file overridden": {
			doc: "[storage]\nmaster_key = { file = \"absent\" }", env: []string{"SIGNET_STORAGE_MASTER_KEY_FILE=master.key"}},
	} {
		c, err := from(tc.doc, tc.env, tc.flags)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.Storage.MasterKey.Reveal() != strong {
			t.Errorf("%s: the secret has %d characters, want %d", name, len(c.Storage.MasterKey.Reveal()), len(strong))
		}
	}
}

func TestPathsAreRelativeToTheirFile(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path == "etc/signet.toml" {
			return []byte("[storage]\ndata_dir = \"data\"\nmaster_key = { file = \"master.key\" }\n"), nil
		}
		return []byte(files[path]), nil
	}
	c, err := Load(Sources{File: "etc/signet.toml", ReadFile: read})
	if err != nil {
		t.Fatal(err)
	}
	if c.Storage.DataDir != "etc/data" || c.Storage.MasterKey.File() != "etc/master.key" {
		t.Errorf("data_dir %q, master_key %q", c.Storage.DataDir, c.Storage.MasterKey.File())
	}
	c, err = Load(Sources{File: "etc/signet.toml", ReadFile: read, Environ: []string{"SIGNET_STORAGE_DATA_DIR=here"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Storage.DataDir != "here" {
		t.Errorf("data_dir of the environment is %q", c.Storage.DataDir)
	}
}

func TestForeignVariables(t *testing.T) {
	env := []string{
		"SIGNET_PORT=tcp://10.0.0.1:80", "SIGNET_PORT_80_TCP_ADDR=10.0.0.1", "SIGNET_SERVICE_HOST=10.0.0.1",
		"SIGNET_SERVICE_PORT_HTTP=80", "SIGNET_WEB_SERVICE_HOST=10.0.0.1", "SIGNET_CONFIG=signet.toml",
	}
	if _, err := Load(Sources{Environ: env, OtherEnv: []string{"SIGNET_CONFIG"}}); err != nil {
		t.Error(err)
	}
	if _, err := Load(Sources{Environ: env}); err == nil || !strings.Contains(err.Error(), "SIGNET_CONFIG") {
		t.Errorf("an unknown variable gave %v", err)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	doc := `issuer = "http://id.example.com"
[tokens]
access = 15
acces = "1m"
[sever]
listen = ":80"
[[client]]
id = "a"
secret = "hunter2"
redirect_uris = ["https://a.example/#x", "http://a.example/"]
[[client]]
id = "a"
public = true
`
	_, err := from(doc, []string{"SIGNET_LOG_LEVEL=loud", "SIGNET_LGO_LEVEL=info"}, map[string]string{"log.format": "xml"})
	var all *Error
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	type at struct{ Where, Key string }
	var got []at
	for _, p := range all.Problems {
		got = append(got, at{p.Where, p.Key})
		if p.Got == "" || p.Fix == "" {
			t.Errorf("says too little: %v", p)
		}
	}
	want := []at{
		{"signet.toml:1", "issuer"},
		{"signet.toml:3", "tokens.access"},
		{"signet.toml:4", "tokens.acces"},
		{"signet.toml:5", "sever"},
		{"signet.toml:9", "client[1].secret"},
		{"signet.toml:10", "client[1].redirect_uris"},
		{"signet.toml:10", "client[1].redirect_uris"},
		{"signet.toml:11", "client[2].redirect_uris"},
		{"signet.toml:12", "client[2].id"},
		{"environment", "SIGNET_LGO_LEVEL"},
		{"environment SIGNET_LOG_LEVEL", "log.level"},
		{"command line", "log.format"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, err)
	}
	if strings.Contains(err.Error(), marker) {
		t.Error("a secret was printed")
	}
}

func TestCheckOfAConfigurationMadeInCode(t *testing.T) {
	c := Default()
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	c.Issuer, c.Tokens.Access = "https://id.example.com/", 0
	err := c.Check()
	if err == nil || !strings.Contains(err.Error(), "issuer: ") || !strings.Contains(err.Error(), "tokens.access: ") {
		t.Errorf("got %v", err)
	}
	if err := new(Config).Check(); err == nil {
		t.Error("an empty configuration passes")
	}
}
