package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"signet/provider/courier"
)

// Security is how the way to a mail server is protected.
type Security string

// The ways to a mail server. None of them falls back to another.
const (
	// StartTLS begins in the open and refuses to go on without TLS (RFC 3207).
	StartTLS Security = "starttls"
	// ImplicitTLS begins with TLS (RFC 8314 §3).
	ImplicitTLS Security = "tls"
	// Plain has no TLS, and sends no password.
	Plain Security = "off"
)

// Server is a mail server.
type Server struct {
	Host     string
	Port     int
	Security Security
	// User and Password are empty for a server that does not want them.
	User, Password string
	// From is the sender: an address, or a name with an address. ReplyTo may be empty.
	From, ReplyTo string
	// HELO is the name by which the server is greeted.
	HELO string
	// Roots are who vouches for its certificate; nil are those of the system.
	Roots *x509.CertPool
}

// SMTP carries mails to a server (RFC 5321).
type SMTP struct {
	server  Server
	from    *mail.Address
	replyTo *mail.Address
}

var _ Carrier = (*SMTP)(nil)

// NewSMTP returns the way to a server. It refuses a sender that is no address.
func NewSMTP(s Server) (*SMTP, error) {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("mail: from: %w", err)
	}
	out := &SMTP{server: s, from: from}
	if s.ReplyTo != "" {
		if out.replyTo, err = mail.ParseAddress(s.ReplyTo); err != nil {
			return nil, fmt.Errorf("mail: reply-to: %w", err)
		}
	}
	return out, nil
}

// Carry implements Carrier.
func (s *SMTP) Carry(ctx context.Context, m Mail) error {
	msg, err := s.message(m)
	if err != nil {
		return &courier.Refusal{Problem: err.Error(), Tries: 1}
	}
	way := &way{until: ctx}
	defer way.end()
	client, err := s.client(way)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if late := ctx.Err(); err != nil && late != nil {
		return fmt.Errorf("mail: the server does not answer: %w", late)
	}
	return verdict(err)
}

// message makes the mail of a letter. Its headers are fixed; no value of them can hold a line break.
func (s *SMTP) message(m Mail) (*gomail.Msg, error) {
	if hasBreak(m.To) || hasBreak(m.Subject) || hasBreak(m.ID) {
		return nil, errBreak
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.EnvelopeFromMailAddress(&mail.Address{Address: s.from.Address})
	if s.replyTo != nil {
		msg.ReplyToMailAddress(s.replyTo)
	}
	msg.ToMailAddress(&mail.Address{Address: m.To})
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	// No robot answers to a robot (RFC 3834 §5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, name := range slices.Sorted(maps.Keys(m.Pictures)) {
		if err := msg.EmbedReader(name+".png", bytes.NewReader(m.Pictures[name]), gomail.WithFileContentID("<"+name+">"), gomail.WithFileContentType("image/png")); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

var errBreak = errors.New("mail: a line break in a header")

func hasBreak(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }

// client speaks to the server once.
func (s *SMTP) client(way *way) (*gomail.Client, error) {
	security := &tls.Config{ServerName: s.server.Host, RootCAs: s.server.Roots, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(s.server.Port), gomail.WithHELO(s.server.HELO), gomail.WithTimeout(sendLimit), gomail.WithTLSConfig(security), gomail.WithDialContextFunc(way.open),
	}
	switch s.server.Security {
	case ImplicitTLS:
		way.tls = security
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.server.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password))
	}
	return gomail.NewClient(s.server.Host, options...)
}

// maxProblem is how much is kept of what a server says.
const maxProblem = 300

// verdict reads what came of an attempt: a mail that the server refuses for good (RFC 5321 §4.2.1, 5yz) is given up, one that it
// refuses for now is tried again; anything else is a server that did not answer.
func verdict(err error) error {
	if err == nil {
		return nil
	}
	problem := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, err.Error())
	problem = strings.ToValidUTF8(problem[:min(len(problem), maxProblem)], "")
	var refusal *gomail.SendError
	if !errors.As(err, &refusal) {
		return errors.New(problem)
	}
	switch code := refusal.ErrorCode(); {
	case code >= 500:
		return &courier.Refusal{Problem: problem, Tries: 1}
	case code >= 400:
		return &courier.Refusal{Problem: problem}
	}
	return errors.New(problem)
}
