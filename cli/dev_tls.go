package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"signet/cli/config"
)

// devTLS is TLS of a development server: with a certificate of the user's own authority, or with files of the configuration.
type devTLS struct {
	certificates certificates
	// trust is what the server's own programs need to believe it.
	trust *x509.CertPool
	// authority is the file with the authority's certificate; empty with a certificate of the configuration.
	authority string
}

// withTLS tells whether the server speaks TLS itself.
func (r *devRun) withTLS() bool { return r.flags.tls || r.config.Server.TLS != "off" }

// checkTLS refuses what does not go together.
func (r *devRun) checkTLS() error {
	switch {
	case r.flags.tls && r.config.Server.TLS != "off":
		return usage("--tls and server.tls = %s: one of the two certificates", r.config.Server.TLS)
	case r.flags.tls && !strings.HasPrefix(r.config.Issuer, "https:"):
		return usage("--tls and issuer %s: want https", r.config.Issuer)
	}
	return nil
}

// openTLS finds or makes the certificate; nil without TLS. It needs the issuer to be settled.
func (r *devRun) openTLS() (*devTLS, error) {
	if !r.withTLS() {
		return nil, nil
	}
	t := &devTLS{trust: systemTrust()}
	if !r.flags.tls {
		text, err := os.ReadFile(r.config.Server.CertFile)
		if err != nil {
			return nil, fmt.Errorf("cli: certificate: %w", err)
		}
		t.trust.AppendCertsFromPEM(text)
		return t, t.certificates.use(r.config)
	}
	a, err := devAuthority()
	if err != nil {
		return nil, err
	}
	issuer, err := url.Parse(r.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("cli: issuer: %w", err)
	}
	leaf, err := a.Leaf(issuer.Hostname())
	if err != nil {
		return nil, err
	}
	a.Trust(t.trust)
	t.authority, t.certificates.made = a.Path(), leaf.Get
	return t, nil
}

func systemTrust() *x509.CertPool {
	if pool, err := x509.SystemCertPool(); err == nil {
		return pool
	}
	return x509.NewCertPool()
}

// file is that of the authority's certificate, or empty.
func (t *devTLS) file() string {
	if t == nil {
		return ""
	}
	return t.authority
}

// trustItself has the provider believe its own certificate when it calls an application beside it on this machine, unless
// somebody has said whom it believes.
func (t *devTLS) trustItself(c *config.Config) {
	switch {
	case t == nil || c.Outbound.CAFile != "":
	case t.authority != "":
		c.Outbound.CAFile = t.authority
	default:
		c.Outbound.CAFile = c.Server.CertFile
	}
}

// client is the way from the server to itself, over the network as every app goes.
func (t *devTLS) client() *http.Client {
	transport := &http.Transport{}
	if t != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: t.trust, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Timeout: playgroundTimeout, Transport: transport}
}
