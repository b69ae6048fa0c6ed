package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

// Leaf is a server's certificate, signed by the authority, renewed before it ends.
type Leaf struct {
	authority *Authority
	names     []string

	mu      sync.Mutex
	current *tls.Certificate
}

// localNames are in every certificate.
var localNames = []string{"localhost", "*.localhost", "127.0.0.1", "::1"}

// Leaf returns a certificate for localhost, the loopback addresses and one more host of this machine, such as app.localhost. It
// is kept in the authority's directory.
func (a *Authority) Leaf(host string) (*Leaf, error) {
	l := &Leaf{authority: a, names: localNames}
	if !slices.Contains(l.names, host) {
		l.names = append(slices.Clone(l.names), host)
	}
	l.current = l.kept()
	if l.good(l.current) {
		return l, nil
	}
	var err error
	if l.current, err = l.sign(); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return l, nil
}

// Get is for tls.Config.GetCertificate.
func (l *Leaf) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.good(l.current) {
		fresh, err := l.sign()
		if fresh == nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
		l.current = fresh // though it may not have been kept: the next run signs another
	}
	return l.current, nil
}

// kept is the certificate of an earlier run, or nil if there is none that can be used.
func (l *Leaf) kept() *tls.Certificate {
	cert, key, err := readPrivate(l.path())
	if err != nil || cert.CheckSignatureFrom(l.authority.cert) != nil {
		return nil
	}
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// good tells whether a certificate is for all names, and has a third of its life before it.
func (l *Leaf) good(c *tls.Certificate) bool {
	now := l.authority.clock()
	if c == nil || now.Add(leafLife/3).After(c.Leaf.NotAfter) || now.Before(c.Leaf.NotBefore) {
		return false
	}
	return !slices.ContainsFunc(l.names, func(name string) bool { return !covers(c.Leaf, name) })
}

func covers(cert *x509.Certificate, name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		return slices.ContainsFunc(cert.IPAddresses, ip.Equal)
	}
	return slices.Contains(cert.DNSNames, name)
}

// sign makes a certificate, with the key of the one before if there is one.
func (l *Leaf) sign() (*tls.Certificate, error) {
	a := l.authority
	var key crypto.Signer
	if l.current != nil {
		key, _ = l.current.PrivateKey.(crypto.Signer)
	}
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, leafBits); err != nil {
			return nil, err
		}
	}
	template, err := a.template(leafLife)
	if err != nil {
		return nil, err
	}
	template.Subject = pkix.Name{Organization: []string{"Signet development"}}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range l.names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: cert}, writePrivate(l.path(), der, key, os.Rename)
}

func (l *Leaf) path() string { return l.authority.file(leafFile) }
