package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signet/keys"
	"signet/storage"
)

func TestPerson_AddAndFind(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddGroup(t.Context(), Group{Name: "Staff"})
	noErr(t, err)
	given := Person{
		Username: "Ada", Email: "Ada@Example.org", EmailVerified: true, Groups: []string{"staff", "STAFF"},
		Profile: Profile{
			Name: " Ada Lovelace ", Birthdate: "1815-12-10", Zoneinfo: "Europe/London", Locale: "en-GB", Website: "https://example.org/~ada",
			PhoneNumber: "+44 20 7946 0000", PhoneVerified: true, Address: &Address{Locality: "London", Formatted: "St James's Square\nLondon"},
		},
	}
	added, err := w.AddPerson(t.Context(), given, goodPassword)
	noErr(t, err)
	want := given
	want.Username, want.Email, want.Name, want.Groups = "ada", "Ada@example.org", "Ada Lovelace", []string{"Staff"}
	want.Created, want.Updated, want.Epoch = w.clock.time().Unix(), w.clock.time().Unix(), 1
	ignore := cmpopts.IgnoreFields(Person{}, "Subject", "Password")
	if diff := cmp.Diff(&want, added, ignore, cmpopts.IgnoreUnexported(Person{})); diff != "" {
		t.Error(diff)
	}
	if !IsSubject(added.Subject) {
		t.Errorf("subject %q", added.Subject)
	}
	for _, identifier := range []string{added.Subject, "ada", "ADA ", "ada@example.org", "ADA@EXAMPLE.ORG"} {
		found, err := w.FindPerson(t.Context(), identifier)
		noErr(t, err)
		if diff := cmp.Diff(added, found, cmp.AllowUnexported(Person{}), cmp.Comparer(sameSecret)); diff != "" {
			t.Errorf("%q: what AddPerson returned is not what is stored: %s", identifier, diff)
		}
	}
	for _, identifier := range []string{"", "bob", "bob@example.org", nobody, "u_", "\x00", strings.Repeat("a", 1<<20)} {
		_, err := w.FindPerson(t.Context(), identifier)
		wantErr(t, err, ErrUnknownPerson, storage.ErrNotFound)
	}
}

func sameSecret(a, b keys.Secret) bool { return a == b }

func TestPerson_InvalidValues(t *testing.T) {
	w := newWorld(t)
	for field, p := range map[string]Profile{
		"website": {Website: "javascript:alert(1)"}, "picture": {Picture: "data:image/png;base64,AA"}, "profile": {ProfilePage: "//example.org"},
		"birthdate": {Birthdate: "10.12.1815"}, "locale": {Locale: "not a language"}, "zoneinfo": {Zoneinfo: "../etc/passwd"},
		"name": {Name: "Ada\nLovelace"}, "given_name": {GivenName: "\u202eada"}, "nickname": {Nickname: strings.Repeat("n", 257)},
		"phone_number": {PhoneNumber: "call me"}, "country": {Address: &Address{Country: "a\x00b"}}, "family_name": {FamilyName: "\xff"},
	} {
		_, err := w.AddPerson(t.Context(), Person{Username: "ada", Profile: p}, "")
		var bad *InvalidError
		if !errors.Is(err, ErrInvalidProfile) || !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := w.AddPerson(t.Context(), Person{}, "")
	wantErr(t, err, ErrInvalidName)
	_, err = w.AddPerson(t.Context(), Person{Username: "ada", Groups: []string{"none"}}, "")
	wantErr(t, err, ErrUnknownGroup)
	_, err = w.AddPerson(t.Context(), Person{Username: "ada"}, "short")
	wantErr(t, err, ErrWeakPassword)
	if _, err := w.FindPerson(t.Context(), "ada"); !errors.Is(err, ErrUnknownPerson) {
		t.Error("a refused person is there")
	}
}

// Of any number who want one name or one address, exactly one gets it.
func TestPerson_UniqueUnderRaces(t *testing.T) {
	w := newWorld(t)
	for name, person := range map[string]func(i int) Person{
		"username": func(i int) Person { return Person{Username: "ada"} },
		"spelling": func(i int) Person { return Person{Username: []string{"bob", "BOB", "\uff42ob", " bob"}[i%4]} },
		"email":    func(i int) Person { return Person{Username: fmt.Sprint("eve", i), Email: "eve@example.org"} },
	} {
		t.Run(name, func(t *testing.T) {
			var added atomic.Int64
			var start, all sync.WaitGroup
			start.Add(1)
			for i := range 16 {
				all.Go(func() {
					start.Wait()
					_, err := w.AddPerson(t.Context(), person(i), "")
					if err == nil {
						added.Add(1)
					} else if !errors.Is(err, ErrTaken) {
						t.Error(err)
					}
				})
			}
			start.Done()
			all.Wait()
			if added.Load() != 1 {
				t.Errorf("%d were added", added.Load())
			}
		})
	}
}

// Changes of one person at once all happen, none is lost.
func TestPerson_EditsUnderRaces(t *testing.T) {
	w := newWorld(t)
	p := w.add(t, "ada", goodPassword)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				_, err := w.EditPerson(t.Context(), p.Subject, func(p *Person) error { p.Nickname += "x"; return nil })
				if errors.Is(err, storage.ErrConflict) {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	all.Wait()
	got, err := w.Person(t.Context(), p.Subject)
	noErr(t, err)
	if got.Nickname != "xxxx" {
		t.Errorf("nickname %q", got.Nickname)
	}
}

func TestPerson_EditKeepsWhatItMust(t *testing.T) {
	w := newWorld(t)
	p, err := w.AddPerson(t.Context(), Person{Username: "ada", Email: "ada@example.org", EmailVerified: true, Profile: Profile{PhoneNumber: "+44 1", PhoneVerified: true}}, goodPassword)
	noErr(t, err)
	w.clock.advance(1e9)
	edit := func(change func(*Person)) *Person {
		t.Helper()
		edited, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { change(p); return nil })
		noErr(t, err)
		stored, err := w.Person(t.Context(), p.Subject)
		noErr(t, err)
		if diff := cmp.Diff(stored, edited, cmp.AllowUnexported(Person{}), cmp.Comparer(sameSecret)); diff != "" {
			t.Fatal("what Edit returned is not what is stored:", diff)
		}
		return edited
	}
	got := edit(func(p *Person) { p.Subject, p.Created, p.Epoch, p.Declared, p.Nickname = nobody, 1, 99, true, "a" })
	if got.Subject != p.Subject || got.Created != p.Created || got.Epoch != p.Epoch || got.Declared || got.Nickname != "a" || got.Updated == p.Updated {
		t.Errorf("%+v", got)
	}
	if !got.EmailVerified || !got.PhoneVerified {
		t.Error("a proof is lost")
	}
	if got = edit(func(p *Person) { p.Email = "ada@example.net" }); got.EmailVerified {
		t.Error("another address is verified by the first one's proof")
	}
	if got = edit(func(p *Person) { p.SetEmail("ada@example.com", true) }); !got.EmailVerified {
		t.Error("SetEmail is not heard")
	}
	if got = edit(func(p *Person) { p.PhoneNumber = "+44 2" }); got.PhoneVerified {
		t.Error("another number is verified by the first one's proof")
	}
	epoch := got.Epoch
	if got = edit(func(p *Person) { p.Disabled = true }); got.Epoch != epoch+1 {
		t.Errorf("disabling: epoch %d after %d", got.Epoch, epoch)
	}
	if got = edit(func(p *Person) { p.Disabled = false }); got.Epoch != epoch+1 {
		t.Errorf("enabling: epoch %d", got.Epoch)
	}
	version := got.version
	if got = edit(func(p *Person) {}); got.version != version {
		t.Error("writes although nothing changed")
	}
	_, err = w.EditPerson(t.Context(), "ada", func(*Person) error { return storage.ErrFull })
	wantErr(t, err, storage.ErrFull)
}

// A name that is given up is free at once; one that only changes its spelling stays.
func TestPerson_Rename(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	w.add(t, "bob", goodPassword)
	rename := func(to string) error {
		_, err := w.EditPerson(t.Context(), ada.Subject, func(p *Person) error { p.Username = to; return nil })
		return err
	}
	wantErr(t, rename("BOB"), ErrTaken)
	noErr(t, rename("countess"))

	noErr(t, rename("ısabel"))
	noErr(t, rename("isabel")) // the same skeleton
	for identifier, known := range map[string]bool{"isabel": true, "ısabel": false, "ada": false, "countess": false, "ada@example.org": true} {
		_, err := w.FindPerson(t.Context(), identifier)
		if known != (err == nil) {
			t.Errorf("%s: %v", identifier, err)
		}
	}
	w.add(t, "countess", "")
	_, err := w.EditPerson(t.Context(), ada.Subject, func(p *Person) error { p.Username, p.Email = "", "new@example.org"; return nil })
	noErr(t, err)
	_, err = w.AddPerson(t.Context(), Person{Username: "isabel", Email: "ada@example.org"}, "")
	noErr(t, err)
}

func TestPerson_Remove(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	token, _ := w.begin(t, ada, SignIn{})
	w.consent(t, ada.Subject, "app", "openid")
	noErr(t, w.RemovePerson(t.Context(), "ada@example.org"))
	for _, identifier := range []string{ada.Subject, "ada", "ada@example.org"} {
		_, err := w.FindPerson(t.Context(), identifier)
		wantErr(t, err, ErrUnknownPerson)
	}
	w.dead(t, token, ErrEnded)
	if c, err := w.Consents.Get(t.Context(), ada.Subject, "app", 0); err != nil || c.Given() {
		t.Errorf("%+v, %v", c, err)
	}
	wantErr(t, w.RemovePerson(t.Context(), "ada"), ErrUnknownPerson)
	again := w.add(t, "ada", goodPassword)
	if again.Subject == ada.Subject {
		t.Error("a subject is given twice")
	}
}

func TestPerson_List(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"bob", "Ada", "adam", "eve"} {
		w.add(t, name, "")
	}
	_, err := w.AddPerson(t.Context(), Person{Email: "nameless@example.org"}, "")
	noErr(t, err)
	names := func(prefix string) (list []string) {
		t.Helper()
		for after, more := "", true; more; more = after != "" {
			var page []*Person
			var err error
			page, after, err = w.ListPeople(t.Context(), prefix, after, 2)
			noErr(t, err)
			for _, p := range page {
				list = append(list, p.Username)
			}
		}
		return list
	}
	for prefix, want := range map[string][]string{
		"": {"ada", "adam", "bob", "eve", ""}, "AD": {"ada", "adam"}, "adam": {"adam"}, "x": nil, "nameless": nil,
	} {
		if got := names(prefix); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
	}
}

func TestPerson_Declared(t *testing.T) {
	w := newWorld(t)
	hash, err := w.HashPassword(t.Context(), "x")
	noErr(t, err)
	wanted := Person{Username: "ada", Email: "ada@example.org", EmailVerified: true, Password: hash, Profile: Profile{Name: "Ada"}}
	ada, err := w.DeclarePerson(t.Context(), wanted)
	noErr(t, err)
	if !ada.Declared || !ada.EmailVerified {
		t.Errorf("%+v", ada)
	}
	again, err := w.DeclarePerson(t.Context(), wanted)
	noErr(t, err)
	if again.Subject != ada.Subject || again.version != ada.version {
		t.Error("declaring the same writes again")
	}
	_, err = w.EditPerson(t.Context(), "ada", func(p *Person) error { p.Nickname = "a"; return nil })
	wantErr(t, err, ErrDeclared)
	wantErr(t, w.SetPassword(t.Context(), "ada", goodPassword), ErrDeclared)
	wantErr(t, w.SetDisabled(t.Context(), "ada", true), ErrDeclared)
	wantErr(t, w.RemovePerson(t.Context(), "ada"), ErrDeclared)
	noErr(t, w.EndEverything(t.Context(), "ada"))

	wanted.SetEmail("ada@example.net", true)
	wanted.Disabled = true
	changed, err := w.DeclarePerson(t.Context(), wanted)
	noErr(t, err)
	if changed.Subject != ada.Subject || changed.Created != ada.Created || !changed.EmailVerified || changed.Epoch != ada.Epoch+2 {
		t.Errorf("%+v", changed)
	}
	noErr(t, w.Undeclare(t.Context(), ada.Subject))
	noErr(t, w.RemovePerson(t.Context(), "ada"))

	w.add(t, "bob", "")
	_, err = w.DeclarePerson(t.Context(), Person{Username: "bob"})
	wantErr(t, err, ErrTaken)
}

func TestSubject(t *testing.T) {
	seen := map[string]bool{}
	w := newWorld(t)
	for range 100 {
		s, err := newSubject(w.rand)
		noErr(t, err)
		if !IsSubject(s) || seen[s] {
			t.Fatalf("subject %q", s)
		}
		seen[s] = true
		for _, other := range []string{strings.ToUpper(s), s[1:], s + "a", s[:len(s)-1], "c" + s[1:], s[:len(s)-1] + "1", s[:8] + "\n" + s[9:]} {
			if IsSubject(other) {
				t.Errorf("%q passes for a subject", other)
			}
		}
	}
}
