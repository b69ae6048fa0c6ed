package account

import (
	"context"
	"fmt"
	"reflect"

	"signet/provider/audit"
	"signet/storage"
)

// Add appends a new person to a batch and returns them as they will be: with a subject, in canonical form, created now.
// password is empty for none; p.Password takes a hash that was made elsewhere. Names that are taken are a TakenError, and
// if someone takes one before the batch is applied it fails with storage.ErrConflict: then begin again.
func (a *Accounts) Add(ctx context.Context, b *storage.Batch, p Person, password string) (*Person, error) {
	if password != "" {
		hash, err := a.newPassword(ctx, &p, password)
		if err != nil {
			return nil, err
		}
		p.Password = hash
	}
	p.Declared = false
	return a.create(ctx, b, &p)
}

// create appends a new person whose password is hashed.
func (a *Accounts) create(ctx context.Context, b *storage.Batch, given *Person) (*Person, error) {
	subject, err := newSubject(a.rand)
	if err != nil {
		return nil, err
	}
	return a.createAs(ctx, b, given, subject, 1)
}

func (a *Accounts) createAs(ctx context.Context, b *storage.Batch, given *Person, subject string, epoch uint32) (*Person, error) {
	now := a.db.Now().Unix()
	p := given.clone()
	p.Subject, p.Epoch, p.Created, p.Updated, p.Leaving = subject, epoch, now, now, nil
	if err := a.newVeil(p); err != nil {
		return nil, err
	}
	if err := a.settle(ctx, b, nil, p); err != nil {
		return nil, err
	}
	p.verified, p.called, p.version = p.Email, p.PhoneNumber, 1
	if err := a.Record(ctx, b, audit.Event{Kind: "person.added", Subject: p.Subject, Veil: p.veil}); err != nil {
		return nil, err
	}
	return p, a.people.table.Create(b, a.people.table.Key(subject, 0), p)
}

// Edit appends to a batch what change does to a person, and returns them as they will be; if nothing changes, it appends
// nothing. change may set anything but Subject, Created, Epoch, Declared and Leaving. A new address is unverified unless it was
// set by SetEmail; so is a new phone number, unless by SetPhone. What keeps the person out, and a new password, raise the epoch. If another change comes before
// the batch is applied, it fails with storage.ErrConflict: then begin again.
//
// It returns ErrUnknownPerson, ErrDeclared, ErrUnknownGroup, a TakenError, an InvalidError, or what change returns.
func (a *Accounts) Edit(ctx context.Context, b *storage.Batch, subject string, change func(*Person) error) (*Person, error) {
	row, err := a.people.fresh(ctx, subject)
	if err != nil {
		return nil, err
	}
	if row.Value.Declared {
		return nil, fmt.Errorf("%w: %s", ErrDeclared, row.Value.Subject)
	}
	return a.update(ctx, b, row, func(p *Person) error {
		err := change(p)
		p.Epoch, p.Declared, p.Leaving = row.Value.Epoch, false, row.Value.Leaving
		return err
	})
}

// update is Edit without its limits: for declared people, and for what only this package may set.
func (a *Accounts) update(ctx context.Context, b *storage.Batch, row storage.Row[Person], change func(*Person) error) (*Person, error) {
	before := &row.Value
	after := before.clone()
	if err := change(after); err != nil {
		return nil, err
	}
	after.Subject, after.Created = before.Subject, before.Created
	if after.veil = before.veil; after.veil == nil {
		if err := a.newVeil(after); err != nil {
			return nil, err
		}
	}
	carryProofs(before, after)
	if after.Expires != before.Expires {
		after.noted = 0
	}
	a.raiseEpoch(before, after)
	if err := a.settle(ctx, b, before, after); err != nil {
		return nil, err
	}
	after.verified, after.called, after.version = after.Email, after.PhoneNumber, before.version
	if reflect.DeepEqual(before, after) {
		return ofRow(row), nil
	}
	if after.Epoch != before.Epoch {
		if err := a.Sessions.passes(b, after.Subject); err != nil {
			return nil, err
		}
	}
	after.Updated = max(a.db.Now().Unix(), before.Updated)
	after.version = row.Version + 1
	if err := a.recordChange(ctx, b, before, after); err != nil {
		return nil, err
	}
	return after, a.people.table.Update(b, row, after)
}

// carryProofs takes a proof of ownership away from what it was not made for.
func carryProofs(before, after *Person) {
	if after.Email != before.Email && after.Email != after.verified {
		after.EmailVerified = false
	}
	if after.PhoneNumber != before.PhoneNumber && after.PhoneNumber != after.called {
		after.PhoneVerified = false
	}
}

// settle brings a person into the form that is stored, and appends what must hold beside: that the names are theirs alone
// and that new groups exist. before is nil for a new person.
func (a *Accounts) settle(ctx context.Context, b *storage.Batch, before, after *Person) error {
	if err := settleNames(after); err != nil {
		return err
	}
	if err := after.Profile.settle(); err != nil {
		return err
	}
	if err := after.settleState(); err != nil {
		return err
	}
	if err := a.settleAttributes(before, after); err != nil {
		return err
	}
	if err := a.settlePassword(before, after); err != nil {
		return err
	}
	if err := a.settleGroups(ctx, b, before, after); err != nil {
		return err
	}
	return a.claimHandles(ctx, b, before, after)
}

func settleNames(p *Person) (err error) {
	if p.Username == "" && p.Email == "" {
		return invalid(ErrInvalidName, "username", "", "a username or an e-mail address")
	}
	if p.Username != "" {
		if p.Username, err = CanonicalUsername(p.Username); err != nil {
			return err
		}
	}
	if p.Email == "" {
		p.EmailVerified = false
		return nil
	}
	p.Email, _, err = CanonicalEmail(p.Email)
	return err
}
