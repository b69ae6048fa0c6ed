package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"signet/handlers"
)

// The size of a body is the operator's to choose.
func TestForm_SizeIsConfigured(t *testing.T) {
	for most, want := range map[int64]map[int]bool{0: {1000: true, 60 << 10: true, 70 << 10: false}, 8 << 10: {1000: true, 9 << 10: false}, 1 << 20: {70 << 10: true}} {
		w := newWorldAt(t, issuer, func(c *handlers.Config) { c.MaxBody = most })
		for size, taken := range want {
			out := w.do(w.request(http.MethodPost, "/token", "grant_type="+strings.Repeat("x", size)))
			if got := out.Code != http.StatusRequestEntityTooLarge; got != taken {
				t.Errorf("%d bytes where at most %d are taken: taken %v, want %v", size, most, got, taken)
			}
		}
	}
}
