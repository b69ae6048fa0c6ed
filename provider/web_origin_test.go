package provider

import (
	"fmt"
	"strings"
	"testing"
)

func TestWebOrigins_AreChecked(t *testing.T) {
	for origin, good := range map[string]bool{
		"https://app.example.test": true, "https://app.example.test:8443": true, "http://localhost:3000": true, "http://127.0.0.1:3000": true, "http://[::1]:3000": true,
		"https://xn--bcher-kva.example": true, "http://app.localhost:3000": true, "http://localhost": true,
		"https://app.example.test/": false, "https://app.example.test:443": false, "http://localhost:80": false, "http://app.example.test": false, "https://APP.example.test": false,
		"null": false, "*": false, "https://*.example.test": false, "https://app.example.test?x": false, "https://app.example.test#x": false, "https://u@app.example.test": false,
		"": false, "app.example.test": false, "https://": false, "https://app.example.test:": false, "https://app.example.test:99999": false, "com.example.app:": false, "data:": false,
		"https://bücher.example": false, "https://app.example.test\\": false, "https://" + strings.Repeat("a", 300) + ".test": false,
	} {
		c := Client{WebOrigins: []string{origin}}
		if why := c.webOriginsFault(); (why == "") != good {
			t.Errorf("%q: %q", origin, why)
		}
	}
}

// The origins of one client are bounded, wherever they come from.
func TestWebOrigins_AreBounded(t *testing.T) {
	c := Client{AuthMethod: "none"}
	for i := range maxOrigins {
		c.RedirectURIs = append(c.RedirectURIs, fmt.Sprintf("https://app%d.example.test/a", i), fmt.Sprintf("https://app%d.example.test/b", i))
	}
	if why := c.webOriginsFault(); why != "" || len(clientTerms(&c)) != maxOrigins+1 {
		t.Errorf("%s, %d terms", why, len(clientTerms(&c)))
	}
	c.WebOrigins = []string{"https://one.more.example.test"}
	if why := c.webOriginsFault(); why == "" {
		t.Error("one more is taken")
	}
	c.AuthMethod = "client_secret_basic"
	if why := c.webOriginsFault(); why != "" || len(c.origins()) != 1 {
		t.Errorf("a client with a secret: %s, %v", why, c.origins())
	}
}
