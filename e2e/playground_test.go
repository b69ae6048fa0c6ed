package e2e_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// The playground in a browser, flow by flow. The first one is in development_test.go.
func TestBrowser_Playground(t *testing.T) {
	browser := launch(t)
	for name, test := range map[string]func(*tab, string){
		"hybrid":          playgroundHybrid,
		"without-scripts": playgroundWithoutScripts,
		"form-post":       playgroundFormPost,
		"signed":          playgroundSigned,
		"claims":          playgroundClaims,
		"registers":       playgroundRegisters,
		"pushed":          playgroundPushed,
		"signed-request":  playgroundSignedRequest,
		"device":          playgroundDevice,
		"sign-out":        playgroundSignsOut,
	} {
		t.Run(name, func(t *testing.T) { test(person(t, browser), e2e.Development(t).Issuer+"/playground") })
	}
}

// flow begins a run and goes on to its request.
func (b *tab) flow(address, name string) {
	b.t.Helper()
	b.open(address, "#pick")
	b.choose("#pick-flow", name)
	b.click("#pick button", "#next")
	b.click("#next", "#request")
}

// choose picks an option.
func (b *tab) choose(field, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(field), value))
}

// agree signs Ada in and allows what is asked, until the playground shows something.
func (b *tab) agree(until string) {
	b.t.Helper()
	b.click(ada, atConsent)
	b.click("#allow", until)
}

// says fails the test unless the page says all of these.
func (b *tab) says(all ...string) {
	b.t.Helper()
	text := b.text("main")
	for _, words := range all {
		if !strings.Contains(text, words) {
			b.t.Errorf("the page does not say %q:\n%s", words, text)
		}
	}
}

// faces looks at a page in both themes, and as wide as a telephone.
func (b *tab) faces(name string) {
	b.t.Helper()
	b.look(name)
	b.dress("dark", 1100)
	b.look(name + "-dark")
	b.dress("light", 360)
	b.look(name + "-phone")
	if wide := get[int](b, "document.documentElement.scrollWidth"); wide > 360 {
		b.t.Errorf("%s is %d pixels wide on a telephone", name, wide)
	}
	b.dress("light", 1100)
}

// dress gives the tab a theme and a width.
func (b *tab) dress(theme string, width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// An answer in the fragment: a script takes it out of the address.
func playgroundHybrid(b *tab, address string) {
	b.open(address, "#pick")
	b.faces("playground-pick")
	b.flow(address, "hybrid")
	b.choose(`#request [name="p.response_type"]`, "code id_token token")
	b.click("#request button[value=show]", "#implicit")
	b.faces("playground-hybrid-request")
	b.click("#go button", atSignIn)
	b.agree("#next")
	b.says("c_hash fits the code", "at_hash fits the access token", "s_hash fits the state")
	if at := get[string](b, "location.href"); strings.ContainsAny(at, "?#") {
		b.t.Errorf("the answer stays in the address: %s", at)
	}
	b.faces("playground-hybrid-callback")
	b.click("#next", "#token")
	b.click("#token button", "#next")
	b.says("The ID token is genuine")
}

// Without scripts the person is told what to do.
func playgroundWithoutScripts(b *tab, address string) {
	b.scripting(false)
	b.flow(address, "implicit")
	b.click("#go button", atSignIn)
	b.agree("#fragment")
	at := get[string](b, "location.href")
	b.scripting(true)
	b.faces("playground-fragment")
	b.scripting(false)
	b.fill("#fragment textarea", at)
	b.click("#fragment button", "#next")
	b.click("#next", "#id-token")
	b.says("The ID token is genuine", "at_hash fits the access token")
}

// The answer comes by POST, and a script of the provider's page submits it.
func playgroundFormPost(b *tab, address string) {
	b.flow(address, "code")
	b.choose(`#request [name="p.response_mode"]`, "form_post")
	b.click("#request button", atSignIn)
	b.agree("#next")
	b.says("By POST", "The answer is for this request")
	b.faces("playground-form-post-callback")
}

// A signed answer is opened, one in the query and an error.
func playgroundSigned(b *tab, address string) {
	b.flow(address, "code")
	b.choose(`#request [name="p.response_mode"]`, "jwt")
	b.click("#request button", atSignIn)
	b.agree("#jarm")
	b.says("The signed answer, opened", "The signature fits the key")
	b.faces("playground-jarm")
}

// Claims by name, the last ID token as a hint, and the form that carries it.
func playgroundClaims(b *tab, address string) {
	b.flow(address, "code")
	b.click("#claims button[value=claims-id-token]", "#request")
	b.faces("playground-claims")
	b.click("#go button", atSignIn)
	b.agree("#next")
	b.click("#next", "#token")
	b.click("#token button", "#id-token")
	b.says("ada@example.test")
	b.flow(address, "code")
	b.choose(`#request [name="p.id_token_hint"]`, "last")
	b.choose(`#request [name="p.prompt"]`, "none")
	b.click("#request button", "#carry")
	b.faces("playground-carry")
	b.click("#carry button", "#next")
	b.says("The answer is for this request")
}

// The client registers itself, proves who it is with its key, and is deleted.
func playgroundRegisters(b *tab, address string) {
	b.registered(address, "code")
	b.faces("playground-registered")
	b.click("#next", "#request")
	b.click("#go button", atSignIn)
	b.agree("#next")
	b.click("#next", "#token")
	b.says("The client's proof")
	b.faces("playground-token-key")
	b.click("#token button", "#id-token")
	b.says("The ID token is genuine")
	b.open(get[string](b, "document.querySelector('.steps a[href$=register]').href"), "#manage")
	b.click("#manage button[value=delete]", "#outcome")
	b.says("The client is no more")
	b.look("playground-deleted")
}

// registered begins a run whose client registers itself.
func (b *tab) registered(address, flow string) {
	b.t.Helper()
	b.open(address, "#pick")
	b.choose("#pick-flow", flow)
	b.choose("#pick-client", "registers")
	b.click("#pick button", "#next")
	b.click("#next", "#register")
	b.faces("playground-register")
	b.click("#register button", "#record")
	b.says("The client is registered")
}

// The client brings the request to the provider, unsigned and signed.
func playgroundPushed(b *tab, address string) {
	b.registered(address, "code")
	for _, way := range []string{"par", "par-request"} {
		b.click("#next", "#request")
		b.choose(`#request [name=way]`, way)
		b.click("#request button[value=show]", "#request")
		b.click("#go button", "#push")
		b.faces("playground-" + way)
		b.click("#push button", "#pushed")
		b.faces("playground-" + way + "-done")
		if way == "par" {
			b.click("#push button", atSignIn)
			b.agree("#answer")
		} else {
			b.click("#push button", "#answer")
		}
		b.says("The answer is for this request")
		b.open(get[string](b, "document.querySelector('.steps a[href$=register]').href"), "#next")
	}
}

// The browser carries a signed request, or the address where the provider fetches it.
func playgroundSignedRequest(b *tab, address string) {
	b.registered(address, "code")
	b.click("#next", "#request")
	b.choose(`#request [name=way]`, "request_uri")
	b.click("#request button[value=show]", "#object")
	b.faces("playground-request-object")
	b.click("#go button", atSignIn)
	b.agree("#answer")
	b.says("The answer is for this request", "The provider fetched the request object")
	b.open(get[string](b, "document.querySelector('.steps a[href$=request]').href"), "#request")
	b.choose(`#request [name=way]`, "request")
	b.click("#request button[value=show]", "#object")
	b.click("#go button", "#answer")
	b.says("The answer is for this request")
}

// A registered client ends the session, and is told by a frame and by the provider itself.
func playgroundSignsOut(b *tab, address string) {
	b.registered(address, "code")
	b.click("#next", "#request")
	b.click("#go button", atSignIn)
	b.agree("#next")
	b.click("#next", "#token")
	b.click("#token button", "#id-token")
	b.click("#next", "#userinfo")
	b.click("#next", "#end")
	b.faces("playground-sign-out")
	b.click("#end button", "#carry")
	b.click("#carry button", "#ask")
	b.says("The browser is back, with the state that was sent", "A frame of the browser has called, for this issuer and this session")
	for range 20 {
		if strings.Contains(b.text("main"), "its logout token is good") {
			break
		}
		b.do(chromedp.Sleep(500*time.Millisecond), chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS("#ask")))
	}
	b.says("The provider has called, and its logout token is good")
	b.excuse("Clear-Site-Data header", "allow-same-origin") // remarks on the provider's page, which wants both
	b.faces("playground-ended")
	b.click("#ask button", "#answer")
	b.says("nobody suitable is signed in")
}

// excuse forgets remarks of the browser that are no complaints.
func (b *tab) excuse(remarks ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = slices.DeleteFunc(b.said, func(said string) bool {
		return slices.ContainsFunc(remarks, func(r string) bool { return strings.Contains(said, r) })
	})
}
