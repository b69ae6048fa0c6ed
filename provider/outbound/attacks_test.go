package outbound_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/provider/outbound"
)

var quiet = log.New(io.Discard, "", 0)

// private are ways to spell addresses that no stranger may make this machine ask.
var private = []string{
	"127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1",
	"[fd00::1]", "[fe80::1]", "[fe80::1%25lo]", "[ff02::1]", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8",
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
	"[100::1]", "[2001:db8::1]", "[3fff::1]", "localhost", "localhost.", "LOCALHOST", "a.localhost",
	"2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "127.0.0.1.",
}

func TestAttack_AE01_PrivateAddressesAreNotReached(t *testing.T) {
	v4 := newHost(t, says("secret"), nil, "127.0.0.1", "localhost")
	v6 := newHostAt(t, "[::1]:0", says("secret"), nil, "::1", "localhost")
	here := func(string) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	}
	c := outbound.New(outbound.Config{Roots: v4.roots, Resolver: names(t, here)})
	for _, server := range []*host{v4, v6} {
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		for _, name := range private {
			for _, scheme := range []string{"https", "http"} {
				address := scheme + "://" + name + ":" + port + "/jwks"
				if a, err := c.Get(t.Context(), address, outbound.Want{}); err == nil {
					t.Errorf("%s: fetched %q", address, a.Body)
				}
				if status, err := c.PostForm(t.Context(), address, url.Values{"a": {"b"}}); err == nil {
					t.Errorf("%s: told, status %d", address, status)
				}
			}
		}
	}
	if n := v4.connections.Load() + v6.connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestAttack_AE01_OtherSchemesAndHostsAreNotFetched(t *testing.T) {
	c := outbound.New(outbound.Config{AllowPrivate: loopback})
	for _, address := range []string{
		"", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "data:application/json,{}", "https:///path", "https:127.0.0.1", "//127.0.0.1/",
		"https://user:pass@127.0.0.1/", "https://127.0.0.1:99999/", "https://[::1/", "unix:///run/x", "https://" + strings.Repeat("a", 3000),
	} {
		if _, err := c.Get(t.Context(), address, outbound.Want{}); err == nil {
			t.Errorf("%q was fetched", address)
		}
	}
}

// The machine's own public address is as private as the others: what listens there may trust it.
func TestAttack_AE01_OwnAddressIsNotReached(t *testing.T) {
	own := netip.MustParseAddr("192.0.9.9")
	c := outbound.New(outbound.Config{Own: func() []netip.Addr { return []netip.Addr{own} }, Timeout: time.Minute})
	_, err := c.Get(t.Context(), "https://192.0.9.9/", outbound.Want{})
	if !errors.Is(err, outbound.ErrAddress) {
		t.Fatal(err)
	}
}

func TestPublicAddressesAreDialled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // judged is enough, nobody is to be asked
	c := outbound.New(outbound.Config{})
	for _, name := range []string{"8.8.8.8", "1.1.1.1", "[2606:4700:4700::1111]", "192.0.1.1", "172.32.0.1"} {
		if _, err := c.Get(ctx, "https://"+name+"/", outbound.Want{}); err == nil || errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is listed is reached: that the addresses above are not is the doing of the check.
func TestListedAddressesAreReached(t *testing.T) {
	h := newHost(t, says("keys", "Content-Type", "Application/JSON; charset=utf-8"), nil, "127.0.0.1", "localhost")
	plain := newHost(t, says("keys"), nil)
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
	_, port, _ := net.SplitHostPort(h.Listener.Addr().String())
	for _, address := range []string{h.URL, "https://localhost:" + port + "/a?b=c#d", plain.URL} {
		a, err := c.Get(t.Context(), address, outbound.Want{})
		if err != nil || string(a.Body) != "keys" {
			t.Errorf("%s: %+v, %v", address, a, err)
		}
	}
	if a, err := c.Get(t.Context(), h.URL, outbound.Want{Types: []string{"application/json"}}); err != nil || a.Type != "application/json" {
		t.Errorf("%+v, %v", a, err)
	}
	status, err := c.PostForm(t.Context(), h.URL, url.Values{"logout_token": {"x"}})
	if err != nil || status != 200 {
		t.Error(status, err)
	}
}

// Without TLS only loopback is asked, and only if it is listed.
func TestAttack_AE01_PlainHTTPIsForListedLoopbackAlone(t *testing.T) {
	plain := newHost(t, says("keys"), nil)
	listed := outbound.New(outbound.Config{AllowPrivate: append([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, loopback...)})
	for _, address := range []string{"http://10.0.0.1/", "http://8.8.8.8/"} {
		if _, err := listed.Get(t.Context(), address, outbound.Want{}); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := outbound.New(outbound.Config{}).Get(t.Context(), plain.URL, outbound.Want{}); !errors.Is(err, outbound.ErrAddress) {
		t.Error(err)
	}
	if plain.connections.Load() != 0 {
		t.Error("connected")
	}
}

func TestAttack_AE02_TheAddressThatIsDialledIsTheOneThatIsJudged(t *testing.T) {
	h := newHost(t, says("secret"), nil, "rebind.example.test")
	_, port, _ := net.SplitHostPort(h.Listener.Addr().String())
	here := netip.MustParseAddr("127.0.0.1")
	lookups := atomic.Int64{}
	answers := map[string]func() []netip.Addr{
		"a name that is private": func() []netip.Addr { return []netip.Addr{here} },
		"several private addresses": func() []netip.Addr {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), here, netip.MustParseAddr("::1")}
		},
		"a mapped one":                       func() []netip.Addr { return []netip.Addr{netip.AddrFrom16(here.As16())} },
		"a reserved one first, then private": func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("240.0.0.1"), here} },
		"another answer each time": func() []netip.Addr {
			if lookups.Add(1) <= 2 { // A and AAAA of the first look-up
				return []netip.Addr{netip.MustParseAddr("240.0.0.1")}
			}
			return []netip.Addr{here}
		},
	}
	for what, answer := range answers {
		c := outbound.New(outbound.Config{Roots: h.roots, Resolver: names(t, func(string) []netip.Addr { return answer() })})
		for range 3 {
			if _, err := c.Get(t.Context(), "https://rebind.example.test:"+port+"/", outbound.Want{}); !errors.Is(err, outbound.ErrAddress) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if n := h.connections.Load(); n != 0 {
		t.Fatalf("%d connections", n)
	}
	// The resolver of this test works: where it is allowed, the same name is reached.
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback, Resolver: names(t, func(string) []netip.Addr { return []netip.Addr{here} })})
	if a, err := c.Get(t.Context(), "https://rebind.example.test:"+port+"/", outbound.Want{}); err != nil || string(a.Body) != "secret" {
		t.Fatal(a, err)
	}
}

func TestAttack_AE03_RedirectsAreNotFollowed(t *testing.T) {
	inner := newHost(t, says("secret"), nil)
	var h *host
	h = newHost(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/in": inner.URL, "/file": "file:///etc/passwd", "/loop": h.URL + "/loop", "/same": h.URL + "/end", "/none": ""}[r.URL.Path]
		if to == "" && r.URL.Path != "/none" {
			_, _ = io.WriteString(w, "end")
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}, nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
	for _, path := range []string{"/in", "/file", "/loop", "/same", "/none"} {
		if a, err := c.Get(t.Context(), h.URL+path, outbound.Want{}); err == nil {
			t.Errorf("%s: %q", path, a.Body)
		}
		if status, err := c.PostForm(t.Context(), h.URL+path, nil); err != nil || status != http.StatusFound {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	if n := inner.connections.Load(); n != 0 {
		t.Errorf("%d connections to where the redirect leads", n)
	}
	if n := h.connections.Load(); n != 10 {
		t.Errorf("%d connections, want one for each request", n)
	}
}

// bomb is a gzip of a hundred megabytes.
func bomb(t *testing.T) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	chunk := make([]byte, 1<<20)
	for range 100 {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAttack_AE04_AnswersAreBounded(t *testing.T) {
	packed := bomb(t)
	cases := map[string]http.HandlerFunc{
		"a large body": says(strings.Repeat("a", 1025)),
		"a large body that says its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000000")
			_, _ = io.WriteString(w, "a")
		},
		"an endless body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		},
		"a packed body": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" {
				t.Error("packing was asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed[:500])
		},
		"a huge header": says("a", "X-Much", strings.Repeat("a", 40<<10)),
		"many headers": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("b", 20))
			}
		},
		"many informational answers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", strings.Repeat("a", 1000))
			for range 2000 {
				w.WriteHeader(http.StatusEarlyHints)
			}
			_, _ = io.WriteString(w, "a")
		},
		"another type":     says("a", "Content-Type", "text/html"),
		"a status":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"an empty success": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a part":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) },
		"a switch of protocol": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
		},
	}
	for what, handler := range cases {
		h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			handler(w, r)
		}, nil, "127.0.0.1")
		c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback, Timeout: time.Minute})
		if a, err := c.Get(t.Context(), h.URL, outbound.Want{MaxBytes: 1024, Types: []string{"application/json"}}); err == nil {
			t.Errorf("%s: taken, %d bytes", what, len(a.Body))
		}
	}
	h := newHost(t, says(strings.Repeat("a", 1024)), nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
	if a, err := c.Get(t.Context(), h.URL, outbound.Want{MaxBytes: 1024}); err != nil || len(a.Body) != 1024 {
		t.Errorf("as much as is allowed: %v", err)
	}
}

// Whoever answers slowly is not waited for: headers, each byte of a body, the handshake and the name's address are all within
// one time.
func TestAttack_AE04_SlowAnswersAreGivenUp(t *testing.T) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	wait := func(r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}
	silent := newHost(t, func(_ http.ResponseWriter, r *http.Request) { wait(r) }, nil, "127.0.0.1")
	drip := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("a"))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}, nil, "127.0.0.1")
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	slowNames := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if err := t.Context().Err(); err != nil {
			return nil, err
		}
		here, there := net.Pipe()
		context.AfterFunc(t.Context(), func() { _ = there.Close() })
		go func() {
			_, _ = io.Copy(io.Discard, there)
		}()
		return here, nil
	}}
	for what, c := range map[string]struct {
		address string
		config  outbound.Config
	}{
		"no answer":    {silent.URL, outbound.Config{Roots: silent.roots}},
		"drops":        {drip.URL, outbound.Config{Roots: drip.roots}},
		"no handshake": {"https://" + mute.Addr().String(), outbound.Config{}},
		"no address":   {"https://slow.example.test/", outbound.Config{Resolver: slowNames}},
	} {
		c.config.AllowPrivate, c.config.Timeout = loopback, 50*time.Millisecond
		if _, err := outbound.New(c.config).Get(t.Context(), c.address, outbound.Want{}); err == nil || !strings.Contains(err.Error(), "in time") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAttack_AE04_OneHostIsNotAskedByAllAtOnce(t *testing.T) {
	var now, most atomic.Int64
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		now.Add(-1)
		_, _ = io.WriteString(w, "a")
	}, nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback, Timeout: time.Minute})
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if _, err := c.Get(context.Background(), h.URL, outbound.Want{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > 8 || n < 2 {
		t.Errorf("%d requests at once", n)
	}
}

// An error tells the operator what is wrong and nobody what was fetched, or what secrets an address holds.
func TestAttack_AE05_ErrorsHoldNothingThatWasFetched(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "the-secret-body")
	}, nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
	_, err := c.Get(t.Context(), h.URL+"/path?token=the-secret-query#f", outbound.Want{})
	if err == nil || strings.Contains(err.Error(), "the-secret") || !strings.Contains(err.Error(), "/path: the answer has the status 403") {
		t.Error(err)
	}
	_, err = c.Get(t.Context(), "https://ada:the-secret-password@127.0.0.1/", outbound.Want{})
	if err == nil || strings.Contains(err.Error(), "the-secret") {
		t.Error(err)
	}
	if outbound.Public != "could not fetch" {
		t.Error(outbound.Public)
	}
}

func TestAttack_AE07_ProxiesOfTheEnvironmentAreNotAsked(t *testing.T) {
	proxy := newHost(t, says("from the proxy"), nil)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	// 240.0.0.1 is nowhere: only a proxy could answer for it.
	c := outbound.New(outbound.Config{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("240.0.0.0/4")}, Timeout: 100 * time.Millisecond})
	for _, address := range []string{"https://240.0.0.1/", "http://240.0.0.1/"} {
		if _, err := c.Get(t.Context(), address, outbound.Want{}); err == nil {
			t.Errorf("%s was fetched", address)
		}
	}
	if n := proxy.connections.Load(); n != 0 {
		t.Errorf("%d connections to the proxy", n)
	}
}

func TestAttack_AE07_NothingGoesOutThatWasNotAsked(t *testing.T) {
	var got http.Header
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }, nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
	if _, err := c.Get(t.Context(), h.URL, outbound.Want{}); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if name != "Accept" && name != "User-Agent" && name != "Connection" {
			t.Errorf("%s: %s", name, got.Get(name))
		}
	}
}

func TestAttack_AE08_BadTLSIsRefused(t *testing.T) {
	old, oldRoots := certificate(t, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour), "127.0.0.1")
	other, otherRoots := certificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "other.example.test")
	expired := newHost(t, says("a"), func(c *tls.Config) { c.Certificates = []tls.Certificate{old} }, "127.0.0.1")
	expired.roots = oldRoots
	named := newHost(t, says("a"), func(c *tls.Config) { c.Certificates = []tls.Certificate{other} }, "127.0.0.1")
	named.roots = otherRoots
	unknown := newHost(t, says("a"), nil, "127.0.0.1")
	unknown.roots = nil
	tls11 := newHost(t, says("a"), func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "127.0.0.1")
	cbc := newHost(t, says("a"), func(c *tls.Config) {
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}
	}, "127.0.0.1")
	for what, h := range map[string]*host{"expired": expired, "another name": named, "unknown authority": unknown, "TLS 1.1": tls11, "CBC": cbc} {
		c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback})
		if _, err := c.Get(t.Context(), h.URL, outbound.Want{}); err == nil {
			t.Errorf("%s: fetched", what)
		}
	}
	tls12 := newHost(t, says("a"), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, "127.0.0.1")
	if _, err := outbound.New(outbound.Config{Roots: tls12.roots, AllowPrivate: loopback}).Get(t.Context(), tls12.URL, outbound.Want{}); err != nil {
		t.Error(err)
	}
}

func TestHowLongAnAnswerIsFresh(t *testing.T) {
	for control, want := range map[string]time.Duration{
		"": -1, "public": -1, "max-age=60": time.Minute, "public, MAX-AGE=\"60\"": time.Minute, "no-store": 0, "max-age=60, no-cache": 0, "max-age=x": -1,
		"max-age=99999999999999999999": 366 * 24 * time.Hour, "max-age=-1": -1, "max-age=60, max-age=90": time.Minute, "max-age=0": 0, "s-maxage=9": -1,
	} {
		h := newHost(t, says("a", "Cache-Control", control), nil, "127.0.0.1")
		a, err := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback}).Get(t.Context(), h.URL, outbound.Want{})
		if err != nil || a.MaxAge != want {
			t.Errorf("%q: %v, want %v (%v)", control, a.MaxAge, want, err)
		}
	}
	h := newHost(t, says("a", "Cache-Control", "max-age=60", "Age", "50"), nil, "127.0.0.1")
	if a, err := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback}).Get(t.Context(), h.URL, outbound.Want{}); err != nil || a.MaxAge != 10*time.Second {
		t.Errorf("%+v, %v", a, err)
	}
}
