package cli

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// letterBox is a mail server on this machine.
type letterBox struct {
	mu    sync.Mutex
	mails []string
}

// NewSession implements smtp.Backend.
func (b *letterBox) NewSession(*smtp.Conn) (smtp.Session, error) { return &posting{box: b}, nil }

type posting struct {
	box *letterBox
	to  string
}

func (p *posting) Reset()                                    {}
func (p *posting) Logout() error                             { return nil }
func (p *posting) Mail(string, *smtp.MailOptions) error      { return nil }
func (p *posting) Rcpt(to string, _ *smtp.RcptOptions) error { p.to = to; return nil }
func (p *posting) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	p.box.mails = append(p.box.mails, p.to+"\n"+string(text))
	return err
}

func TestMailOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	fails(t, exitFailed, "no mail server", "--data", dir, "mail", "test", "ada@example.org")
	fails(t, exitFailed, "no mail server", "--data", dir, "mail", "outbox")
	fails(t, exitFailed, "no mail server", "--data", dir, "user", "invite", "ada@example.org")

	box := &letterBox{}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	t.Setenv("SIGNET_MAIL_SERVER", l.Addr().String())
	t.Setenv("SIGNET_MAIL_TLS", "off")
	t.Setenv("SIGNET_MAIL_FROM", "Example ID <id@example.com>")
	if out := ok(t, "--data", dir, "mail", "test", "ada@example.org"); !strings.Contains(out, "took a mail") {
		t.Errorf("%s", out)
	}
	box.mu.Lock()
	if len(box.mails) != 1 || !strings.HasPrefix(box.mails[0], "ada@example.org\n") {
		t.Errorf("%q", box.mails)
	}
	box.mu.Unlock()
	fails(t, exitFailed, "invalid", "--data", dir, "mail", "test", "ada")
	fails(t, exitFailed, "closed", "--data", dir, "user", "invite", "new@example.org")
	t.Setenv("SIGNET_SIGNUP_MODE", "invite")
	ok(t, "--data", dir, "user", "invite", "new@example.org", "--language", "fr")
	if out := ok(t, "--data", dir, "mail", "outbox"); !strings.Contains(out, "new@example.org") || strings.Contains(out, "link=") {
		t.Errorf("waiting: %s", out)
	}
}
