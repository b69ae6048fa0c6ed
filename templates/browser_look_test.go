package templates_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"signet/templates"
)

// Names that are one long word fit the narrowest window.
func testLongWords(t *testing.T, ctx context.Context) {
	few := []string{"login-client", "consent-more", "account-apps", "account-profile", "account-sessions", "home-apps", "sign-out-client", "select-account-client", "device-consent", "error-redirect-dev", "dev-mail"}
	pages := map[string]templates.Page{}
	for _, s := range templates.LongWords() {
		if slices.Contains(few, s.Name) || *screenshots != "" {
			pages[s.Name] = s.Page
		}
	}
	server := serve(t, stay, pages)
	for name := range pages {
		do(t, ctx, look(320, themes["light"]), chromedp.Navigate(server.URL+"/page/"+name), chromedp.WaitReady("main"))
		for _, v := range get[[]string](t, ctx, measure) {
			t.Errorf("%s: %s", name, v)
		}
		picture(t, ctx, name+"-long")
	}
}

// brands are looks of operators: a light one with a logo, a warm one, and one that is dark whatever people prefer.
func brands(t *testing.T) map[string]templates.Brand {
	return map[string]templates.Brand{
		"green": {Light: templates.Colours{Accent: "#00695c", Background: "#e8f3f0", Card: "#ffffff", Text: "#13211e"}, Logo: wordmark(t), LogoAlone: true},
		"warm":  {Light: templates.Colours{Accent: "#c2410c"}, Dark: templates.Colours{Background: "#1c1310", Card: "#2a1d18"}},
		"night": {Light: templates.Colours{Accent: "#ffd166", Background: "#0b1d3a", Card: "#12294f", Text: "#f4f7ff"}},
	}
}

// wordmark is a picture of a seal and a few strokes, with nothing behind them.
func wordmark(t *testing.T) *templates.Image {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 400, 100))
	for y := range 100 {
		for x := range 400 {
			if (x-50)*(x-50)+(y-50)*(y-50) < 1600 || x > 110 && x < 380 && y > 35 && y < 65 && (x/10)%3 != 0 {
				img.SetNRGBA(x, y, color.NRGBA{G: 0x50, B: 0x40, A: 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	out, err := templates.NewImage(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What brands choose is seen, whatever the policy forbids, and axe finds nothing: contrast is computed from what is drawn.
func testBrands(t *testing.T, ctx context.Context) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		missing(t, "no axe-core: npm install --prefix .ci/node")
	}
	complaints := listen(t, ctx)
	for name, brand := range brands(t) {
		o := stay
		o.Brand = brand
		server := serve(t, o, samplePages())
		for _, page := range []string{"login-wrong", "consent-more", "account-security-passkeys", "dev"} {
			do(t, ctx, look(1200, themes["light"]), chromedp.Navigate(server.URL+"/page/"+page), chromedp.WaitReady("main"))
			get[bool](t, ctx, "document.querySelectorAll(':disabled').forEach(b => b.disabled = false); true")
			get[bool](t, ctx, string(axe)+"; true")
			for _, theme := range []string{"light", "dark"} {
				do(t, ctx, look(1200, themes[theme]))
				picture(t, ctx, "brand-"+name+"-"+page+"-"+theme)
				for _, v := range get[[]string](t, ctx, examine) {
					t.Errorf("%s, %s, %s: %s", name, page, theme, v)
				}
			}
			if brand.Logo != nil && get[int](t, ctx, "document.querySelector('.brand-logo').naturalWidth") != 400 {
				t.Errorf("%s: the logo is not drawn", page)
			}
		}
	}
	for _, c := range complaints() {
		t.Errorf("the browser says %s", c)
	}
}
