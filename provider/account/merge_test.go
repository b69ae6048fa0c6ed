package account

import (
	"errors"
	"slices"
	"testing"
	"time"

	"signet/provider/audit"
	"signet/storage"
)

func TestMerge_WhatGoesOver(t *testing.T) {
	w := newWorld(t)
	old, ada := w.add(t, "ada.old", goodPassword), w.add(t, "ada", "another "+goodPassword)
	for _, g := range []string{"staff", "readers"} {
		_, err := w.AddGroup(t.Context(), Group{Name: g})
		noErr(t, err)
	}
	_, err := w.EditPerson(t.Context(), old.Subject, func(p *Person) error {
		p.Groups, p.Name, p.Nickname = []string{"staff", "readers"}, "Old Ada", "Countess"
		p.SetPhone("+44 20 1", true)
		return nil
	})
	noErr(t, err)
	_, err = w.EditPerson(t.Context(), "ada", func(p *Person) error {
		p.Groups, p.Name = []string{"staff"}, "Ada"
		return nil
	})
	noErr(t, err)
	var b storage.Batch
	noErr(t, w.keepFactors(&b, &Factors{subject: old.Subject, TOTP: &TOTP{Secret: make([]byte, totpSecret), Step: 7}, Recovery: [][]byte{{1}}, Passkeys: []Passkey{{ID: []byte("key"), Name: "phone"}}}))
	noErr(t, w.passkeys.Create(&b, w.passkeyKey([]byte("key")), &passkeyOwner{Subject: old.Subject}))
	noErr(t, w.Connect(t.Context(), &b, old, Connection{Foreign: Foreign{Source: "hub", Subject: "7"}}, nil))
	noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: old.Subject, ClientID: "shop", ClientEpoch: 1, Scopes: []string{"email"}}))
	noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: old.Subject, ClientID: "wiki", ClientEpoch: 1, Scopes: []string{"email"}}))
	noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: ada.Subject, ClientID: "shop", ClientEpoch: 1, Scopes: []string{"openid"}}))
	w.apply(t, &b)

	plan, err := w.PlanMerge(t.Context(), "ada.old", "ada")
	noErr(t, err)
	if !slices.Equal(plan.Groups, []string{"readers"}) || !slices.Contains(plan.Members, "nickname") || slices.Contains(plan.Members, "name") || !plan.TOTP || plan.Password || len(plan.Passkeys) != 1 {
		t.Errorf("%+v", plan)
	}
	if p, err := w.Person(t.Context(), old.Subject); err != nil || p.Leaving != nil {
		t.Fatalf("a plan changes: %+v, %v", p, err)
	}
	for range 2 { // cut short after any step, it is begun again
		_, _, err = w.BeginMerge(t.Context(), "ada.old", "ada")
		noErr(t, err)
		noErr(t, w.MoveMerged(t.Context(), old.Subject, ada.Subject))
	}
	noErr(t, w.RemovePerson(t.Context(), old.Subject))
	w.hasBoth(t, ada.Subject, old.Subject)
}

// hasBoth demands that somebody has what was moved to them.
func (w *world) hasBoth(t *testing.T, subject, from string) {
	t.Helper()
	p, err := w.FindPerson(t.Context(), "ada")
	noErr(t, err)
	if p.Subject != subject || p.Name != "Ada" || p.Nickname != "Countess" || !p.PhoneVerified || !slices.Equal(p.Groups, []string{"readers", "staff"}) {
		t.Errorf("%+v", p)
	}
	f, err := w.Factors(t.Context(), subject)
	noErr(t, err)
	if f.TOTP == nil || f.TOTP.Step != 7 || len(f.Passkeys) != 1 || f.Passkeys[0].Holder != from || len(f.Recovery) != 0 {
		t.Errorf("%+v", f)
	}
	if list, err := w.Connections(t.Context(), subject); err != nil || len(list) != 1 || list[0].Owner != subject {
		t.Errorf("connections: %+v, %v", list, err)
	}
	owner, err := w.passkeys.Get(t.Context(), w.passkeyKey([]byte("key")).ID, 0)
	if err != nil || owner.Value.Subject != subject {
		t.Errorf("the passkey is %s's, %v", owner.Value.Subject, err)
	}
	for client, scopes := range map[string][]string{"shop": {"email", "openid"}, "wiki": {"email"}} {
		given, err := w.Consents.Get(t.Context(), subject, client, 1)
		if err != nil || !slices.Equal(given.Scopes, scopes) {
			t.Errorf("%s: %+v, %v", client, given, err)
		}
	}
	removed, into, err := w.WasRemoved(t.Context(), from)
	if err != nil || !removed || into != subject {
		t.Errorf("removed %v into %q, %v", removed, into, err)
	}
	for of, fact := range map[string]string{subject: "from", from: "into"} {
		found, err := w.trail.Last(t.Context(), audit.Query{Subject: of, Kind: "person.merged"}, 5)
		if err != nil || len(found) != 1 || found[0].Facts[fact] == "" {
			t.Errorf("the trail of %s: %+v, %v", of, found, err)
		}
	}
}

func TestMerge_Refused(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", goodPassword)
	w.add(t, "eve", goodPassword)
	_, err := w.DeclarePerson(t.Context(), Person{Username: "root"})
	noErr(t, err)
	for _, c := range []struct {
		from, into string
		want       error
	}{{"ada", "ada", ErrMerge}, {"root", "ada", ErrDeclared}, {"ada", "root", ErrDeclared}, {"ada", "nobody", ErrUnknownPerson}, {"nobody", "ada", ErrUnknownPerson}} {
		_, err := w.PlanMerge(t.Context(), c.from, c.into)
		wantErr(t, err, c.want)
		_, _, err = w.BeginMerge(t.Context(), c.from, c.into)
		wantErr(t, err, c.want)
	}
	_, err = w.LeaveNow(t.Context(), "eve", time.Hour)
	noErr(t, err)
	for _, pair := range [][2]string{{"ada", "eve"}, {"eve", "ada"}} {
		if _, _, err := w.BeginMerge(t.Context(), pair[0], pair[1]); !errors.Is(err, ErrMerge) {
			t.Errorf("%v: %v", pair, err)
		}
	}
}
