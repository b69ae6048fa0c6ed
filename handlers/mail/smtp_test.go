package mail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"signet/handlers/mail"
	"signet/keys"
	"signet/provider/account"
	"signet/storage"
	"signet/storage/bolt"
	"signet/templates"
)

// postOffice is a real mail server that keeps what it takes.
type postOffice struct {
	t    *testing.T
	host string
	port int
	// roots vouch for its certificate.
	roots *x509.CertPool

	mu    sync.Mutex
	taken []taken
	// refusals are what the next mails are answered with.
	refusals []*smtp.SMTPError
	signedIn []string
}

// taken is a mail as the server got it.
type taken struct {
	from string
	to   []string
	raw  string
	tls  bool
}

// newPostOffice starts a server: with STARTTLS, with TLS from the beginning, or without.
func newPostOffice(t *testing.T, security mail.Security) *postOffice {
	t.Helper()
	o := &postOffice{t: t, host: "localhost"}
	cert, roots := certificate(t)
	o.roots = roots
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &counter{office: o, conn: c}, nil }))
	s.Domain = "localhost"
	s.EnableSMTPUTF8 = true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.port = l.Addr().(*net.TCPAddr).Port
	switch security {
	case mail.StartTLS:
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	case mail.ImplicitTLS:
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return o
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (o *postOffice) mails() []taken {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]taken(nil), o.taken...)
}

// counter is one conversation with the server.
type counter struct {
	office *postOffice
	conn   *smtp.Conn
	now    taken
}

// AuthMechanisms implements smtp.AuthSession.
func (c *counter) AuthMechanisms() []string {
	if _, secure := c.conn.TLSConnectionState(); !secure {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "signet" || password != "open sesame" {
			return smtp.ErrAuthFailed
		}
		c.office.mu.Lock()
		defer c.office.mu.Unlock()
		c.office.signedIn = append(c.office.signedIn, user)
		return nil
	}), nil
}

func (c *counter) Reset()        { c.now = taken{} }
func (c *counter) Logout() error { return nil }
func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	c.now.from = from
	return nil
}
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.now.to = append(c.now.to, to)
	return nil
}

func (c *counter) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	if len(c.office.refusals) > 0 {
		refusal := c.office.refusals[0]
		c.office.refusals = c.office.refusals[1:]
		return refusal
	}
	c.now.raw = string(raw)
	_, c.now.tls = c.conn.TLSConnectionState()
	c.office.taken = append(c.office.taken, c.now)
	return nil
}

// world is an outbox whose mails go to a server, on a clock that the test moves.
type world struct {
	*mail.Outbox
	t      *testing.T
	db     *storage.DB
	office *postOffice
	log    *bytes.Buffer

	mu sync.Mutex
	at time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) after(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t *testing.T, security mail.Security, change func(*mail.Server)) *world {
	t.Helper()
	w := &world{t: t, office: newPostOffice(t, security), log: &bytes.Buffer{}, at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	w.check(err)
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	w.check(err)
	w.db = storage.New(engine, keys.NewSealer(master, rand.Reader), w.now)
	s := mail.Server{
		Host: w.office.host, Port: w.office.port, Security: security, From: "Example ID <id@example.com>", ReplyTo: "help@example.com",
		HELO: "id.example.com", Roots: w.office.roots,
	}
	if change != nil {
		change(&s)
	}
	carrier, err := mail.NewSMTP(s)
	w.check(err)
	pages, err := templates.New(templates.Options{})
	w.check(err)
	w.Outbox, err = mail.New(mail.Config{
		DB: w.db, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(w.log, nil)), Issuer: "https://id.example.com/tenant", Product: "Example ID",
		Pages: pages, Carrier: carrier,
	})
	w.check(err)
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// post puts a letter into the outbox and sends what is due.
func (w *world) post(l account.Letter) {
	w.t.Helper()
	var b storage.Batch
	w.check(w.Append(&b, l))
	w.check(w.db.Apply(w.t.Context(), b))
	w.check(w.Pass(w.t.Context()))
}

func (w *world) waiting() []mail.Waiting {
	w.t.Helper()
	list, _, err := w.List(w.t.Context())
	w.check(err)
	return list
}

// read takes a mail apart: its headers, and its two bodies.
func read(t *testing.T, raw string) (head netmail.Header, text, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	var bodies []string
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(body))
	}
	if len(bodies) != 2 {
		t.Fatalf("%d bodies", len(bodies))
	}
	return m.Header, bodies[0], bodies[1]
}

var recovery = account.Letter{To: "ada@example.org", Name: "Ada", Kind: account.LetterRecover, Facts: map[string]string{"path": "/recover/abc", "minutes": "15"}}

func TestSMTP_STARTTLSAndPassword(t *testing.T) {
	w := newWorld(t, mail.StartTLS, func(s *mail.Server) { s.User, s.Password = "signet", "open sesame" })
	w.post(recovery)
	mails := w.office.mails()
	if len(mails) != 1 || !mails[0].tls || len(w.office.signedIn) != 1 || mails[0].from != "id@example.com" || strings.Join(mails[0].to, " ") != "ada@example.org" {
		t.Fatalf("%+v\n%s", mails, w.log)
	}
	head, text, html := read(t, mails[0].raw)
	for name, want := range map[string]string{
		"From": `"Example ID" <id@example.com>`, "To": "<ada@example.org>", "Reply-To": "<help@example.com>", "Subject": "Set a new password for Example ID",
		"Auto-Submitted": "auto-generated", "Content-Language": "en", "Date": "Sun, 01 Nov 2026 12:00:00 +0000",
	} {
		if got := head.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, body := range []string{text, html} {
		if !strings.Contains(body, "https://id.example.com/tenant/recover/abc") || !strings.Contains(body, "15") || !strings.Contains(body, "Ada") {
			t.Errorf("body: %s", body)
		}
	}
	if len(w.waiting()) != 0 {
		t.Errorf("still waiting: %+v", w.waiting())
	}
}

func TestSMTP_ImplicitTLSAndNone(t *testing.T) {
	for _, security := range []mail.Security{mail.ImplicitTLS, mail.Plain} {
		w := newWorld(t, security, nil)
		w.post(recovery)
		if mails := w.office.mails(); len(mails) != 1 || mails[0].tls != (security == mail.ImplicitTLS) {
			t.Errorf("%s: %+v\n%s", security, mails, w.log)
		}
	}
}

// Whoever sits between us and the mail server can strike STARTTLS out; nothing is sent then, and no password.
func TestAttack_AN06_NoMailInTheOpen(t *testing.T) {
	w := newWorld(t, mail.Plain, func(s *mail.Server) { s.Security, s.User, s.Password = mail.StartTLS, "signet", "open sesame" })
	w.post(recovery)
	if len(w.office.mails()) != 0 || len(w.office.signedIn) != 0 || len(w.waiting()) != 1 || strings.Contains(w.waiting()[0].Problem, "sesame") {
		t.Errorf("%+v, waiting %+v", w.office.mails(), w.waiting())
	}
	w = newWorld(t, mail.StartTLS, func(s *mail.Server) { s.Roots = x509.NewCertPool() })
	w.post(recovery)
	if len(w.office.mails()) != 0 || len(w.waiting()) != 1 {
		t.Errorf("a certificate that nobody vouches for: %+v", w.office.mails())
	}
}

func TestSMTP_TriesAgainAndGivesUp(t *testing.T) {
	w := newWorld(t, mail.Plain, nil)
	busy := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}
	w.office.refusals = []*smtp.SMTPError{busy, busy}
	w.post(recovery)
	for range 2 {
		waiting := w.waiting()
		if len(waiting) != 1 || !strings.Contains(waiting[0].Problem, "come again") {
			t.Fatalf("%+v", waiting)
		}
		w.after(time.Unix(waiting[0].Due, 0).Sub(w.now()))
		w.check(w.Pass(t.Context()))
	}
	if len(w.waiting()) != 0 || len(w.office.mails()) != 1 {
		t.Fatalf("%+v %+v", w.waiting(), w.office.mails())
	}
	w.office.refusals = []*smtp.SMTPError{{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here"}}
	w.post(recovery)
	if len(w.waiting()) != 0 || len(w.office.mails()) != 1 || !strings.Contains(w.log.String(), "nobody here") {
		t.Errorf("refused for good: %+v, log %s", w.waiting(), w.log)
	}
	if strings.Contains(w.log.String(), "recover/abc") || strings.Contains(w.log.String(), "ada@") {
		t.Errorf("the log tells: %s", w.log)
	}
}

// A server that is away is not stormed, and the letter outlives it.
func TestSMTP_ServerIsAway(t *testing.T) {
	w := newWorld(t, mail.Plain, func(s *mail.Server) { s.Port = 1 })
	w.post(recovery)
	if waiting := w.waiting(); len(waiting) != 1 || waiting[0].Attempts != 1 || waiting[0].To != "ada@example.org" {
		t.Errorf("%+v", waiting)
	}
	if err := w.SendNow(t.Context(), account.Letter{To: "ada@example.org", Kind: account.LetterTest}); err == nil {
		t.Error("a test mail to nowhere arrived")
	}
}

// Whatever is in an address, a name or a fact: one recipient, the same headers, and no address that we did not make.
func TestAttack_AN06_HeaderInjection(t *testing.T) {
	w := newWorld(t, mail.Plain, nil)
	w.post(recovery)
	names := headerNames(t, w.office.mails()[0].raw)
	evil := []string{
		"x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\rBcc: eve@evil.example", "x\r\n\r\n<script>", "=?utf-8?q?x=0d=0aBcc:_eve@evil.example?=",
		"x>\r\nRCPT TO:<eve@evil.example>", "x\x00y", "\u2028Bcc: eve@evil.example", "x\r\n.\r\nMAIL FROM:<eve@evil.example>",
	}
	for _, payload := range evil {
		before := len(w.office.mails())
		l := recovery
		l.Name = payload
		l.Kind, l.Facts = account.LetterEmail, map[string]string{"email": payload, "time": "2026-11-01T12:00:00Z", "address": payload}
		w.post(l)
		l = recovery
		l.To = payload + "@example.org"
		w.post(l)
		l.To = "ada@example.org, " + payload
		w.post(l)
		for _, m := range w.office.mails()[before:] {
			if len(m.to) != 1 || strings.Contains(strings.Join(m.to, ""), "evil") && !strings.HasSuffix(m.to[0], "@example.org") {
				t.Errorf("%q: recipients %q", payload, m.to)
			}
			if got := headerNames(t, m.raw); got != names {
				t.Errorf("%q: headers %s, want %s", payload, got, names)
			}
		}
	}
	for _, m := range w.office.mails() {
		if len(m.to) != 1 || !strings.HasSuffix(m.to[0], "@example.org") {
			t.Errorf("to %q", m.to)
		}
	}
}

func headerNames(t *testing.T, raw string) string {
	t.Helper()
	var names []string
	top, _, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(top, "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// A name is its owner's own word, and may be an advertisement; mail programs make links of what looks like an address.
func TestAttack_AN07_NamesAreNoLinks(t *testing.T) {
	w := newWorld(t, mail.Plain, nil)
	for _, name := range []string{"Win at evil.example", "https://evil.example/", "eve@evil.example", "<a href='https://evil.example'>x</a>"} {
		before := len(w.office.mails())
		l := recovery
		l.Name = name
		w.post(l)
		_, text, html := read(t, w.office.mails()[before].raw)
		if strings.Contains(text+html, "evil.example") {
			t.Errorf("%q: %s", name, text)
		}
	}
}

// Words of people are data: nothing in them is a template, a message's placeholder or mark-up.
func TestAttack_AN10_NoTemplatesInFacts(t *testing.T) {
	w := newWorld(t, mail.Plain, nil)
	l := account.Letter{To: "ada@example.org", Name: "{{.Link}} {product} **x**", Kind: account.LetterEmail, Facts: map[string]string{"email": "{{.}}<img src=x>"}}
	w.post(l)
	_, text, html := read(t, w.office.mails()[0].raw)
	if !strings.Contains(text, "{{.}}<img src=x>") || strings.Contains(html, "<img") || !strings.Contains(html, "{product} **x**") && !strings.Contains(text, "{product}") && strings.Contains(text, "Hello") {
		t.Errorf("%s\n%s", text, html)
	}
}

// Every kind of letter has its words.
func TestOutbox_EveryLetterHasWords(t *testing.T) {
	w := newWorld(t, mail.Plain, nil)
	kinds := []string{
		account.LetterTest, account.LetterVerify, account.LetterRecover, account.LetterCode, account.LetterSignUp, account.LetterInvite, account.LetterKnown,
		account.LetterPassword, account.LetterRecovered, account.LetterEmail, account.LetterFactorAdded, account.LetterFactorRemoved, account.LetterRecoveryCode, account.LetterFactorTries,
		account.LetterLeaving, account.LetterRemoval, account.LetterGone, account.LetterRestored, account.LetterExpiring,
	}
	facts := map[string]string{"path": "/x", "minutes": "30", "days": "7", "code": "123456", "email": "new@example.org", "until": "2027-01-31", "factor": "totp", "time": "2026-11-01T12:00:00Z", "address": "192.0.2.7"}
	for i, kind := range kinds {
		given := map[string]string{}
		for k, v := range facts {
			if k != "path" || strings.Contains("verify recover sign-up invite known", kind) {
				given[k] = v
			}
		}
		w.post(account.Letter{To: "ada@example.org", Kind: kind, Facts: given})
		if len(w.office.mails()) != i+1 {
			t.Fatalf("%s: not sent: %s", kind, w.log)
		}
	}
	var b storage.Batch
	w.check(w.Append(&b, account.Letter{Kind: account.LetterNone, To: "nobody@example.org"}))
	w.check(w.db.Apply(t.Context(), b))
	w.check(w.Pass(t.Context()))
	if len(w.office.mails()) != len(kinds) || len(w.waiting()) != 0 {
		t.Errorf("a letter to nobody was sent, or waits")
	}
}
