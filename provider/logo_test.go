package provider_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/outbound"
)

// drawn is a picture of a grey that tells it from others.
func drawn(t testing.TB, grey uint8, side int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// logoWorld has a client whose logo is at a site with TLS.
func logoWorld(t *testing.T) (*world, *site, func(id string) []byte) {
	t.Helper()
	plain := newSite(t)
	s := &site{Server: httptest.NewTLSServer(plain.Config.Handler)}
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	w := newStillWorld(t, func(c *provider.Config) {
		c.Outbound = outbound.New(outbound.Config{Roots: roots, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	})
	w.client(provider.Client{ID: "app", LogoURI: s.URL + "/logo.png"})
	plain.Server.URL = s.URL
	return w, plain, func(id string) []byte {
		t.Helper()
		picture, err := w.Logo(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
}

// greyOf is what a logo was drawn with, or -1 without one.
func greyOf(t testing.TB, picture []byte) int {
	t.Helper()
	if picture == nil {
		return -1
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	r, _, _, _ := img.At(0, 0).RGBA()
	return int(r >> 8)
}

func TestLogosAreFetchedDrawnAndKept(t *testing.T) {
	w, s, logo := logoWorld(t)
	s.say(string(drawn(t, 10, 1000)))
	picture := logo("app")
	if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() != 256 || greyOf(t, picture) != 10 {
		t.Fatalf("%v", err)
	}
	s.say(string(drawn(t, 20, 16)))
	w.pass(6*time.Hour - time.Second)
	if greyOf(t, logo("app")) != 10 {
		t.Error("not kept")
	}
	wantAsked(t, s, 1)
	w.pass(time.Second)
	if greyOf(t, logo("app")) != 20 {
		t.Error("not fetched again")
	}
	// The old one serves while there is no new one, for a day after its time.
	s.fail(http.StatusNotFound)
	w.pass(6 * time.Hour)
	for range 3 {
		if greyOf(t, logo("app")) != 20 {
			t.Error("gone at once")
		}
	}
	wantAsked(t, s, 3)
	w.pass(48 * time.Hour)
	if greyOf(t, logo("app")) != -1 {
		t.Error("still there after two days")
	}
	// A client without one, one that is not there, one that is disabled: none.
	w.client(provider.Client{ID: "plain"})
	if err := w.EditClient(t.Context(), "app", func(c *provider.Client) error { c.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"plain", "nobody", "", "app", strings.Repeat("x", 500)} {
		if logo(id) != nil {
			t.Errorf("%q has a logo", id)
		}
	}
}

func TestAttack_AK03_BadLogosAreNotShown(t *testing.T) {
	for what, answer := range map[string]func(s *site){
		"SVG": func(s *site) {
			s.say(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "Content-Type", "image/svg+xml")
		},
		"HTML":      func(s *site) { s.say("<html>", "Content-Type", "image/png") },
		"too large": func(s *site) { s.say(string(drawn(t, 1, 16)) + strings.Repeat("x", 600<<10)) },
		"too wide":  func(s *site) { s.say(string(drawn(t, 1, 2049))) },
		"cut":       func(s *site) { s.say(string(drawn(t, 1, 16)[:50])) },
		"a refusal": func(s *site) { s.fail(http.StatusForbidden) },
		"moved":     func(s *site) { s.fail(http.StatusFound) },
	} {
		w, s, logo := logoWorld(t)
		answer(s)
		if logo("app") != nil {
			t.Errorf("%s is shown", what)
		}
		logo("app") // what cannot be had is not asked for again at once
		wantAsked(t, s, 1)
		if last := w.events[len(w.events)-1]; last.Kind != "warning" || last.Client != "app" {
			t.Errorf("%s: the operator is told %+v", what, last)
		}
		s.say(string(drawn(t, 30, 16)))
		w.pass(10 * time.Minute)
		if greyOf(t, logo("app")) != 30 {
			t.Errorf("%s: mended, and still not shown", what)
		}
	}
}

// The address of a logo is one of a stranger: this machine's neighbours are not asked for it.
func TestAttack_AE01_LogosOfPrivateAddresses(t *testing.T) {
	w, s, logo := logoWorld(t)
	_ = s
	for i, uri := range []string{"https://10.0.0.1/logo.png", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/logo.png"} {
		id := fmt.Sprint("inner", i)
		w.client(provider.Client{ID: id, LogoURI: uri})
		if logo(id) != nil {
			t.Errorf("%s is shown", uri)
		}
	}
}

// However many pages are loaded, one picture is fetched once, and all of them together so often in a minute.
func TestAttack_AE06_LogosAreFetchedWithMeasure(t *testing.T) {
	w, s, logo := logoWorld(t)
	s.say(string(drawn(t, 10, 16)))
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if greyOf(t, logo("app")) != 10 {
				t.Error("no logo")
			}
		})
	}
	all.Wait()
	wantAsked(t, s, 1)
	for i := range 100 {
		id := fmt.Sprint("app", i)
		w.client(provider.Client{ID: id, LogoURI: s.Server.URL + "/" + id})
		logo(id)
	}
	wantAsked(t, s, 60)
	w.pass(time.Minute)
	if greyOf(t, logo("app99")) != 10 {
		t.Error("no logo in the next minute")
	}
	// Whoever hangs up does not spoil it for the others.
	w.client(provider.Client{ID: "other", LogoURI: s.Server.URL + "/other"})
	ctx, cancel := context.WithCancel(context.Background())
	s.during = cancel
	_, _ = w.Logo(ctx, "other")
	if ctx.Err() == nil {
		t.Error("it was not fetched")
	}
	if greyOf(t, logo("other")) != 10 {
		t.Error("spoilt")
	}
}
