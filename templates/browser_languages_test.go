package templates_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"signet/templates"
)

// In each language that Signet comes with every page fits a narrow window. German has the longest words and Arabic goes the
// other way, so that all their pages are measured; axe looks at what is Arabic.
func testLanguages(t *testing.T, ctx context.Context, server string) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		missing(t, "no axe-core: npm install --prefix .ci/node")
	}
	few := []string{"login-wrong", "consent-more", "factor", "home", "account-security", "account-profile"}
	for _, tag := range []string{"de", "fr", "es", "ar"} {
		all := tag == "de" || tag == "ar" || *screenshots != ""
		for _, s := range templates.Samples() {
			if templates.ForDevelopers(s.Page) || !all && !slices.Contains(few, s.Name) {
				continue
			}
			do(t, ctx, look(320, themes["light"]), chromedp.Navigate(server+"/page/"+s.Name+"?ui_locales="+tag), chromedp.WaitReady("main"))
			if got := get[string](t, ctx, "document.documentElement.lang"); got != tag {
				t.Fatalf("%s: language %q, want %q", s.Name, got, tag)
			}
			for _, v := range get[[]string](t, ctx, measure) {
				t.Errorf("%s in %s: %s", s.Name, tag, v)
			}
			picture(t, ctx, s.Name+"-"+tag)
			if tag == "ar" && *screenshots != "" {
				do(t, ctx, look(1200, themes["light"]))
				picture(t, ctx, s.Name+"-ar-wide")
				do(t, ctx, look(320, themes["light"]))
			}
			if tag != "ar" || sameBut(s) {
				continue
			}
			get[bool](t, ctx, "document.querySelectorAll(':disabled').forEach(b => b.disabled = false); true")
			get[bool](t, ctx, string(axe)+"; true")
			for _, v := range get[[]string](t, ctx, examine) {
				t.Errorf("%s in %s: %s", s.Name, tag, v)
			}
		}
	}
}
