package cli

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// secured is a server with a certificate in two files.
type secured struct {
	t         *testing.T
	addr      string
	cert, key string
	trust     *x509.CertPool
}

// serveTLS runs a server for the length of the test, with a certificate for a key.
func serveTLS(t *testing.T, key crypto.Signer, settings ...string) *secured {
	t.Helper()
	dir := t.TempDir()
	s := &secured{t: t, addr: freeAddress(t), cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), trust: x509.NewCertPool()}
	s.certify(key)
	p := &program{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, dataDir: filepath.Join(dir, "data"), format: "text",
		overrides: append(settings, "server.listen="+s.addr, "server.tls=files", "server.cert_file="+s.cert, "server.key_file="+s.key, "issuer=https://"+s.addr)}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	for range 500 {
		if err := s.ask(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}); err == nil {
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the server does not start: %s", p.err)
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certify puts a new certificate in place of the server's, key and certificate one after the other as operators' tools do.
func (s *secured) certify(key crypto.Signer) {
	s.t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.trust.AppendCertsFromPEM(public)
	replace(s.t, s.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	replace(s.t, s.cert, public)
}

func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
}

func (s *secured) ask(transport *http.Transport) error {
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Get("https://" + s.addr + "/readyz")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// agrees tells whether the server shakes hands with a client that offers this and nothing else.
func (s *secured) agrees(offer *tls.Config) bool {
	s.t.Helper()
	offer.RootCAs = s.trust
	c, err := tls.Dial("tcp", s.addr, offer)
	if err != nil {
		return false
	}
	defer c.Close()
	state := c.ConnectionState()
	return state.Version == offer.MaxVersion && (len(offer.CipherSuites) == 0 || state.CipherSuite == offer.CipherSuites[0])
}

var versionsOfTLS = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func rsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecdsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Every version and every cipher suite that the library knows is offered alone: the server takes the good ones and no other
// (RFC 9325 §4.2; FAPI 1.0 Part 2 §8.5; FAPI 2.0 Security Profile §5.2).
func TestTLS_OffersGoodCiphersOnly(t *testing.T) {
	for name, c := range map[string]struct {
		key  crypto.Signer
		want []string
	}{
		"RSA":   {rsaKey(t), []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}},
		"ECDSA": {ecdsaKey(t), []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}},
	} {
		s := serveTLS(t, c.key)
		var got []string
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if suite.SupportedVersions[0] < tls.VersionTLS13 && s.agrees(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}) {
				got = append(got, suite.Name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: TLS 1.2 agrees on %v, want %v", name, got, c.want)
		}
		for version, want := range map[string]bool{"1.0": false, "1.1": false, "1.2": true, "1.3": true} {
			v := versionsOfTLS[version]
			if got := s.agrees(&tls.Config{MinVersion: v, MaxVersion: v}); got != want {
				t.Errorf("%s: TLS %s: %v, want %v", name, version, got, want)
			}
		}
		if !s.agrees(&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}) {
			t.Errorf("%s: TLS 1.3 is not preferred", name)
		}
	}
}

func TestTLS_MinimumCanBeRaised(t *testing.T) {
	s := serveTLS(t, rsaKey(t), "server.tls_min=1.3")
	for version, want := range map[string]bool{"1.0": false, "1.1": false, "1.2": false, "1.3": true} {
		v := versionsOfTLS[version]
		if got := s.agrees(&tls.Config{MinVersion: v, MaxVersion: v}); got != want {
			t.Errorf("TLS %s: %v, want %v", version, got, want)
		}
	}
}

// The certificate is replaced again and again while others connect: nobody is turned away, and in the end the last one is
// shown.
func TestTLS_ReloadsUnderLoad(t *testing.T) {
	s := serveTLS(t, ecdsaKey(t))
	keys := make([]crypto.Signer, 30)
	for i := range keys {
		keys[i] = ecdsaKey(t)
	}
	var (
		asking  sync.WaitGroup
		asked   atomic.Int64
		stopped = make(chan struct{})
	)
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				// Who issued it does not matter here: trust grows while these run.
				if err := s.ask(&http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}); err != nil {
					t.Error(err)
					return
				}
				asked.Add(1)
			}
		})
	}
	for _, key := range keys {
		before := asked.Load()
		s.certify(key)
		for deadline := time.Now().Add(time.Minute); asked.Load() < before+5 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
	}
	close(stopped)
	asking.Wait()
	s.trust = x509.NewCertPool()
	text, err := os.ReadFile(s.cert)
	if err != nil {
		t.Fatal(err)
	}
	s.trust.AppendCertsFromPEM(text)
	if err := s.ask(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}); err != nil {
		t.Errorf("the last certificate is not shown: %v", err)
	}
}

// A change of which only one half has arrived keeps the certificate that was shown; so does a file that is none.
func TestTLS_HalfAChange(t *testing.T) {
	s := serveTLS(t, ecdsaKey(t))
	trusted := func() error { return s.ask(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}) }
	whole, err := os.ReadFile(s.key)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, s.key, []byte("half"))
	if err := trusted(); err != nil {
		t.Errorf("another key alone: %v", err)
	}
	if err := os.Remove(s.cert); err != nil {
		t.Fatal(err)
	}
	if err := trusted(); err != nil {
		t.Errorf("no certificate: %v", err)
	}
	replace(t, s.cert, []byte("none"))
	if err := trusted(); err != nil {
		t.Errorf("a file that is none: %v", err)
	}
	replace(t, s.key, whole)
	s.certify(ecdsaKey(t))
	if err := trusted(); err != nil {
		t.Errorf("the change is complete, and: %v", err)
	}
}
