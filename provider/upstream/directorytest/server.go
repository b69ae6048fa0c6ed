// Package directorytest is an LDAP server for tests.
package directorytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Server is a small LDAP server: a service account, Ada, who has a second login, countess, and twins who have one login.
type Server struct {
	// Address is host:port, Roots believe its certificate.
	Address string
	Roots   *x509.CertPool

	listener net.Listener
	tls      *tls.Config

	mu         sync.Mutex
	noStartTLS bool
	binds      []string
	filters    []string
	open       bool
}

// Whom the directory knows, by their passwords: service-password and ada-password.
const (
	ServiceDN = "cn=service,dc=example,dc=org"
	AdaDN     = "uid=ada,ou=people,dc=example,dc=org"
)

var passwords = map[string]string{ServiceDN: "service-password", AdaDN: "ada-password"}

// New runs a server for the length of a test, under TLS from the start or with StartTLS.
func New(t testing.TB, secured bool) *Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ldap"}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
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
	d := &Server{Address: l.Addr().String(), Roots: roots, listener: l, tls: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}}
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
	return d
}

// RefuseStartTLS makes it go on without TLS or not at all.
func (d *Server) RefuseStartTLS() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noStartTLS = true
}

func (d *Server) startTLSRefused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.noStartTLS
}

// Binds are the names that somebody has bound as since the last call.
func (d *Server) Binds() []string { return d.take(&d.binds) }

// Filters are those of the searches since the last call.
func (d *Server) Filters() []string { return d.take(&d.filters) }

func (d *Server) take(list *[]string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := *list
	*list = nil
	return taken
}

// Open tells whether a password came without TLS.
func (d *Server) Open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

func (d *Server) serve(conn net.Conn, secured bool) {
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
			if want, known := passwords[dn]; password == "" || known && want == password {
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
			if d.startTLSRefused() {
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

func (d *Server) search(conn net.Conn, id int64, op *ber.Packet, bound string) {
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
	case filter == "(&(objectClass=person)(uid=ada))" || filter == "(&(objectClass=person)(uid=countess))" || filter == "(objectClass=*)" && base == AdaDN:
		people = 1
	case filter == "(&(objectClass=person)(uid=twin))":
		people = 2
	}
	for range people {
		entry := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
		entry.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, AdaDN, ""))
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

func (d *Server) answer(conn net.Conn, id int64, tag ber.Tag, code int64) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	d.say(conn, id, op)
}

func (d *Server) say(conn net.Conn, id int64, op *ber.Packet) {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(op)
	_, _ = conn.Write(p.Bytes())
}
