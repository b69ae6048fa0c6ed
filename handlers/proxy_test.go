package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestAttack_AJ19_ProxyHeaders(t *testing.T) {
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range []struct {
		name, peer string
		header     http.Header
		want       string
		secure     bool
	}{
		{"direct", "203.0.113.9:1", nil, "203.0.113.9", false},
		{"spoofed directly", "203.0.113.9:1", http.Header{"X-Forwarded-For": {"1.1.1.1"}, "X-Forwarded-Proto": {"https"}}, "203.0.113.9", false},
		{"spoofed Forwarded", "203.0.113.9:1", http.Header{"Forwarded": {"for=1.1.1.1;proto=https"}}, "203.0.113.9", false},
		{"through a proxy", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"198.51.100.7"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.7", true},
		{"spoofed through a proxy", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"1.1.1.1, 198.51.100.7"}, "X-Forwarded-Proto": {"https, http"}}, "198.51.100.7", false},
		{"spoofed in two lines", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"1.1.1.1", "198.51.100.7"}}, "198.51.100.7", false},
		{"two proxies", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"1.1.1.1, 198.51.100.7, 10.0.0.3"}}, "198.51.100.7", false},
		{"proxies only", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"10.0.0.4, 10.0.0.3"}}, "10.0.0.4", false},
		{"nothing said", "10.0.0.2:1", nil, "10.0.0.2", false},
		{"empty", "10.0.0.2:1", http.Header{"X-Forwarded-For": {""}}, "10.0.0.2", false},
		{"rubbish", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"198.51.100.7, unknown"}}, "10.0.0.2", false},
		{"with a port", "10.0.0.2:1", http.Header{"X-Forwarded-For": {"198.51.100.7:4711"}}, "198.51.100.7", false},
		{"IPv6", "[2001:db8::1]:1", http.Header{"X-Forwarded-For": {"2620:fe::fe"}}, "2620:fe::fe", false},
		{"mapped", "[::ffff:10.0.0.2]:1", http.Header{"X-Forwarded-For": {"::ffff:198.51.100.7"}}, "198.51.100.7", false},
		{"Forwarded", "10.0.0.2:1", http.Header{"Forwarded": {`for="[2620:fe::fe]:47";Proto=HTTPS;by=x`}}, "2620:fe::fe", true},
		{"Forwarded wins", "10.0.0.2:1", http.Header{"Forwarded": {"for=198.51.100.7"}, "X-Forwarded-For": {"1.1.1.1"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.7", false},
		{"Forwarded hidden", "10.0.0.2:1", http.Header{"Forwarded": {"for=_secret"}, "X-Forwarded-For": {"1.1.1.1"}}, "10.0.0.2", false},
		{"underscores", "10.0.0.2:1", http.Header{"X_forwarded_for": {"1.1.1.1"}, "X_Forwarded_For": {"1.1.1.1"}}, "10.0.0.2", false},
		{"socket", "@", nil, "invalid IP", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
		r.RemoteAddr = c.peer
		if c.header != nil {
			r.Header = c.header
		}
		if got := trusted.client(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := trusted.secure(r); got != c.secure {
			t.Errorf("%s: secure %v", c.name, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "1.1.1.1")
	if got := (proxies)(nil).client(r).String(); got != "127.0.0.1" {
		t.Errorf("trusting nobody: %s", got)
	}
}

func TestHosts(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "https://Id.example.test/", nil)
	h, err := newHosts(r.URL, []string{"other.example.test:8443", "[::1]"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"id.example.test": true, "ID.EXAMPLE.TEST": true, "id.example.test:443": true, "id.example.test:80": false, "id.example.test:8443": false,
		"other.example.test:8443": true, "other.example.test": false, "[::1]": true, "[::1]:443": true, "": false, "evil.example": false,
		"id.example.test.": false, "x.id.example.test": false,
	} {
		if h.has(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
	for _, bad := range []string{"", "a/b", "a b", "u@h"} {
		if _, err := newHosts(r.URL, []string{bad}); err == nil {
			t.Errorf("%q was taken for a host", bad)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=0.5": true, "gzip;q=1": true, "identity": false, "xgzip": false,
	} {
		if acceptsGzip(header) != want {
			t.Errorf("%q: %v", header, !want)
		}
	}
}

func TestReferences_AreDifferent(t *testing.T) {
	var c references
	seen := map[string]bool{}
	for range 100_000 {
		ref := c.next()
		if seen[ref] || len(ref) != 8 {
			t.Fatalf("reference %q", ref)
		}
		seen[ref] = true
	}
}
