package mail_test

import (
	"strings"
	"testing"
	"time"

	"signet/handlers/mail"
	"signet/templates"
)

// A logo comes with the mail, by the name that its HTML uses (RFC 2392): nothing has to be fetched to see it.
func TestSMTP_TheLogoComesAlong(t *testing.T) {
	office := newPostOffice(t, mail.Plain)
	carrier, err := mail.NewSMTP(mail.Server{Host: office.host, Port: office.port, Security: mail.Plain, From: "id@example.com", HELO: "id.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	m := mail.Mail{
		Written: templates.Written{Language: "en", Subject: "x", Text: "x", HTML: `<img src="cid:logo">`, Pictures: map[string][]byte{"logo": []byte("\x89PNG\r\n\x1a\n")}},
		ID:      "1@id.example.com", Kind: "test", To: "ada@example.org", Date: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	}
	if err := carrier.Carry(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	raw := office.mails()[0].raw
	for _, want := range []string{"multipart/related", "Content-Id: <logo>", "Content-Type: image/png", "Content-Disposition: inline", "multipart/alternative"} {
		if !strings.Contains(strings.ToLower(raw), strings.ToLower(want)) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}
