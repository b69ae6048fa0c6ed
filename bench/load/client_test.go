package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func dialTest(t *testing.T, h http.HandlerFunc) (*conn, *url.URL) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dial(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c, u
}

func TestClientReadsEveryKindOfAnswer(t *testing.T) {
	c, u := dialTest(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "3")
			_, _ = w.Write([]byte("abc"))
		case "/chunks":
			for i := range 5 {
				_, _ = w.Write([]byte(strings.Repeat(strconv.Itoa(i), 5000)))
				w.(http.Flusher).Flush()
			}
		case "/redirect":
			w.Header().Add("Set-Cookie", "a=1; Path=/; Secure")
			w.Header().Add("Set-Cookie", "b=2")
			w.Header().Set("Location", "/next?x=1")
			w.WriteHeader(http.StatusSeeOther)
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for range 2 {
		for _, tc := range []struct {
			path   string
			status int
			length int
		}{{"/length", 200, 3}, {"/chunks", 200, 25000}, {"/redirect", 303, 0}, {"/early", 204, 0}, {"/empty", 200, 0}} {
			a, err := c.do(get(u.JoinPath(tc.path), "", ""))
			if err != nil || a.status != tc.status || len(a.body) != tc.length {
				t.Fatalf("%s: %d with %d bytes, %v", tc.path, a.status, len(a.body), err)
			}
			if tc.path == "/redirect" && (a.location != "/next?x=1" || len(a.cookies) != 2) {
				t.Errorf("location %q, cookies %q", a.location, a.cookies)
			}
			if tc.path == "/chunks" && string(a.body[4999:5001]) != "01" {
				t.Errorf("chunks are joined as %q", a.body[4999:5001])
			}
		}
	}
}

func TestClientSendsForms(t *testing.T) {
	c, u := dialTest(t, func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		_, _ = w.Write([]byte(r.Host + " " + id + " " + secret + " " + r.PostFormValue("a") + " " + r.PostFormValue("b")))
	})
	a, err := c.do(post(u.JoinPath("/x"), form("a", "1 2&3", "b", "=ä"), basic("id", "se+cret")))
	if want := u.Host + " id se%2Bcret 1 2&3 =ä"; err != nil || string(a.body) != want {
		t.Errorf("the server saw %q, %v; want %q", a.body, err, want)
	}
}

func TestClientRefusesWhatHasNoLength(t *testing.T) {
	c, u := dialTest(t, func(w http.ResponseWriter, _ *http.Request) {
		hijacked, _, _ := w.(http.Hijacker).Hijack()
		_, _ = hijacked.Write([]byte("HTTP/1.1 200 OK\r\n\r\nabc"))
		_ = hijacked.Close()
	})
	if a, err := c.do(get(u, "", "")); err == nil {
		t.Errorf("accepted %+v", a)
	}
}

func TestMember(t *testing.T) {
	body := []byte(`{"token_type":"bearer", "access_token" : "a.b-c", "refresh_token":"r","n":1}`)
	for name, want := range map[string]string{"access_token": "a.b-c", "refresh_token": "r", "id_token": "", "n": ""} {
		if got := member(body, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestJar(t *testing.T) {
	var j jar
	j.take([]string{"a=1; Path=/", "b=2; Secure; HttpOnly"})
	kept := j.clone()
	j.take([]string{"a=3", "b=; Max-Age=0", "c=4; max-age=0"})
	if got := j.value(); got != "a=3" {
		t.Errorf("cookies %q", got)
	}
	if got := kept.value(); got != "a=1; b=2" {
		t.Errorf("the clone has %q", got)
	}
}
