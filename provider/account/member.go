package account

import (
	"context"
	"fmt"
	"slices"

	"signet/storage"
)

// maxGroups is how many groups a person may be in: each is an index entry of the person's record, beside the name and the
// time at which something is due.
const maxGroups = storage.MaxEntries - 2

// settleGroups brings a person's groups into order. A group they were not in before must exist when the batch is applied
// and not be about to go.
func (a *Accounts) settleGroups(ctx context.Context, b *storage.Batch, before, after *Person) error {
	held := map[string]string{}
	if before != nil {
		for _, g := range before.Groups {
			held[groupID(g)] = g
		}
	}
	names := map[string]string{}
	for _, g := range after.Groups {
		id := groupID(g)
		if _, ok := names[id]; ok {
			continue
		}
		name, ok := held[id]
		if !ok {
			var err error
			if name, err = a.join(ctx, b, g); err != nil {
				return err
			}
		}
		names[id] = name
	}
	if len(names) > maxGroups {
		return invalid(ErrInvalidProfile, "groups", fmt.Sprint(len(names)), fmt.Sprintf("at most %d groups", maxGroups))
	}
	after.Groups = sorted(names)
	return nil
}

// join appends the condition that a group stays as it is, and returns its name.
func (a *Accounts) join(ctx context.Context, b *storage.Batch, name string) (string, error) {
	row, err := a.freshGroup(ctx, name)
	if err != nil {
		return "", err
	}
	if row.Value.Removing {
		return "", fmt.Errorf("%w: %q is being removed", ErrUnknownGroup, row.Value.Name)
	}
	b.If = append(b.If, storage.Condition{Key: row.Key, Version: row.Version})
	return row.Value.Name, nil
}

func sorted(names map[string]string) []string {
	var list []string
	for _, name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// AddMember puts a person into a group. It returns ErrUnknownPerson, ErrUnknownGroup or ErrDeclared.
func (a *Accounts) AddMember(ctx context.Context, group, identifier string) error {
	_, err := a.EditPerson(ctx, identifier, func(p *Person) error {
		p.Groups = append(p.Groups, group)
		return nil
	})
	return err
}

// RemoveMember takes a person out of a group; it is no error if they were not in it. It returns ErrUnknownPerson or
// ErrDeclared.
func (a *Accounts) RemoveMember(ctx context.Context, group, identifier string) error {
	_, err := a.EditPerson(ctx, identifier, leave(group))
	return err
}

func leave(group string) func(*Person) error {
	id := groupID(group)
	return func(p *Person) error {
		p.Groups = slices.DeleteFunc(p.Groups, func(g string) bool { return groupID(g) == id })
		return nil
	}
}

// membersAtOnce is how many people leave a removed group in one batch.
const membersAtOnce = 200

// RemoveGroup removes a group, and takes everyone and every group out of it first. From its first step on nobody can join, so
// that a group of the same name that is added later has no members; if it is cut short, remove it again.
func (a *Accounts) RemoveGroup(ctx context.Context, name string) error {
	err := a.closeGroup(ctx, name)
	if err == nil {
		err = a.orphan(ctx, name)
	}
	for left := true; left && err == nil; {
		err = a.retry(ctx, func(b *storage.Batch) (err error) {
			left, err = a.leaveAll(ctx, b, name)
			return err
		})
	}
	if err != nil {
		return err
	}
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.undeclaredGroup(ctx, name)
		if err != nil {
			return err
		}
		a.groups.Delete(b, row)
		return a.recordGroup(ctx, b, "group.removed", &row.Value)
	})
}

// closeGroup lets nobody join a group any more. Whoever is joining just now built on the group as it was, and fails.
func (a *Accounts) closeGroup(ctx context.Context, name string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.undeclaredGroup(ctx, name)
		if err != nil || row.Value.Removing {
			return err
		}
		closed := row.Value
		closed.Removing = true
		return a.groups.Update(b, row, &closed)
	})
}

// leaveAll appends that some people leave a group, declared ones too, and tells whether there were any.
func (a *Accounts) leaveAll(ctx context.Context, b *storage.Batch, group string) (bool, error) {
	term := groupTerm(group)
	rows, _, err := a.people.table.List(ctx, &term, "", membersAtOnce)
	if err != nil {
		return false, fmt.Errorf("account: list members: %w", err)
	}
	for _, row := range rows {
		if _, err := a.update(ctx, b, row, leave(group)); err != nil {
			return false, err
		}
	}
	return len(rows) > 0, nil
}
