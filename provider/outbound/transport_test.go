package outbound_test

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/provider/outbound"
)

// asks sends a GET request by a client of HTTP.
func asks(t *testing.T, c *http.Client, address string) (int, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("the body was not read whole: %v", err)
	}
	return resp.StatusCode, nil
}

func TestAttack_AE01_LibrariesReachNoPrivateAddressEither(t *testing.T) {
	v4 := newHost(t, says("secret"), nil, "127.0.0.1", "localhost")
	here := func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} }
	c := outbound.New(outbound.Config{Roots: v4.roots, Resolver: names(t, here)})
	_, port, _ := strings.Cut(strings.TrimPrefix(v4.URL, "https://"), ":")
	for _, name := range private {
		for _, scheme := range []string{"https", "http"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+name+":"+port+"/", nil)
			if err != nil {
				continue
			}
			resp, err := c.HTTP(outbound.NewBreaker(time.Now), 0).Do(r)
			if err == nil {
				_ = resp.Body.Close()
				t.Errorf("%s was reached", r.URL)
			}
		}
	}
	if n := v4.connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	listed := outbound.New(outbound.Config{Roots: v4.roots, AllowPrivate: loopback})
	if status, err := asks(t, listed.HTTP(outbound.NewBreaker(time.Now), 0), v4.URL); err != nil || status != 200 {
		t.Error(status, err)
	}
}

func TestAttack_AE03_MetadataAreRedirectedAtMostThreeTimesAtOneHost(t *testing.T) {
	inner := newHost(t, says("secret"), nil)
	other := newHost(t, says("secret"), nil, "127.0.0.1")
	var h *host
	h = newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" && r.URL.Path != "/3" {
			t.Error("a secret was sent along")
		}
		to := map[string]string{
			"/http": inner.URL, "/file": "file:///etc/passwd", "/loop": h.URL + "/loop", "/other": other.URL, "/user": strings.Replace(h.URL, "https://", "https://a:b@", 1),
			"/4": h.URL + "/3", "/3": h.URL + "/2", "/2": h.URL + "/1", "/1": h.URL + "/0",
		}[r.URL.Path]
		if to == "" {
			_, _ = io.WriteString(w, "end")
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}, nil, "127.0.0.1")
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback}).HTTP(outbound.NewBreaker(time.Now), 0)
	for _, path := range []string{"/http", "/file", "/loop", "/other", "/user", "/4"} {
		if status, err := asks(t, outbound.SameHost(c), h.URL+path); err == nil {
			t.Errorf("%s: status %d", path, status)
		}
	}
	if status, err := asks(t, outbound.SameHost(c), h.URL+"/3"); err != nil || status != 200 {
		t.Errorf("three: %d, %v", status, err)
	}
	if status, err := asks(t, c, h.URL+"/1"); err != nil || status != http.StatusFound {
		t.Errorf("without leave: %d, %v", status, err)
	}
	if inner.connections.Load()+other.connections.Load() != 0 {
		t.Error("the redirect was followed to another host")
	}
}

func TestAttack_AE04_WhatLibrariesReadIsBounded(t *testing.T) {
	for what, handler := range map[string]http.HandlerFunc{
		"a large body": says(strings.Repeat("a", 1025)),
		"a large body of an error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, strings.Repeat("a", 1025))
		},
		"a packed body": says("packed", "Content-Encoding", "gzip"),
		"a huge header": says("a", "X-Much", strings.Repeat("a", 40<<10)),
		"a switch of protocol": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
		},
	} {
		h := newHost(t, handler, nil, "127.0.0.1")
		c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback}).HTTP(outbound.NewBreaker(time.Now), 1024)
		if status, err := asks(t, c, h.URL); err == nil {
			t.Errorf("%s: status %d", what, status)
		}
	}
}

// What a library of ours says of a failure has no query in it, in which there may be a token.
func TestAttack_AE05_ErrorsHaveNoQuery(t *testing.T) {
	c := outbound.New(outbound.Config{}).HTTP(outbound.NewBreaker(time.Now), 0)
	_, err := asks(t, c, "https://127.0.0.1:9/path?token=secret")
	var known *outbound.Error
	if !errors.As(err, &known) || strings.Contains(known.Error(), "secret") {
		t.Error(err)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) && strings.Contains(known.URL, "secret") {
		t.Error(known.URL)
	}
}

func TestAttack_AG10_AHostThatIsDownIsLeftAlone(t *testing.T) {
	var fails atomic.Bool
	fails.Store(true)
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		if fails.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}, nil, "127.0.0.1")
	now := time.Unix(1_800_000_000, 0)
	breaker := outbound.NewBreaker(func() time.Time { return now })
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback}).HTTP(breaker, 0)
	for range 20 {
		_, _ = asks(t, c, h.URL)
	}
	if n := h.connections.Load(); n != 5 {
		t.Errorf("%d requests to a host that is down, want 5", n)
	}
	if _, err := asks(t, c, h.URL); !errors.Is(err, outbound.ErrBroken) {
		t.Error(err)
	}
	now = now.Add(31 * time.Second)
	for range 3 {
		_, _ = asks(t, c, h.URL)
	}
	if n := h.connections.Load(); n != 6 {
		t.Errorf("%d requests, want one more to see how it is", n)
	}
	now, _ = now.Add(31*time.Second), fails.Swap(false)
	for range 3 {
		if status, err := asks(t, c, h.URL); err != nil || status != 200 {
			t.Error(status, err)
		}
	}
	// A refusal is an answer.
	refuses := newHost(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, nil, "127.0.0.1")
	c = outbound.New(outbound.Config{Roots: refuses.roots, AllowPrivate: loopback}).HTTP(breaker, 0)
	for range 20 {
		if status, err := asks(t, c, refuses.URL); err != nil || status != 400 {
			t.Fatal(status, err)
		}
	}
}

func TestAttack_AG10_SlowHostsLeaveNothingRunning(t *testing.T) {
	end := make(chan struct{})
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}, nil, "127.0.0.1")
	defer close(end)
	c := outbound.New(outbound.Config{Roots: h.roots, AllowPrivate: loopback, Timeout: 20 * time.Millisecond}).HTTP(outbound.NewBreaker(time.Now), 0)
	before := runtime.NumGoroutine()
	for range 50 {
		if _, err := asks(t, c, h.URL); err == nil {
			t.Fatal("an answer")
		}
	}
	for i := 0; runtime.NumGoroutine() > before+10; i++ {
		if i == 500 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
