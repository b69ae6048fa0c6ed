package mail_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/handlers/mail"
	"signet/keys"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
	"signet/storage/bolt"
	"signet/templates"
)

// away is a mail server that does not answer, until it does.
type away struct {
	back  bool
	taken []string
}

func (a *away) Carry(_ context.Context, m mail.Mail) error {
	if !a.back {
		return errors.New("nobody there")
	}
	a.taken = append(a.taken, m.To)
	return nil
}

// As long as the mail server is away, so many mails wait and no more: the oldest are dropped, and the audit trail says how many.
func TestAttack_AO16_OutboxIsBounded(t *testing.T) {
	const most = 50
	w := &world{t: t, log: &bytes.Buffer{}, at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	w.check(err)
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	w.check(err)
	w.db = storage.New(engine, keys.NewSealer(master, rand.Reader), w.now)
	pages, err := templates.New(templates.Options{})
	w.check(err)
	trail, server := audit.New(w.db, rand.Reader, 0), &away{}
	outbox := func() *mail.Outbox {
		o, err := mail.New(mail.Config{DB: w.db, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(w.log, nil)), Issuer: "https://id.example.com",
			Product: "Example ID", Pages: pages, Carrier: server, Max: most, Trail: trail})
		w.check(err)
		return o
	}
	w.Outbox = outbox()
	for i := range 270 {
		var b storage.Batch
		w.check(w.Append(&b, account.Letter{To: fmt.Sprintf("person%03d@example.com", i), Kind: account.LetterTest}))
		w.check(w.db.Apply(t.Context(), b))
		w.after(time.Second)
	}
	w.check(w.Pass(t.Context()))
	w.check(outbox().Pass(t.Context())) // another node finds nothing more to drop
	waiting := w.waiting()
	if len(waiting) != most {
		t.Errorf("%d letters wait, want %d", len(waiting), most)
	}
	for _, l := range waiting {
		if l.To < fmt.Sprintf("person%03d", 270-most) {
			t.Errorf("%s still waits, and younger ones were dropped", l.To)
		}
	}
	told := 0
	w.after(time.Second)
	w.check(trail.Each(t.Context(), audit.Query{Kind: "mail.dropped", Since: w.now().Add(-time.Hour)}, func(r audit.Record) error {
		var n int
		_, err := fmt.Sscan(r.Facts["letters"], &n)
		told += n
		return err
	}))
	if told != 270-most {
		t.Errorf("the audit trail tells of %d dropped letters, want %d", told, 270-most)
	}
	if n := strings.Count(w.log.String(), "dropped"); n == 0 || strings.Contains(w.log.String(), "person") && !strings.Contains(w.log.String(), "nobody there") {
		t.Errorf("log:\n%s", w.log)
	}
	server.back = true
	w.after(2 * time.Hour)
	w.check(w.Pass(t.Context()))
	if len(server.taken) != most || len(w.waiting()) != 0 {
		t.Errorf("%d were sent when the server was back, %d wait", len(server.taken), len(w.waiting()))
	}
}
