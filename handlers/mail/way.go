package mail

import (
	"context"
	"crypto/tls"
	"net"
)

// way is the connection of one attempt. The library waits for each answer anew, and leaves a connection open when it gives up: a
// server that says a word now and then would be listened to for ever. So the connection ends with the attempt.
type way struct {
	until context.Context
	// tls is nil where the conversation does not begin with TLS.
	tls    *tls.Config
	closed []func()
}

// open connects.
func (w *way) open(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(w.until, func() { _ = conn.Close() })
	w.closed = append(w.closed, func() { stop(); _ = conn.Close() })
	if w.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, w.tls)
	return secure, secure.HandshakeContext(ctx)
}

// end closes what is still open.
func (w *way) end() {
	for _, closed := range w.closed {
		closed()
	}
}
