package dev_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestFailures_Happen(t *testing.T) {
	for point, c := range map[string]struct {
		method, path string
		errors       []string
	}{
		"token":      {http.MethodPost, "/token", []string{"invalid_grant", "invalid_client", "server_error", "temporarily_unavailable"}},
		"introspect": {http.MethodPost, "/introspect", []string{"invalid_client", "temporarily_unavailable"}},
		"userinfo":   {http.MethodGet, "/userinfo", []string{"invalid_token", "server_error"}},
		"jwks":       {http.MethodGet, "/jwks", []string{"server_error", "temporarily_unavailable"}},
	} {
		w := newWorld(t, nil)
		before, _ := w.do(c.method, c.path, "", "")
		for _, failure := range c.errors {
			if status, text := w.post("/dev/api/failures", `{"point":"`+point+`","error":"`+failure+`","times":2}`); status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
			for range 2 {
				status, text := w.do(c.method, c.path, "", "")
				if status < 400 || !strings.Contains(text, `"error":"`+failure+`"`) || !strings.Contains(text, `"error_uri":"`+issuer+`/docs/errors/E-`) {
					t.Errorf("%s: %d %s, want %s", point, status, text, failure)
				}
			}
			if status, text := w.do(c.method, c.path, "", ""); status != before || strings.Contains(text, failure) && before == http.StatusOK {
				t.Errorf("%s: a third time: %d %s", point, status, text)
			}
		}
		if _, text := w.do(http.MethodGet, "/dev/api/failures", "", ""); !strings.Contains(text, `"items":[]`) {
			t.Errorf("left over: %s", text)
		}
	}
}

// A failure comes before the provider: what was sent is not spent, and can be sent again.
func TestFailures_SpendNothing(t *testing.T) {
	w := newWorld(t, nil)
	code := w.code(w.browser(), request(nil))
	w.post("/dev/api/failures", `{"point":"token","error":"temporarily_unavailable"}`)
	if status, answer := w.form("/token", redeem(code, nil)); status != http.StatusServiceUnavailable {
		t.Fatalf("%d %v", status, answer)
	}
	if status, answer := w.form("/token", redeem(code, nil)); status != http.StatusOK {
		t.Errorf("again: %d %v", status, answer)
	}
}

func TestFailures_Refused(t *testing.T) {
	w := newWorld(t, nil)
	for _, body := range []string{
		`{}`, `{"point":"token"}`, `{"error":"slow"}`, `{"point":"authorize","error":"slow"}`, `{"point":"token","error":"E-GRANT-01"}`,
		`{"point":"token","error":"slow","times":-1}`, `{"point":"token","error":"slow","times":1001}`, `{"point":"token","error":"slow","delay":"1h"}`,
		`{"point":"token","error":"slow","delay":"-1s"}`, `{"point":"token","error":"slow","delay":"soon"}`, `{"point":"token","error":"slow","how":"much"}`,
	} {
		if status, text := w.post("/dev/api/failures", body); status != http.StatusBadRequest || !strings.Contains(text, `"message"`) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	w.post("/dev/api/failures", `{"point":"jwks","error":"server_error","times":5}`)
	if status, _ := w.do(http.MethodDelete, "/dev/api/failures", "", ""); status != http.StatusOK {
		t.Errorf("not cleared: %d", status)
	}
	if status, _ := w.do(http.MethodGet, "/jwks", "", ""); status != http.StatusOK {
		t.Errorf("cleared, and still: %d", status)
	}
}

// A slow answer comes, but not before its time, unless nobody waits for it any more.
func TestFailures_Slow(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/dev/api/failures", `{"point":"jwks","error":"slow","delay":"20ms"}`)
	if status, text := w.do(http.MethodGet, "/jwks", "", ""); status != http.StatusOK || !strings.Contains(text, `"keys"`) {
		t.Errorf("%d %s", status, text)
	}
	w.post("/dev/api/failures", `{"point":"jwks","error":"slow","delay":"25s"}`)
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodGet, issuer+"/jwks", nil).WithContext(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.public.ServeHTTP(httptest.NewRecorder(), r)
	}()
	for happened := false; !happened; { // until the failure was met
		_, text := w.do(http.MethodGet, "/dev/api/failures", "", "")
		happened = strings.Contains(text, `"items":[]`)
	}
	select {
	case <-done:
		t.Error("an answer that should take 25 s was there at once")
	default:
	}
	cancel()
	<-done
}

// The challenge of a failing userinfo endpoint is one that clients can read (RFC 6750 §3).
func TestFailures_Challenge(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/dev/api/failures", `{"point":"userinfo","error":"invalid_token"}`)
	r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	out := httptest.NewRecorder()
	w.public.ServeHTTP(out, r)
	if got := out.Header().Get("WWW-Authenticate"); out.Code != http.StatusUnauthorized || !strings.HasPrefix(got, `Bearer realm="`+issuer+`", error="invalid_token"`) {
		t.Errorf("%d %s", out.Code, got)
	}
	w.post("/dev/api/failures", `{"point":"token","error":"temporarily_unavailable"}`)
	r = httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(url.Values{}.Encode()))
	out = httptest.NewRecorder()
	w.public.ServeHTTP(out, r)
	if out.Header().Get("Retry-After") == "" || out.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", out.Header())
	}
}
