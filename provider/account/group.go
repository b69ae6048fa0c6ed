package account

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"signet/storage"
)

// groupKind holds groups by their name without regard to case.
var groupKind = &storage.Kind{Name: "group", Notify: true}

// Group is a set of people. Who is in it stands in each Person's Groups.
type Group struct {
	// Name is as it appears in claims; it never changes.
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Parents are names of groups that the members of this one are members of, too, sorted; see GroupsOf.
	Parents []string `json:"parents,omitempty"`
	// Declared groups come from the configuration and can be changed only there; their members need not.
	Declared bool `json:"declared,omitempty"`
	// Removing groups take no new members, and end when the last one has left.
	Removing bool `json:"removing,omitempty"`
}

const (
	maxGroupName = 64
	allowedGroup = "1 to 64 letters, digits, spaces and . - _ : / @ +"
)

// canonicalGroup returns the name in the form to store: composed, outer spaces cut, case kept.
func canonicalGroup(s string) (string, error) {
	name := norm.NFKC.String(strings.TrimSpace(s))
	if name == "" || !utf8.ValidString(s) || utf8.RuneCountInString(name) > maxGroupName || strings.ContainsFunc(name, notGroupRune) {
		return "", invalid(ErrInvalidName, "group", s, allowedGroup)
	}
	return name, nil
}

func notGroupRune(r rune) bool {
	if r < utf8.RuneSelf {
		return !asciiAlnum(r) && !strings.ContainsRune(" .-_:/@+", r)
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd)
}

// groupID is what two spellings of one group's name have in common.
func groupID(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(name))))
}

// SameGroup tells whether two spellings name the same group.
func SameGroup(one, other string) bool { return groupID(one) == groupID(other) }

func (a *Accounts) freshGroup(ctx context.Context, name string) (storage.Row[Group], error) {
	id := groupID(name)
	if id == "" || len(id) > storage.MaxID {
		return storage.Row[Group]{}, ErrUnknownGroup
	}
	row, err := a.groups.Get(ctx, id, 0)
	if isNotFound(err) {
		return row, fmt.Errorf("%w: %q", ErrUnknownGroup, name)
	}
	return row, err
}

// Group returns the group of a name, or ErrUnknownGroup. It is read without a cache.
func (a *Accounts) Group(ctx context.Context, name string) (*Group, error) {
	row, err := a.freshGroup(ctx, name)
	if err != nil {
		return nil, err
	}
	return &row.Value, nil
}

// AddGroup adds a group. It returns the group in canonical form, a TakenError or an InvalidError.
func (a *Accounts) AddGroup(ctx context.Context, g Group) (*Group, error) {
	g.Declared, g.Removing = false, false
	var b storage.Batch
	if err := a.createGroup(ctx, &b, &g); err != nil {
		return nil, err
	}
	err := a.db.Apply(ctx, b)
	if isConflict(err) {
		return nil, &TakenError{Field: "group", Value: g.Name}
	}
	if err != nil {
		return nil, err
	}
	return &g, nil
}

func (a *Accounts) createGroup(ctx context.Context, b *storage.Batch, g *Group) (err error) {
	if g.Name, err = canonicalGroup(g.Name); err != nil {
		return err
	}
	if err := g.settle(); err != nil {
		return err
	}
	if err := a.settleParents(ctx, b, nil, g); err != nil {
		return err
	}
	if err := a.recordGroup(ctx, b, "group.added", g); err != nil {
		return err
	}
	return a.groups.Create(b, a.groups.Key(groupID(g.Name), 0), g)
}

func (g *Group) settle() error {
	if !isText.good(g.Description) {
		return invalid(ErrInvalidProfile, "description", g.Description, isText.allowed)
	}
	return nil
}

// EditGroup changes a group's description and parents at once. It returns ErrUnknownGroup, also of a parent, ErrDeclared, an
// InvalidError, or what change returns; change may be called several times.
func (a *Accounts) EditGroup(ctx context.Context, name string, change func(*Group) error) (*Group, error) {
	var edited Group
	err := a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.undeclaredGroup(ctx, name)
		if err != nil {
			return err
		}
		edited = row.Value.clone()
		if err := change(&edited); err != nil {
			return err
		}
		edited.Name, edited.Declared, edited.Removing = row.Value.Name, false, row.Value.Removing
		return a.updateGroup(ctx, b, row, &edited)
	})
	if err != nil {
		return nil, err
	}
	return &edited, nil
}

// updateGroup appends what a group becomes, or nothing if it is so already.
func (a *Accounts) updateGroup(ctx context.Context, b *storage.Batch, row storage.Row[Group], g *Group) error {
	if err := g.settle(); err != nil {
		return err
	}
	if err := a.settleParents(ctx, b, &row.Value, g); err != nil || reflect.DeepEqual(*g, row.Value) {
		return err
	}
	if err := a.recordGroup(ctx, b, "group.changed", g); err != nil {
		return err
	}
	return a.groups.Update(b, row, g)
}

// clone returns a copy that shares nothing with g.
func (g Group) clone() Group {
	g.Parents = slices.Clone(g.Parents)
	return g
}

func (a *Accounts) undeclaredGroup(ctx context.Context, name string) (storage.Row[Group], error) {
	row, err := a.freshGroup(ctx, name)
	if err == nil && row.Value.Declared {
		return row, fmt.Errorf("%w: group %q", ErrDeclared, row.Value.Name)
	}
	return row, err
}

// ListGroups returns a page of groups in the order of their folded names; see ListPeople for after, limit and next.
func (a *Accounts) ListGroups(ctx context.Context, after string, limit int) (page []Group, next string, err error) {
	rows, next, err := a.groups.List(ctx, nil, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("account: list groups: %w", err)
	}
	for _, row := range rows {
		page = append(page, row.Value)
	}
	return page, next, nil
}
