package torture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// writeCertificate makes a certificate for the loopback address and returns its files, and who trusts it.
func writeCertificate(t *testing.T, dir string, serial int64) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, fmt.Sprintf("%d.pem", serial)), filepath.Join(dir, fmt.Sprintf("%d.key", serial))
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust = x509.NewCertPool()
	if !trust.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) {
		t.Fatal("the certificate is none")
	}
	return cert, key, trust
}

// TestTLS_SpeaksBothVersions asks a server with a certificate of its own as browsers do, who prefer HTTP/2, and as older
// programs do; and exchanges the certificate while it runs.
func TestTLS_SpeaksBothVersions(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	first, firstKey, trust := writeCertificate(t, s.dir, 1)
	s.issuer = "https://" + s.addr
	s.configure("", fmt.Sprintf("issuer = %q", s.issuer))
	s.configure("[server]", `tls = "files"`, fmt.Sprintf("cert_file = %q", first), fmt.Sprintf("key_file = %q", firstKey))
	s.trust = trust
	s.start()
	for version, protocols := range map[int]func(*http.Protocols){1: func(p *http.Protocols) { p.SetHTTP1(true) }, 2: func(p *http.Protocols) { p.SetHTTP2(true) }} {
		if got := s.asks(t, trust, protocols); got.ProtoMajor != version || got.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("HTTP/%d: answered with %s, %v", version, got.Proto, got.Header)
		}
	}
	second, secondKey, next := writeCertificate(t, s.dir, 2)
	s.configure("[server]", `tls = "files"`, fmt.Sprintf("cert_file = %q", second), fmt.Sprintf("key_file = %q", secondKey))
	s.signal(syscall.SIGHUP)
	eventually(t, "another certificate", func() bool {
		c, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: next})
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

// asks sends one request on a connection of its own.
func (s *server) asks(t *testing.T, trust *x509.CertPool, protocols func(*http.Protocols)) *http.Response {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}, Protocols: &http.Protocols{}}
	protocols(transport.Protocols)
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(s.issuer + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}
