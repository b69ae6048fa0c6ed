package e2e_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"signet/e2e"
	"signet/provider"
)

// The judge is another parser: what browsers do with addresses is the URL standard of the WHATWG, which Node.js follows.
const judge = `
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
for (const uri of lines) {
  try { const u = new URL(uri); console.log(JSON.stringify({ scheme: u.protocol, host: u.host, user: u.username + u.password, path: u.pathname })) }
  catch { console.log('null') }
}`

// Whatever may be registered means the same to us and to a browser: the same scheme, the same host, nobody's name and
// password. Otherwise what we have compared and where the browser goes would be two places.
func TestAttack_AA02_BrowsersReadAddressesAsWeDo(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		e2e.Missing(t, "no Node.js on this machine")
	}
	var accepted []string
	for _, uri := range candidates() {
		if provider.CheckRedirect(uri) == nil {
			accepted = append(accepted, uri)
		}
	}
	if len(accepted) < 1000 {
		t.Fatalf("only %d addresses to compare", len(accepted))
	}
	var in strings.Builder
	for _, uri := range accepted {
		line, err := json.Marshal(uri)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd := exec.Command(node, "-e", judge)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		compare(t, accepted[i], line)
	}
}

func compare(t *testing.T, uri, line string) {
	t.Helper()
	var browser *struct{ Scheme, Host, User, Path string }
	if err := json.Unmarshal([]byte(line), &browser); err != nil {
		t.Fatal(err)
	}
	ours, err := url.Parse(uri)
	switch {
	case err != nil || browser == nil:
		t.Errorf("%q: ours %v, the browser's %s", uri, err, line)
	case ours.Scheme+":" != browser.Scheme || browser.User != "":
		t.Errorf("%q: ours %s, the browser's %s", uri, ours.Scheme, line)
	case !strings.Contains(ours.Scheme, ".") && withoutDefault(ours) != browser.Host:
		t.Errorf("%q: ours goes to %s, the browser to %s", uri, ours.Host, browser.Host)
	}
}

// withoutDefault is the host as a browser writes it: in lower case, without the port that goes without saying.
func withoutDefault(u *url.URL) string {
	return strings.ToLower(strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme]))
}

// candidates are addresses put together of parts that parsers read differently, the same ones at every run.
func candidates() []string {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(parts ...string) string { return parts[random.IntN(len(parts))] }
	var out []string
	for range 60_000 {
		uri := pick("https", "https", "https", "HTTPS", "http", "com.example.app", "https\t", "javascript") + pick("://", "://", "://", ":/", ":", ":\\\\", ":///", "://@") +
			pick("", "", "user@", "app.example.test@", "%40", "a:b@") +
			pick("app.example.test", "app.example.test", "127.0.0.1", "[::1]", "localhost", "app.example.test.", "APP.example.test", "0x7f.1", "2130706433", "127.1", "[::ffff:127.0.0.1]", "xn--bcher-kva.test", "b\u00fccher.test", "app%2eexample.test", "app_x.test", "a..test", "1.2.3.4.", "[v1.x]") +
			pick("", "", "", ":443", ":8443", ":80", ":0", ":65536", ":", ":08443") +
			pick("", "/", "/cb", "/cb", "/a/../cb", "//evil.test", "/\\evil.test", "/%2e%2e/cb", "/cb;x", "/c b", "\\evil.test") +
			pick("", "", "?x=y", "?", "?u=https://evil.test/@", "#f", "?a#b", "@evil.test")
		out = append(out, uri)
	}
	return out
}
