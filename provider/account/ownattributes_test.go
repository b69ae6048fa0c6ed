package account

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"signet/provider/account/attribute"
	"signet/storage"
)

// withAttributes gives a world attributes of all editors.
func withAttributes(t *testing.T) func(*Config) {
	t.Helper()
	set, err := attribute.New([]attribute.Definition{
		{Name: "nick", Edit: attribute.ByPerson}, {Name: "born", Type: attribute.Date, Edit: attribute.Once}, {Name: "plan", Type: attribute.Enum, Choices: []string{"free", "paid"}},
		{Name: "seats", Type: attribute.Number}, {Name: "tags", Type: attribute.List},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) { c.Attributes = set }
}

func values(pairs ...string) attribute.Values {
	v := attribute.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return v
}

func TestAttributes_ArePatched(t *testing.T) {
	w := newWorld(t, withAttributes(t))
	w.add(t, "ada", "")
	patch := func(document string) error {
		_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { return p.Patch([]byte(document)) })
		return err
	}
	noErr(t, patch(`{"attributes":{"plan":"paid","seats":"12","tags":"a;b"}}`))
	noErr(t, patch(`{"attributes":{"plan":null,"nick":"Countess"},"nickname":"C"}`))
	p, err := w.FindPerson(t.Context(), "ada")
	noErr(t, err)
	if want := values("seats", "12", "tags", `["a","b"]`, "nick", `"Countess"`); !reflect.DeepEqual(p.Attributes, want) {
		t.Errorf("%s, want %s", p.Attributes, want)
	}
	for _, document := range []string{
		`{"attributes":{"plan":"gold"}}`, `{"attributes":{"seats":"many"}}`, `{"attributes":{"unknown":1}}`, `{"attributes":[]}`, `{"attributes":"x"}`, `{"attributes":{"plan":"free","seats":{}}}`,
	} {
		if err := patch(document); !errors.Is(err, ErrInvalidProfile) {
			t.Errorf("%s: %v", document, err)
		}
	}
	var invalid *InvalidError
	if err := patch(`{"attributes":{"seats":"many"}}`); !errors.As(err, &invalid) || invalid.Field != "attributes.seats" {
		t.Errorf("%v", err)
	}
	again, err := w.FindPerson(t.Context(), "ada")
	noErr(t, err)
	if !reflect.DeepEqual(again.Attributes, p.Attributes) {
		t.Errorf("a refused change left %s", again.Attributes)
	}
	noErr(t, patch(`{"attributes":null}`))
	if p, err = w.FindPerson(t.Context(), "ada"); err != nil || p.Attributes != nil {
		t.Errorf("%s, %v", p.Attributes, err)
	}
	records, err := w.trail.OfSubject(t.Context(), p.Subject, "", 10)
	noErr(t, err)
	if got := records[0].Facts["changed"]; got != "attributes.nick attributes.seats attributes.tags" {
		t.Errorf("on record: %q", got)
	}
	if text, _ := json.Marshal(records); strings.Contains(string(text), "Countess") {
		t.Error("a value is on record")
	}
}

// A patch writes into a copy: others hold the person.
func TestAttributes_AreNotShared(t *testing.T) {
	p := Person{Attributes: values("a", "1")}
	c := p.clone()
	noErr(t, c.Patch([]byte(`{"attributes":{"a":2,"b":3}}`)))
	if !reflect.DeepEqual(p.Attributes, values("a", "1")) {
		t.Errorf("%s", p.Attributes)
	}
}

// What is said once stays, whoever asks; but for the configuration.
func TestAttributes_SaidOnce(t *testing.T) {
	w := newWorld(t, withAttributes(t))
	w.add(t, "ada", "")
	say := func(born string) error {
		_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { w.SayAttributes(p, map[string]string{"born": born}); return nil })
		return err
	}
	noErr(t, say("2000-01-01"))
	noErr(t, say("2001-01-01")) // left out
	for _, document := range []string{`{"attributes":{"born":"2001-01-01"}}`, `{"attributes":{"born":null}}`, `{"attributes":null}`} {
		_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { return p.Patch([]byte(document)) })
		wantErr(t, err, ErrInvalidProfile)
	}
	p, err := w.FindPerson(t.Context(), "ada")
	noErr(t, err)
	if string(p.Attributes["born"]) != `"2000-01-01"` {
		t.Errorf("%s", p.Attributes)
	}
	for _, born := range []string{`"2000-01-01"`, `"2002-02-02"`} {
		p, err := w.DeclarePerson(t.Context(), Person{Username: "conny", Attributes: values("born", born)})
		noErr(t, err)
		if string(p.Attributes["born"]) != born {
			t.Errorf("%s", p.Attributes)
		}
	}
}

// TestAttack_PersonSetsWhatIsTheOperators: neither an edit of their own nor a sign-up gives a person what the operator alone
// gives.
func TestAttack_PersonSetsWhatIsTheOperators(t *testing.T) {
	w, box, _ := mailedWorld(t, withAttributes(t))
	all := map[string]string{"nick": "x", "born": "2000-01-01", "plan": "paid", "seats": "99", "tags": "a"}
	p, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { w.SayAttributes(p, all); return nil })
	noErr(t, err)
	own := values("nick", `"x"`, "born", `"2000-01-01"`)
	if !reflect.DeepEqual(p.Attributes, own) {
		t.Errorf("an edit gave %s", p.Attributes)
	}
	var asked, b storage.Batch
	noErr(t, w.AskSignUp(t.Context(), &asked, "eve@example.org", "en"))
	w.apply(t, &asked)
	said := Person{Username: "eve", Groups: []string{"admins"}, Attributes: values("nick", `"x"`, "born", `"2000-01-01"`, "plan", `"paid"`, "seats", "99", "unknown", "1")}
	_, err = w.SignUp(t.Context(), &b, box.linkIn(t, LetterSignUp), said, goodPassword)
	noErr(t, err)
	w.apply(t, &b)
	eve, err := w.FindPerson(t.Context(), "eve")
	noErr(t, err)
	if !reflect.DeepEqual(eve.Attributes, own) || len(eve.Groups) > 0 {
		t.Errorf("a sign-up gave %s", eve.Attributes)
	}
}
