package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"signet/handlers"
)

// serve runs the handlers behind a real server and returns its address.
func (w *world) serve() string {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.check(err)
	s := handlers.NewServer(w.Handlers)
	w.t.Cleanup(func() { s.Close() })
	go s.Serve(handlers.Listen(l, func() *handlers.Handlers { return w.Handlers }))
	return l.Addr().String()
}

// send sends bytes and returns the status of the answer, 0 for none.
func send(t *testing.T, addr, request string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go io.WriteString(c, request) // the server may answer and close before all is sent
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestAttack_AJ20_Smuggling(t *testing.T) {
	w := newWorldAt(t, "http://localhost:8080", nil)
	addr := w.serve()
	head := "POST /token HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, c := range map[string]struct {
		request string
		want    []int
	}{
		"plain":                  {head + "Content-Length: 3\r\n\r\na=b", []int{401, 400}},
		"two lengths":            {head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bb", []int{400}},
		"length and a plus":      {head + "Content-Length: +3\r\n\r\na=b", []int{400}},
		"unknown coding":         {head + "Transfer-Encoding: xchunked\r\n\r\n", []int{400, 501}},
		"two codings":            {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", []int{400, 501}},
		"blank before the colon": {head + "Content-Length : 3\r\n\r\na=b", []int{400}},
		"folded line":            {head + "X: a\r\n b\r\nContent-Length: 3\r\n\r\na=b", []int{400, 401}},
		"two hosts":              {head + "Host: evil.example\r\nContent-Length: 3\r\n\r\na=b", []int{400}},
		"another host":           {strings.Replace(head, "localhost:8080", "evil.example", 1) + "Content-Length: 3\r\n\r\na=b", []int{421}},
		"large header":           {head + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{431}},
	} {
		got := send(t, addr, c.request)
		ok := false
		for _, want := range c.want {
			ok = ok || got == want
		}
		if !ok {
			t.Errorf("%s: %d, want one of %d", name, got, c.want)
		}
	}
}

// Many people sign in at once; everybody's tokens are their own.
func TestAttack_AB14_ParallelFlows(t *testing.T) {
	w := newWorld(t)
	w.code(w.signedIn("ada"))
	w.code(w.signedIn("grace"))
	var all sync.WaitGroup
	for i := range 8 {
		name, full := "ada", "Ada Lovelace"
		if i%2 == 1 {
			name, full = "grace", "Grace Hopper"
		}
		b := w.browser()
		all.Go(func() {
			for n := range 3 {
				b.Get(authorizeURL("prompt", "login", "state", fmt.Sprint(n)))
				signIn(b, name)
				token, _ := w.decode(w.redeem(b.URL().Query().Get("code")))["access_token"].(string)
				out := w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+token))
				if info := w.decode(out); info["name"] != full || b.URL().Query().Get("state") != fmt.Sprint(n) {
					t.Errorf("%s got %v at %s: %s", name, info["name"], b.URL(), b.Text())
				}
			}
		})
	}
	all.Wait()
}
