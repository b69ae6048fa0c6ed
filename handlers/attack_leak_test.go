package handlers_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// Browsers and clients that go away, in the middle of a request or before they are answered, leave nothing behind.
func TestAttack_AO08_ClientsThatGoAway(t *testing.T) {
	w := newWorldAt(t, "http://localhost:8080", nil)
	addr := w.serve()
	head := func(method, path string) string { return method + " " + path + " HTTP/1.1\r\nHost: localhost:8080\r\n" }
	post := head("POST", "/token") + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 30\r\n\r\n"
	if send(t, addr, head("GET", "/jwks")+"\r\n") != 200 {
		t.Fatal("not served")
	}
	before := goleak.IgnoreCurrent()
	for range 20 {
		for _, said := range []string{"", "GE", head("GET", authorizeURL()), head("GET", authorizeURL()) + "\r\n", post, post + "grant_type=", post + "grant_type=authorization_co",
			post + "grant_type=authorization_code&x=1", strings.Repeat(head("GET", "/login")+"\r\n", 20), head("GET", "/userinfo") + "Authorization: Bearer x\r\n\r\n"} {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, said)
			_ = c.(*net.TCPConn).SetLinger(0) // as one that crashes
			_ = c.Close()
		}
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if n := w.metric("signet_panics_total"); n != "0" && n != "" {
		t.Errorf("%s panics", n)
	}
	if send(t, addr, head("GET", "/jwks")+"\r\n") != 200 {
		t.Error("not served any more")
	}
}
