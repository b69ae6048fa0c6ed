package account

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"signet/storage"
)

// nest adds a group with its parents.
func (w *world) nest(t *testing.T, name string, parents ...string) {
	t.Helper()
	_, err := w.AddGroup(t.Context(), Group{Name: name, Parents: parents})
	noErr(t, err)
}

// reparent gives a group other parents.
func (w *world) reparent(t *testing.T, name string, parents ...string) error {
	t.Helper()
	_, err := w.EditGroup(t.Context(), name, func(g *Group) error { g.Parents = parents; return nil })
	return err
}

func (w *world) allGroupsOf(t *testing.T, identifier string) []string {
	t.Helper()
	p, err := w.FindPerson(t.Context(), identifier)
	noErr(t, err)
	all, err := w.GroupsOf(t.Context(), p)
	noErr(t, err)
	return all
}

func TestNesting_GroupsOf(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", "")
	w.add(t, "bob", "")
	w.nest(t, "Everybody")
	w.nest(t, "Staff", "EVERYBODY")
	w.nest(t, "Board", "everybody")
	w.nest(t, "Admins", "staff", "Board", "STAFF")
	noErr(t, w.AddMember(t.Context(), "admins", "ada"))
	noErr(t, w.AddMember(t.Context(), "everybody", "bob"))
	g, err := w.Group(t.Context(), "admins")
	noErr(t, err)
	if !slices.Equal(g.Parents, []string{"Board", "Staff"}) {
		t.Errorf("parents %q", g.Parents)
	}
	if got := w.allGroupsOf(t, "ada"); !slices.Equal(got, []string{"Admins", "Board", "Everybody", "Staff"}) {
		t.Errorf("ada is in %q", got)
	}
	if got := w.allGroupsOf(t, "bob"); !slices.Equal(got, []string{"Everybody"}) {
		t.Errorf("bob is in %q", got)
	}
	if got := w.groupsOf(t, "ada"); !slices.Equal(got, []string{"Admins"}) {
		t.Errorf("what is stored of ada: %q", got)
	}
	noErr(t, w.reparent(t, "staff"))
	noErr(t, w.reparent(t, "board", "staff"))
	if got := w.allGroupsOf(t, "ada"); !slices.Equal(got, []string{"Admins", "Board", "Staff"}) {
		t.Errorf("after the change ada is in %q", got)
	}
	noErr(t, w.RemoveGroup(t.Context(), "staff"))
	if got := w.allGroupsOf(t, "ada"); !slices.Equal(got, []string{"Admins", "Board"}) {
		t.Errorf("after the removal ada is in %q", got)
	}
	if g, err = w.Group(t.Context(), "board"); err != nil || g.Parents != nil {
		t.Errorf("parents of a group whose only one is gone: %q, %v", g.Parents, err)
	}
}

func TestNesting_Refuses(t *testing.T) {
	w := newWorld(t)
	w.nest(t, "a")
	w.nest(t, "b", "a")
	w.nest(t, "c", "b")
	for _, c := range []struct{ name, parent string }{{"a", "c"}, {"a", "b"}, {"a", "A"}, {"b", "c"}} {
		wantErr(t, w.reparent(t, c.name, c.parent), ErrInvalidProfile)
	}
	wantErr(t, w.reparent(t, "a", "none"), ErrUnknownGroup)
	wantErr(t, w.reparent(t, "a", ""), ErrUnknownGroup)
	_, err := w.AddGroup(t.Context(), Group{Name: "d", Parents: []string{"D"}})
	wantErr(t, err, ErrInvalidProfile)
	var many []string
	for i := range maxParents + 1 {
		many = append(many, fmt.Sprint("parent ", i))
		w.nest(t, many[i])
	}
	wantErr(t, w.reparent(t, "a", many...), ErrInvalidProfile)
	noErr(t, w.reparent(t, "a", many[1:]...))
}

// The chain may be of maxNesting groups, from whichever end or middle it grows.
func TestNesting_Depth(t *testing.T) {
	w := newWorld(t)
	for i := range maxNesting {
		w.nest(t, fmt.Sprint(i))
	}
	for _, i := range []int{3, 0, 5, 1, 4, 2, 6} { // i lies within i+1
		noErr(t, w.reparent(t, fmt.Sprint(i), fmt.Sprint(i+1)))
	}
	_, err := w.AddGroup(t.Context(), Group{Name: "below", Parents: []string{"0"}})
	wantErr(t, err, ErrInvalidProfile)
	w.nest(t, "above")
	wantErr(t, w.reparent(t, fmt.Sprint(maxNesting-1), "above"), ErrInvalidProfile)
	noErr(t, w.reparent(t, "3", "above"))
}

// Two administrators who at the same moment make groups contain each other: one of them wins.
func TestNesting_RacingCircle(t *testing.T) {
	w := newWorld(t)
	const n = 4
	for i := range n {
		w.nest(t, fmt.Sprint(i))
	}
	for round := range 50 {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { _ = w.reparent(t, fmt.Sprint(i), fmt.Sprint((i+1)%n)) })
		}
		wg.Wait()
		linked := 0
		for i := range n {
			g, err := w.Group(t.Context(), fmt.Sprint(i))
			noErr(t, err)
			linked += len(g.Parents)
		}
		if linked != n-1 {
			t.Fatalf("round %d: %d of %d links", round, linked, n)
		}
		for i := range n {
			noErr(t, w.reparent(t, fmt.Sprint(i)))
		}
	}
}

// A parent that goes at the same moment is no parent.
func TestNesting_RacingRemoval(t *testing.T) {
	w := newWorld(t)
	w.nest(t, "child")
	for round := range 50 {
		w.nest(t, "parent")
		var wg sync.WaitGroup
		wg.Go(func() { _ = w.reparent(t, "child", "parent") })
		wg.Go(func() { noErr(t, w.RemoveGroup(t.Context(), "parent")) })
		wg.Wait()
		g, err := w.Group(t.Context(), "child")
		noErr(t, err)
		if len(g.Parents) != 0 {
			t.Fatalf("round %d: within a group that is not there", round)
		}
	}
}

func TestNesting_Declared(t *testing.T) {
	w := newWorld(t)
	noErr(t, w.DeclareGroup(t.Context(), Group{Name: "Staff"}))
	noErr(t, w.DeclareGroup(t.Context(), Group{Name: "Admins", Parents: []string{"staff"}}))
	row, err := w.freshGroup(t.Context(), "admins")
	noErr(t, err)
	noErr(t, w.DeclareGroup(t.Context(), Group{Name: "Admins", Parents: []string{"Staff"}}))
	again, err := w.freshGroup(t.Context(), "admins")
	noErr(t, err)
	if row.Version != again.Version || !slices.Equal(again.Value.Parents, []string{"Staff"}) {
		t.Errorf("written again: version %d, then %d of %+v", row.Version, again.Version, again.Value)
	}
	wantErr(t, w.DeclareGroup(t.Context(), Group{Name: "Staff", Parents: []string{"Admins"}}), ErrInvalidProfile)
	wantErr(t, w.reparent(t, "admins"), ErrDeclared)
}

func TestNesting_AllMembers(t *testing.T) {
	w := newWorld(t)
	w.nest(t, "all")
	w.nest(t, "left", "all")
	w.nest(t, "right", "all")
	w.nest(t, "deep", "left", "right")
	for name, groups := range map[string][]string{"a": {"all"}, "b": {"all", "deep"}, "c": {"left", "right"}, "d": {"deep"}, "e": {"right"}, "f": nil} {
		w.add(t, name, "")
		for _, g := range groups {
			noErr(t, w.AddMember(t.Context(), g, name))
		}
	}
	for _, limit := range []int{1, 2, 100} {
		via := map[string]string{}
		for after, pages := "", 0; ; pages++ {
			page, next, err := w.AllMembers(t.Context(), "ALL", after, limit)
			noErr(t, err)
			if pages > 20 {
				t.Fatal("no end")
			}
			for _, m := range page {
				if _, twice := via[m.Username]; twice {
					t.Errorf("limit %d: %s comes twice", limit, m.Username)
				}
				via[m.Username] = m.Via
			}
			if after = next; next == "" {
				break
			}
		}
		want := map[string]string{"a": "", "b": "", "c": "left", "d": "deep", "e": "right"}
		if fmt.Sprint(via) != fmt.Sprint(want) {
			t.Errorf("limit %d: %v, want %v", limit, via, want)
		}
	}
	_, _, err := w.AllMembers(t.Context(), "none", "", 10)
	wantErr(t, err, ErrUnknownGroup)
}

// A picture that was drawn from what was there before a change is not kept after it.
func TestNesting_PictureIsDropped(t *testing.T) {
	w := newWorld(t)
	w.nest(t, "a")
	changes := w.nesting.changes
	picture, err := w.nesting.draw(t.Context())
	noErr(t, err)
	w.nest(t, "b", "a")
	if w.nesting.changes == changes || w.nesting.known.Load() != nil || len(picture) != 0 {
		t.Errorf("changes %d then %d, picture %v", changes, w.nesting.changes, picture)
	}
	w.nesting.changed(storage.Change{})
	if known, err := w.nesting.above(t.Context()); err != nil || len(known) != 1 || w.nesting.known.Load() == nil {
		t.Errorf("%v, %v", known, err)
	}
}
