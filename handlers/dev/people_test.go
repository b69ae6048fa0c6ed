package dev_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/handlers/dev"
	"signet/provider/account"
)

// Everybody has the claims of every standard scope, and is what they are there for.
func TestPeople_BuiltIn(t *testing.T) {
	w := newWorld(t, nil)
	for name, want := range map[string]struct {
		groups             string
		verified, disabled bool
	}{"ada": {"admins staff", true, false}, "grace": {"staff", true, false}, "linus": {"", false, false}, "mary": {"", true, true}} {
		p, err := w.accounts.FindPerson(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(p.Groups, " ") != want.groups || p.EmailVerified != want.verified || p.Disabled != want.disabled || p.Email != name+"@example.test" {
			t.Errorf("%+v", p)
		}
		for claim, value := range map[string]string{
			"name": p.Name, "given_name": p.GivenName, "family_name": p.FamilyName, "nickname": p.Nickname, "profile": p.ProfilePage,
			"picture": p.Picture, "website": p.Website, "gender": p.Gender, "birthdate": p.Birthdate, "zoneinfo": p.Zoneinfo,
			"locale": p.Locale, "phone_number": p.PhoneNumber, "address": p.Address.Formatted,
		} {
			if value == "" {
				t.Errorf("%s has no %s", name, claim)
			}
		}
		_, err = w.accounts.Authenticate(t.Context(), name, dev.Password)
		if (err != nil) != want.disabled {
			t.Errorf("%s with the password: %v", name, err)
		}
	}
}

// Names are picked on the sign-in page; who is disabled stays out, and the password works beside.
func TestPeople_Picked(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser().Get("/login")
	for _, want := range []string{"Ada Lovelace", "groups admins, staff", "e-mail not verified", "disabled"} {
		if !strings.Contains(b.Text(), want) {
			t.Errorf("no %q on the page:\n%s", want, b.Text())
		}
	}
	mary, err := w.accounts.FindPerson(t.Context(), "mary")
	w.check(err)
	b.Press("person="+mary.Subject, nil)
	if !b.Has("problem") || !b.Has("login") {
		t.Errorf("mary is in:\n%s", b.Text())
	}
	b.Submit("people", url.Values{"person": {"nobody"}})
	if !b.Has("problem") {
		t.Errorf("nobody is in:\n%s", b.Text())
	}
	b.Submit("people", url.Values{"person": {"grace"}})
	if b.URL().Path != "/" || !strings.Contains(b.Text(), "Grace Hopper") {
		t.Errorf("grace is not in, at %s:\n%s", b.URL(), b.Text())
	}
	b = w.browser().Get("/login").Submit("login", url.Values{"identifier": {"ada@example.test"}, "password": {dev.Password}})
	if !strings.Contains(b.Text(), "Ada Lovelace") {
		t.Errorf("the password does not work:\n%s", b.Text())
	}
}

// What somebody has changed stays so when the server is started again.
func TestSeed_LeavesWhatIsThere(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error { p.Nickname = "countess"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := w.mode.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := w.accounts.FindPerson(t.Context(), "ada"); err != nil || p.Nickname != "countess" {
		t.Errorf("%+v %v", p, err)
	}
}

const seedText = `
now = 2027-01-01T00:00:00Z

[[group]]
name = "pilots"
description = "who fly"

[[person]]
username = "amelia"
email = "amelia@example.test"
email_verified = true
name = "Amelia Earhart"
birthdate = "1897-07-24"
groups = ["pilots", "crew"]
password = "lockheed"
address = { locality = "Atchison", country = "United States" }

[[client]]
client_id = "orders"
client_name = "Orders"
client_secret = "a secret of more than thirty-two bytes"
redirect_uris = ["https://orders.example.test/callback"]
scopes = ["openid", "email"]

[[client]]
client_id = "single-page"
redirect_uris = ["http://127.0.0.1/cb"]

[[failure]]
point = "jwks"
error = "temporarily_unavailable"
`

func readSeed(t *testing.T, text string) (*dev.Seed, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dev.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dev.ReadSeed(path)
}

func TestSeed_Applied(t *testing.T) {
	seed, err := readSeed(t, seedText)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *dev.Config) { c.Seed = seed })
	if got := w.mode.Now(); got.Year() != 2027 || got.Sub(seed.Now) > time.Minute {
		t.Errorf("it is %s", got)
	}
	p, err := w.accounts.Authenticate(t.Context(), "amelia", "lockheed")
	if err != nil || strings.Join(p.Groups, " ") != "crew pilots" || p.Address.Locality != "Atchison" || p.Birthdate != "1897-07-24" {
		t.Errorf("%+v %v", p, err)
	}
	if g, err := w.accounts.Group(t.Context(), "pilots"); err != nil || g.Description != "who fly" {
		t.Errorf("%+v %v", g, err)
	}
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); err == nil {
		t.Error("a seed with people brings the others too")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {"https://orders.example.test/callback"}}
	if _, answer := w.form("/token", form, "Authorization", basic("orders", "a secret of more than thirty-two bytes")); answer["error"] != "invalid_grant" {
		t.Errorf("the client's secret: %v", answer)
	}
	if c, err := w.provider.Client(t.Context(), "single-page"); err != nil || !c.Public() {
		t.Errorf("%+v %v", c, err)
	}
	if status, _ := w.do(http.MethodGet, "/jwks", "", ""); status != http.StatusServiceUnavailable {
		t.Errorf("jwks: %d", status)
	}
	if err := w.mode.Seed(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestSeed_Refused(t *testing.T) {
	for text, says := range map[string]string{
		"now = 5":                  "now",
		"now = \"yesterday\"":      "yesterday",
		"people = []":              "unknown key people",
		"[[person]]\nusernam='x'":  "person 1",
		"[[client]]\nredirect='x'": "client 1",
		"[[group]\n":               "dev.toml",
	} {
		if _, err := readSeed(t, text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	if _, err := dev.ReadSeed(filepath.Join(t.TempDir(), "none.toml")); err == nil {
		t.Error("a seed that is not there is read")
	}
	seed, err := readSeed(t, "")
	if err != nil || len(seed.People) != 4 {
		t.Errorf("an empty seed: %d people, %v", len(seed.People), err)
	}
}

// A seed that cannot be planted stops the server.
func TestSeed_Failing(t *testing.T) {
	for _, text := range []string{
		"[[client]]\nclient_id='x'\nclient_secret='short'\nredirect_uris=['http://localhost/cb']",
		"[[client]]\nclient_id='x'\nredirect_uris=['http://app.example.test/cb']",
		"[[person]]\nemail='nonsense'",
		"[[failure]]\npoint='moon'\nerror='slow'",
		"[[group]]\nname=''",
	} {
		seed, err := readSeed(t, text)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, func(c *dev.Config) { c.Seed = &dev.Seed{People: []dev.Person{{Username: "x"}}} })
		dir, err := dev.OpenDirectory(filepath.Join(t.TempDir(), "data"))
		w.check(err)
		m, err := dev.New(dev.Config{Issuer: issuer, Directory: dir, Clock: time.Now, Seed: seed})
		w.check(err)
		w.mode = m
		w.open(t.TempDir())
		if err := m.Seed(t.Context()); err == nil {
			t.Errorf("planted: %s", text)
		}
	}
}
