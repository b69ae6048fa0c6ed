package handlers_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"signet/provider"
)

func logoPathOf(id string) string { return "/logo/" + base64.RawURLEncoding.EncodeToString([]byte(id)) }

// A picture is always an answer: a neutral one where there is none, and never anything but a PNG.
func TestAttack_AK03_LogosAreHarmlessPictures(t *testing.T) {
	w := newWorld(t)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.LogoURI = "https://10.0.0.1/logo.svg"; return nil }))
	for _, path := range []string{logoPathOf("app"), logoPathOf("nobody"), "/logo/!", "/logo/" + strings.Repeat("A", 2000), logoPathOf("..") + "x"} {
		out := w.do(w.request(http.MethodGet, path, ""))
		_, err := png.Decode(bytes.NewReader(out.Body.Bytes()))
		head := out.Header()
		if out.Code != http.StatusOK || err != nil || head.Get("Content-Type") != "image/png" || head.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(head.Get("Content-Security-Policy"), "sandbox") || head.Get("Cross-Origin-Resource-Policy") != "same-origin" || head.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: %d, %v, %v", path, out.Code, err, head)
		}
	}
}

// The picture is at an address of the provider: the browser of somebody who signs in asks the client for nothing.
func TestAttack_AK03_PagesShowNoPicturesOfOthers(t *testing.T) {
	w := newWorld(t)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error {
		c.LogoURI, c.PolicyURI, c.TosURI = "https://app.example.test/logo.png", "https://app.example.test/privacy", "https://app.example.test/terms"
		return nil
	}))
	b := w.browser().Get(authorizeURL())
	pages := map[string]bool{}
	for range 2 {
		for _, name := range []string{"login", "consent"} {
			if b.Has(name) {
				pages[name] = true
			}
		}
		if pictures := b.All("img", "src"); len(pictures) != 1 || pictures[0] != logoPathOf("app") {
			t.Errorf("pictures %v", pictures)
		}
		if policy := b.Last().Header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' data:;") || b.Allows("img-src", "https://app.example.test/logo.png") {
			t.Errorf("the policy of the page: %s", policy)
		}
		for _, link := range []string{"https://app.example.test/privacy", "https://app.example.test/terms"} {
			if !strings.Contains(strings.Join(b.All("a", "href"), " "), link) {
				t.Errorf("no link to %s", link)
			}
		}
		if b.Has("login") {
			signIn(b, "ada")
		}
	}
	if !pages["login"] || !b.Has("consent") {
		t.Errorf("pages %v", pages)
	}
	// A client without a picture has none, and one with a strange name has an address that can be asked.
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.LogoURI = ""; return nil }))
	if pictures := w.browser().Get(authorizeURL()).All("img", "src"); len(pictures) != 0 {
		t.Errorf("pictures %v", pictures)
	}
	strange := provider.Client{ID: `../a b"<>%2f`, LogoURI: "https://app.example.test/l.png", RedirectURIs: []string{callback}, Scopes: []string{"openid", "profile"}}
	_, err := w.provider.AddClient(t.Context(), &strange)
	w.check(err)
	pictures := w.browser().Get(authorizeURL("client_id", strange.ID)).All("img", "src")
	if len(pictures) != 1 || w.do(w.request(http.MethodGet, pictures[0], "")).Code != http.StatusOK {
		t.Errorf("pictures %v", pictures)
	}
}
