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
// most 16 KiB. Bodies are limited by the routes. Its listener should be one of Handlers.Listen.
func NewServer(h *Handlers) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
}

// Listen bounds the connections of a listener: 4096 at once, and 64 from one address that is not a trusted proxy. Above
// the first bound new ones wait to be accepted, above the second they are closed.
func (h *Handlers) Listen(l net.Listener) net.Listener {
	return &listener{
		Listener: l, exempt: h.proxies, places: make(chan struct{}, maxConnections), per: maxConnectionsPer,
		closed: make(chan struct{}), open: map[netip.Addr]int{},
	}
}

// listener counts connections.
type listener struct {
	net.Listener
	exempt proxies
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
		if l.enter(addr) {
			return &conn{Conn: c, leave: func() { l.leave(addr) }}, nil
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
	return a.IsValid() && !a.IsLoopback() && !l.exempt.trust(a)
}

func (l *listener) enter(a netip.Addr) bool {
	if !l.counted(a) {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] >= l.per {
		return false
	}
	l.open[a]++
	return true
}

func (l *listener) leave(a netip.Addr) {
	<-l.places
	if !l.counted(a) {
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
