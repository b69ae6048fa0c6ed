package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// Connect opens a connection for a protocol that is not HTTP, such as LDAP, and closes it when use has returned. It is judged as any
// other, bounded in time, and a host that breaker knows to be down is not asked. use gets the connection as it is, and how to speak TLS
// on it, which it must do before it says anything that is secret. What use returns is returned as it is; the errors of Connect itself are
// *Error.
func (c *Client) Connect(ctx context.Context, breaker *Breaker, host, port string, use func(conn net.Conn, tls *tls.Config) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	address := net.JoinHostPort(host, port)
	failed := func(err error) error { return &Error{URL: shown(address), Cause: reason(err)} }
	if err := breaker.allow(address); err != nil {
		return failed(err)
	}
	leave, err := c.gate.enter(ctx, address)
	if err != nil {
		return failed(err)
	}
	defer leave()
	conn, err := c.dialer.DialContext(ctx, "tcp", address)
	if !errors.Is(ctx.Err(), context.Canceled) {
		breaker.report(address, err == nil)
	}
	if err != nil {
		return failed(err)
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return failed(err)
		}
	}
	speak := c.tls.Clone()
	speak.ServerName = host
	return use(conn, speak)
}
