package account

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"signet/storage"
)

func TestGroup_AddEditList(t *testing.T) {
	w := newWorld(t)
	g, err := w.AddGroup(t.Context(), Group{Name: " Staff ", Description: "all", Declared: true})
	noErr(t, err)
	if g.Name != "Staff" || g.Declared {
		t.Errorf("%+v", g)
	}
	_, err = w.AddGroup(t.Context(), Group{Name: "STAFF"})
	wantErr(t, err, ErrTaken)
	for _, name := range []string{"", " ", "a\nb", "a,b", "a\u200bb", "<b>", "\xff", strings.Repeat("a", 65)} {
		_, err := w.AddGroup(t.Context(), Group{Name: name})
		if !errors.Is(err, ErrInvalidName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	edited, err := w.EditGroup(t.Context(), "staff", func(g *Group) error { g.Name, g.Description, g.Declared = "x", "new", true; return nil })
	noErr(t, err)
	stored, err := w.Group(t.Context(), "staff")
	noErr(t, err)
	if !reflect.DeepEqual(stored, edited) || !reflect.DeepEqual(*stored, Group{Name: "Staff", Description: "new"}) {
		t.Errorf("%+v, stored %+v", edited, stored)
	}
	_, err = w.EditGroup(t.Context(), "none", func(*Group) error { return nil })
	wantErr(t, err, ErrUnknownGroup)
	_, err = w.AddGroup(t.Context(), Group{Name: "Admins"})
	noErr(t, err)
	list, next, err := w.ListGroups(t.Context(), "", 10)
	noErr(t, err)
	if len(list) != 2 || list[0].Name != "Admins" || next != "" {
		t.Errorf("%+v, next %q", list, next)
	}
}

func (w *world) groupsOf(t *testing.T, identifier string) []string {
	t.Helper()
	p, err := w.FindPerson(t.Context(), identifier)
	noErr(t, err)
	return p.Groups
}

func TestGroup_Members(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", "")
	w.add(t, "bob", "")
	for _, name := range []string{"Staff", "Admins"} {
		_, err := w.AddGroup(t.Context(), Group{Name: name})
		noErr(t, err)
		noErr(t, w.AddMember(t.Context(), strings.ToLower(name), "ada"))
	}
	noErr(t, w.AddMember(t.Context(), "Staff", "ada"))
	noErr(t, w.AddMember(t.Context(), "Staff", "bob@example.org"))
	if got := w.groupsOf(t, "ada"); !slices.Equal(got, []string{"Admins", "Staff"}) {
		t.Errorf("groups %q", got)
	}
	members, _, err := w.Members(t.Context(), "STAFF", "", 10)
	noErr(t, err)
	if len(members) != 2 {
		t.Errorf("%d members", len(members))
	}
	wantErr(t, w.AddMember(t.Context(), "none", "ada"), ErrUnknownGroup)
	wantErr(t, w.AddMember(t.Context(), "", "ada"), ErrUnknownGroup)
	wantErr(t, w.AddMember(t.Context(), "Staff", "eve"), ErrUnknownPerson)
	noErr(t, w.RemoveMember(t.Context(), "staff", "ada"))
	noErr(t, w.RemoveMember(t.Context(), "staff", "ada"))
	if got := w.groupsOf(t, "ada"); !slices.Equal(got, []string{"Admins"}) {
		t.Errorf("groups %q", got)
	}
}

func TestGroup_TooMany(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", "")
	for i := range maxGroups + 1 {
		_, err := w.AddGroup(t.Context(), Group{Name: fmt.Sprint("group ", i)})
		noErr(t, err)
	}
	_, err := w.EditPerson(t.Context(), "ada", func(p *Person) error {
		for i := range maxGroups {
			p.Groups = append(p.Groups, fmt.Sprint("group ", i))
		}
		return nil
	})
	noErr(t, err)
	wantErr(t, w.AddMember(t.Context(), fmt.Sprint("group ", maxGroups), "ada"), ErrInvalidProfile)
}

func TestGroup_Remove(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddGroup(t.Context(), Group{Name: "Staff"})
	noErr(t, err)
	_, err = w.DeclarePerson(t.Context(), Person{Username: "declared", Groups: []string{"staff"}})
	noErr(t, err)
	for _, name := range []string{"ada", "bob"} {
		w.add(t, name, "")
		noErr(t, w.AddMember(t.Context(), "staff", name))
	}
	noErr(t, w.RemoveGroup(t.Context(), "STAFF"))
	_, err = w.Group(t.Context(), "staff")
	wantErr(t, err, ErrUnknownGroup)
	for _, name := range []string{"ada", "bob", "declared"} {
		if got := w.groupsOf(t, name); len(got) != 0 {
			t.Errorf("%s is in %q", name, got)
		}
	}
	wantErr(t, w.RemoveGroup(t.Context(), "staff"), ErrUnknownGroup)
}

// Whoever joins while a group is being removed is out of it afterwards, or was refused: a new group of that name is empty.
func TestGroup_JoinWhileRemoving(t *testing.T) {
	w := newWorld(t)
	for i := range 8 {
		w.add(t, fmt.Sprint("p", i), "")
	}
	_, err := w.AddGroup(t.Context(), Group{Name: "Staff"})
	noErr(t, err)
	noErr(t, w.AddMember(t.Context(), "Staff", "p0"))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := w.AddMember(t.Context(), "Staff", fmt.Sprint("p", i)); err != nil && !errors.Is(err, ErrUnknownGroup) {
				t.Error(err)
			}
		})
	}
	all.Go(func() {
		if err := w.RemoveGroup(t.Context(), "Staff"); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	_, err = w.AddGroup(t.Context(), Group{Name: "Staff"})
	noErr(t, err)
	members, _, err := w.Members(t.Context(), "Staff", "", 10)
	noErr(t, err)
	if len(members) != 0 {
		t.Errorf("the new group has %d members", len(members))
	}
}

// A removal that was cut short after its first step: who was about to join fails, nobody else can, and it can be finished.
func TestGroup_HalfRemoved(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", "")
	w.add(t, "bob", "")
	_, err := w.AddGroup(t.Context(), Group{Name: "Staff"})
	noErr(t, err)
	noErr(t, w.AddMember(t.Context(), "staff", "bob"))
	var joining storage.Batch
	_, err = w.Edit(t.Context(), &joining, ada.Subject, func(p *Person) error { p.Groups = []string{"staff"}; return nil })
	noErr(t, err)

	noErr(t, w.closeGroup(t.Context(), "staff"))
	wantErr(t, w.db.Apply(t.Context(), joining), storage.ErrConflict)
	wantErr(t, w.AddMember(t.Context(), "staff", "ada"), ErrUnknownGroup)
	wantErr(t, w.DeclareGroup(t.Context(), Group{Name: "staff"}), ErrUnknownGroup)
	_, err = w.EditPerson(t.Context(), "bob", func(p *Person) error { p.Nickname = "still a member"; return nil })
	noErr(t, err)
	noErr(t, w.RemoveGroup(t.Context(), "staff"))
	if got := w.groupsOf(t, "bob"); len(got) != 0 {
		t.Errorf("bob is in %q", got)
	}
}

func TestGroup_Declared(t *testing.T) {
	w := newWorld(t)
	noErr(t, w.DeclareGroup(t.Context(), Group{Name: "Staff", Description: "all"}))
	noErr(t, w.DeclareGroup(t.Context(), Group{Name: "staff", Description: "everyone"}))
	g, err := w.Group(t.Context(), "Staff")
	noErr(t, err)
	if !reflect.DeepEqual(*g, Group{Name: "Staff", Description: "everyone", Declared: true}) {
		t.Errorf("%+v", g)
	}
	w.add(t, "ada", "")
	noErr(t, w.AddMember(t.Context(), "staff", "ada"))
	_, err = w.EditGroup(t.Context(), "staff", func(*Group) error { return nil })
	wantErr(t, err, ErrDeclared)
	wantErr(t, w.RemoveGroup(t.Context(), "staff"), ErrDeclared)
	noErr(t, w.UndeclareGroup(t.Context(), "staff"))
	noErr(t, w.RemoveGroup(t.Context(), "staff"))
}
