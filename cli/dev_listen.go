package cli

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// joined is several listeners as one: localhost has an address of IPv4 and one of IPv6, and browsers may take either.
type joined struct {
	listeners []net.Listener
	accepted  chan accepted
	closing   sync.Once
	closed    chan struct{}
}

type accepted struct {
	conn net.Conn
	err  error
}

func join(listeners ...net.Listener) net.Listener {
	j := &joined{listeners: listeners, accepted: make(chan accepted), closed: make(chan struct{})}
	for _, l := range listeners {
		go j.pass(l)
	}
	return j
}

// pass hands over what a listener accepts, until it fails or is closed.
func (j *joined) pass(l net.Listener) {
	for {
		c, err := l.Accept()
		select {
		case j.accepted <- accepted{c, err}:
		case <-j.closed:
			if c != nil {
				_ = c.Close()
			}
			return
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// Accept implements net.Listener.
func (j *joined) Accept() (net.Conn, error) {
	select {
	case a := <-j.accepted:
		return a.conn, a.err
	case <-j.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (j *joined) Close() error {
	var err error
	j.closing.Do(func() {
		close(j.closed)
		for _, l := range j.listeners {
			err = errors.Join(err, l.Close())
		}
	})
	return err
}

// Addr implements net.Listener: the address of the first.
func (j *joined) Addr() net.Addr { return j.listeners[0].Addr() }

// listenLocalhost listens on both addresses of localhost, or on that of IPv4 alone where there is no IPv6. Port 0 is any
// that is free on both.
func listenLocalhost(port int) (net.Listener, error) {
	const tries = 20
	var err error
	for range tries {
		var l net.Listener
		if l, err = listenBoth(port); err == nil || port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
	return nil, err
}

func listenBoth(port int) (net.Listener, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(portOf(four))))
	switch {
	case err == nil:
		return join(four, six), nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errors.Join(err, four.Close())
	}
	return four, nil
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
