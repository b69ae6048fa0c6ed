package handlers_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"signet/handlers"
)

// impatient runs the handlers behind the real server, whose every patience is cut to a hundredth.
func (w *world) impatient(security *tls.Config) (addr string) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.check(err)
	s := handlers.NewServer(w.Handlers)
	for _, patience := range []*time.Duration{&s.ReadHeaderTimeout, &s.ReadTimeout, &s.WriteTimeout, &s.IdleTimeout} {
		if *patience <= 0 || *patience > time.Minute {
			w.t.Errorf("patience of %s", *patience)
		}
		*patience /= 100
	}
	w.t.Cleanup(func() { s.Close() })
	limited := handlers.Listen(l, func() *handlers.Handlers { return w.Handlers })
	if security != nil {
		limited = tls.NewListener(limited, security)
	}
	go s.Serve(limited)
	return l.Addr().String()
}

// The real server ends connections that are slow in any phase, and answers everybody else meanwhile.
func TestAttack_AO01_SlowClients(t *testing.T) {
	w := newWorldAt(t, "http://localhost:8080", nil)
	addr := w.impatient(nil)
	head := "POST /token HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	get := "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
	var slow, healthy sync.WaitGroup
	ended := make(chan struct{})
	for name, c := range map[string]struct {
		begin, drip string
		deaf        bool
	}{
		"says nothing": {}, "half a line": {begin: "GET /jw"}, "half a line, dripping": {begin: "GET /jw", drip: "k"}, "headers, dripping": {begin: head, drip: "X: 1\r\n"},
		"body, dripping": {begin: head + "Content-Length: 60000\r\n\r\n", drip: "a"}, "chunks, dripping": {begin: head + "Transfer-Encoding: chunked\r\n\r\n", drip: "1\r\na\r\n"},
		"body that stops": {begin: head + "Content-Length: 10\r\n\r\na=b"}, "idle after an answer": {begin: get},
		"does not read": {begin: strings.Repeat(get, 2000), deaf: true}, "blank lines": {drip: "\r\n"},
	} {
		for range 5 {
			slow.Go(func() {
				if err := stall(addr, c.begin, c.drip, c.deaf); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	}
	healthy.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				if status := send(t, addr, "GET /jwks HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n"); status != http.StatusOK {
					t.Errorf("beside slow clients: %d", status)
				}
			}
		}
	})
	slow.Wait()
	close(ended)
	healthy.Wait()
}

// stall sends slowly, or does not read, until the server ends the connection, which it must.
func stall(addr, begin, drip string, deaf bool) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	over := make(chan error, 1)
	if deaf {
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	} else {
		go func() {
			_, err := io.Copy(io.Discard, c)
			over <- err
		}()
	}
	for say := begin; ; say = drip {
		if _, err = io.WriteString(c, say); err != nil {
			break
		}
		if deaf && say == drip {
			// The server gives up writing; then a write of ours fails.
			drip = "GET / HTTP/1.1\r\n"
		}
		select {
		case err = <-over:
			return patient(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	if !deaf {
		<-over
	}
	return patient(err)
}

// patient tells whether the server was waited for in vain. Every other end of a connection is an end.
func patient(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// certified is a TLS configuration for localhost with HTTP/2, and one that believes it.
func certified(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}},
		&tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"h2"}}
}

// h2 is a client that speaks frames.
type h2 struct {
	*http2.Framer
	conn    net.Conn
	encoded strings.Builder
}

func dialH2(t *testing.T, addr string, security *tls.Config) *h2 {
	t.Helper()
	c, err := tls.Dial("tcp", addr, security)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Fatalf("protocol %q", got)
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	h := &h2{Framer: http2.NewFramer(c, c), conn: c}
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := h.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return h
}

// ask begins a request for the keys.
func (h *h2) ask(stream uint32) error {
	h.encoded.Reset()
	e := hpack.NewEncoder(&h.encoded)
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost:8443"}, {":path", "/jwks"}} {
		_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	return h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(h.encoded.String()), EndStream: true, EndHeaders: true})
}

// until reads frames up to one that is looked for, or the end of the connection.
func (h *h2) until(found func(http2.Frame) bool) error {
	for {
		f, err := h.ReadFrame()
		if err != nil || found(f) {
			return err
		}
	}
}

// Streams that are begun and reset at once, settings and pings without end, header blocks that never end: the connection that does
// it is ended or held to its bounds, and the server answers everybody else.
func TestAttack_AJ22_AO11_FramesWithoutEnd(t *testing.T) {
	w := newWorldAt(t, "https://localhost:8443", nil)
	server, client := certified(t)
	addr := w.tls(server)
	attacks := map[string]func(h *h2) error{
		"rapid reset": func(h *h2) (err error) {
			for stream := uint32(1); err == nil && stream < 40_000; stream += 2 {
				if err = h.ask(stream); err == nil {
					err = h.WriteRSTStream(stream, http2.ErrCodeCancel)
				}
			}
			return err
		},
		"settings": func(h *h2) (err error) {
			for i := 0; err == nil && i < 20_000; i++ {
				err = h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(65535 - i%2)})
			}
			return err
		},
		"pings": func(h *h2) (err error) {
			for i := 0; err == nil && i < 20_000; i++ {
				err = h.WritePing(false, [8]byte{})
			}
			return err
		},
		"continuations": func(h *h2) (err error) {
			err = h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}, EndStream: true})
			for i := 0; err == nil && i < 20_000; i++ {
				err = h.WriteContinuation(1, false, []byte(strings.Repeat("\x00\x01a\x01b", 100)))
			}
			return err
		},
		"a window of nothing": func(h *h2) (err error) {
			err = h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
			for stream := uint32(1); err == nil && stream < 2000; stream += 2 {
				err = h.ask(stream)
			}
			return err
		},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			h := dialH2(t, addr, client)
			defer h.conn.Close()
			read := make(chan error, 1)
			go func() {
				read <- h.until(func(f http2.Frame) bool { _, away := f.(*http2.GoAwayFrame); return away })
			}()
			_ = attack(h) // it may be cut off in the middle
			if name == "continuations" {
				if err := patient(<-read); err != nil {
					t.Errorf("headers without end are taken: %v", err)
				}
			}
			if answersH2(t, addr, client) != http.StatusOK {
				t.Error("others are not answered")
			}
			_ = h.conn.Close()
		})
	}
	if got := w.metric("signet_panics_total"); got != "0" && got != "" {
		t.Errorf("%s panics", got)
	}
}

// tls runs the real server with TLS.
func (w *world) tls(security *tls.Config) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.check(err)
	s := handlers.NewServer(w.Handlers)
	w.t.Cleanup(func() { s.Close() })
	go s.Serve(tls.NewListener(handlers.Listen(l, func() *handlers.Handlers { return w.Handlers }), security))
	return l.Addr().String()
}

func answersH2(t *testing.T, addr string, security *tls.Config) int {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: security.Clone(), Protocols: &http.Protocols{}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	transport.Protocols.SetHTTP2(true)
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("https://localhost:8443/jwks")
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// The server says how many streams it takes at once, refuses more, and takes no longer headers than it says.
func TestAttack_AJ22_StreamsAreBounded(t *testing.T) {
	w := newWorldAt(t, "https://localhost:8443", nil)
	server, client := certified(t)
	h := dialH2(t, w.tls(server), client)
	defer h.conn.Close()
	streams, list := uint32(0), uint32(0)
	err := h.until(func(f http2.Frame) bool {
		s, ok := f.(*http2.SettingsFrame)
		if !ok || s.IsAck() {
			return false
		}
		streams, _ = s.Value(http2.SettingMaxConcurrentStreams)
		list, _ = s.Value(http2.SettingMaxHeaderListSize)
		return true
	})
	if err != nil || streams != 100 || list == 0 || list > 32<<10 {
		t.Fatalf("%v: %d streams, headers of %d bytes", err, streams, list)
	}
	if err := h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
		t.Fatal(err)
	}
	for stream := uint32(1); stream < 2*110; stream += 2 {
		if err := h.ask(stream); err != nil {
			t.Fatal(err)
		}
	}
	refused := h.until(func(f http2.Frame) bool {
		switch f := f.(type) {
		case *http2.RSTStreamFrame:
			return f.ErrCode == http2.ErrCodeRefusedStream || f.ErrCode == http2.ErrCodeProtocol
		case *http2.GoAwayFrame:
			return true
		}
		return false
	})
	if refused != nil {
		t.Errorf("more than 100 streams: %v", refused)
	}
}

// Handshakes that stop half way, or are none, are ended, and others are served.
func TestAttack_AO11_Handshakes(t *testing.T) {
	w := newWorldAt(t, "https://localhost:8443", nil)
	server, client := certified(t)
	server.MinVersion = tls.VersionTLS12
	addr := w.impatient(server)
	var all sync.WaitGroup
	for _, begin := range []string{"", "\x16\x03\x01", "\x16\x03\x01\x40\x00" + strings.Repeat("\x01", 100), "GET / HTTP/1.1\r\n\r\n"} {
		for range 10 {
			all.Go(func() {
				if err := stall(addr, begin, "", false); err != nil {
					t.Errorf("%q: %v", begin, err)
				}
			})
		}
	}
	all.Wait()
	if answersH2(t, addr, client) != http.StatusOK {
		t.Error("not served after them")
	}
}
