package provider_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"signet/provider"
)

// nearMisses are addresses that are almost a registered one: what has been taken for it by one product or another.
func nearMisses(registered string) []string {
	u, err := url.Parse(registered)
	if err != nil {
		panic(err)
	}
	scheme, rest, _ := strings.Cut(registered, ":")
	out := []string{
		strings.ToUpper(scheme) + ":" + rest, "javascript:" + rest, "data:" + rest, scheme + "s:" + rest, scheme + "::" + rest,
		registered + "/", registered + "/../x", registered + "/..;/x", registered + "/.", registered + "//", registered + "%2f..", registered + "%252f..",
		registered + "\\", registered + "\\@evil.test", registered + "\t", registered + "\r\n", registered + "\n", registered + "\x00", registered + "%00",
		registered + " ", " " + registered, "\t" + registered, registered + "%20", registered + "\u00a0", registered + "\u200b", registered + "\u202e",
		registered + "?", registered + "?x", registered + "&x=1", registered + ";x", registered + "#", registered + "#f", registered + "%23", registered + "@evil.test",
		registered + ".evil.test", registered + "x", registered[:len(registered)-1], registered + "," + registered, registered + " " + registered,
		strings.ToUpper(registered), strings.Replace(registered, "/", "\\", 1), strings.Replace(registered, "//", "/", 1), strings.Replace(registered, "//", "///", 1),
		strings.Replace(registered, "a", "%61", 1), strings.Replace(registered, "a", "\uff41", 1), strings.Replace(registered, "a", "\u0430", 1), strings.Replace(registered, ".", "\u3002", 1),
		strings.Replace(registered, ".", "x", 1), "*", "https://*", strings.TrimPrefix(registered, scheme+":"),
	}
	for _, host := range []string{
		u.Host + ".", u.Host + ".evil.test", "evil.test/" + u.Host, "evil." + u.Host, "evil" + u.Host, u.Host + "@evil.test", u.Host + "%40evil.test", u.Host + "%2f.evil.test",
		u.Host + ":@evil.test", "user@" + u.Host, "user:word@" + u.Host, "@" + u.Host, u.Host + ":", u.Host + ":0", u.Host + ":65536", u.Host + ":99999999999", u.Host + ":80x", u.Host + ":-1",
		"[::ffff:127.0.0.1]", "127.0.0.2", "127.1", "0x7f.1", "2130706433", "0", "localhost", "[::]", "[0:0:0:0:0:0:0:1]", "evil.test", "",
	} {
		if u.Host != "" {
			out = append(out, strings.Replace(registered, "//"+u.Host, "//"+host, 1))
		}
	}
	if u.Scheme == "https" {
		out = append(out, "http:"+rest, strings.Replace(registered, u.Host, u.Host+":443", 1), strings.Replace(registered, u.Host, u.Host+":0443", 1))
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == registered || s == "" })
}

// No address but the registered one is accepted, byte for byte, and no refusal leaves our own origin.
func TestAttack_AA01_RedirectMustBeTheRegisteredOne(t *testing.T) {
	w := newStillWorld(t, nil)
	b := w.signIn(w.ada)
	pairs := 0
	for i, registered := range []string{
		"https://app.example.test/callback", "https://app.example.test/cb?tenant=a", "https://app.example.test", "https://xn--bcher-kva.example/a",
		"http://127.0.0.1/callback", "http://[::1]:8080/callback", "http://localhost/callback", "com.example.app:/callback",
	} {
		id := "app-" + string(rune('a'+i))
		w.client(provider.Client{ID: id, FirstParty: true, RedirectURIs: []string{registered}})
		if code := w.code(b, params(id, "redirect_uri", registered)); code == "" {
			t.Fatalf("%s is not accepted itself", registered)
		}
		for _, requested := range nearMisses(registered) {
			pairs++
			if provider.MatchRedirect(registered, requested) {
				t.Errorf("%q is taken for %q", requested, registered)
			}
			_, err := w.Authorize(t.Context(), params(id, "redirect_uri", requested), b)
			if e := provider.AsError(err); e == nil || e.Code != "E-REDIR-01" || e.Answer != nil || e.Status != 400 {
				t.Errorf("%q for %q: %v", requested, registered, err)
			}
		}
	}
	if pairs < 150 {
		t.Errorf("only %d pairs", pairs)
	}
}

// A loopback address has a free port and nothing else that is free (RFC 8252 §7.3).
func TestAttack_AA03_OnlyThePortOfALoopbackIsFree(t *testing.T) {
	for _, c := range []struct {
		registered, requested string
		want                  bool
	}{
		{"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", true},
		{"http://127.0.0.1/cb", "http://127.0.0.1:65535/cb", true},
		{"http://127.0.0.1:9/cb", "http://127.0.0.1/cb", true},
		{"http://127.0.0.1:9/cb", "http://127.0.0.1:10/cb", true},
		{"http://[::1]/cb?a=b", "http://[::1]:5/cb?a=b", true},
		{"http://127.0.0.1", "http://127.0.0.1:5", true},
		{"http://127.0.0.1?a", "http://127.0.0.1:5?a", true},
		{"https://127.0.0.1/cb", "https://127.0.0.1:5/cb", false},
		{"https://127.0.0.1/cb", "http://127.0.0.1:5/cb", false},
		{"http://127.0.0.1/cb", "https://127.0.0.1:5/cb", false},
		{"http://127.0.0.1/cb", "HTTP://127.0.0.1:5/cb", false},
		{"http://localhost/cb", "http://localhost:5/cb", false},
		{"http://localhost/cb", "http://127.0.0.1:5/cb", false},
		{"http://127.0.0.1/cb", "http://localhost:5/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.2:5/cb", false},
		{"http://127.0.0.1/cb", "http://[::1]:5/cb", false},
		{"http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]:5/cb", false},
		{"http://[::1]/cb", "http://[::1%25lo]:5/cb", false},
		{"http://[::1]/cb", "http://[::ffff:127.0.0.1]:5/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:70000/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:080/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:+5/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5 /cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:\u0665/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5/cb/", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5/c%62", false},
		{"http://127.0.0.1/a/b", "http://127.0.0.1:5/a%2fb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5/cb?", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5/cb#", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5/cb#f", false},
		{"http://127.0.0.1/cb", "http://u@127.0.0.1:5/cb", false},
		{"http://127.0.0.1/cb", "http://evil@127.0.0.1:5/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:5@evil.test/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1.evil.test:5/cb", false},
		{"http://127.0.0.1", "http://127.0.0.1:5/", false},
		{"http://127.0.0.1", "http://127.0.0.15", false},
		{"http://127.0.0.1:5", "http://127.0.0.1:5evil.test", false},
		{"http://127.0.0.1:0/cb", "http://127.0.0.1:5/cb", false},
	} {
		if got := provider.MatchRedirect(c.registered, c.requested); got != c.want {
			t.Errorf("%q for the registered %q: %v, want %v", c.requested, c.registered, got, c.want)
		}
	}
}

// dangerous are addresses that nobody may register.
var dangerous = []string{
	"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a.test/x", "about:blank", "ws://a.test/", "ftp://a.test/",
	"http://public.example.test/cb", "http://10.0.0.1/cb", "http://127.0.0.1.evil.test/cb", "http://localhost.evil.test/cb", "http://evil.test#localhost", "http://127.1/cb", "http://2130706433/",
	"https://", "https:///cb", "https:app.test/cb", "//app.test/cb", "/cb", "app.test/cb", "", "https://a.test/cb#", "https://a.test/cb#f", "https://a.test/%", "https://a.test/cb#%66",
	"https://u@a.test/cb", "https://u:p@a.test/cb", "https://@a.test/cb", "https://a.test\\@evil.test/cb", "https://a.test/\r\nSet-Cookie: x", "https://a.test/\tcb", "https://a.test/ cb",
	"https://b\u00fccher.test/cb", "https://a.test/\u202ecb", "https://*.a.test/cb", "https://a.test/*", "https://a.test/\"><script>", "https://a.test/'", "https://a.test/\x00", "https://a.test/\x7f",
	"app:/cb", "myapp://cb", "urn:ietf:wg:oauth:2.0:oob", "https://a.test:port/", "https://a.test:0/", "https://a.test:65536/", "http://127.0.0.1:0/", "https://[::1", "https://a.test/" + strings.Repeat("a", 2000),
}

// A dangerous address is refused on every way to a client's record: adding, changing, declaring; also among those for
// signing out.
func TestAttack_AA04_DangerousAddressesAreNotRegistered(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	refusedEverywhere := func(uri string, put func(*provider.Client)) {
		ways := map[string]func() error{
			"add": func() error {
				c := provider.Client{ID: "new", RedirectURIs: []string{callback}}
				put(&c)
				_, err := w.AddClient(t.Context(), &c)
				return err
			},
			"edit": func() error {
				return w.EditClient(t.Context(), "app", func(c *provider.Client) error { put(c); return nil })
			},
			"declare": func() error {
				c := provider.Client{ID: "declared", AuthMethod: "none", RedirectURIs: []string{callback}}
				put(&c)
				return w.DeclareClients(t.Context(), []provider.Client{c})
			},
		}
		for name, way := range ways {
			if err := way(); !errors.Is(err, provider.ErrClientInvalid) {
				t.Errorf("%s %q: %v", name, uri, err)
			}
		}
	}
	for _, uri := range dangerous {
		err := provider.CheckRedirect(uri)
		if e := provider.AsError(err); e == nil || e.OAuth != "invalid_redirect_uri" || e.Status != 400 {
			t.Errorf("%q: %v", uri, err)
		}
		refusedEverywhere(uri, func(c *provider.Client) { c.RedirectURIs = append(c.RedirectURIs, uri) })
		refusedEverywhere(uri, func(c *provider.Client) { c.PostLogoutRedirectURIs = []string{uri} })
	}
	if c, err := w.ClientRecord(t.Context(), "app"); err != nil || len(c.RedirectURIs) != 1 || len(c.PostLogoutRedirectURIs) != 0 {
		t.Errorf("%v %v", c, err)
	}
}

// What may be registered also works, to the byte: fosite has an opinion of its own about addresses.
func TestRegisteredAddressesWork(t *testing.T) {
	w := newStillWorld(t, nil)
	b := w.signIn(w.ada)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	for _, uri := range []string{
		"https://app.example.test", "https://app.example.test/", "https://app.example.test:8443/cb", "https://app.example.test/cb?", "https://app.example.test/cb?a=b&c=%20",
		"https://app.example.test/%2e%2e/cb", "https://app.example.test/a//b/../c;d=1", "https://app.example.test/cb?x=https://other.test/", "https://xn--bcher-kva.example/cb", "https://app_1.example.test/cb",
		"https://192.0.2.1/cb", "https://[2001:db8::1]/cb", "https://intranet/cb", "HTTPS://app.example.test/cb", "https://APP.example.test/cb", "https://app.example.test./cb", "https://app.example.test/~a/@b,c=d:e!f$g(h)",
		"http://127.0.0.1", "http://127.0.0.1:8080/cb", "http://127.0.0.7/cb", "http://[::1]:8080/cb", "http://localhost:3000/cb", "http://app.localhost/cb",
		"com.example.app:/cb", "com.example.app://cb", "com.example.app:cb", "com.example.app://host/path?x=y", "com.example-app.x+y:/cb",
	} {
		if err := w.EditClient(t.Context(), "app", func(c *provider.Client) error { c.RedirectURIs = []string{uri}; return nil }); err != nil {
			t.Errorf("%q: %v", uri, err)
			continue
		}
		out, err := w.Authorize(t.Context(), params("app", "redirect_uri", uri), b)
		if err != nil || out.Answer == nil || out.Answer.RedirectURI != uri || !strings.HasPrefix(out.Answer.URL(), uri) {
			t.Errorf("%q: %+v %v", uri, out, err)
			continue
		}
		form := codeForm(out.Answer.Params.Get("code"))
		form.Set("redirect_uri", uri)
		if _, e := w.token(auth, form); e != nil {
			t.Errorf("%q: %v", uri, e)
		}
	}
}

// An application that goes on to whatever address its callback is given leaks its codes that way. We cannot see that, but a
// registered address that carries another one looks like it: whoever registers it is warned.
func TestAttack_AA07_CovertRedirectIsWarnedOf(t *testing.T) {
	for uri, warned := range map[string]bool{
		"https://app.test/cb": false, "https://app.test/cb?tenant=a": false, "https://app.test/cb?nextcloud=1": false,
		"https://app.test/cb?next=/home": true, "https://app.test/cb?a=b&URL=https%3A%2F%2Fx.test": true, "https://app.test/cb?redirect_uri=": true, "https://app.test/cb?goto=x": true,
	} {
		c := provider.Client{RedirectURIs: []string{"https://app.test/", uri}}
		if got := len(c.Cautions()) > 0; got != warned {
			t.Errorf("%s: %q", uri, c.Cautions())
		}
	}
	// And the code that leaks is of no use without the verifier: TestAttack_AB07.
}
