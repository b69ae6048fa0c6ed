package handlers_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/keys"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
	"signet/storage/bolt"
)

// deletionWorld is a world in which people may have their accounts deleted.
func deletionWorld(t testing.TB, change ...func(*handlers.Config)) *world {
	t.Helper()
	return newMailWorld(t, append(change, func(c *handlers.Config) { c.SelfDeletion = true })...)
}

// deleteAccount fills the form.
func deleteAccount(b *robot.Browser, typed string) *robot.Browser {
	return b.Get("/account/delete").Submit("delete-form", url.Values{"identifier": {typed}})
}

func (w *world) sweep() {
	w.t.Helper()
	_, err := w.provider.SweepPeople(w.t.Context())
	w.check(err)
}

// A person has their account deleted: they read with counts what happens; nothing of theirs works any more at once; names stay theirs
// until the grace has passed, and are free afterwards.
func TestDeletion_FromThePageToTheEnd(t *testing.T) {
	w := deletionWorld(t)
	b, other := w.signedIn("ada"), w.signedIn("ada")
	got := w.tokensOf(other, "openid offline_access")
	b.Get("/account/data")
	click(b, "delete")
	if b.URL().Path != "/account/delete" || b.TextOf("sessions") != "2" || b.TextOf("apps") != "1" || !strings.Contains(b.TextOf("undo"), "link") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	for _, typed := range []string{"", "grace", "yes", "ada@example.tes"} {
		if deleteAccount(b, typed); b.Status() != http.StatusBadRequest || !b.Has("problem") || w.signedInAs(b) != "ada" {
			t.Fatalf("%q: %d %s", typed, b.Status(), b.Text())
		}
	}
	deleteAccount(b, " ADA@example.test ")
	if b.Status() != http.StatusOK || !b.Has("outcome") || w.signedInAs(b) != "" || w.signedInAs(other) != "" {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	if access, refresh := w.live(got); access || refresh {
		t.Error("a token lives")
	}
	if p := signIn(w.browser().Get("/login"), "ada"); !strings.Contains(p.TextOf("problem-text"), "about to be deleted") {
		t.Errorf("with the right password: %s", p.Text())
	}
	letter := w.mails.newest(t, account.LetterLeaving)
	if letter.To != "ada@example.test" || letter.Facts["until"] == "" || !strings.HasPrefix(letter.Facts["path"], "/restore?") {
		t.Errorf("%+v", letter)
	}
	_, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "ada"}, "")
	if !isTaken(err) {
		t.Errorf("within the grace: %v", err)
	}
	w.pass(14*24*time.Hour - time.Minute)
	w.sweep()
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); err != nil {
		t.Fatalf("a minute before: %v", err)
	}
	w.pass(2 * time.Minute)
	w.sweep()
	w.sweep() // twice is as good as once
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); err == nil {
		t.Fatal("still there")
	}
	if w.browser().Get(letter.Facts["path"]).Has("keep") {
		t.Error("the link outlives the account")
	}
	again, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "ada", Email: "ada@example.test"}, password)
	w.check(err)
	if b := w.signedIn("ada"); w.signedInAs(b) != "ada" || again.Subject == "" {
		t.Error("the names are not free")
	}
	if access, refresh := w.live(got); access || refresh {
		t.Error("a token of the former ada lives")
	}
}

func isTaken(err error) bool { return errors.Is(err, account.ErrTaken) }

// The link of the letter keeps the account: by the button and not by following it, once, without signing anybody in, and not once the
// operator has decided.
func TestDeletion_Undone(t *testing.T) {
	w := deletionWorld(t)
	before := w.signedIn("ada")
	deleteAccount(w.signedIn("ada"), "ada")
	path := w.mails.newest(t, account.LetterLeaving).Facts["path"]
	for range 2 {
		if b := w.browser().Get(path); !b.Has("keep") {
			t.Fatalf("%d %s", b.Status(), b.Text())
		}
	}
	if p, err := w.accounts.FindPerson(t.Context(), "ada"); err != nil || p.Leaving == nil {
		t.Fatalf("following the link was enough: %+v, %v", p, err)
	}
	b, second := w.browser().Get(path), w.browser().Get(path)
	if b.Press("keep-button", nil); b.Status() != http.StatusOK || w.signedInAs(b) != "" {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	if second.Press("keep-button", nil); second.Status() != http.StatusBadRequest {
		t.Errorf("a second time: %d", second.Status())
	}
	w.mails.newest(t, account.LetterRestored)
	if w.signedInAs(before) != "" || w.signedInAs(w.signedIn("ada")) != "ada" {
		t.Error("an old session is back, or she cannot sign in")
	}
	w.pass(15 * 24 * time.Hour)
	w.sweep()
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); err != nil {
		t.Errorf("deleted all the same: %v", err)
	}
	deleteAccount(w.signedIn("ada"), "ada")
	path = w.mails.newest(t, account.LetterLeaving).Facts["path"]
	_, err := w.accounts.RestoreNow(t.Context(), "ada")
	w.check(err)
	_, err = w.accounts.LeaveNow(t.Context(), "ada", time.Hour)
	w.check(err)
	if letter := w.mails.newest(t, account.LetterRemoval); letter.Facts["path"] != "" {
		t.Error("what the operator decided has a link")
	}
	if b := w.browser().Get(path); b.Status() != http.StatusBadRequest || b.Has("keep") {
		t.Errorf("the link of an earlier deletion undoes the operator's: %d", b.Status())
	}
}

// Deletion needs a recent sign-in, as every page for what is sensitive does, and is not there where the operator wants it so.
func TestAttack_AH10_DeletionNeedsARecentSignIn(t *testing.T) {
	w := deletionWorld(t)
	b := w.signedIn("ada").Get("/account/delete")
	w.pass(11 * time.Minute)
	if b.Submit("delete-form", url.Values{"identifier": {"ada"}}); b.URL().Path != "/login" {
		t.Errorf("%s", b.URL())
	}
	if p, err := w.accounts.FindPerson(t.Context(), "ada"); err != nil || p.Leaving != nil {
		t.Errorf("%+v %v", p, err)
	}
	closed := newMailWorld(t)
	if b := closed.signedIn("ada").Get("/account/delete"); b.Status() != http.StatusNotFound {
		t.Errorf("where it is off: %d", b.Status())
	}
	if closed.signedIn("ada").Get("/account/data").Has("delete") {
		t.Error("offered where it is off")
	}
}

// A-P10: once somebody is deleted, no live record holds anything personal of theirs, neither as it is stored nor behind the seal; the
// audit trail stays, names them by their subject alone, and its checkpoints hold.
func TestAttack_AP10_NothingPersonalIsLeft(t *testing.T) {
	w := deletionWorld(t)
	w.party = account.RelyingParty{ID: "id.example.test", Origin: issuer, Name: "Signet"}
	w.restart(cheapPasswords)
	ada, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error {
		p.Username, p.PhoneNumber, p.Address = "countess", "+44 20 7946 0815", &account.Address{Locality: "Marylebone"}
		return nil
	})
	w.check(err)
	texts := []string{"countess", "ada@example", "Lovelace", "7946", "Marylebone", "the engine's phone", "192.0.2.77", "Analytical/1.0"}
	signedIn := w.lively("countess")
	sealer := audit.NewSealer(w.trail, w.ring(), "ES256", quiet)
	w.check(sealer.Seal(t.Context()))
	if found := w.search(texts); len(found) < len(texts) {
		t.Fatalf("before, only these are found: %q", found)
	}
	deleteAccount(signedIn, "countess")
	w.pass(15 * 24 * time.Hour)
	w.sweep()
	for swept := 1; swept > 0; {
		swept, err = w.db.Sweep(t.Context(), 500)
		w.check(err)
	}
	if found := w.search(texts); len(found) > 0 {
		t.Errorf("left behind: %q", found)
	}
	w.trailIsAnonymous(ada.Subject)
	w.check(sealer.Seal(t.Context()))
	report, err := w.trail.Verify(t.Context(), w.ring(), func(audit.Report) {})
	w.check(err)
	for _, p := range report.Problems {
		if p.What != "record not covered" { // those from before this node began
			t.Errorf("%+v", p)
		}
	}
	if report.Checkpoints < 2 || report.Records == 0 {
		t.Errorf("%+v", report)
	}
	if removed, into, err := w.accounts.WasRemoved(t.Context(), ada.Subject); err != nil || !removed || into != "" {
		t.Errorf("removed %v into %q, %v", removed, into, err)
	}
	w.check(w.engine.Close())
	_, _, err = bolt.Compact(t.Context(), w.file, bolt.Options{})
	w.check(err)
	raw, err := os.ReadFile(w.file)
	w.check(err)
	if bytes.Contains(raw, []byte("countess")) { // the one text that stands in an index as it is
		t.Error("the name is in the file")
	}
}

// lively returns a browser in which somebody has done what leaves traces.
func (w *world) lively(name string) *robot.Browser {
	w.t.Helper()
	b := w.browser()
	b.Transport = robot.Direct(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "192.0.2.77:1"
		r.Header.Set("User-Agent", "Analytical/1.0")
		w.ServeHTTP(out, r)
	}))
	signIn(b.Get("/login"), name)
	w.phone().enrol(b, "the engine's phone")
	w.tokensOf(b, "openid offline_access")
	w.askRecovery(w.browser(), name)
	b.Get("/account/email").Submit("email-form", url.Values{"email": {"other@example.test"}})
	signIn(w.browser().Get("/login"), "nobody")
	w.browser().Get("/login").Submit("login", url.Values{"identifier": {name}, "password": {"a wrong one"}})
	return b
}

// trailIsAnonymous demands that the trail of somebody is there, and says nothing personal.
func (w *world) trailIsAnonymous(subject string) {
	w.t.Helper()
	kinds := map[string]bool{}
	w.check(w.trail.Each(w.t.Context(), audit.Query{Subject: subject}, func(r audit.Record) error {
		kinds[r.Kind] = true
		if r.Address != "" || r.Agent != "" || r.Facts["browser"] != "" {
			w.t.Errorf("%s says %+v", r.Kind, r.Event)
		}
		return nil
	}))
	for _, kind := range []string{"sign-in", "consent.given", "person.leaving", "person.removed"} {
		if !kinds[kind] {
			w.t.Errorf("the trail has no %s", kind)
		}
	}
}

var quiet = slog.New(slog.DiscardHandler)

func (w *world) ring() *keys.Ring {
	w.t.Helper()
	ring, err := keys.Open(w.t.Context(), keys.Config{DB: w.db, Rand: rand.Reader, Log: quiet})
	w.check(err)
	return ring
}

// search opens every live record with the master key, and returns which of some texts are in it.
func (w *world) search(texts []string) (found []string) {
	w.t.Helper()
	seen := map[string]bool{}
	look := func(b []byte) {
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) && !seen[text] {
				seen[text], found = true, append(found, text)
			}
		}
	}
	sealer := keys.NewSealer(w.master, rand.Reader)
	for _, kind := range w.engine.written() {
		for after, more := "", true; more; {
			page, err := w.engine.List(w.t.Context(), w.now().Unix(), storage.Query{Kind: kind, After: after, Limit: storage.MaxList})
			w.check(err)
			for _, r := range page.Records {
				look([]byte(r.ID))
				for _, e := range r.Index {
					look(e.Value)
				}
				if len(r.Value) == 0 {
					continue
				}
				plain, err := sealer.Open("record."+kind.Name, r.Value, associated(r))
				if err != nil {
					w.t.Fatalf("%s: %v", kind.Name, err)
				}
				look(plain)
			}
			after, more = page.Next, page.Next != ""
		}
	}
	return found
}

// associated is what the seal of a record authenticates beside its value; see storage.Table.
func associated(r storage.Record) []byte {
	b := binary.BigEndian.AppendUint64(nil, r.Version)
	return append(binary.BigEndian.AppendUint64(b, uint64(r.Expires)), r.ID...)
}

// Without grace the account is gone with the answer.
func TestDeletion_WithoutGrace(t *testing.T) {
	w := deletionWorld(t)
	w.grace = -1
	w.restart(cheapPasswords)
	b := w.signedIn("ada")
	got := w.tokensOf(b, "openid offline_access")
	if b.Get("/account/delete"); b.Has("undo") {
		t.Errorf("promises an undo: %s", b.Text())
	}
	deleteAccount(b, "ada")
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); !errors.Is(err, account.ErrUnknownPerson) || b.Status() != http.StatusOK {
		t.Fatalf("%d %v", b.Status(), err)
	}
	w.mails.newest(t, account.LetterGone)
	if access, refresh := w.live(got); access || refresh {
		t.Error("a token lives")
	}
}

// A deletion that is cut short at any write is finished by the next sweep, of this node or another.
func TestDeletion_CutShort(t *testing.T) {
	for stop := 1; ; stop++ {
		w := deletionWorld(t)
		b := w.signedIn("ada")
		w.tokensOf(b, "openid offline_access")
		deleteAccount(b, "ada")
		w.pass(15 * 24 * time.Hour)
		w.engine.failAfter.Store(int64(stop))
		_, err := w.provider.SweepPeople(t.Context())
		done := err == nil
		w.engine.failAfter.Store(0)
		w.sweep()
		if _, err := w.accounts.FindPerson(t.Context(), "ada"); !errors.Is(err, account.ErrUnknownPerson) {
			t.Errorf("stopped at write %d: %v", stop, err)
		}
		if done {
			if stop < 3 {
				t.Errorf("%d writes: nothing was cut short", stop)
			}
			return
		}
	}
}
