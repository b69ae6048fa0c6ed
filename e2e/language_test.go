package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"signet/e2e"
)

// Somebody chooses Arabic at the foot of the sign-in page, by keyboard or without scripts, and goes the whole way in it.
func TestBrowser_Languages(t *testing.T) {
	browser := launch(t)
	provider := e2e.Production(t)
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			b, a := person(t, browser), run(t, provider, "arabic "+name)
			b.scripting(scripts)
			b.begin(a)
			if scripts {
				b.chooseByKeyboard()
			} else {
				b.do(chromedp.Click(chromedp.CSS("#language summary")), chromedp.WaitVisible(chromedp.CSS("#language button")))
				b.click(`#language button[value="ar"]`, atSignIn)
			}
			b.isArabic("sign-in", scripts)
			if got := get[string](b, `document.querySelector("#language [aria-current]").textContent`); got != "العربية" {
				t.Errorf("the menu says that the language is %q", got)
			}
			b.fill("#identifier", "ada")
			b.fill("#password", "not this one at all")
			b.click("#sign-in", "#problem")
			b.isArabic("sign-in-wrong", scripts)
			b.fill("#password", provider.Password)
			b.click("#sign-in", atConsent)
			b.isArabic("consent", scripts)
			b.click("#allow", signedIn)
			b.isSignedIn()
			b.open(provider.Issuer+"/account/profile", "form#profile")
			b.isArabic("account-profile", scripts)
		})
	}
}

// chooseByKeyboard opens the menu and chooses Arabic with the tabulator and Enter.
func (b *tab) chooseByKeyboard() {
	b.t.Helper()
	at := func(script string) bool { return get[bool](b, script) }
	b.do(chromedp.Focus(chromedp.CSS("#sign-in")))
	for range 20 {
		if b.keys(kb.Tab); at(`document.activeElement.matches("#language summary")`) {
			break
		}
	}
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("#language button")))
	b.look("menu-of-languages")
	for range 10 {
		if b.keys(kb.Tab); at(`document.activeElement.value === "ar"`) {
			break
		}
	}
	get[bool](b, "document.body.toggleAttribute('data-left', true)")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("body:not([data-left]) " + atSignIn)))
}

// isArabic looks at a page: its language and direction, and that what is typed is not turned around.
func (b *tab) isArabic(name string, scripts bool) {
	b.t.Helper()
	if got := get[string](b, "document.documentElement.lang + ' ' + getComputedStyle(document.body).direction"); got != "ar rtl" {
		b.t.Errorf("%s: language and direction %q", name, got)
	}
	if heading := b.text("h1"); !strings.ContainsFunc(heading, func(r rune) bool { return r >= 0x600 && r <= 0x6ff }) {
		b.t.Errorf("%s: the heading is %q", name, heading)
	}
	turned := get[[]string](b, `[...document.querySelectorAll('input[type="email"], input[type="password"], input[autocomplete^="username"], input[autocomplete="tel"], .user-code')]
		.filter(e => getComputedStyle(e).direction !== "ltr" && e.dir !== "auto").map(e => e.id)`)
	if len(turned) > 0 {
		b.t.Errorf("%s: what is written from the left is turned around: %v", name, turned)
	}
	if scripts {
		b.look("arabic-" + name)
	}
}
