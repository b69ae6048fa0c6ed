package provider_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"signet/provider"
	"signet/provider/outbound"
)

// deaf is a server of a client that takes connections and never says a word.
type deaf struct {
	net.Listener
	mu   sync.Mutex
	held []net.Conn
}

func newDeaf(t *testing.T) *deaf {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &deaf{Listener: l}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.held = append(d.held, c)
			d.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
		for _, c := range d.held {
			_ = c.Close()
		}
	})
	return d
}

// left waits until the other side of each connection has ended it, and returns how many there were.
func (d *deaf) left(t *testing.T) int {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.held {
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, c); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Error("a connection to a server that does not answer is kept")
			}
		}
	}
	return len(d.held)
}

// Servers of clients that take connections and then hang keep nothing of ours running: no goroutine, no connection, whether it was
// for a picture, for keys, for a request object or to tell of a sign-out, and whether or not the one who waited went away.
func TestAttack_AO08_HangingServers(t *testing.T) {
	d := newDeaf(t)
	at := d.Addr().String()
	w := newStillWorld(t, func(c *provider.Config) {
		c.Outbound = outbound.New(outbound.Config{Timeout: 20 * time.Millisecond, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	})
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, LogoURI: "https://" + at + "/logo.png", BackchannelLogoutURI: "http://" + at + "/out"})
	w.client(provider.Client{ID: "svc", AuthMethod: "private_key_jwt", JWKSURI: "http://" + at + "/jwks", GrantTypes: []string{"client_credentials"}})
	k := newAssertionKey(t)
	b, _ := w.idToken(w.ada, auth)
	before := goleak.IgnoreCurrent()
	for range 5 {
		ctx, gone := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, gone)
		_, _ = w.Logo(ctx, "app")
		_, _ = w.Logo(t.Context(), "app")
		if _, e := w.token("", assertionForm(k.assertion(t, "svc", w.now(), nil), url.Values{"grant_type": {"client_credentials"}})); e == nil {
			t.Fatal("accepted")
		}
		w.pass(time.Hour)
	}
	if _, err := w.End(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.TellClientsNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	if n := d.left(t); n < 4 {
		t.Errorf("only %d connections were made", n)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
