package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"signet/keys"
	"signet/provider/outbound"
)

// directoryServer is a small LDAP server: a service account, Ada, and twins who have one login.
type directoryServer struct {
	net.Listener
	tls *tls.Config
	// startTLS is refused if it is false.
	startTLS bool

	mu      sync.Mutex
	binds   []string
	filters []string
	// open is set when a password came without TLS.
	open bool
}

const (
	serviceDN = "cn=service,dc=example,dc=org"
	adaDN     = "uid=ada,ou=people,dc=example,dc=org"
)

var directoryPasswords = map[string]string{serviceDN: "service-password", adaDN: "ada-password"}

func newDirectory(t *testing.T, secured bool) (*directoryServer, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ldap"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.ParseIP("127.0.0.1")},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &directoryServer{Listener: l, startTLS: true, tls: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn, secured)
		}
	}()
	return d, roots
}

func (d *directoryServer) serve(conn net.Conn, secured bool) {
	defer conn.Close()
	if secured {
		conn = tls.Server(conn, d.tls)
	}
	bound := ""
	for {
		p, err := ber.ReadPacket(conn)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, op := p.Children[0].Value.(int64), p.Children[1]
		switch op.Tag {
		case ldap.ApplicationBindRequest:
			dn, password := op.Children[1].Value.(string), op.Children[2].Data.String()
			code := int64(ldap.LDAPResultInvalidCredentials)
			if want, known := directoryPasswords[dn]; password == "" || known && want == password {
				code, bound = ldap.LDAPResultSuccess, dn
			}
			d.mu.Lock()
			d.binds = append(d.binds, dn)
			d.open = d.open || !secured
			d.mu.Unlock()
			d.answer(conn, id, ldap.ApplicationBindResponse, code)
		case ldap.ApplicationSearchRequest:
			d.search(conn, id, op, bound)
		case ldap.ApplicationExtendedRequest:
			if !d.startTLS {
				d.answer(conn, id, ldap.ApplicationExtendedResponse, ldap.LDAPResultUnavailable)
				continue
			}
			d.answer(conn, id, ldap.ApplicationExtendedResponse, ldap.LDAPResultSuccess)
			conn, secured = tls.Server(conn, d.tls), true
		default:
			return
		}
	}
}

func (d *directoryServer) search(conn net.Conn, id int64, op *ber.Packet, bound string) {
	filter, _ := ldap.DecompileFilter(op.Children[6])
	base := op.Children[0].Value.(string)
	d.mu.Lock()
	d.filters = append(d.filters, filter)
	d.mu.Unlock()
	people := 0
	switch {
	case bound == "":
		d.answer(conn, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultInsufficientAccessRights)
		return
	case filter == "(&(objectClass=person)(uid=ada))" || filter == "(objectClass=*)" && base == adaDN:
		people = 1
	case filter == "(&(objectClass=person)(uid=twin))":
		people = 2
	}
	for range people {
		entry := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
		entry.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, adaDN, ""))
		attributes := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		for name, values := range map[string][]string{
			"EntryUUID": {"\x01\xfe\xff"}, "cn": {"Ada Lovelace"}, "mail": {"ada@example.org", "countess@example.org"}, "uid": {"ada"}, "memberOf": {"cn=a", "cn=b"},
		} {
			attribute := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
			attribute.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
			set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
			for _, v := range values {
				set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, v, ""))
			}
			attribute.AppendChild(set)
			attributes.AppendChild(attribute)
		}
		entry.AppendChild(attributes)
		d.say(conn, id, entry)
	}
	d.answer(conn, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess)
}

func (d *directoryServer) answer(conn net.Conn, id int64, tag ber.Tag, code int64) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	d.say(conn, id, op)
}

func (d *directoryServer) say(conn net.Conn, id int64, op *ber.Packet) {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(op)
	_, _ = conn.Write(p.Bytes())
}

// directoryWorld has a source of the directory.
func directoryWorld(t *testing.T, roots *x509.CertPool, change func(*Source), at string) *world {
	t.Helper()
	s := Source{
		ID: "corp", Preset: LDAP, Claims: map[string]string{"attributes.groups": "memberOf"},
		Directory: Directory{Server: at, BindDN: serviceDN, BindPassword: "service-password", BaseDN: "dc=example,dc=org"},
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
			d, roots := newDirectory(t, secured)
			scheme := map[bool]string{true: "ldaps://", false: "ldap://"}[secured]
			w := directoryWorld(t, roots, change, scheme+d.Addr().String())
			id, err := w.u.Authenticate(t.Context(), "corp", "ada", "ada-password")
			if err != nil {
				t.Fatalf("%s %s: %v", scheme, what, err)
			}
			if id.Subject != "01feff" || id.Email != "ada@example.org" || id.EmailVerified || id.Claims["name"] != "Ada Lovelace" || len(id.Claims["attributes.groups"].([]any)) != 2 || !strings.HasPrefix(id.Issuer, "ldap:") {
				t.Errorf("%s %s: %+v", scheme, what, id)
			}
			for password, kind := range map[keys.Secret]error{"wrong": ErrLogin, "service-password": ErrLogin, "": ErrLogin} {
				_, err := w.u.Authenticate(t.Context(), "corp", "ada", password)
				wantKind(t, what+" "+password.Reveal(), err, kind)
			}
			if d.open {
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
	d, roots := newDirectory(t, true)
	w := directoryWorld(t, roots, nil, "ldaps://"+d.Addr().String())
	for _, login := range []string{"*", "ada)(uid=*", "ada*", "a\\64a", "ada)(|(uid=*))", "(uid=ada)", "nobody", "twin", "ada\x00", strings.Repeat("a", 300), "", "\xff"} {
		_, err := w.u.Authenticate(t.Context(), "corp", login, "ada-password")
		wantKind(t, login, err, ErrLogin)
	}
	for _, filter := range d.filters {
		if strings.Count(filter, "(") != 3 || strings.Contains(filter, "*") && !strings.Contains(filter, "\\2a") {
			t.Errorf("the filter %s", filter)
		}
	}
	w = directoryWorld(t, roots, func(s *Source) {
		s.Directory = Directory{Server: s.Directory.Server, UserDN: "uid={login},ou=people,dc=example,dc=org"}
	}, "ldaps://"+d.Addr().String())
	d.binds = nil
	for _, login := range []string{"ada,ou=people,dc=example,dc=org", "x+uid=ada", " ada", "ada#", "ada\"", "x,cn=service"} {
		_, err := w.u.Authenticate(t.Context(), "corp", login, "ada-password")
		wantKind(t, login, err, ErrLogin)
	}
	for _, dn := range d.binds {
		if parsed, err := ldap.ParseDN(dn); err != nil || len(parsed.RDNs) != 4 || len(parsed.RDNs[0].Attributes) != 1 {
			t.Errorf("bound as %s: %v", dn, err)
		}
	}
}

func TestAttack_AE08_DirectoriesAreAskedUnderTLSAlone(t *testing.T) {
	d, roots := newDirectory(t, false)
	d.startTLS = false
	w := directoryWorld(t, roots, nil, "ldap://"+d.Addr().String())
	_, err := w.u.Authenticate(t.Context(), "corp", "ada", "ada-password")
	wantKind(t, "StartTLS refused", err, ErrDown)
	if len(d.binds) != 0 {
		t.Error("a password was sent")
	}
	stranger, _ := newDirectory(t, true)
	w = directoryWorld(t, roots, nil, "ldaps://"+stranger.Addr().String())
	_, err = w.u.Authenticate(t.Context(), "corp", "ada", "ada-password")
	wantKind(t, "an unknown authority", err, ErrDown)
	if len(stranger.binds) != 0 {
		t.Error("a password was sent to a stranger")
	}
	// Without the operator's leave neighbours are not asked.
	u, err := New(Config{DB: w.db, Rand: rand.Reader, Outbound: outbound.New(outbound.Config{Roots: roots}), Base: "https://id.example.com", Sources: []Source{
		{ID: "corp", Preset: LDAP, Directory: Directory{Server: "ldaps://" + d.Addr().String(), BaseDN: "dc=example"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = u.Authenticate(t.Context(), "corp", "ada", "ada-password")
	wantKind(t, "a private address", err, ErrDown)
}

func TestDirectoryMistakesAreNamed(t *testing.T) {
	good := Directory{Server: "ldaps://ldap.example.org", BaseDN: "dc=example,dc=org"}
	for what, change := range map[string]func(*Directory){
		"server": func(d *Directory) { d.Server = "https://ldap.example.org" }, "base_dn": func(d *Directory) { d.BaseDN = "no dn" }, "filter": func(d *Directory) { d.Filter = "(uid=ada)" },
		"user_dn": func(d *Directory) { d.UserDN = "uid=ada,dc=example" }, "bind_dn": func(d *Directory) { d.BindDN = serviceDN },
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
