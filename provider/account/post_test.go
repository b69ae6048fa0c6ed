package account

import (
	"context"
	"slices"
	"sync"
	"testing"

	"signet/storage"
)

// postbox keeps the letters of a test, whatever becomes of their batches.
type postbox struct {
	mu      sync.Mutex
	letters []Letter
}

// Append implements Post.
func (p *postbox) Append(_ *storage.Batch, l Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
	return nil
}

// Withdraw implements Post.
func (p *postbox) Withdraw(_ context.Context, to, but string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = slices.DeleteFunc(p.letters, func(l Letter) bool { return l.To == to && l.Kind != but })
	return nil
}

// noSealer is for tests without links.
type noSealer struct{ Sealer }

// Notices go to proved addresses only, and nowhere without mail.
func TestNotify_OnlyToProvedAddresses(t *testing.T) {
	box := &postbox{}
	w := newWorld(t, func(c *Config) { c.Post, c.Sealer = box, noSealer{} })
	ada := w.add(t, "ada", "")
	var b storage.Batch
	noErr(t, w.Notify(&b, ada, LetterPassword, nil))
	if len(box.letters) != 0 {
		t.Fatalf("to an address that nobody has proved: %+v", box.letters)
	}
	ada, err := w.EditPerson(t.Context(), "ada", func(p *Person) error {
		p.SetEmail(p.Email, true)
		p.Locale, p.Name = "fr-CA", "Ada"
		return nil
	})
	noErr(t, err)
	facts := map[string]string{"address": "192.0.2.7"}
	noErr(t, w.Notify(&b, ada, LetterPassword, facts))
	if len(box.letters) != 1 || len(facts) != 1 {
		t.Fatalf("%+v, facts of the caller %v", box.letters, facts)
	}
	l := box.letters[0]
	if l.To != "ada@example.org" || l.Language != "fr-CA" || l.Name != "Ada" || l.Kind != LetterPassword ||
		l.Facts["time"] != "2026-11-01T12:00:00Z" || l.Facts["address"] != "192.0.2.7" {
		t.Errorf("%+v", l)
	}
	noErr(t, newWorld(t).Notify(&b, ada, LetterPassword, nil))
}
