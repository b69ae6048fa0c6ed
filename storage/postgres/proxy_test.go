package postgres_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A fate is what becomes of a connection over which a certain request goes.
type fate int

const (
	// lostRequest: the connection breaks before the server has the request.
	lostRequest fate = iota
	// lostAnswer: the server has answered, the client hears nothing of it.
	lostAnswer
	// lostConfirmation: the client hears the answer up to, and without, the word that the transaction is over.
	lostConfirmation
	// silence: the request goes nowhere, and the connection stays open.
	silence
)

// proxy stands between an engine and its server.
type proxy struct {
	net.Listener
	server string

	mu sync.Mutex
	// needle is what a request contains that meets its fate; empty if none shall.
	needle []byte
	fate   fate
}

// newProxy returns a proxy for the server of a connection string, and the connection string that leads through it.
func newProxy(tb testing.TB, direct string) (p *proxy, through string) {
	tb.Helper()
	u, err := url.Parse(direct)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p = &proxy{Listener: l, server: u.Host}
	tb.Cleanup(func() { _ = l.Close() })
	go p.serve()
	u.Host = l.Addr().String()
	return p, u.String()
}

// arm lets the next request that contains a text meet a fate. A text is met once.
func (p *proxy) arm(f fate, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fate, p.needle = f, []byte(text)
}

func (p *proxy) meets(request []byte) (fate, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.needle) == 0 || !bytes.Contains(request, p.needle) {
		return 0, false
	}
	p.needle = nil
	return p.fate, true
}

func (p *proxy) serve() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{proxy: p, client: client, server: server}
		go l.requests()
		go l.answers()
	}
}

// link is one connection.
type link struct {
	*proxy
	client, server net.Conn

	mu   sync.Mutex
	fate fate
	met  bool
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// requests passes on what the client sends. A request of the size that tests send comes in one piece.
func (l *link) requests() {
	defer l.close()
	buf := make([]byte, 1<<16)
	for {
		n, err := l.client.Read(buf)
		if err != nil {
			return
		}
		if f, met := l.meets(buf[:n]); met {
			if f == lostRequest {
				return
			}
			l.mu.Lock()
			l.fate, l.met = f, true
			l.mu.Unlock()
			if f == silence {
				_, _ = io.Copy(io.Discard, l.client)
				return
			}
		}
		if _, err := l.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (l *link) answers() {
	defer l.close()
	buf := make([]byte, 1<<16)
	for {
		n, err := l.server.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		met, f := l.met, l.fate
		l.mu.Unlock()
		if met {
			if f == lostConfirmation {
				_, _ = l.client.Write(beforeReady(buf[:n]))
			}
			return
		}
		if _, err := l.client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// beforeReady returns the messages of an answer that come before ReadyForQuery (PostgreSQL, Message Formats).
func beforeReady(answer []byte) []byte {
	for at := 0; at+5 <= len(answer); at += 1 + int(binary.BigEndian.Uint32(answer[at+1:])) {
		if answer[at] == 'Z' {
			return answer[:at]
		}
	}
	return answer
}
