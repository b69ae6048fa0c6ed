package account

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"signet/provider/patch"
)

// What somebody may say of a person is their claims, their names, their groups and attributes, and whether they may come in: nothing else,
// whatever becomes of the record.
func TestPatch_WhatCanBeSaid(t *testing.T) {
	want := append(slices.Collect(maps.Keys(patch.Fields(reflect.TypeFor[Profile]()))), "username", "email", "email_verified", "groups", "attributes", "disabled", "locked", "expires")
	got := slices.Collect(maps.Keys(personFields))
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

const everything = `{"username":"ada","email":"ada@example.test","email_verified":true,"name":"Ada Lovelace","given_name":"Ada","family_name":"Lovelace",
"middle_name":"King","nickname":"ada","profile":"https://example.test/ada","picture":"https://example.test/ada.png","website":"https://ada.example.test/",
"gender":"female","birthdate":"1815-12-10","zoneinfo":"Europe/London","locale":"en-GB","phone_number":"+44 20 7946 0815","phone_number_verified":true,
"address":{"formatted":"12 St James's Square\nLondon","street_address":"12 St James's Square","locality":"London","region":"Greater London","postal_code":"SW1Y 4JH","country":"United Kingdom"},
"disabled":false}`

// Every claim can be said at once, and is then there; each can be taken back, and the others stay.
func TestPatch_EveryClaim(t *testing.T) {
	w := newWorld(t)
	var p Person
	if err := p.Patch([]byte(everything)); err != nil {
		t.Fatal(err)
	}
	added, err := w.AddPerson(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	if !added.EmailVerified || !added.PhoneVerified || added.Address.Region != "Greater London" {
		t.Errorf("%+v", added)
	}
	v := reflect.ValueOf(added.Profile)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not there", v.Type().Field(i).Name)
		}
	}
	edited, err := w.EditPerson(t.Context(), "ada", func(p *Person) error {
		return p.Patch([]byte(`{"nickname":null,"address":{"region":null,"locality":"Paris"},"gender":""}`))
	})
	if err != nil {
		t.Fatal(err)
	}
	if edited.Nickname != "" || edited.Gender != "" || edited.Address.Region != "" || edited.Address.Locality != "Paris" || edited.Address.Country != "United Kingdom" || edited.MiddleName != "King" || !edited.PhoneVerified {
		t.Errorf("%+v %+v", edited, edited.Address)
	}
	gone, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { return p.Patch([]byte(`{"address":null}`)) })
	if err != nil || gone.Address != nil {
		t.Errorf("%v %+v", err, gone)
	}
}

// A proof is of one address and of one number: who changes them must say anew that they are proved.
func TestPatch_Proofs(t *testing.T) {
	for _, c := range []struct {
		say          string
		email, phone bool
	}{
		{`{"name":"Ada"}`, true, true},
		{`{"email":"ada@example.test","phone_number":"+44 20 7946 0815"}`, true, true},
		{`{"email":"other@example.test"}`, false, true},
		{`{"phone_number":"+44 20 7946 0816"}`, true, false},
		{`{"email":"other@example.test","email_verified":true,"phone_number":"+44 20 7946 0816","phone_number_verified":true}`, true, true},
		{`{"email_verified":false,"phone_number_verified":false}`, false, false},
		{`{"email":null,"phone_number":null}`, false, false},
	} {
		w := newWorld(t)
		var p Person
		if err := p.Patch([]byte(everything)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.AddPerson(t.Context(), p, ""); err != nil {
			t.Fatal(err)
		}
		after, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { return p.Patch([]byte(c.say)) })
		if err != nil || after.EmailVerified != c.email || after.PhoneVerified != c.phone {
			t.Errorf("%s: %v, address %v, number %v", c.say, err, after.EmailVerified, after.PhoneVerified)
		}
	}
}

func TestPatch_Refuses(t *testing.T) {
	for document, says := range map[string]string{
		`{"sub":"u_x"}`:                "sub: no such member",
		`{"epoch":1}`:                  "epoch: no such member",
		`{"declared":true}`:            "declared: no such member",
		`{"given-name":"x"}`:           "did you mean given_name?",
		`{"email_verified":"yes"}`:     "email_verified: got a text, allowed true or false",
		`{"address":{"city":"Paris"}}`: "address: city: no such member",
		`{"address":"Paris"}`:          "address: got a text, allowed an object of country, formatted",
		`{"groups":"admins"}`:          "groups: got a text, allowed a list of texts",
		`[]`:                           "want an object",
	} {
		p := Person{Username: "ada"}
		err := p.Patch([]byte(document))
		if !errors.Is(err, ErrInvalidProfile) || !strings.Contains(err.Error(), says) || !reflect.DeepEqual(p, Person{Username: "ada"}) {
			t.Errorf("%s: %v, %+v", document, err, p)
		}
	}
}

// What a value may be is judged whatever way it came.
func TestPatch_ValuesAreJudged(t *testing.T) {
	w := newWorld(t)
	for _, document := range []string{
		`{"birthdate":"10.12.1815"}`, `{"birthdate":"1815-13-10"}`, `{"zoneinfo":"London time"}`, `{"locale":"english please"}`, `{"picture":"javascript:alert(1)"}`,
		`{"website":"ftp://x.example/"}`, `{"profile":"//x.example/"}`, `{"phone_number":"ask my mother"}`, `{"name":"a\nb"}`, `{"nickname":"\u202ex"}`,
		`{"address":{"country":"a\nb"}}`, `{"email":"nobody"}`, `{"username":"a b"}`,
	} {
		p := Person{Username: "ada"}
		if err := p.Patch([]byte(document)); err != nil {
			t.Errorf("%s: %v", document, err)
		}
		if _, err := w.AddPerson(t.Context(), p, ""); !errors.Is(err, ErrInvalidProfile) && !errors.Is(err, ErrInvalidEmail) && !errors.Is(err, ErrInvalidName) {
			t.Errorf("%s: %v", document, err)
		}
	}
}
