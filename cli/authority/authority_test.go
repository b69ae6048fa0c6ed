package authority

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// machineTime is a clock that a test moves.
type machineTime struct{ now time.Time }

func (m *machineTime) Now() time.Time { return m.now }

func newMachineTime() *machineTime {
	return &machineTime{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func open(t *testing.T, dir string, clock *machineTime) *Authority {
	t.Helper()
	a, err := Open(dir, "ada@laptop", clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// believes asks the library whether a certificate is good for a host, for somebody who trusts the authority alone.
func (a *Authority) believes(leaf *x509.Certificate, host string) error {
	pool := x509.NewCertPool()
	a.Trust(pool)
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: pool, CurrentTime: a.clock()})
	return err
}

func TestOpen_KeepsOne(t *testing.T) {
	dir, clock := filepath.Join(t.TempDir(), "signet"), newMachineTime()
	if Exists(dir) {
		t.Error("there is one before there is one")
	}
	a := open(t, dir, clock)
	if b := open(t, dir, clock); string(a.PEM()) != string(b.PEM()) {
		t.Error("the second is another")
	}
	if !Exists(dir) || a.Name() != "Signet development authority of ada@laptop" {
		t.Errorf("name %q", a.Name())
	}
	text, err := os.ReadFile(a.Path())
	if err != nil || string(text) != string(a.PEM()) || strings.Contains(string(text), "PRIVATE") {
		t.Errorf("%s: %v\n%s", a.Path(), err, text)
	}
	for name, want := range map[string]os.FileMode{".": 0o700, privateFile: 0o600, publicFile: 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %o", name, info.Mode(), err, want)
		}
	}
}

// Several servers that start for the first time at once have one authority between them.
func TestOpen_AtOnce(t *testing.T) {
	dir, clock := t.TempDir(), newMachineTime()
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		seen = map[string]bool{}
	)
	for range 4 {
		all.Go(func() {
			a, err := Open(dir, "ada@laptop", clock.Now)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[string(a.PEM())] = true
		})
	}
	all.Wait()
	if len(seen) != 1 {
		t.Errorf("%d authorities", len(seen))
	}
}

// Whoever has the key of a trusted authority is every site to this user's browser. Ours is every localhost, and nothing else.
func TestAttack_AuthoritySignsOthersSites(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	for host, good := range map[string]bool{
		"localhost": true, "app.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"bank.example": false, "localhost.example": false, "notlocalhost": false, "10.0.0.1": false, "192.0.2.1": false, "::2": false, "::ffff:10.0.0.1": false,
	} {
		l := &Leaf{authority: a, names: []string{host}}
		c, err := l.sign()
		if err != nil {
			t.Fatal(err)
		}
		if err := a.believes(c.Leaf, host); (err == nil) != good {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// A certificate below the authority cannot sign others.
func TestAttack_AuthorityBelowAuthority(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	below := &Authority{dir: t.TempDir(), clock: a.clock}
	template, err := a.template(leafLife)
	if err != nil {
		t.Fatal(err)
	}
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if below.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	below.key = a.key
	c, err := (&Leaf{authority: below, names: localNames}).sign()
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	a.Trust(roots)
	below.Trust(between)
	if _, err := c.Leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: roots, Intermediates: between, CurrentTime: a.clock()}); err == nil {
		t.Error("an authority below the authority is believed")
	}
}

// A key that others can read, and a file that is damaged, are refused with what to do; nothing is replaced silently, because
// what was trusted would stay trusted.
func TestOpen_Refuses(t *testing.T) {
	dir, clock := t.TempDir(), newMachineTime()
	open(t, dir, clock)
	path := filepath.Join(dir, privateFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "", clock.Now); err == nil || !strings.Contains(err.Error(), "has mode 644") {
		t.Errorf("readable by others: %v", err)
	}
	other := open(t, t.TempDir(), clock)
	otherText, err := os.ReadFile(other.file(privateFile))
	if err != nil {
		t.Fatal(err)
	}
	half := strings.Index(string(whole), "-----BEGIN PRIVATE")
	otherHalf := strings.Index(string(otherText), "-----BEGIN PRIVATE")
	leaf, err := other.Leaf("localhost")
	if err != nil {
		t.Fatal(err)
	}
	leafText, err := os.ReadFile(leaf.path())
	if err != nil {
		t.Fatal(err)
	}
	for says, text := range map[string]string{
		"is damaged":                           string(whole[:half]),
		"do not belong together":               string(whole[:half]) + string(otherText[otherHalf:]),
		"is no authority of ours":              string(leafText),
		"authority-private.pem: x509":          strings.Replace(string(whole), "MII", "AAA", 1),
		"authority-private.pem is damaged; re": "",
	} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, "", clock.Now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
}

func TestLeaf_IsForThisMachine(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	l, err := a.Leaf("tenant.app.localhost")
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "app.localhost", "tenant.app.localhost", "127.0.0.1", "::1"} {
		if err := a.believes(c.Leaf, host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	info, err := os.Stat(l.path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := a.Leaf("id.example.com"); err != nil {
		t.Error(err) // it is signed, and believed by nobody
	}
}

// A certificate is kept for the next run, and renewed in time: between runs, and while a server runs for months.
func TestLeaf_IsRenewed(t *testing.T) {
	dir, clock := t.TempDir(), newMachineTime()
	a := open(t, dir, clock)
	serial := func(l *Leaf) string {
		c, err := l.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.believes(c.Leaf, "localhost"); err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	leaf := func() *Leaf {
		l, err := a.Leaf("localhost")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	running := leaf()
	first := serial(running)
	if serial(leaf()) != first {
		t.Error("the second run has another")
	}
	clock.now = clock.now.Add(leafLife / 2)
	if serial(leaf()) != first || serial(running) != first {
		t.Error("renewed at half of its life")
	}
	clock.now = clock.now.Add(leafLife / 4)
	second := serial(running)
	if second == first || serial(leaf()) != second {
		t.Error("not renewed, or not kept")
	}
	clock.now = clock.now.Add(10 * leafLife)
	if serial(running) == second {
		t.Error("not renewed after its end")
	}
}

// An authority whose end is near makes place for another; the certificates of the old one go with it.
func TestAuthority_Ends(t *testing.T) {
	dir, clock := t.TempDir(), newMachineTime()
	first := open(t, dir, clock)
	if _, err := first.Leaf("localhost"); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(authorityLife - leafLife)
	second := open(t, dir, clock)
	if string(first.PEM()) == string(second.PEM()) {
		t.Fatal("the old one is still there")
	}
	l, err := second.Leaf("localhost")
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Get(nil)
	if err != nil || second.believes(c.Leaf, "localhost") != nil {
		t.Errorf("%v, %v", err, second.believes(c.Leaf, "localhost"))
	}
	if text, err := os.ReadFile(second.Path()); err != nil || string(text) != string(second.PEM()) {
		t.Errorf("%s is not the new one: %v", second.Path(), err)
	}
}

// Programs that are not written in Go believe the certificate, too, and check what the authority is confined to.
func TestLeaf_OthersBelieve(t *testing.T) {
	dir := t.TempDir()
	a, err := Open(dir, "ada@laptop", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.Leaf("localhost")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: leaf.Get, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go answer(l)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "https", Host: net.JoinHostPort("127.0.0.1", port), Path: "/"}).String()
	tried := 0
	for name, c := range map[string]struct {
		env     string
		command []string
	}{
		"curl":    {"", []string{"curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert", a.Path(), address}},
		"node":    {"NODE_EXTRA_CA_CERTS=" + a.Path(), []string{"node", "-e", "fetch('" + address + "').then(r => r.ok || process.exit(3), e => { console.error(e); process.exit(4) })"}},
		"python3": {"", []string{"python3", "-c", "import ssl,urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile='" + a.Path() + "'))).open('" + address + "')"}},
		"openssl": {"", []string{"openssl", "verify", "-x509_strict", "-CAfile", a.Path(), "-verify_hostname", "localhost", leaf.path()}},
	} {
		if _, err := exec.LookPath(c.command[0]); err != nil {
			t.Logf("NOT TESTED: %s is not there", name)
			continue
		}
		tried++
		cmd := exec.Command(c.command[0], c.command[1:]...)
		cmd.Env = append(os.Environ(), c.env)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
	if tried == 0 {
		t.Skip("NOT TESTED: none of curl, node, python3, openssl")
	}
}

// answer says the same to everybody.
func answer(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if _, err := c.Read(make([]byte, 4096)); err == nil {
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"))
			}
		}()
	}
}
