package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"signet/handlers"
)

// BenchmarkServeHTTP is what a request to the token endpoint costs before and after the endpoint itself: reference, routing,
// policy, form, headers, metrics.
func BenchmarkServeHTTP(b *testing.B) {
	w := newWorldAt(b, issuer, func(c *handlers.Config) {
		c.Access = nil
		c.Extra = append(c.Extra, func(*handlers.Handlers) []handlers.Route {
			return []handlers.Route{{Methods: []string{http.MethodPost}, Path: "/nothing-to-do", Audience: handlers.ForClients,
				Handler: func(http.ResponseWriter, *http.Request) error { return nil },
				Policy: handlers.Policy{Who: handlers.Clients, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Failures,
					CrossSite: handlers.MayPost}}}
		})
	})
	const body = "grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Fapp.example.test%2Fcallback"
	for _, path := range []string{"/jwks", "/nothing-to-do"} {
		b.Run(path[1:], func(b *testing.B) {
			out := &sink{header: http.Header{}}
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, issuer+path, nil)
				r.Body, r.ContentLength = readCloser{strings.NewReader(body)}, int64(len(body))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if path == "/jwks" {
					r.Method = http.MethodGet
				}
				clear(out.header)
				w.ServeHTTP(out, r)
			}
		})
	}
	b.Run("request-alone", func(b *testing.B) {
		for b.Loop() {
			r := httptest.NewRequest(http.MethodPost, issuer+"/token", nil)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// sink is a ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkSignIn is a sign-in with the right password on the embedded engine, its page included; the hash is the cheapest that
// there is.
func BenchmarkSignIn(b *testing.B) {
	w := newWorldAt(b, issuer, func(c *handlers.Config) { c.Access, c.Observe = nil, nil })
	b.ReportAllocs()
	for b.Loop() {
		if !signIn(w.browser().Get("/login"), "ada").Has("sign-out") {
			b.Fatal("not signed in")
		}
	}
}
