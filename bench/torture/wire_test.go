package torture

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// wire sends requests byte for byte, as no library would.
type wire struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// rough is a request as it goes over the wire.
type rough struct {
	method, target, host, body string
	header                     []string
	// framing takes the place of Content-Length; then the connection is not used again.
	framing []string
	// version takes the place of HTTP/1.1.
	version string
}

// bytes is the request in HTTP/1.1.
func (r *rough) bytes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", r.method, r.target, cmp.Or(r.version, "HTTP/1.1"), r.host)
	for _, line := range r.header {
		b.WriteString(line + "\r\n")
	}
	switch {
	case r.framing != nil:
		b.WriteString(strings.Join(r.framing, "\r\n") + "\r\n")
	case r.body != "" || r.method == http.MethodPost:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	return b.String() + "\r\n" + r.body
}

// send returns the final answer to a request. A connection that the server has closed is opened again, once.
func (w *wire) send(r *rough) (answer, error) {
	raw := r.bytes()
	reused := w.conn != nil
	last := r.framing != nil || r.version != ""
	a, err := w.exchange(r.method, raw, r.framing != nil)
	if err != nil && reused {
		a, err = w.exchange(r.method, raw, r.framing != nil)
	}
	if err != nil || last || strings.EqualFold(a.header.Get("Connection"), "close") {
		w.close()
	}
	return a, err
}

// exchange closes the connection if it fails. A request that may not be complete ends what this side says.
func (w *wire) exchange(method, raw string, ends bool) (a answer, err error) {
	if w.conn == nil {
		if w.conn, err = net.Dial("tcp", w.addr); err != nil {
			return a, err
		}
		w.in = bufio.NewReader(w.conn)
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	_ = w.conn.SetDeadline(time.Now().Add(patience))
	// The server may refuse and close before it has read everything: what it said still counts.
	_, sent := io.WriteString(w.conn, raw)
	if ends {
		_ = w.conn.(*net.TCPConn).CloseWrite()
	}
	for {
		resp, err := http.ReadResponse(w.in, &http.Request{Method: method})
		if err != nil {
			return a, fmt.Errorf("%w (sent: %v)", err, sent)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil && (!resp.Close || resp.ContentLength >= 0) {
			return a, err // otherwise it ends where the connection ends, and that may be a reset
		}
		if resp.StatusCode >= 200 {
			if resp.Close {
				resp.Header.Set("Connection", "close")
			}
			return answer{resp.StatusCode, resp.Header, string(body)}, nil
		}
	}
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
	}
	w.conn = nil
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }
