package e2e_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"signet/e2e"
)

// What people do in a browser between an application and the provider.
func TestBrowser(t *testing.T) {
	browser := launch(t)
	provider := e2e.Production(t)
	for name, test := range map[string]func(*tab, *application){
		"sign-in":         signIn,
		"refusal":         refusal,
		"wrong-password":  wrongPassword,
		"two-tabs":        twoTabs,
		"back":            back,
		"without-scripts": withoutScripts,
		"keyboard":        keyboard,
	} {
		t.Run(name, func(t *testing.T) { test(person(t, browser), run(t, provider, name)) })
	}
}

// application is the example in Go, which lets people sign in at a provider.
type application struct {
	url      string
	provider *e2e.Provider
}

// run starts the application as a client of its own, so that nobody has consented to it yet.
func run(t *testing.T, provider *e2e.Provider, id string) *application {
	t.Helper()
	port := strconv.Itoa(e2e.FreePort(t))
	a := &application{url: "http://localhost:" + port, provider: provider}
	secret := provider.Register(t, id, a.url+"/callback")
	env := append(provider.TrustEnv(), "ISSUER="+provider.Issuer, "CLIENT_ID="+id, "CLIENT_SECRET="+secret, "PORT="+port)
	e2e.Start(t, t.TempDir(), env, e2e.Build(t, "signet/examples/go")).WaitFor(a.url)
	return a
}

// The elements by which the tests know the pages.
const (
	atApplication = "a#login"
	atSignIn      = "form#login"
	atConsent     = "form#consent"
	atError       = "#error"
	signedIn      = "#claims"
)

// begin goes from the application to the sign-in page.
func (b *tab) begin(a *application) {
	b.t.Helper()
	b.open(a.url, atApplication)
	b.click(atApplication, atSignIn)
}

// password gives name and password, and waits for what comes next.
func (b *tab) password(a *application, until string) {
	b.t.Helper()
	b.fill("#identifier", "ada")
	b.fill("#password", a.provider.Password)
	b.click("#sign-in", until)
}

// isSignedIn looks at what the application has learned.
func (b *tab) isSignedIn() {
	b.t.Helper()
	var info struct{ Name string }
	if err := json.Unmarshal([]byte(b.text("#userinfo")), &info); err != nil || info.Name != "Ada Lovelace" {
		b.t.Errorf("the application knows %q (%v), want Ada Lovelace", info.Name, err)
	}
}

// The whole way; and when the application has forgotten, a click suffices: the provider knows the person and what they allowed.
func signIn(b *tab, a *application) {
	b.open(a.url, atApplication)
	b.look("application")
	b.click(atApplication, atSignIn)
	b.look("sign-in")
	b.password(a, atConsent)
	b.look("consent")
	b.click("#allow", signedIn)
	b.look("application-signed-in")
	b.isSignedIn()
	b.click("#logout button", atApplication)
	b.click(atApplication, signedIn)
	b.isSignedIn()
	b.open(a.provider.Issuer, "main")
	b.look("home")
}

// Who says no comes back to the application, which says that it was so.
func refusal(b *tab, a *application) {
	b.begin(a)
	b.password(a, atConsent)
	b.click("#deny", "pre")
	if text := b.text("body"); !strings.Contains(text, "access_denied") {
		b.t.Errorf("the application says %q, want access_denied", text)
	}
	b.open(a.url, atApplication)
}

// A wrong password is answered where it was given: the focus is on what is wrong, the name is still there, the password is
// not. The right one then suffices.
func wrongPassword(b *tab, a *application) {
	b.begin(a)
	b.fill("#identifier", "ada")
	b.fill("#password", "not this one at all")
	b.click("#sign-in", "#problem")
	b.look("sign-in-wrong")
	if got := b.focused(); got != "problem" {
		b.t.Errorf("the focus is on %q, want the problem", got)
	}
	if name, password := get[string](b, "document.querySelector('#identifier').value"), get[string](b, "document.querySelector('#password').value"); name != "ada" || password != "" {
		b.t.Errorf("name %q and password %q, want ada and none", name, password)
	}
	b.fill("#password", a.provider.Password)
	b.click("#sign-in", atConsent)
	b.click("#allow", signedIn)
	b.isSignedIn()
}

// Two tabs have begun. Who finishes in the second and then sends the form in the first is not asked for more than the
// sign-in that form is for, and both tabs arrive.
func twoTabs(b *tab, a *application) {
	b.begin(a)
	other := b.another()
	other.begin(a)
	other.password(a, atConsent)
	other.click("#allow", signedIn)
	other.isSignedIn()
	b.password(a, signedIn)
	b.isSignedIn()
}

// The back button shows pages that were; using them again ends signed in, too.
func back(b *tab, a *application) {
	b.begin(a)
	b.password(a, atConsent)
	b.do(chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS(atSignIn)))
	b.look("back-to-sign-in")
	b.fill("#password", a.provider.Password) // the provider knows by now who it is
	b.click("#sign-in", atConsent)
	b.click("#allow", signedIn)
	b.do(chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS("body")))
	b.look("back-to-consent")
	b.open(a.url, signedIn)
	b.isSignedIn()
}

// Everything works where scripts are off. The application's page has none.
func withoutScripts(b *tab, a *application) {
	b.scripting(false)
	b.begin(a)
	b.password(a, atConsent)
	b.picture("consent-without-scripts")
	b.click("#allow", signedIn)
	b.isSignedIn()
}

// The keyboard alone suffices, and the focus begins where typing begins.
func keyboard(b *tab, a *application) {
	b.begin(a)
	if got := b.focused(); got != "identifier" {
		b.t.Errorf("the focus is on %q, want the name", got)
	}
	b.keys("ada" + kb.Tab + a.provider.Password + kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(atConsent)), chromedp.WaitEnabled(chromedp.CSS("#allow")))
	for range 20 {
		if b.focused() == "allow" {
			break
		}
		b.keys(kb.Tab)
	}
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(signedIn)))
	b.isSignedIn()
}
