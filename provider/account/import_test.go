package account

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// In one page, who is wrong stays out and the others come in, with one record for each name.
func TestImportPage(t *testing.T) {
	w := newWorld(t)
	w.add(t, "taken", "")
	_, err := w.AddGroup(t.Context(), Group{Name: "staff"})
	noErr(t, err)
	people := []Person{
		{Username: "ada", Email: "ada@example.com", Groups: []string{"staff"}, Password: foreignHashes["scrypt"]},
		{Username: "TAKEN"},
		{Username: "bob", Email: "ADA@example.com"},
		{Username: "cyd", Groups: []string{"absent"}},
		{Username: "dan", Password: "$1$crypt"},
		{Username: "eve", Groups: []string{"staff"}, Declared: true, Epoch: 9},
	}
	want := []error{nil, ErrTaken, ErrTaken, ErrUnknownGroup, ErrInvalidProfile, nil}
	for _, dry := range []bool{true, false} {
		arrivals, err := w.Import(t.Context(), people, nil, dry)
		noErr(t, err)
		for i, a := range arrivals {
			if !errors.Is(a.Wrong, want[i]) || (a.Person == nil) != (want[i] != nil) {
				t.Errorf("dry %v: %s: %v, want %v", dry, people[i].Username, a.Wrong, want[i])
			}
		}
		_, err = w.FindPerson(t.Context(), "ada")
		if (err == nil) == dry {
			t.Errorf("dry %v: ada: %v", dry, err)
		}
	}
	eve, err := w.FindPerson(t.Context(), "eve")
	noErr(t, err)
	if eve.Declared || eve.Epoch != 1 {
		t.Errorf("eve: declared %v, epoch %d", eve.Declared, eve.Epoch)
	}
	_, err = w.Authenticate(t.Context(), "ada", foreignPassword)
	noErr(t, err)
	members, _, err := w.Members(t.Context(), "staff", "", 10)
	noErr(t, err)
	if len(members) != 2 {
		t.Errorf("%d members", len(members))
	}
}

// A whole page is one batch within the limits of the storage, with groups that differ.
func TestImportWholePage(t *testing.T) {
	w := newWorld(t)
	var people []Person
	for i := range MaxArrivals {
		group := fmt.Sprint("g", i)
		_, err := w.AddGroup(t.Context(), Group{Name: group})
		noErr(t, err)
		people = append(people, Person{Username: fmt.Sprint("p", i), Email: fmt.Sprintf("p%d@example.com", i), Groups: []string{group, "g0"}})
	}
	arrivals, err := w.Import(t.Context(), people, nil, false)
	noErr(t, err)
	for _, a := range arrivals {
		noErr(t, a.Wrong)
	}
	_, err = w.Import(t.Context(), append(people, Person{}), nil, true)
	if err == nil {
		t.Error("more than a page was taken")
	}
}

// The subject of a person who was removed is never anybody's again, nor does a session of theirs come alive.
func TestAttack_AH09_KeptSubjectRevivesNothing(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	token, _ := w.begin(t, ada, SignIn{})
	noErr(t, w.RemovePerson(t.Context(), "ada"))
	arrivals, err := w.Import(t.Context(), []Person{{Username: "ada", Subject: ada.Subject, Password: foreignHashes["bcrypt"]}}, nil, false)
	noErr(t, err)
	wantErr(t, arrivals[0].Wrong, ErrInvalidProfile)
	elsewhere, err := w.Import(t.Context(), []Person{{Username: "ada", Subject: "u_" + strings.Repeat("a", 32)}}, nil, false)
	noErr(t, err)
	noErr(t, elsewhere[0].Wrong)
	if p := elsewhere[0].Person; p.Epoch <= ada.Epoch {
		t.Errorf("epoch %d of a subject from other data", p.Epoch)
	}
	_, _, err = w.Sessions.Get(t.Context(), token)
	wantErr(t, err, ErrNoSession)
}
