package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSignaturesAreSummed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc((&provider{signed: 5}).metrics))
	defer server.Close()
	if n, err := signaturesAt(server.URL); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, text := range []string{"", "go_goroutines 7\n", "signet_signatures_total{alg=\"x\"} many\n", "signet_signatures_total{alg=\"x\"}\n"} {
		if n, err := sumSignatures(strings.NewReader(text)); err == nil {
			t.Errorf("%q counts as %d", text, n)
		}
	}
	if n, err := (meters{}).signed(); n != 0 || err != nil {
		t.Errorf("without a meter: %d, %v", n, err)
	}
}
