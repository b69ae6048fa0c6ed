package account

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// spelled are names as people write them, each with its canonical form and with what it is unique by.
type spelled struct{ written, canonical, unique string }

var (
	modelNames = []spelled{
		{"ada", "ada", "ada"}, {" ADA", "ada", "ada"}, {"\uff41\uff44\uff41", "ada", "ada"}, {"tom", "tom", "tom"},
		{"\u0442\u043e\u043c", "\u0442\u043e\u043c", "tom"}, {"Eve", "eve", "eve"}, {"", "", ""},
	}
	modelEmails = []spelled{
		{"x@example.org", "x@example.org", "x@example.org"}, {"X@EXAMPLE.org", "X@example.org", "x@example.org"},
		{"y@b\u00fccher.example", "y@xn--bcher-kva.example", "y@xn--bcher-kva.example"}, {"z@example.org", "z@example.org", "z@example.org"},
		{"", "", ""},
	}
)

type modelPerson struct {
	name, email spelled
	epoch       uint32
	disabled    bool
}

// model is what Accounts should do, with maps for storage.
type model struct {
	w      *world
	random *rand.Rand
	people map[string]*modelPerson
}

func (m *model) taken(name, email spelled, but string) bool {
	for subject, p := range m.people {
		if subject != but && (name.unique != "" && p.name.unique == name.unique || email.unique != "" && p.email.unique == email.unique) {
			return true
		}
	}
	return false
}

func (m *model) draw() (name, email spelled) {
	return modelNames[m.random.IntN(len(modelNames))], modelEmails[m.random.IntN(len(modelEmails))]
}

// someone returns the subject of one of the people, or of nobody.
func (m *model) someone() string {
	subjects := append(slices.Sorted(maps.Keys(m.people)), nobody)
	return subjects[m.random.IntN(len(subjects))]
}

// expect compares an outcome with the model's, and tells whether the change was made.
func (m *model) expect(t *testing.T, err error, subject string, name, email spelled) bool {
	t.Helper()
	var want error
	switch {
	case subject != "" && m.people[subject] == nil:
		want = ErrUnknownPerson
	case name.written == "" && email.written == "":
		want = ErrInvalidName
	case m.taken(name, email, subject):
		want = ErrTaken
	}
	if want == nil && err != nil || !errors.Is(err, want) {
		t.Fatalf("%v, want %v", err, want)
	}
	return want == nil
}

func (m *model) add(t *testing.T) {
	name, email := m.draw()
	p, err := m.w.AddPerson(t.Context(), Person{Username: name.written, Email: email.written}, "")
	if m.expect(t, err, "", name, email) {
		m.people[p.Subject] = &modelPerson{name: name, email: email, epoch: 1}
	}
}

func (m *model) edit(t *testing.T) {
	name, email := m.draw()
	subject := m.someone()
	_, err := m.w.EditPerson(t.Context(), subject, func(p *Person) error {
		p.Username, p.Email = name.written, email.written
		return nil
	})
	if m.expect(t, err, subject, name, email) {
		m.people[subject].name, m.people[subject].email = name, email
	}
}

func (m *model) disable(t *testing.T) {
	subject, disabled := m.someone(), m.random.IntN(2) == 0
	err := m.w.SetDisabled(t.Context(), subject, disabled)
	p := m.people[subject]
	if p == nil {
		wantErr(t, err, ErrUnknownPerson)
		return
	}
	noErr(t, err)
	if disabled && !p.disabled {
		p.epoch++
	}
	p.disabled = disabled
}

func (m *model) remove(t *testing.T) {
	subject := m.someone()
	err := m.w.RemovePerson(t.Context(), subject)
	if m.people[subject] == nil {
		wantErr(t, err, ErrUnknownPerson)
		return
	}
	noErr(t, err)
	delete(m.people, subject)
}

// same looks for everybody under every spelling.
func (m *model) same(t *testing.T) {
	t.Helper()
	found := func(identifier string, is func(*modelPerson) bool) {
		t.Helper()
		got, err := m.w.FindPerson(t.Context(), identifier)
		for subject, p := range m.people {
			if is(p) && (err != nil || got.Subject != subject) {
				t.Fatalf("%+q is %v (%v), want %s", identifier, got, err, subject)
			}
			if is(p) && (got.Username != p.name.canonical || got.Email != p.email.canonical || got.Disabled != p.disabled || got.Epoch != p.epoch) {
				t.Fatalf("%+q is %+v, want %+v", identifier, got, p)
			}
		}
		if err == nil && (m.people[got.Subject] == nil || !is(m.people[got.Subject])) {
			t.Fatalf("%+q finds %+v, who is not meant", identifier, got)
		}
	}
	for _, n := range modelNames[:len(modelNames)-1] {
		found(n.written, func(p *modelPerson) bool { return p.name.canonical == n.canonical })
	}
	for _, e := range modelEmails[:len(modelEmails)-1] {
		found(e.written, func(p *modelPerson) bool { return p.email.unique == e.unique })
	}
	page, _, err := m.w.ListPeople(t.Context(), "", "", 100)
	noErr(t, err)
	if len(page) != len(m.people) {
		t.Fatalf("lists %d people, want %d", len(page), len(m.people))
	}
}

// A long random life of a few names among few people, against the model.
func TestModel_People(t *testing.T) {
	m := &model{w: newWorld(t), random: rand.New(rand.NewPCG(1, 2)), people: map[string]*modelPerson{}}
	steps := []func(*testing.T){m.add, m.add, m.edit, m.edit, m.disable, m.remove}
	for range 400 {
		steps[m.random.IntN(len(steps))](t)
		m.same(t)
	}
}
