package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"signet/provider/account"
)

func TestServer_HasLimits(t *testing.T) {
	s := NewServer(&Handlers{log: slog.New(slog.DiscardHandler)})
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > time.Minute {
			t.Errorf("%s time limit: %s", name, d)
		}
	}
	if s.MaxHeaderBytes != 16<<10 || s.HTTP2.MaxConcurrentStreams != 100 || s.ErrorLog == nil {
		t.Errorf("header %d, streams %d", s.MaxHeaderBytes, s.HTTP2.MaxConcurrentStreams)
	}
}

// pipeListener hands out connections that seem to come from addresses.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return nil }

type addrConn struct {
	net.Conn
	addr string
}

func (c addrConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.addr))
}

func TestListener_BoundsConnections(t *testing.T) {
	inner := &pipeListener{conns: make(chan net.Conn, 10), closed: make(chan struct{})}
	h := &Handlers{proxies: proxies{netip.MustParsePrefix("10.0.0.0/8")}}
	l := Listen(inner, func() *Handlers { return h }).(*listener)
	l.per = 1
	l.places = make(chan struct{}, 4)
	come := func(addr string) net.Conn {
		here, there := net.Pipe()
		inner.conns <- addrConn{here, addr}
		return there
	}
	come("192.0.2.1:1")
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second := come("192.0.2.1:2")
	come("10.0.0.1:1")
	come("10.0.0.1:2")
	for range 2 {
		if c, err := l.Accept(); err != nil || peerAddr(c.RemoteAddr().String()) != netip.MustParseAddr("10.0.0.1") {
			t.Fatalf("a proxy's connection: %v %v", c, err)
		}
	}
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection of one address is open")
	}
	first.Close()
	first.Close()
	come("192.0.2.1:3")
	if _, err := l.Accept(); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
	come("127.0.0.1:1")
	if _, err := l.Accept(); err != nil || len(l.places) != 4 {
		t.Fatalf("%v, %d places taken", err, len(l.places))
	}
	done := make(chan error)
	go func() {
		_, err := l.Accept()
		done <- err
	}()
	l.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a waiting Accept after Close: %v", err)
	}
}

func TestRoute_Check(t *testing.T) {
	good := Route{Methods: []string{http.MethodGet, http.MethodPost}, Path: "/x", Audience: ForPeople,
		Handler: func(http.ResponseWriter, *http.Request) error { return nil },
		Policy:  Policy{Who: Anybody, CSRF: FormToken, Cache: Never, Limit: Unlimited, CrossSite: Refused}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Route){
		"no methods":                  func(r *Route) { r.Methods = nil },
		"no path":                     func(r *Route) { r.Path = "" },
		"no handler":                  func(r *Route) { r.Handler = nil },
		"no audience":                 func(r *Route) { r.Audience = 0 },
		"no who":                      func(r *Route) { r.Policy.Who = 0 },
		"no CSRF":                     func(r *Route) { r.Policy.CSRF = 0 },
		"no cache":                    func(r *Route) { r.Policy.Cache = 0 },
		"no limit":                    func(r *Route) { r.Policy.Limit = 0 },
		"no cross-site":               func(r *Route) { r.Policy.CrossSite = 0 },
		"page without a token":        func(r *Route) { r.Policy.CSRF = NothingToForge },
		"token for other sites":       func(r *Route) { r.Policy.CrossSite = MayPost },
		"cached form":                 func(r *Route) { r.Policy.Cache = ForEver },
		"cached page of a person":     func(r *Route) { r.Methods = get; r.Policy.Who, r.Policy.Cache = SignedIn, Shortly },
		"page readable by everybody":  func(r *Route) { r.Methods = get; r.Policy.CrossSite = MayRead },
		"form readable by everybody ": func(r *Route) { r.Audience = ForClients; r.Policy.CrossSite = MayRead },
	} {
		r := good
		spoil(&r)
		if err := r.Check(); !errors.Is(err, errPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// When too many passwords are being hashed, the person is asked to come again, not told that the password is wrong.
func TestAttack_AO07_BusyHashing(t *testing.T) {
	err := wrongLogin(fmt.Errorf("hash: %w", account.ErrBusy))
	e := explain(err)
	if e.Status != http.StatusServiceUnavailable || retryAfter(err, e) <= 0 {
		t.Errorf("%d, again after %s", e.Status, retryAfter(err, e))
	}
	if _, shown := loginProblem(err); shown {
		t.Error("the sign-in page is shown again")
	}
}

// A browser that goes away while it is served is no fault of the server.
func TestExplain_Cancelled(t *testing.T) {
	for err, want := range map[error]int{context.Canceled: 503, context.DeadlineExceeded: 503, errors.New("x"): 500} {
		if got := explain(fmt.Errorf("storage: %w", err)).Status; got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
