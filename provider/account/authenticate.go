package account

import (
	"context"
	"errors"
	"time"

	"signet/keys"
	"signet/storage"
)

// Authenticate returns the person whom a username or an e-mail address and a password sign in. It computes exactly one
// hash, whoever is asked for. It returns ErrRefused with its cause wrapped, ErrBusy, or what storage returns. The person is
// shared: do not write to it.
func (a *Accounts) Authenticate(ctx context.Context, identifier, password string) (*Person, error) {
	key, err := a.AccountKey(ctx, identifier)
	if err != nil {
		return nil, err
	}
	return a.authenticate(ctx, key, identifier, password)
}

// authenticate is Authenticate for an identifier whose key is known.
func (a *Accounts) authenticate(ctx context.Context, key AccountKey, identifier, password string) (*Person, error) {
	p, err := a.resolve(ctx, identifier)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return nil, err
	}
	if err := a.judge(ctx, key, p, password); err != nil {
		return nil, err
	}
	return p, nil
}

// Confirm tells whether a password is that of a known person, to ask again before a change. It returns nil, or what
// Authenticate does.
func (a *Accounts) Confirm(ctx context.Context, subject, password string) error {
	p, err := a.people.get(ctx, subject)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return err
	}
	return a.judge(ctx, a.accountKey("sub", subject), p, password)
}

// judge verifies a password; p is nil for nobody. That someone is kept out is said only after the right password. The key chooses what
// is computed for those who have none.
func (a *Accounts) judge(ctx context.Context, key AccountKey, p *Person, password string) error {
	var stored keys.Secret
	if p != nil {
		stored = p.Password
	}
	decoy, err := a.decoys.of(ctx, key)
	if err != nil {
		return err
	}
	possible := password != "" && len(password) <= maxPassword
	if !possible {
		password = ""
	}
	right, usable, err := a.hasher.verify(ctx, stored, decoy, password)
	if err == nil {
		err = verdict(p, right && possible, usable, a.db.Now())
		a.countRefused(ctx, p, err)
	}
	return err
}

func verdict(p *Person, right, usable bool, now time.Time) error {
	switch {
	case p == nil:
		return refused(ErrUnknownPerson)
	case !usable:
		return refused(ErrNoPassword)
	case !right:
		return refused(ErrWrongPassword)
	}
	return keptOut(p, now)
}

// Rehash appends to a batch that a password which was just right is stored with today's parameters, if it was hashed with
// others; else it does nothing. It ends nothing. The batch then fails with storage.ErrConflict if the person is changed
// before: go on without it, the next sign-in will see to it.
func (a *Accounts) Rehash(ctx context.Context, b *storage.Batch, p *Person, password string) error {
	if !a.hasher.outdated(p.Password) || p.Declared {
		return nil
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	after := p.clone()
	after.Password = hash
	row := storage.Row[Person]{Key: a.people.table.Key(p.Subject, 0), Version: p.version, Value: *p}
	return a.people.table.Update(b, row, after)
}
