package e2e_test

import (
	"testing"

	"signet/e2e"
)

// What people do in a browser with their own account, with scripts and without.
func TestBrowserAccount(t *testing.T) {
	browser := launch(t)
	provider := e2e.Production(t)
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			b, elsewhere := person(t, browser), person(t, browser)
			b.scripting(scripts)
			look := b.look
			if !scripts { // the rules of accessibility are a script
				look = func(name string) { b.picture(name + "-without-scripts") }
			}
			lookAfter(b, elsewhere, provider, "a quiet pond, two ducks "+name, look)
		})
	}
}

// account signs in on the way to a page of the account, and arrives there.
func (b *tab) account(p *e2e.Provider, page, until string) {
	b.t.Helper()
	b.open(p.Issuer+page, atSignIn)
	b.fill("#identifier", "ada")
	b.fill("#password", p.Password)
	b.click("#sign-in", until)
}

func lookAfter(b, elsewhere *tab, p *e2e.Provider, password string, look func(name string)) {
	b.account(p, "/account/profile", "form#profile")
	look("account-profile")
	b.fill("#nickname", "Countess")
	b.click("#save", "#notice")
	b.fill("#website", "not an address")
	b.click("#save", "#problem")
	look("account-profile-wrong")

	elsewhere.account(p, "/account", "#self-menu")
	b.open(p.Issuer+"/account/sessions", "#end-0")
	look("account-sessions")
	b.click("#end-others", "#no-others")
	elsewhere.open(p.Issuer+"/account", atSignIn)

	b.open(p.Issuer+"/account/apps", "#no-apps")
	look("account-apps")
	b.open(p.Issuer+"/account/activity", "#events")
	look("account-activity")
	b.open(p.Issuer+"/account/data", "form#export")
	look("account-data")

	b.open(p.Issuer+"/account/security", "#change-password")
	look("account-security")
	b.click("#change-password", "form#password-form")
	look("account-password")
	b.fill("#password", password)
	b.fill("#again", password)
	b.click("#save", "#notice")
	p.Password = password
	elsewhere.account(p, "/account/security", "#change-password")
}
