package account

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"signet/storage"
)

// settleParents brings a group's parents into order. All groups above must stay as they are until the batch is applied: of two
// changes that together would make a circle, or nest too deep, the later one fails and begins again. before is nil for a new
// group.
func (a *Accounts) settleParents(ctx context.Context, b *storage.Batch, before, g *Group) error {
	if len(g.Parents) == 0 || before != nil && slices.Equal(g.Parents, before.Parents) {
		if len(g.Parents) == 0 {
			g.Parents = nil
		}
		return nil
	}
	c := climb{accounts: a, group: groupID(g.Name), known: map[string]storage.Row[Group]{}}
	parents, height, err := c.up(ctx, g.Parents)
	if err != nil {
		return err
	}
	if len(parents) > maxParents {
		return invalid(ErrInvalidProfile, "parents", fmt.Sprint(len(parents)), fmt.Sprintf("at most %d groups", maxParents))
	}
	below := 0
	if before != nil {
		if below, err = a.depthBelow(ctx, g.Name); err != nil {
			return err
		}
	}
	if height+1+below > maxNesting {
		return invalid(ErrInvalidProfile, "parents", fmt.Sprint(height+1+below)+" levels", fmt.Sprintf("at most %d groups within each other", maxNesting))
	}
	g.Parents = parents
	for _, id := range slices.Sorted(maps.Keys(c.known)) {
		b.If = append(b.If, storage.Condition{Key: c.known[id].Key, Version: c.known[id].Version})
	}
	return nil
}

// climb looks at the groups above one.
type climb struct {
	accounts *Accounts
	group    string // the id of the one below
	known    map[string]storage.Row[Group]
}

// up returns the names of the parents in canonical form, sorted, and how many levels of groups there are from them on.
func (c *climb) up(ctx context.Context, names []string) (parents []string, height int, err error) {
	for level := names; len(level) > 0; height++ {
		var higher []string
		for _, name := range level {
			row, err := c.look(ctx, name)
			if err != nil {
				return nil, 0, err
			}
			if height == 0 {
				parents = append(parents, row.Value.Name)
			}
			higher = append(higher, row.Value.Parents...)
		}
		slices.Sort(higher)
		if level = slices.Compact(higher); height > maxNesting {
			break
		}
	}
	slices.Sort(parents)
	return slices.Compact(parents), height, nil
}

func (c *climb) look(ctx context.Context, name string) (storage.Row[Group], error) {
	id := groupID(name)
	if row, ok := c.known[id]; ok {
		return row, nil
	}
	if id == c.group {
		return storage.Row[Group]{}, invalid(ErrInvalidProfile, "parents", name, "groups that are not within this one")
	}
	row, err := c.accounts.freshGroup(ctx, name)
	if err != nil {
		return row, err
	}
	if row.Value.Removing {
		return row, fmt.Errorf("%w: %q is being removed", ErrUnknownGroup, row.Value.Name)
	}
	c.known[id] = row
	return row, nil
}

// depthBelow is how many levels of groups lie within one.
func (a *Accounts) depthBelow(ctx context.Context, name string) (int, error) {
	depth := 0
	for level := []string{name}; depth <= maxNesting; depth++ {
		lower, err := a.children(ctx, level)
		if err != nil || len(lower) == 0 {
			return depth, err
		}
		level = lower
	}
	return depth, nil
}

// children are the names of the groups right within some, sorted.
func (a *Accounts) children(ctx context.Context, names []string) (found []string, err error) {
	for _, name := range names {
		err := a.nesting.each(ctx, parentTerm(name), func(row storage.Row[Group]) { found = append(found, row.Value.Name) })
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// orphan takes all groups out of one that is being removed, declared ones too.
func (a *Accounts) orphan(ctx context.Context, parent string) error {
	names, err := a.children(ctx, []string{parent})
	for _, name := range names {
		if err == nil {
			err = a.retry(ctx, func(b *storage.Batch) error { return a.leaveParent(ctx, b, name, parent) })
		}
	}
	return err
}

func (a *Accounts) leaveParent(ctx context.Context, b *storage.Batch, name, parent string) error {
	row, err := a.freshGroup(ctx, name)
	if err != nil {
		return ignoreUnknownGroup(err)
	}
	after := row.Value.clone()
	after.Parents = slices.DeleteFunc(after.Parents, func(g string) bool { return groupID(g) == groupID(parent) })
	switch len(after.Parents) {
	case len(row.Value.Parents):
		return nil
	case 0:
		after.Parents = nil
	}
	if err := a.recordGroup(ctx, b, "group.changed", &after); err != nil {
		return err
	}
	return a.groups.Update(b, row, &after)
}

func ignoreUnknownGroup(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
