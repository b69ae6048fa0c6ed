package account

import (
	"testing"
	"time"

	"signet/storage"
)

func TestState_OfSeveralOneCounts(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		p    Person
		want State
	}{
		{Person{}, StateActive}, {Person{Expires: now.Unix() + 1}, StateActive}, {Person{Expires: now.Unix()}, StateExpired},
		{Person{Locked: "x", Expires: 1}, StateLocked}, {Person{Disabled: true, Locked: "x"}, StateDisabled},
		{Person{Disabled: true, Leaving: &Leaving{}}, StateLeaving},
	} {
		if got := c.p.StateAt(now); got != c.want || (c.p.Barred(now) == nil) != (c.want == StateActive) {
			t.Errorf("%+v is %s, want %s", c.p, got, c.want)
		}
	}
}

// A person is told once that their account is about to expire, and what was issued ends with it, once, though no one asks meanwhile.
func TestExpiry_ToldAndEnded(t *testing.T) {
	box := &postbox{}
	w := newWorld(t, func(c *Config) { c.Post, c.Sealer = box, noSealer{} })
	ada := w.add(t, "ada", goodPassword)
	end := w.clock.time().Add(30 * 24 * time.Hour)
	_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error {
		p.SetEmail(p.Email, true)
		p.Expires = end.Unix()
		return nil
	})
	noErr(t, err)
	look := func(wantDue int) {
		t.Helper()
		due, err := w.Due(t.Context(), 10)
		noErr(t, err)
		if len(due) != wantDue {
			t.Fatalf("due: %d people, want %d", len(due), wantDue)
		}
		for _, p := range due {
			noErr(t, w.NoteExpiry(t.Context(), p.Subject))
		}
		noErr(t, w.NoteExpiry(t.Context(), ada.Subject))
	}
	look(0)
	w.clock.advance(24 * 24 * time.Hour)
	look(1)
	look(0)
	if len(box.letters) != 1 || box.letters[0].Kind != LetterExpiring || box.letters[0].Facts["until"] != end.Add(-time.Second).Format(time.DateOnly) {
		t.Fatalf("%+v", box.letters)
	}
	p, err := w.Person(t.Context(), ada.Subject)
	noErr(t, err)
	w.clock.advance(7 * 24 * time.Hour)
	look(1)
	look(0)
	after, err := w.Person(t.Context(), ada.Subject)
	noErr(t, err)
	if after.Epoch != p.Epoch+1 || len(box.letters) != 1 {
		t.Errorf("epoch %d after %d, %d letters", after.Epoch, p.Epoch, len(box.letters))
	}
	_, err = w.EditPerson(t.Context(), "ada", func(p *Person) error {
		p.Expires = w.clock.time().Add(24 * time.Hour).Unix()
		return nil
	})
	noErr(t, err)
	look(1) // another time, another notice
}

// A link that keeps an account is spent by one of any number who press its button at once.
func TestRestore_OneOfMany(t *testing.T) {
	w, box, ada := mailedWorld(t)
	var b storage.Batch
	_, err := w.Leave(t.Context(), &b, ada.Subject, nil)
	noErr(t, err)
	w.apply(t, &b)
	link := box.linkIn(t, LetterLeaving)
	var first, second storage.Batch
	for _, b := range []*storage.Batch{&first, &second} {
		_, err := w.Restore(t.Context(), b, link, nil)
		noErr(t, err)
	}
	w.apply(t, &first)
	wantErr(t, w.db.Apply(t.Context(), second), storage.ErrConflict)
	_, err = w.Leaver(t.Context(), link)
	wantErr(t, err, ErrLink)
}
