package account

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
)

// mailedWorld is a world with a post box, in which ada's address is proved.
func mailedWorld(t *testing.T, change ...func(*Config)) (*world, *postbox, *Person) {
	t.Helper()
	box := &postbox{}
	w := newWorld(t, append(change, func(c *Config) {
		master, err := keys.GenerateMaster(rand.Reader)
		noErr(t, err)
		c.Post, c.Sealer = box, keys.NewSealer(master, rand.Reader)
	})...)
	w.add(t, "ada", goodPassword)
	ada, err := w.EditPerson(t.Context(), "ada", func(p *Person) error {
		p.SetEmail(p.Email, true)
		return nil
	})
	noErr(t, err)
	return w, box, ada
}

// linkIn is the link of the newest letter, which must be of that kind.
func (p *postbox) linkIn(t *testing.T, kind string) string {
	t.Helper()
	l := p.letters[len(p.letters)-1]
	if l.Kind != kind {
		t.Fatalf("a letter %q, want %q", l.Kind, kind)
	}
	_, query, _ := strings.Cut(l.Facts["path"], "?link=")
	link, err := url.QueryUnescape(query)
	noErr(t, err)
	return link
}

func (w *world) askRecovery(t *testing.T, box *postbox, identifier string) string {
	t.Helper()
	var b storage.Batch
	noErr(t, w.AskRecovery(t.Context(), &b, identifier, ""))
	w.apply(t, &b)
	return box.linkIn(t, LetterRecover)
}

// recover uses a link.
func (w *world) comeBack(t *testing.T, link, password string) error {
	t.Helper()
	var b storage.Batch
	if _, err := w.Recover(t.Context(), &b, link, password, nil); err != nil {
		return err
	}
	return w.db.Apply(t.Context(), b)
}

func TestAttack_AH13_RecoveryLinksAreGoodOnce(t *testing.T) {
	w, box, _ := mailedWorld(t)
	link := w.askRecovery(t, box, "ADA@example.org")
	for _, bad := range []string{"", "x", link + "x", link[:len(link)-2], strings.Repeat("A", 5000)} {
		wantErr(t, w.comeBack(t, bad, "another one of mine"), ErrLink)
	}
	var weak *PasswordError
	if err := w.comeBack(t, link, "ada"); !errors.As(err, &weak) {
		t.Fatalf("a weak password: %v", err)
	}
	noErr(t, w.comeBack(t, link, "another one of mine"))
	wantErr(t, w.comeBack(t, link, "and a third one"), ErrLink)
	if _, err := w.Authenticate(t.Context(), "ada", "another one of mine"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if last := box.letters[len(box.letters)-1]; last.Kind != LetterRecovered || last.To != "ada@example.org" {
		t.Errorf("no notice: %+v", last)
	}
}

// Each of these makes a link that was mailed before worthless.
func TestAttack_AH13_WhatEndsALink(t *testing.T) {
	for name, end := range map[string]func(w *world, box *postbox, ada *Person) error{
		"a newer link": func(w *world, box *postbox, _ *Person) error { w.askRecovery(t, box, "ada"); return nil },
		"another password": func(w *world, _ *postbox, _ *Person) error {
			return w.SetPassword(t.Context(), "ada", "another one of mine")
		},
		"another address": func(w *world, _ *postbox, _ *Person) error {
			_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { p.SetEmail("ada@example.net", true); return nil })
			return err
		},
		"a disabled person": func(w *world, _ *postbox, _ *Person) error { return w.SetDisabled(t.Context(), "ada", true) },
		"a removed person":  func(w *world, _ *postbox, _ *Person) error { return w.RemovePerson(t.Context(), "ada") },
		"everything ended":  func(w *world, _ *postbox, _ *Person) error { return w.EndEverything(t.Context(), "ada") },
		"time":              func(w *world, _ *postbox, _ *Person) error { w.clock.advance(recoveryLife); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w, box, ada := mailedWorld(t)
			link := w.askRecovery(t, box, "ada")
			noErr(t, end(w, box, ada))
			wantErr(t, w.comeBack(t, link, "another one of mine!"), ErrLink)
			_, err := w.RecoveryPerson(t.Context(), link)
			wantErr(t, err, ErrLink)
		})
	}
}

func TestAttack_AH13_RacingForALink(t *testing.T) {
	w, box, _ := mailedWorld(t)
	link := w.askRecovery(t, box, "ada")
	var won atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			var b storage.Batch
			if _, err := w.Recover(t.Context(), &b, link, "another one of mine", nil); err == nil && w.db.Apply(t.Context(), b) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d uses of one link", won.Load())
	}
}

// One purpose's link is no other's.
func TestAttack_AH15_LinksAreForOnePurpose(t *testing.T) {
	w, box, ada := mailedWorld(t)
	recovery := w.askRecovery(t, box, "ada")
	var b storage.Batch
	noErr(t, w.AskAddress(t.Context(), &b, ada, "ada@example.net", ""))
	address := box.linkIn(t, LetterVerify)
	noErr(t, w.AskSignUp(t.Context(), &b, "new@example.org", ""))
	signUp := box.linkIn(t, LetterSignUp)
	w.apply(t, &b)
	for _, link := range []string{address, signUp} {
		wantErr(t, w.comeBack(t, link, "another one of mine"), ErrLink)
	}
	for _, link := range []string{recovery, signUp} {
		_, err := w.ConfirmAddress(t.Context(), &storage.Batch{}, link, nil)
		wantErr(t, err, ErrLink)
	}
	for _, link := range []string{recovery, address} {
		_, err := w.SignUp(t.Context(), &storage.Batch{}, link, Person{Username: "new"}, goodPassword)
		wantErr(t, err, ErrLink)
	}
}

// Asking for a link writes as much, and computes as little, for everybody: known, unknown, disabled, with an unproved address.
func TestAttack_AH01_AskingForALinkTellsNothing(t *testing.T) {
	w, box, _ := mailedWorld(t)
	w.add(t, "grace", goodPassword) // her address is not proved
	w.add(t, "mary", goodPassword)
	noErr(t, w.SetDisabled(t.Context(), "mary", true))
	before := w.HashCount()
	for who, kind := range map[string]string{
		"ada": LetterRecover, "ada@example.org": LetterRecover, "grace": LetterNone, "mary": LetterNone, "nobody": LetterNone, "nobody@example.org": LetterNone,
		"": LetterNone, "\x00": LetterNone, strings.Repeat("x", 4000): LetterNone,
	} {
		var b storage.Batch
		noErr(t, w.AskRecovery(t.Context(), &b, who, ""))
		if l := box.letters[len(box.letters)-1]; l.Kind != kind || len(b.Then) != 2 || len(b.If) != 0 || l.Facts["path"] == "" {
			t.Errorf("%.20q: %s, %d writes", who, l.Kind, len(b.Then))
		}
		w.apply(t, &b)
	}
	for who, kind := range map[string]string{"ada@example.org": LetterKnown, "nobody@example.org": LetterSignUp} {
		var b storage.Batch
		noErr(t, w.AskSignUp(t.Context(), &b, who, "de"))
		if l := box.letters[len(box.letters)-1]; l.Kind != kind || len(b.Then) != 1 || l.To != who {
			t.Errorf("sign-up of %s: %+v, %d writes", who, l, len(b.Then))
		}
	}
	grace, err := w.FindPerson(t.Context(), "grace")
	noErr(t, err)
	for who, kind := range map[string]string{"ada@example.org": LetterKnown, "free@example.org": LetterVerify} {
		var b storage.Batch
		noErr(t, w.AskAddress(t.Context(), &b, grace, who, ""))
		if l := box.letters[len(box.letters)-1]; l.Kind != kind || len(b.Then) != 1 || l.To != who {
			t.Errorf("address %s: %+v, %d writes", who, l, len(b.Then))
		}
	}
	if w.HashCount() != before {
		t.Errorf("%d hashes", w.HashCount()-before)
	}
}

// A new address counts when its owner has confirmed it, and not before; the former one is told.
func TestAddress_IsConfirmed(t *testing.T) {
	w, box, ada := mailedWorld(t)
	var b storage.Batch
	noErr(t, w.AskAddress(t.Context(), &b, ada, "Ada@New.example.org", ""))
	w.apply(t, &b)
	link := box.linkIn(t, LetterVerify)
	if p, _ := w.FindPerson(t.Context(), "ada"); p.Email != "ada@example.org" {
		t.Fatalf("changed unasked: %s", p.Email)
	}
	who, email, err := w.AddressOf(t.Context(), link)
	noErr(t, err)
	if who.Subject != ada.Subject || email != "Ada@new.example.org" {
		t.Errorf("%s %s", who.Username, email)
	}
	b = storage.Batch{}
	_, err = w.ConfirmAddress(t.Context(), &b, link, map[string]string{"address": "192.0.2.7"})
	noErr(t, err)
	w.apply(t, &b)
	after, err := w.FindPerson(t.Context(), "Ada@new.example.org")
	noErr(t, err)
	if !after.EmailVerified || after.Subject != ada.Subject {
		t.Errorf("%+v", after)
	}
	if l := box.letters[len(box.letters)-1]; l.Kind != LetterEmail || l.To != "ada@example.org" || l.Facts["email"] != "Ada@new.example.org" {
		t.Errorf("the former address: %+v", l)
	}
	_, err = w.ConfirmAddress(t.Context(), &storage.Batch{}, link, nil)
	wantErr(t, err, ErrLink)
}

// An address that waits to be confirmed dies with the password (A-F03), and cannot be taken from who has it by then.
func TestAttack_AF03_PendingAddress(t *testing.T) {
	w, box, ada := mailedWorld(t)
	ask := func() string {
		var b storage.Batch
		noErr(t, w.AskAddress(t.Context(), &b, ada, "eve@example.org", ""))
		w.apply(t, &b)
		return box.linkIn(t, LetterVerify)
	}
	link := ask()
	w.add(t, "eve", "")
	_, err := w.ConfirmAddress(t.Context(), &storage.Batch{}, link, nil)
	wantErr(t, err, ErrLink)
	noErr(t, w.RemovePerson(t.Context(), "eve"))
	link = ask()
	noErr(t, w.SetPassword(t.Context(), "ada", "another one of mine"))
	_, err = w.ConfirmAddress(t.Context(), &storage.Batch{}, link, nil)
	wantErr(t, err, ErrLink)
}

// An account is made by who has the address, once; nothing else of it comes from a form than name, profile and password.
func TestSignUp(t *testing.T) {
	w, box, _ := mailedWorld(t)
	var b storage.Batch
	noErr(t, w.AskSignUp(t.Context(), &b, " New@Example.org", "fr"))
	w.apply(t, &b)
	link := box.linkIn(t, LetterSignUp)
	address, invited, err := w.SignUpAddress(t.Context(), link)
	noErr(t, err)
	if address != "New@example.org" || invited || box.letters[len(box.letters)-1].Language != "fr" {
		t.Errorf("%s", address)
	}
	var taken *TakenError
	if _, err := w.SignUp(t.Context(), &storage.Batch{}, link, Person{Username: "ada"}, goodPassword); !errors.As(err, &taken) {
		t.Errorf("a name that is taken: %v", err)
	}
	evil := Person{Username: "newcomer", Email: "ada@example.org", Groups: []string{"admins"}, Disabled: true, Declared: true, Epoch: 7, Profile: Profile{Name: "New", PhoneNumber: "+33 1", PhoneVerified: true}}
	b = storage.Batch{}
	_, err = w.SignUp(t.Context(), &b, link, evil, goodPassword)
	noErr(t, err)
	w.apply(t, &b)
	p, err := w.Authenticate(t.Context(), "newcomer", goodPassword)
	noErr(t, err)
	if p.Email != "New@example.org" || !p.EmailVerified || len(p.Groups) != 0 || p.Disabled || p.Declared || p.Epoch != 1 || p.PhoneVerified || p.Name != "New" {
		t.Errorf("%+v", p)
	}
	_, err = w.SignUp(t.Context(), &storage.Batch{}, link, Person{Username: "again"}, goodPassword)
	wantErr(t, err, ErrLink)
}

func TestInvite(t *testing.T) {
	w, box, _ := mailedWorld(t)
	var b storage.Batch
	noErr(t, w.Invite(t.Context(), &b, "new@example.org", ""))
	w.apply(t, &b)
	link := box.linkIn(t, LetterInvite)
	w.clock.advance(inviteLife - time.Second)
	b = storage.Batch{}
	_, err := w.SignUp(t.Context(), &b, link, Person{Profile: Profile{Name: "New"}}, goodPassword)
	noErr(t, err)
	w.apply(t, &b)
	wantErr(t, w.Invite(t.Context(), &storage.Batch{}, "new@example.org", ""), ErrTaken)
}

// A link for which somebody has asked by themselves is no invitation, and one that was taken is none any more.
func TestAttack_AH15_AskedIsNotInvited(t *testing.T) {
	w, box, _ := mailedWorld(t)
	take := func() bool {
		t.Helper()
		var b storage.Batch
		invited, err := w.TakeInvitation(t.Context(), &b, "new@example.org")
		noErr(t, err)
		w.apply(t, &b)
		return invited
	}
	var b storage.Batch
	noErr(t, w.AskSignUp(t.Context(), &b, "new@example.org", ""))
	w.apply(t, &b)
	if box.linkIn(t, LetterSignUp); take() {
		t.Error("whoever asked is invited")
	}
	noErr(t, w.InviteNow(t.Context(), "new@example.org", ""))
	if !take() || take() {
		t.Error("an invitation is taken once")
	}
}
