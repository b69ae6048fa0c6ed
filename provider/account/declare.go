package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"signet/storage"
)

// DeclarePerson adds or changes the person of a username as the configuration has them; what is already so is not written
// again. p.Password is a hash; see HashPassword. A person of that name who was not declared is a TakenError.
func (a *Accounts) DeclarePerson(ctx context.Context, p Person) (*Person, error) {
	if p.Username == "" {
		return nil, invalid(ErrInvalidName, "username", "", allowedUsername)
	}
	p.Declared = true
	var declared *Person
	err := a.retry(ctx, func(b *storage.Batch) error {
		known, err := a.resolve(ctx, p.Username)
		if errors.Is(err, ErrUnknownPerson) {
			declared, err = a.create(ctx, b, &p)
			return err
		}
		if err != nil {
			return err
		}
		declared, err = a.redeclare(ctx, b, known.Subject, &p)
		return err
	})
	return orNil(declared, err)
}

func (a *Accounts) redeclare(ctx context.Context, b *storage.Batch, subject string, p *Person) (*Person, error) {
	row, err := a.people.fresh(ctx, subject)
	if err != nil {
		return nil, err
	}
	if !row.Value.Declared {
		return nil, &TakenError{Field: "username", Value: row.Value.Username}
	}
	return a.update(ctx, b, row, func(now *Person) error {
		state := *now
		*now = *p.clone()
		now.Epoch, now.Updated, now.noted, now.Terms = state.Epoch, state.Updated, state.noted, state.Terms
		now.verified, now.called = now.Email, now.PhoneNumber
		return nil
	})
}

// Undeclare makes a declared person whom the configuration has no longer an ordinary one, to be edited or
// removed. It is no error for an ordinary one.
func (a *Accounts) Undeclare(ctx context.Context, subject string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.people.fresh(ctx, subject)
		if err != nil {
			return err
		}
		_, err = a.update(ctx, b, row, func(p *Person) error {
			p.Declared = false
			return nil
		})
		return err
	})
}

// DeclareGroup adds or changes a group as the configuration has it; what is already so is not written again. An ordinary
// group of that name becomes a declared one and keeps its members. Its parents must be there.
func (a *Accounts) DeclareGroup(ctx context.Context, g Group) error {
	g.Declared, g.Removing = true, false
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.freshGroup(ctx, g.Name)
		if errors.Is(err, ErrUnknownGroup) {
			return a.createGroup(ctx, b, &g)
		}
		if err != nil {
			return err
		}
		if row.Value.Removing {
			return fmt.Errorf("%w: %q is being removed", ErrUnknownGroup, row.Value.Name)
		}
		wanted := row.Value
		wanted.Description, wanted.Parents, wanted.Declared = g.Description, slices.Clone(g.Parents), true
		return a.updateGroup(ctx, b, row, &wanted)
	})
}

// UndeclareGroup makes a declared group an ordinary one, to be edited or removed.
func (a *Accounts) UndeclareGroup(ctx context.Context, name string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.freshGroup(ctx, name)
		if err != nil || !row.Value.Declared {
			return err
		}
		ordinary := row.Value
		ordinary.Declared = false
		return a.groups.Update(b, row, &ordinary)
	})
}
