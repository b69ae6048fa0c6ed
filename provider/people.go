package provider

import (
	"context"
	"errors"
	"time"

	"signet/provider/account"
	"signet/storage"
)

// RemovePerson deletes a person at once with everything of theirs: sessions, grants, consents, factors, letters, names. What is
// personal in the audit trail can be read no more. From its first write on the person is kept out; if it is cut short, SweepPeople
// goes on. It returns account.ErrUnknownPerson or account.ErrDeclared.
func (p *Provider) RemovePerson(ctx context.Context, identifier string) error {
	person, err := p.accounts.FindPerson(ctx, identifier)
	if err != nil {
		return err
	}
	_, err = p.accounts.LeaveNow(ctx, person.Subject, 0)
	if errors.Is(err, account.ErrLeaving) {
		return p.attend(ctx, person) // it is certain already, perhaps as a part of another account
	}
	if err != nil {
		return err
	}
	return p.erase(ctx, person.Subject)
}

// erase deletes what is stored of somebody who leaves, in batches, the person last. Any node may begin it again.
func (p *Provider) erase(ctx context.Context, subject string) error {
	if err := p.dropGrants(ctx, subject); err != nil {
		return err
	}
	err := p.accounts.RemovePerson(ctx, subject)
	if errors.Is(err, account.ErrUnknownPerson) || errors.Is(err, storage.ErrConflict) {
		return nil // another node was faster, or goes on
	}
	return err
}

// dropGrants ends the grants of a person that outlive sessions. The others end with their session, and have nothing of the person but
// the subject.
func (p *Provider) dropGrants(ctx context.Context, subject string) error {
	for {
		rows, _, err := p.grants.List(ctx, &storage.Term{Index: "subject", Value: subject}, "", applicationPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		var b storage.Batch
		for _, row := range rows {
			b.Then = append(b.Then, dropGrant(row.ID, row.Expires))
		}
		if err := p.db.Apply(ctx, b); err != nil {
			return err
		}
	}
}

const (
	// sweepEvery is the pause between two looks for people about whom something is due.
	sweepEvery = time.Minute
	// sweepPage is how many of them are dealt with before the next look.
	sweepPage = 100
)

// SweepPeople does what the time has made due about people: it deletes those whose grace has passed, ends what was issued to those whose
// account has expired, and tells those whose account soon will. It returns how many people it dealt with, and what went wrong with
// others, whom it leaves for the next time. Any number of nodes may do it at once.
func (p *Provider) SweepPeople(ctx context.Context) (done int, err error) {
	for {
		due, err := p.accounts.Due(ctx, sweepPage)
		if err != nil {
			return done, err
		}
		var failures error
		for _, person := range due {
			if failure := p.attend(ctx, person); failure != nil {
				failures = errors.Join(failures, failure)
				continue
			}
			done++
		}
		if failures != nil || len(due) < sweepPage {
			return done, failures
		}
	}
}

// attend does what is due about one person.
func (p *Provider) attend(ctx context.Context, person *account.Person) error {
	switch {
	case person.Leaving == nil:
		return p.accounts.NoteExpiry(ctx, person.Subject)
	case person.Leaving.Into != "":
		return p.finishMerge(ctx, person.Subject, person.Leaving.Into)
	}
	return p.erase(ctx, person.Subject)
}

// KeepPeople calls SweepPeople now and every minute until the context ends.
func (p *Provider) KeepPeople(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if _, err := p.SweepPeople(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "people not swept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
