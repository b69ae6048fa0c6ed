package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"signet/handlers"
)

// asClient is a token request with HTTP Basic from an address.
func (w *world) asClient(id, secret, from string) *httptest.ResponseRecorder {
	r := w.request(http.MethodPost, "/token", url.Values{"grant_type": {"client_credentials"}}.Encode())
	r.SetBasicAuth(id, secret)
	r.RemoteAddr = from
	return w.do(r)
}

// TestAttack_AB10_GuessingClientSecrets: who guesses is slowed down, for that client and from that network only, and the
// client itself is not locked out for long.
func TestAttack_AB10_GuessingClientSecrets(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.ClientFailures = handlers.Rate{Count: 5, Per: time.Minute} })
	const attacker, elsewhere = "192.0.2.1:1", "198.51.100.1:1"
	for range 5 {
		if out := w.asClient("app", "guess", attacker); out.Code != http.StatusUnauthorized {
			t.Fatalf("a guess: %d", out.Code)
		}
	}
	refused := func(id, secret, from string) bool {
		out := w.asClient(id, secret, from)
		if out.Code == http.StatusTooManyRequests && out.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return out.Code == http.StatusTooManyRequests
	}
	for _, c := range []struct {
		id, secret, from string
		want             bool
	}{
		{"app", "guess", attacker, true}, {"app", w.secret, attacker, true}, {"app", w.secret, "192.0.2.99:1", true},
		{"app", w.secret, elsewhere, false}, {"other", "guess", attacker, false},
	} {
		if got := refused(c.id, c.secret, c.from); got != c.want {
			t.Errorf("%s from %s: slowed down %v, want %v", c.id, c.from, got, c.want)
		}
	}
	w.offset.Add(int64(13 * time.Second))
	if refused("app", w.secret, attacker) {
		t.Error("a fifth of the time must give back a fifth of the tries")
	}
}
