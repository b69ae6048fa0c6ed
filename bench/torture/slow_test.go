package torture

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// sluggish is a way to keep a connection without getting anywhere.
type sluggish struct {
	name string
	n    int
	// begin is sent at once, then drip again and again, until the server ends the connection.
	begin, drip string
	// deaf does not read.
	deaf bool
}

// sluggards are slow in every phase of a request.
func sluggards(host string) []sluggish {
	line := "POST /token HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	get := "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	return []sluggish{
		{"nothing at all", 30, "", "", false},
		{"half a request line", 30, "GET /jw", "k", false},
		{"header drip", 60, line, "X-Drip: 1\r\n", false},
		{"body drip", 60, line + "Content-Length: 60000\r\n\r\n", "a", false},
		{"chunk drip", 20, line + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", false},
		{"slow read", 20, strings.Repeat(get, 2000), "", true},
	}
}

// TestSlow_ClientsAreEvicted keeps connections open in every way that costs the client nothing. The server ends each, answers
// everybody else meanwhile, and has all its file descriptors back afterwards.
func TestSlow_ClientsAreEvicted(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	s.start()
	before := s.descriptors()
	memory := s.watchMemory()
	healthy, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		s.staysHealthy(healthy)
	}()
	var wg sync.WaitGroup
	for _, slow := range sluggards(s.addr) {
		if slow.deaf && testing.Short() {
			continue // writing may take half a minute
		}
		for range slow.n {
			wg.Go(func() {
				if err := slow.run(s.addr); err != nil {
					t.Errorf("%s: %v", slow.name, err)
				}
			})
		}
	}
	wg.Wait()
	close(healthy)
	<-done
	s.http.CloseIdleConnections()
	if most := memory(); most > maxMemory {
		t.Errorf("%d MiB of memory", most>>20)
	}
	eventually(t, fmt.Sprintf("%d file descriptors again", before), func() bool { return s.descriptors() <= before })
}

// run is slow until the server ends the connection, which it must.
func (c sluggish) run(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	ended := make(chan error, 1)
	if c.deaf {
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	} else {
		go func() {
			_, err := io.Copy(io.Discard, conn)
			ended <- err
		}()
	}
	if _, err := io.WriteString(conn, c.begin); err != nil {
		return ignoreEnd(err)
	}
	for {
		select {
		case err := <-ended:
			return ignoreEnd(err)
		case <-time.After(300 * time.Millisecond):
		}
		if c.drip == "" && !c.deaf {
			continue
		}
		if _, err := io.WriteString(conn, c.drip); err != nil {
			return ignoreEnd(err)
		}
	}
}

// ignoreEnd takes the end of a connection for what it is, in whatever form it comes, but not a lack of patience.
func ignoreEnd(err error) error {
	if err != nil && os.IsTimeout(err) {
		return fmt.Errorf("not evicted within %s: %w", patience, err)
	}
	return nil
}

// descriptors is how many files and connections the server has open.
func (s *server) descriptors() int {
	s.t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(open)
}

// staysHealthy asks for keys on new connections until it is told to stop.
func (s *server) staysHealthy(done <-chan struct{}) {
	for {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			s.t.Error(err)
			return
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "GET /jwks HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", s.addr)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			s.t.Errorf("jwks beside slow clients: %v", err)
		}
		_ = conn.Close()
		select {
		case <-done:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}
