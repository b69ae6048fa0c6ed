package handlers

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Limits of the server.
const (
	maxHeader         = 16 << 10
	maxStreams        = 100
	maxConnections    = 4096
	maxConnectionsPer = 64
)

// NewServer returns a server with every time limit and size limit set: slow and idle peers are dropped, headers are at
// most 16 KiB. Bodies are limited by the routes. Its listener should be one of Listen.
func NewServer(h *Handlers) *http.Server {
	return &http.Server{
		Handler: h,
		// OPTIONS * is answered as everything else is.
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  15 * time.Second,
		WriteTimeout:                 30 * time.Second,
		IdleTimeout:                  60 * time.Second,
		MaxHeaderBytes:               maxHeader,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:                     slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
}

// Listen bounds the connections of a listener: 4096 at once, and 64 from one address that is not a trusted proxy of the
// Handlers that are current by then. Above the first bound new ones wait to be accepted, above the second they are closed.
//
// TLS belongs on top of it, not below: net/http must see a *tls.Conn to speak HTTP/2 and to know that it speaks TLS.
func Listen(l net.Listener, current func() *Handlers) net.Listener {
	return &listener{
		Listener: l, exempt: func() proxies { return current().proxies }, places: make(chan struct{}, maxConnections),
		per: maxConnectionsPer, closed: make(chan struct{}), open: map[netip.Addr]int{},
	}
}

// listener counts connections.
type listener struct {
	net.Listener
	exempt func() proxies
	places chan struct{}
	per    int

	closing sync.Once
	closed  chan struct{}

	mu   sync.Mutex
	open map[netip.Addr]int
}

// Accept waits for a place, then for a connection from an address that has not too many.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			<-l.places
			return nil, err
		}
		addr := peerAddr(c.RemoteAddr().String())
		counted := l.counted(addr)
		if !counted || l.enter(addr) {
			return &conn{Conn: c, leave: func() { l.leave(addr, counted) }}, nil
		}
		c.Close()
	}
}

// Close closes the listener and ends a waiting Accept.
func (l *listener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// counted tells whether connections of an address are counted one by one. Those of a proxy are everybody's, those of this
// machine are a proxy's or a test's, and those of a unix socket have no address.
func (l *listener) counted(a netip.Addr) bool {
	return a.IsValid() && !a.IsLoopback() && !l.exempt().trust(a)
}

func (l *listener) enter(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] >= l.per {
		return false
	}
	l.open[a]++
	return true
}

func (l *listener) leave(a netip.Addr, counted bool) {
	<-l.places
	if !counted {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a]--; l.open[a] == 0 {
		delete(l.open, a)
	}
}

// conn gives its place back when it is closed.
type conn struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close closes the connection.
func (c *conn) Close() error {
	defer c.once.Do(c.leave)
	return c.Conn.Close()
}

// CloseWrite ends what this side has to say. net/http does so before it closes on a peer that is still sending: without it
// the peer would see a reset in place of the last answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
