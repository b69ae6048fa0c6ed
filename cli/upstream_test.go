package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/provider/upstream"
)

// upstreamConfig writes a configuration and returns what names it on the command line.
func upstreamConfig(t *testing.T, text string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signet.toml")
	if err := os.WriteFile(path, []byte("issuer = \"https://id.example.com\"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-c", path, "--data", filepath.Join(t.TempDir(), "data")}
}

func with(args []string, more ...string) []string {
	return append(append([]string{}, args...), more...)
}

// A few lines add a provider; every field of the preset may be another.
func TestS0_3_AProviderIsAFewLines(t *testing.T) {
	args := upstreamConfig(t, "[[upstream]]\npreset = \"github\"\nclient_id = \"Iv1\"\nclient_secret = \"hush-hush\"\n")
	out := ok(t, with(args, "upstream", "show", "github")...)
	for _, want := range []string{"https://github.com/login/oauth/access_token", "Iv1", "user:email", "https://id.example.com/upstream/github/callback"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "hush") || strings.Contains(ok(t, with(args, "config", "show")...), "hush") {
		t.Error("the secret is shown")
	}
	if out := ok(t, with(args, "upstream", "list")...); !strings.Contains(out, "GitHub") {
		t.Error(out)
	}
}

// A provider that has no preset, and one whose address is the operator's own, are configured without code.
func TestS0_15_EveryFieldCanBeOverridden(t *testing.T) {
	args := upstreamConfig(t, `
[[upstream]]
preset = "gitlab"
client_id = "a"
client_secret = "b"
params = { domain = "git.corp.example" }
name = "Corporate GitLab"
[[upstream]]
id = "legacy"
protocol = "oauth2"
client_id = "a"
client_secret = "b"
authorization_endpoint = "https://legacy.example/authorize"
token_endpoint = "https://legacy.example/token"
userinfo_endpoint = "https://legacy.example/me"
subject_path = "user.uid"
email_path = "user.mail"
claims = { "attributes.plan" = "claims['custom:plan']" }
`)
	if out := ok(t, with(args, "upstream", "show", "gitlab")...); !strings.Contains(out, "https://git.corp.example") || !strings.Contains(out, "Corporate GitLab") {
		t.Error(out)
	}
	if out := ok(t, with(args, "upstream", "show", "legacy")...); !strings.Contains(out, "user.uid") || !strings.Contains(out, "attributes.plan=claims['custom:plan']") {
		t.Error(out)
	}
	// What is shown of the configuration can be read again.
	shown := ok(t, with(args, "config", "show")...)
	if !strings.Contains(shown, `claims = { "attributes.plan" = "claims['custom:plan']" }`) {
		t.Error(shown)
	}
}

// Which address to paste, and where.
func TestS0_9_CallbackAddressAndRegistrationPage(t *testing.T) {
	args := upstreamConfig(t, "")
	out := ok(t, with(args, "upstream", "callback", "github")...)
	if !strings.Contains(out, "https://id.example.com/upstream/github/callback") || !strings.Contains(out, "https://github.com/settings/applications/new") {
		t.Error(out)
	}
	fails(t, exitUsage, "signet upstream presets", with(args, "upstream", "callback", "nobody")...)
	if out := ok(t, with(args, "upstream", "presets", "instagram")...); !strings.Contains(out, "2024") {
		t.Error(out)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(ok(t, with(args, "--format", "json", "upstream", "presets")...)), &rows); err != nil || len(rows) != len(upstream.Presets()) {
		t.Error(len(rows), err)
	}
}

// Two variables switch a provider on.
func TestS3_12_TwoVariablesSwitchAProviderOn(t *testing.T) {
	secret := writeFile(t, "hush-hush\n")
	args := upstreamConfig(t, "")
	if out := ok(t, with(args, "upstream", "list")...); strings.Contains(out, "google") {
		t.Error(out)
	}
	t.Setenv("SIGNET_UPSTREAM_GOOGLE_CLIENT_ID", "from-environment")
	fails(t, exitConfig, "client_secret", with(args, "config", "check")...)
	t.Setenv("SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET_FILE", secret)
	t.Setenv("SIGNET_UPSTREAM_X_OAUTH2_CLIENT_ID", "x")
	t.Setenv("SIGNET_UPSTREAM_X_OAUTH2_CLIENT_SECRET", "hush")
	t.Setenv("SIGNET_UPSTREAM_COGNITO_CLIENT_ID", "c")
	t.Setenv("SIGNET_UPSTREAM_COGNITO_CLIENT_SECRET", "hush")
	t.Setenv("SIGNET_UPSTREAM_COGNITO_REGION", "eu-west-1")
	t.Setenv("SIGNET_UPSTREAM_COGNITO_POOL", "eu-west-1_abc")
	out := ok(t, with(args, "upstream", "list")...)
	for _, want := range []string{"https://id.example.com/upstream/google/callback", "x-oauth2", "cognito"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	if out := ok(t, with(args, "upstream", "show", "cognito")...); !strings.Contains(out, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc") {
		t.Error(out)
	}
	if out := ok(t, with(args, "upstream", "show", "google")...); !strings.Contains(out, "from-environment") || strings.Contains(out, "hush") {
		t.Error(out)
	}
	// A variable wins over the file.
	args = upstreamConfig(t, "[[upstream]]\npreset = \"google\"\nclient_id = \"from-file\"\nclient_secret = \"hush\"\nname = \"Our Google\"\n")
	if out := ok(t, with(args, "upstream", "show", "google")...); !strings.Contains(out, "from-environment") || !strings.Contains(out, "Our Google") {
		t.Error(out)
	}
	t.Setenv("SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET", "hush")
	fails(t, exitConfig, "beside", with(args, "config", "check")...)
	t.Setenv("SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET", "")
	t.Setenv("SIGNET_UPSTREAM_GOOGLE_COLOUR", "red")
	fails(t, exitConfig, "is not a setting of an upstream", with(args, "config", "check")...)
}

func TestUpstreamMistakesAreNamedWhereTheyAre(t *testing.T) {
	for what, c := range map[string]struct{ text, says string }{
		"an unknown preset":     {"[[upstream]]\npreset = \"githup\"\n", "did you mean github?"},
		"no secret":             {"[[upstream]]\npreset = \"github\"\nclient_id = \"a\"\n", "signet.toml:3: upstream[1].client_secret"},
		"no client":             {"[[upstream]]\npreset = \"github\"\n", "https://github.com/settings/applications/new"},
		"a place left open":     {"[[upstream]]\npreset = \"okta\"\nclient_id = \"a\"\nclient_secret = \"b\"\n", "params.domain"},
		"an address in a place": {"[[upstream]]\npreset = \"okta\"\nclient_id = \"a\"\nclient_secret = \"b\"\nparams = { domain = \"https://x.okta.com\" }\n", "params.domain"},
		"a tenant by its name":  {"[[upstream]]\npreset = \"microsoft\"\nclient_id = \"a\"\nclient_secret = \"b\"\nparams = { tenant = \"example.com\" }\n", "GUID"},
		"http":                  {"[[upstream]]\nid = \"a\"\nissuer = \"http://sso.example.com\"\nclient_id = \"a\"\nclient_secret = \"b\"\n", "https"},
		"no issuer":             {"[[upstream]]\nid = \"a\"\nclient_id = \"a\"\nclient_secret = \"b\"\n", "issuer"},
		"twice":                 {"[[upstream]]\npreset = \"x\"\nclient_id = \"a\"\nclient_secret = \"b\"\n[[upstream]]\npreset = \"x\"\nclient_id = \"a\"\nclient_secret = \"b\"\n", "upstream[2].id"},
		"a bad id":              {"[[upstream]]\nid = \"Git Hub\"\npreset = \"github\"\nclient_id = \"a\"\nclient_secret = \"b\"\n", "small letters"},
		"a claim that decides":  {"[[upstream]]\npreset = \"google\"\nclient_id = \"a\"\nclient_secret = \"b\"\nclaims = { email_verified = \"x\" }\n", "claims.email_verified"},
		"a typing mistake":      {"[[upstream]]\nclientid = \"a\"\n", "did you mean upstream.client_id?"},
		"a number for a text":   {"[[upstream]]\npreset = \"google\"\nparams = { a = 1 }\n", "a table of texts"},
		"a parameter of ours":   {"[[upstream]]\npreset = \"google\"\nclient_id = \"a\"\nclient_secret = \"b\"\nauthorize_params = { state = \"x\" }\n", "authorize_params.state"},
	} {
		args := upstreamConfig(t, c.text)
		code, _, errs := run(t, "", with(args, "config", "check")...)
		if code != exitConfig || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d: %s", what, code, errs)
		}
	}
}

// provider is a small OpenID provider that knows one client.
func testProvider(t *testing.T) *httptest.Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	say := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, 200, map[string]any{"issuer": srv.URL, "authorization_endpoint": srv.URL + "/a", "token_endpoint": srv.URL + "/t", "jwks_uri": srv.URL + "/k", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("/k", func(w http.ResponseWriter, _ *http.Request) {
		say(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/t", func(w http.ResponseWriter, r *http.Request) {
		if _, secret, _ := r.BasicAuth(); secret == "slow-clock" {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		} else if secret != "right" {
			say(w, 401, map[string]any{"error": "invalid_client"})
			return
		}
		say(w, 400, map[string]any{"error": "invalid_grant"})
	})
	return srv
}

// An outside directory is the store of people: its provider is tried before a person finds out what is wrong.
func TestS0_7_AnOutsideDirectoryIsTried(t *testing.T) {
	srv := testProvider(t)
	config := func(issuer, secret, more string) []string {
		return upstreamConfig(t, "[outbound]\nallow_private = [\"127.0.0.0/8\"]\n[[upstream]]\npreset = \"cognito\"\nparams = { region = \"eu-west-1\", pool = \"p\" }\nissuer = \""+issuer+"\"\nclient_id = \"a\"\nclient_secret = \""+secret+"\"\n"+more)
	}
	out := ok(t, with(config(srv.URL, "right", ""), "upstream", "test", "cognito")...)
	if strings.Count(out, "good") != 4 || !strings.Contains(out, "https://id.example.com/upstream/cognito/callback") {
		t.Error(out)
	}
	ok(t, with(config(srv.URL, "right", "disabled = true\n"), "upstream", "test", "cognito")...)
	for what, c := range map[string]struct {
		args []string
		says string
	}{
		"a wrong secret": {config(srv.URL, "wrong", ""), "invalid_client"},
		"another issuer": {config(srv.URL+"/", "right", ""), "the issuer is"},
		"nobody there":   {config("http://127.0.0.1:9", "right", ""), "WRONG"},
		"another clock":  {config(srv.URL, "slow-clock", ""), "clock"},
	} {
		code, out, errs := run(t, "", with(c.args, "upstream", "test", "cognito")...)
		if code != exitFailed || !strings.Contains(out, c.says) || !strings.Contains(out, "WRONG") {
			t.Errorf("%s: exit %d: %s%s", what, code, out, errs)
		}
	}
	fails(t, exitUsage, "signet upstream list", with(config(srv.URL, "right", ""), "upstream", "test", "nobody")...)
}

// A provider is added and taken away while the server runs.
func TestReload_Upstreams(t *testing.T) {
	const github = "[[upstream]]\npreset = \"github\"\nclient_id = \"a\"\nclient_secret = \"b\"\n"
	r := newReloading(t, "")
	for _, c := range []struct {
		text string
		n    int
	}{{github, 1}, {github + "disabled = true\n", 0}, {github + "nonsense = 1\n", 0}, {github, 1}, {"", 0}} {
		r.read(c.text)
		if n := len(r.node.Load().upstreams.Sources()); n != c.n {
			t.Errorf("%d providers with:\n%s%s", n, c.text, r.log)
		}
	}
}
