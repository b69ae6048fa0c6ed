// Package authority is a certificate authority of one developer's machine: what it signs is good for localhost and the loopback
// addresses, and for nothing else in the world.
package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Names of the files in the authority's directory: what everybody may have, and what nobody may.
const (
	publicFile  = "authority.pem"
	privateFile = "authority-private.pem"
	leafFile    = "localhost-private.pem"
)

// Lifetimes. Certificates that nobody has to install live shortly.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 90 * 24 * time.Hour
	skew          = time.Hour // how far the clocks of one machine and its guests are apart
)

// Keys are RSA: whatever speaks TLS takes it, and the cipher suites of TLS 1.2 that FAPI 1.0 allows want it.
const (
	authorityBits = 3072
	leafBits      = 2048
)

// Authority is the certificate authority of a directory. Its methods may be called at the same time.
type Authority struct {
	dir   string
	clock func() time.Time
	cert  *x509.Certificate
	key   crypto.Signer
}

// DefaultDirectory is where the user's authority is: it outlives the data of development servers, so that it has to be trusted
// once.
func DefaultDirectory() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("authority: %w", err)
	}
	return filepath.Join(dir, "signet"), nil
}

// Open returns the authority of a directory, and makes it if there is none or its end is near. owner says in its name whose it
// is. Of two that make one at the same time both get the same.
func Open(dir, owner string, clock func() time.Time) (*Authority, error) {
	a := &Authority{dir: dir, clock: clock}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	err := a.load()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errEnds) {
		if err = a.create(owner, err); err == nil {
			err = a.load()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return a, a.publish()
}

// Exists tells whether a directory has an authority.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, privateFile))
	return err == nil
}

// errEnds says that a certificate is past its life, or soon will be.
var errEnds = errors.New("its end is near")

// load reads the authority. It refuses one whose key others can read: whoever has it is localhost to this user's browser.
func (a *Authority) load() (err error) {
	path := a.file(privateFile)
	if a.cert, a.key, err = readPrivate(path); err != nil {
		return err
	}
	if !a.cert.IsCA || !a.cert.PermittedDNSDomainsCritical {
		return fmt.Errorf("%s is no authority of ours; remove it", path)
	}
	if a.clock().Add(2 * leafLife).After(a.cert.NotAfter) {
		return errEnds
	}
	return nil
}

// create makes an authority in place of none, or of one whose end is near.
func (a *Authority) create(owner string, why error) error {
	key, err := rsa.GenerateKey(rand.Reader, authorityBits)
	if err != nil {
		return err
	}
	template, err := a.template(authorityLife)
	if err != nil {
		return err
	}
	template.Subject = pkix.Name{Organization: []string{"Signet development"}, CommonName: "Signet development authority of " + owner}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageCertSign, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IsCA, template.MaxPathLenZero = true, true
	confine(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	if errors.Is(why, errEnds) {
		return writePrivate(a.file(privateFile), der, key, os.Rename)
	}
	err = writePrivate(a.file(privateFile), der, key, os.Link)
	if errors.Is(err, fs.ErrExist) {
		return nil // another was quicker
	}
	return err
}

// confine holds all that the authority signs to this machine (RFC 5280 §4.2.1.10): localhost, names below it, and the loopback
// addresses.
func confine(template *x509.Certificate) {
	template.PermittedDNSDomainsCritical = true
	template.PermittedDNSDomains = []string{"localhost"}
	template.PermittedIPRanges = []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}

// template is what all certificates have.
func (a *Authority) template(life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := a.clock()
	return &x509.Certificate{SerialNumber: serial, NotBefore: now.Add(-skew), NotAfter: now.Add(life), BasicConstraintsValid: true}, nil
}

// publish keeps the certificate alone in a file that others may read.
func (a *Authority) publish() error {
	want := a.PEM()
	if got, err := os.ReadFile(a.Path()); err == nil && string(got) == string(want) {
		return nil
	}
	if err := write(a.Path(), want, 0o644, os.Rename); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	return nil
}

// Path is the file with the authority's certificate (PEM).
func (a *Authority) Path() string { return a.file(publicFile) }

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Trust adds the authority to a pool.
func (a *Authority) Trust(pool *x509.CertPool) { pool.AddCert(a.cert) }

// Name is the authority's name, as lists of certificates show it.
func (a *Authority) Name() string { return a.cert.Subject.CommonName }

func (a *Authority) file(name string) string { return filepath.Join(a.dir, name) }

// readPrivate reads a certificate and its key from one file.
func readPrivate(path string) (*x509.Certificate, crypto.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, nil, fmt.Errorf("%s has mode %o, so others may have its key; remove it, and signet makes another", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	public, rest := pem.Decode(text)
	private, _ := pem.Decode(rest)
	if public == nil || private == nil {
		return nil, nil, fmt.Errorf("%s is damaged; remove it, and signet makes another", path)
	}
	cert, err := x509.ParseCertificate(public.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if same, comparable := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !comparable || !same.Equal(signer.Public()) {
		return nil, nil, fmt.Errorf("%s: certificate and key do not belong together; remove it, and signet makes another", path)
	}
	return cert, signer, nil
}

// writePrivate puts a certificate and its key into one file, whole or not at all. place is os.Rename to replace one that is
// there, os.Link to fail with fs.ErrExist then.
func writePrivate(path string, der []byte, key crypto.Signer, place func(from, to string) error) error {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	return write(path, text, 0o600, place)
}

func write(path string, text []byte, mode fs.FileMode, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return place(f.Name(), path)
}
