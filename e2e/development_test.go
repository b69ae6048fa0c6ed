package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// What developers do in a browser with a development provider. Who moves the clock has a provider of their own.
func TestBrowser_Development(t *testing.T) {
	browser := launch(t)
	for name, test := range map[string]func(*tab, *application){
		"pick":       pick,
		"disabled":   disabled,
		"expired":    expired,
		"clock":      clock,
		"session":    sessionEnds,
		"playground": playground,
	} {
		t.Run(name, func(t *testing.T) { test(person(t, browser), run(t, e2e.Development(t), name)) })
	}
}

// ada is the button of the first of the people to pick on the sign-in page.
const ada = "#people li:first-child button"

// One click on a name suffices.
func pick(b *tab, a *application) {
	b.begin(a)
	b.look("pick")
	b.click(ada, atConsent)
	b.click("#allow", signedIn)
	b.isSignedIn()
}

// Somebody who is disabled stays out, and may try somebody else.
func disabled(b *tab, a *application) {
	b.begin(a)
	b.fill("#identifier", "mary")
	b.fill("#password", a.provider.Password)
	b.click("#sign-in", "#problem")
	b.look("sign-in-disabled")
	b.do(chromedp.Clear(chromedp.CSS("#identifier")))
	b.password(a, atConsent)
}

// Who comes back from a long lunch is told that the sign-in has expired, at the form and at its address, and can begin again.
func expired(b *tab, a *application) {
	b.begin(a)
	a.provider.Advance(b.t, 24*time.Hour)
	b.fill("#identifier", "ada")
	b.fill("#password", a.provider.Password)
	b.click("#sign-in", atError)
	b.look("expired")
	if text := b.text("body"); !strings.Contains(text, "E-REQ-07") {
		b.t.Errorf("the page says %q, want E-REQ-07", text)
	}
	b.begin(a)
	b.password(a, atConsent)
	b.click("#allow", signedIn)
	b.isSignedIn()
}

// The clock is on the page of development mode, with buttons that move it.
func clock(b *tab, a *application) {
	b.open(a.provider.Issuer+"/dev", "form#clock")
	b.look("dev")
	before := b.text("#now")
	b.click("form#clock button[value='24h']", "form#clock")
	if now := b.text("#now"); now == before {
		b.t.Errorf("a day later it is still %s", now)
	}
	b.look("dev-a-day-later")
}

// A session that was not used for long has ended: the provider asks again who is there.
func sessionEnds(b *tab, a *application) {
	b.begin(a)
	b.click(ada, atConsent)
	b.click("#allow", signedIn)
	b.click("#logout button", atApplication)
	b.click(atApplication, signedIn)
	b.click("#logout button", atApplication)
	a.provider.Advance(b.t, 365*24*time.Hour)
	b.click(atApplication, atSignIn)
}

// The first thing that anybody tries: from the playground's first page to the tokens and what they are good for.
func playground(b *tab, a *application) {
	b.open(a.provider.Issuer+"/playground", "#pick")
	for _, step := range []struct{ name, press, until string }{
		{"Pick", "#pick button", "#next"},
		{"Discovery", "#next", "#request"},
		{"Request", "#request button", atSignIn},
		{"", ada, atConsent},
		{"", "#allow", "#next"},
		{"Callback", "#next", "#token"},
		{"Token request", "#token button", "#next"},
		{"Answer", "#next", "#userinfo"},
		{"Use it", "#userinfo button", "#userinfo"},
	} {
		if got := b.text(".steps [aria-current=step] .name"); got != step.name {
			b.t.Errorf("the present step is %q, want %q", got, step.name)
		}
		if step.name != "" {
			b.look("playground-" + strings.ReplaceAll(strings.ToLower(step.name), " ", "-"))
		}
		b.click(step.press, step.until)
	}
	b.look("playground-userinfo")
	if text := b.text("main"); !strings.Contains(text, "Ada Lovelace") {
		b.t.Errorf("UserInfo does not tell who it is:\n%s", text)
	}
}
