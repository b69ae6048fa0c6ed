package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"signet/provider"
)

const relIssuer = "http://openid.net/specs/connect/1.0/issuer"

// finger asks at the root of the host.
func (w *world) finger(query string) (status int, body string, head http.Header) {
	w.t.Helper()
	u, err := url.Parse(w.issuer)
	w.check(err)
	r := w.request(http.MethodGet, "", "")
	r.URL.Path, r.URL.RawQuery, r.RequestURI = "/.well-known/webfinger", query, ""
	r.Host = u.Host
	out := w.do(r)
	return out.Code, out.Body.String(), out.Header()
}

func resource(of string, rels ...string) string {
	return url.Values{"resource": {of}, "rel": rels}.Encode()
}

// Whoever has an address or a page at the issuer's host finds the issuer, which is at the root of the host also where the issuer
// has a path.
func TestWebFinger(t *testing.T) {
	for _, issuer := range []string{"https://id.example.test", "https://id.example.test/tenant", "https://id.example.test:8443", "http://localhost:8080"} {
		w := newWorldAt(t, issuer, nil)
		u, err := url.Parse(issuer)
		w.check(err)
		for _, of := range []string{"acct:ada@" + u.Hostname(), "ACCT:nobody@" + strings.ToUpper(u.Hostname()), "acct:ada%40elsewhere.example@" + u.Hostname(),
			issuer, u.Scheme + "://" + u.Host, u.Scheme + "://" + u.Host + "/", u.Scheme + "://" + u.Host + "/people/ada?x=1#y", u.Scheme + "://ada@" + u.Host + "/"} {
			status, body, head := w.finger(resource(of, relIssuer))
			want := `{"subject":"` + of + `","links":[{"rel":"` + relIssuer + `","href":"` + issuer + `"}]}`
			if status != http.StatusOK || body != want || head.Get("Content-Type") != "application/jrd+json" || head.Get("Access-Control-Allow-Origin") != "*" ||
				head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s of %s: %d %s %v", of, issuer, status, body, head)
			}
		}
	}
}

func TestWebFinger_Links(t *testing.T) {
	w := newWorld(t)
	for query, links := range map[string]int{
		resource("acct:ada@id.example.test"):                                                                 1,
		resource("acct:ada@id.example.test", relIssuer):                                                      1,
		resource("acct:ada@id.example.test", "http://webfinger.net/rel/avatar", relIssuer):                   1,
		resource("acct:ada@id.example.test", "http://webfinger.net/rel/avatar"):                              0,
		resource("acct:ada@id.example.test", ""):                                                             0,
		"unknown=1&" + resource("acct:ada@id.example.test"):                                                  1,
		"resource=acct%3Aada%40id.example.test&rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer": 1,
	} {
		status, body, _ := w.finger(query)
		if status != http.StatusOK || strings.Count(body, `"href"`) != links || !strings.Contains(body, `"links":[`) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

// Other hosts' resources are not ours to speak for, and what is no question is refused.
func TestWebFinger_Refuses(t *testing.T) {
	w := newWorldAt(t, "https://id.example.test", nil)
	for _, of := range []string{
		"acct:ada@evil.example", "acct:ada@id.example.test.evil.example", "acct:ada@xid.example.test", "acct:@id.example.test", "acct:id.example.test", "acct:ada@id.example.test@evil.example",
		"acct:ada@id.example.test:8443", "acct:ada@", "mailto:ada@id.example.test", "ada@id.example.test", "https://evil.example/", "https://id.example.test:444/", "http://id.example.test/",
		"https://id.example.test@evil.example/", "https:id.example.test", "//id.example.test/", "javascript:alert(1)", "https://id.example.test\\@evil.example/", "x", "%", "https://[", "acct:ada@id.example.test\x00",
	} {
		if status, body, _ := w.finger(resource(of, relIssuer)); status != http.StatusNotFound || strings.Contains(body, `"links"`) || strings.Contains(body, "evil") {
			t.Errorf("%q: %d %s", of, status, body)
		}
	}
	for name, query := range map[string]string{
		"none": "", "no resource": "rel=" + relIssuer, "empty": "resource=", "two": "resource=acct:a@id.example.test&resource=acct:b@id.example.test", "malformed": "resource=%zz",
		"too long": "resource=acct:" + strings.Repeat("a", 2000) + "@id.example.test",
	} {
		if status, body, _ := w.finger(query); status != http.StatusBadRequest || !strings.Contains(body, "invalid_request") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// The answer tells nothing of who exists: that for somebody who does differs from that for nobody in the name alone.
func TestAttack_WebFingerEnumeration(t *testing.T) {
	w := newWorld(t)
	before := w.engine.writes.Load()
	status, there, head := w.finger(resource("acct:ada@id.example.test"))
	status2, nobody, head2 := w.finger(resource("acct:zzz@id.example.test"))
	if status != status2 || strings.ReplaceAll(there, "ada", "zzz") != nobody || head.Get("Cache-Control") != head2.Get("Cache-Control") || len(head) != len(head2) {
		t.Errorf("%d %s, %d %s", status, there, status2, nobody)
	}
	w.engine.broken.Store(true)
	if status, _, _ := w.finger(resource("acct:ada@id.example.test")); status != http.StatusOK {
		t.Errorf("somebody was looked for: %d", status)
	}
	if n := w.engine.writes.Load(); n != before {
		t.Errorf("%d writes", n-before)
	}
}

// Domains of the operator's have their people here, too.
func TestWebFinger_Domains(t *testing.T) {
	w := newWorld(t)
	w.configure = func(c *provider.Config) { c.Domains = []string{"example.test"} }
	w.restart(cheapPasswords)
	for of, want := range map[string]int{
		"acct:ada@example.test": 200, "acct:ada@EXAMPLE.test": 200, "https://example.test/ada": 200, "acct:ada@id.example.test": 200, "https://example.test:8443/ada": 404, "acct:ada@www.example.test": 404, "http://example.test/": 404,
	} {
		if status, body, _ := w.finger(resource(of)); status != want {
			t.Errorf("%s: %d %s", of, status, body)
		}
	}
}
