package upstream

import (
	"crypto/rand"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"signet/keys"
	"signet/provider/outbound"
	"signet/provider/upstream/directorytest"
)

// directoryWorld has a source of the directory.
func directoryWorld(t *testing.T, roots *x509.CertPool, change func(*Source), at string) *world {
	t.Helper()
	s := Source{
		ID: "corp", Preset: LDAP, Claims: map[string]string{"attributes.groups": "memberOf"},
		Directory: Directory{Server: at, BindDN: directorytest.ServiceDN, BindPassword: "service-password", BaseDN: "dc=example,dc=org"},
	}
	if change != nil {
		change(&s)
	}
	w := newWorld(t)
	u, err := New(Config{DB: w.db, Rand: rand.Reader, Outbound: outbound.New(outbound.Config{AllowPrivate: loopback, Roots: roots}), Base: "https://id.example.com", Sources: []Source{s}})
	if err != nil {
		t.Fatal(err)
	}
	w.u = u
	return w
}

func TestDirectorySignsInBySearchAndByName(t *testing.T) {
	for _, secured := range []bool{true, false} {
		for what, change := range map[string]func(*Source){
			"search": nil,
			"name": func(s *Source) {
				s.Directory = Directory{Server: s.Directory.Server, UserDN: "uid={login},ou=people,dc=example,dc=org"}
			},
		} {
			d := directorytest.New(t, secured)
			scheme := map[bool]string{true: "ldaps://", false: "ldap://"}[secured]
			w := directoryWorld(t, d.Roots, change, scheme+d.Address)
			id, err := w.u.Authenticate(t.Context(), "corp", "ada", "ada-password", nil)
			if err != nil {
				t.Fatalf("%s %s: %v", scheme, what, err)
			}
			if id.Subject != "01feff" || id.Email != "ada@example.org" || id.EmailVerified || id.Claims["name"] != "Ada Lovelace" || len(id.Claims["attributes.groups"].([]any)) != 2 || !strings.HasPrefix(id.Issuer, "ldap:") {
				t.Errorf("%s %s: %+v", scheme, what, id)
			}
			for password, kind := range map[keys.Secret]error{"wrong": ErrLogin, "service-password": ErrLogin, "": ErrLogin} {
				_, err := w.u.Authenticate(t.Context(), "corp", "ada", password, nil)
				wantKind(t, what+" "+password.Reveal(), err, kind)
			}
			if d.Open() {
				t.Errorf("%s %s: a password went without TLS", scheme, what)
			}
			report, err := w.u.Test(t.Context(), "corp")
			if err != nil || !report.Good() || report.Callback != "" {
				t.Errorf("%s %s: %+v %v", scheme, what, report, err)
			}
		}
	}
}

// What somebody types is a name and nothing else: no filter, no distinguished name, no bind as nobody.
func TestDirectoryNamesAreEscaped(t *testing.T) {
	d := directorytest.New(t, true)
	w := directoryWorld(t, d.Roots, nil, "ldaps://"+d.Address)
	for _, login := range []string{"*", "ada)(uid=*", "ada*", "a\\64a", "ada)(|(uid=*))", "(uid=ada)", "nobody", "twin", "ada\x00", strings.Repeat("a", 300), "", "\xff"} {
		_, err := w.u.Authenticate(t.Context(), "corp", login, "ada-password", nil)
		wantKind(t, login, err, ErrLogin)
	}
	for _, filter := range d.Filters() {
		if strings.Count(filter, "(") != 3 || strings.Contains(filter, "*") && !strings.Contains(filter, "\\2a") {
			t.Errorf("the filter %s", filter)
		}
	}
	w = directoryWorld(t, d.Roots, func(s *Source) {
		s.Directory = Directory{Server: s.Directory.Server, UserDN: "uid={login},ou=people,dc=example,dc=org"}
	}, "ldaps://"+d.Address)
	d.Binds()
	for _, login := range []string{"ada,ou=people,dc=example,dc=org", "x+uid=ada", " ada", "ada#", "ada\"", "x,cn=service"} {
		_, err := w.u.Authenticate(t.Context(), "corp", login, "ada-password", nil)
		wantKind(t, login, err, ErrLogin)
	}
	for _, dn := range d.Binds() {
		if parsed, err := ldap.ParseDN(dn); err != nil || len(parsed.RDNs) != 4 || len(parsed.RDNs[0].Attributes) != 1 {
			t.Errorf("bound as %s: %v", dn, err)
		}
	}
}

func TestAttack_AE08_DirectoriesAreAskedUnderTLSAlone(t *testing.T) {
	d := directorytest.New(t, false)
	d.RefuseStartTLS()
	w := directoryWorld(t, d.Roots, nil, "ldap://"+d.Address)
	_, err := w.u.Authenticate(t.Context(), "corp", "ada", "ada-password", nil)
	wantKind(t, "StartTLS refused", err, ErrDown)
	if len(d.Binds()) != 0 {
		t.Error("a password was sent")
	}
	stranger := directorytest.New(t, true)
	w = directoryWorld(t, d.Roots, nil, "ldaps://"+stranger.Address)
	_, err = w.u.Authenticate(t.Context(), "corp", "ada", "ada-password", nil)
	wantKind(t, "an unknown authority", err, ErrDown)
	if len(stranger.Binds()) != 0 {
		t.Error("a password was sent to a stranger")
	}
	// Without the operator's leave neighbours are not asked.
	u, err := New(Config{DB: w.db, Rand: rand.Reader, Outbound: outbound.New(outbound.Config{Roots: d.Roots}), Base: "https://id.example.com", Sources: []Source{
		{ID: "corp", Preset: LDAP, Directory: Directory{Server: "ldaps://" + d.Address, BaseDN: "dc=example"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = u.Authenticate(t.Context(), "corp", "ada", "ada-password", nil)
	wantKind(t, "a private address", err, ErrDown)
}

func TestDirectoryMistakesAreNamed(t *testing.T) {
	good := Directory{Server: "ldaps://ldap.example.org", BaseDN: "dc=example,dc=org"}
	for what, change := range map[string]func(*Directory){
		"server": func(d *Directory) { d.Server = "https://ldap.example.org" }, "base_dn": func(d *Directory) { d.BaseDN = "no dn" }, "filter": func(d *Directory) { d.Filter = "(uid=ada)" },
		"user_dn": func(d *Directory) { d.UserDN = "uid=ada,dc=example" }, "bind_dn": func(d *Directory) { d.BindDN = directorytest.ServiceDN },
	} {
		d := good
		change(&d)
		_, problems := Complete(Source{ID: "corp", Preset: LDAP, Directory: d})
		if len(problems) != 1 || problems[0].Field != what {
			t.Errorf("%s: %v", what, problems)
		}
	}
	if _, problems := Complete(Source{ID: "corp", Preset: "active-directory", Directory: good}); len(problems) != 0 {
		t.Error(problems)
	}
}
