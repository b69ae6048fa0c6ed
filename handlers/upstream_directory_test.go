package handlers_test

import (
	"crypto/rand"
	"net/netip"
	"net/url"
	"testing"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/outbound"
	"signet/provider/upstream"
	"signet/provider/upstream/directorytest"
)

// newDirectoryWorld has people who sign in with a directory.
func newDirectoryWorld(t *testing.T) (*world, *directorytest.Server) {
	t.Helper()
	d := directorytest.New(t, true)
	w := newWorld(t)
	policy := w.configure
	w.configure = func(c *provider.Config) {
		if policy != nil {
			policy(c)
		}
		out := outbound.New(outbound.Config{Roots: d.Roots, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Clock: w.now})
		up, err := upstream.New(upstream.Config{DB: c.DB, Sealer: c.Sealer, Rand: rand.Reader, Outbound: out, Base: issuer, Sources: []upstream.Source{{
			ID: "staff", Preset: upstream.LDAP, Name: "Staff directory", EmailVerified: upstream.VerifiedAlways, Claims: map[string]string{"username": "uid"},
			Directory: upstream.Directory{Server: "ldaps://" + d.Address, BindDN: directorytest.ServiceDN, BindPassword: "service-password", BaseDN: "dc=example,dc=org"},
		}}})
		w.check(err)
		c.Upstreams = up
	}
	w.restart(cheapPasswords)
	return w, d
}

// staff types name and password, and has the directory judge them.
func staff(b *robot.Browser, name, password string) *robot.Browser {
	return b.Press("source-staff", url.Values{"identifier": {name}, "password": {password}})
}

func TestUpstream_ADirectoryJudgesThePassword(t *testing.T) {
	w, d := newDirectoryWorld(t)
	w.check(w.accounts.RemovePerson(t.Context(), "ada"))
	b := staff(w.browser().Get("/login"), "ada", "wrong")
	if !b.Has("problem") || w.signedInAs(b) != "" {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	b = staff(w.browser().Get(authorizeURL("prompt", "login")), "ada", "ada-password")
	if !b.Has("consent") {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	ada, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	if ada.Email != "ada@example.org" || !ada.EmailVerified || ada.Password != "" {
		t.Errorf("%+v", ada)
	}
	// The password of the directory is none here.
	b = w.browser().Get("/login").Submit("login", url.Values{"identifier": {"ada"}, "password": {"ada-password"}})
	if w.signedInAs(b) != "" {
		t.Error("the directory's password is one here")
	}
	// The same entry is the same person.
	if b = staff(w.browser().Get("/login"), "ada", "ada-password"); w.signedInAs(b) != "ada" || d.Open() {
		t.Errorf("signed in as %q, %s", w.signedInAs(b), b.Text())
	}
	again, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	if again.Subject != ada.Subject {
		t.Error("another person")
	}
}

// A directory is as little a way around as any other provider: an account that has the address is proved first, one that is disabled
// stays so, and passwords are tried only so often.
func TestUpstream_ADirectoryIsNoWayAround(t *testing.T) {
	w, d := newDirectoryWorld(t)
	_, err := w.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.SetEmail("ada@example.org", true); return nil })
	w.check(err)
	b := staff(w.browser().Get("/login"), "ada", "ada-password")
	if !b.Has("prove-link") || w.signedInAs(b) != "" {
		t.Fatalf("signed in as %q: %s", w.signedInAs(b), b.Text())
	}
	w.check(w.accounts.RemovePerson(t.Context(), "ada"))
	if b = staff(w.browser().Get("/login"), "ada", "ada-password"); w.signedInAs(b) != "ada" {
		t.Fatal(b.Text())
	}
	_, err = w.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.Disabled = true; return nil })
	w.check(err)
	if b = staff(w.browser().Get("/login"), "ada", "ada-password"); w.signedInAs(b) != "" {
		t.Error("a disabled account is let in")
	}
	d.Binds()
	for i := range 20 {
		staff(w.browser().Get("/login"), []string{"ada", "ADA", " ada ", "\uff41da"}[i%4], "guess") // one entry to a directory
	}
	guesses := 0
	for _, dn := range d.Binds() {
		if dn != directorytest.ServiceDN {
			guesses++
		}
	}
	if guesses > 10 {
		t.Errorf("%d guesses reached the directory", guesses)
	}
}
