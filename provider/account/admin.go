package account

import (
	"context"
	"fmt"

	"signet/provider/audit"
	"signet/storage"
)

// AddPerson adds a person at once; see Add.
func (a *Accounts) AddPerson(ctx context.Context, p Person, password string) (*Person, error) {
	if password != "" {
		hash, err := a.newPassword(ctx, &p, password)
		if err != nil {
			return nil, err
		}
		p.Password = hash
	}
	var added *Person
	err := a.retry(ctx, func(b *storage.Batch) (err error) {
		added, err = a.Add(ctx, b, p, "")
		return err
	})
	return orNil(added, err)
}

// EditPerson changes the person of a subject, username or e-mail address at once; see Edit. change may be called several
// times, each time with a fresh person.
func (a *Accounts) EditPerson(ctx context.Context, identifier string, change func(*Person) error) (*Person, error) {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return nil, err
	}
	var edited *Person
	err = a.retry(ctx, func(b *storage.Batch) (err error) {
		edited, err = a.Edit(ctx, b, p.Subject, change)
		return err
	})
	return orNil(edited, err)
}

func orNil(p *Person, err error) (*Person, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// SetPassword gives a person a new password, which ends everything that was issued to them. It returns what EditPerson
// does, a PasswordError, or ErrBusy.
func (a *Accounts) SetPassword(ctx context.Context, identifier, password string) error {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return err
	}
	hash, err := a.newPassword(ctx, p, password)
	if err != nil {
		return err
	}
	_, err = a.EditPerson(ctx, p.Subject, func(p *Person) error {
		p.Password = hash
		return nil
	})
	return err
}

// ChangePassword appends a new password to a batch and returns the person as they will be, with the raised epoch that a
// session begun in the same batch must have.
func (a *Accounts) ChangePassword(ctx context.Context, b *storage.Batch, subject, password string) (*Person, error) {
	p, err := a.people.get(ctx, subject)
	if err != nil {
		return nil, err
	}
	hash, err := a.newPassword(ctx, p, password)
	if err != nil {
		return nil, err
	}
	return a.Edit(ctx, b, subject, func(p *Person) error {
		p.Password = hash
		return nil
	})
}

// SetDisabled disables a person, which ends everything that was issued to them, or enables them again. Lock is for an incident.
func (a *Accounts) SetDisabled(ctx context.Context, identifier string, disabled bool) error {
	_, err := a.EditPerson(ctx, identifier, func(p *Person) error {
		p.Disabled = disabled
		return nil
	})
	return err
}

// EndEverything raises a person's epoch: all sessions, grants and tokens issued so far end. It is possible for declared
// people too.
func (a *Accounts) EndEverything(ctx context.Context, identifier string) error {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return err
	}
	err = a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.people.fresh(ctx, p.Subject)
		if err != nil {
			return err
		}
		_, err = a.update(ctx, b, row, func(p *Person) error {
			p.Epoch++
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	return a.Sessions.endThose(ctx, p.Subject, "", everySession)
}

// RemovePerson removes a person with their sessions, consents, factors and letters. Their subject is never given again; their names are
// free. Whoever can is to call provider.RemovePerson, which ends their grants too.
func (a *Accounts) RemovePerson(ctx context.Context, identifier string) error {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return err
	}
	if p.Declared {
		return fmt.Errorf("%w: %s", ErrDeclared, p.Subject)
	}
	// The person goes last: who is still there can be removed again, if this is cut short.
	if err := a.Sessions.endThose(ctx, p.Subject, "", everySession); err != nil {
		return err
	}
	if err := a.Consents.withdrawAll(ctx, p.Subject); err != nil {
		return err
	}
	if a.post != nil && p.Email != "" {
		if err := a.post.Withdraw(ctx, p.Email, LetterGone); err != nil {
			return err
		}
	}
	return a.retry(ctx, func(b *storage.Batch) error { return a.remove(ctx, b, p.Subject) })
}

func (a *Accounts) remove(ctx context.Context, b *storage.Batch, subject string) error {
	row, err := a.people.fresh(ctx, subject)
	if err != nil {
		return err
	}
	if row.Value.Declared {
		return fmt.Errorf("%w: %s", ErrDeclared, subject)
	}
	a.people.table.Delete(b, row)
	if err := a.bury(b, &row.Value); err != nil {
		return err
	}
	if err := a.Sessions.passes(b, subject); err != nil {
		return err
	}
	for _, h := range a.handles(&row.Value) {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: h.key}, Delete: true})
	}
	f, err := a.Factors(ctx, subject)
	if err != nil {
		return err
	}
	a.freePasskeys(b, f)
	if err := a.freeConnections(ctx, b, subject); err != nil {
		return err
	}
	for _, key := range []storage.Key{a.factors.Key(subject, 0), a.tries.Key(subject, 0)} {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: key}, Delete: true})
	}
	return a.Record(ctx, b, audit.Event{Kind: "person.removed", Subject: subject})
}
