package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/storage"
)

// Leaving says that an account is to be deleted. From then on it is good for nothing; see StateLeaving.
type Leaving struct {
	// Asked is when that was decided, Ends when the grace has passed and nothing brings the account back; in Unix seconds.
	Asked int64 `json:"asked"`
	Ends  int64 `json:"ends"`
	// ByOperator tells that the operator decided it: then the person cannot undo it.
	ByOperator bool `json:"by_operator,omitempty"`
	// Into is the subject of the account that this one becomes a part of; empty for one that is merely deleted.
	Into string `json:"into,omitempty"`
}

var (
	// ErrNotLeaving says that an account is not about to be deleted.
	ErrNotLeaving = errors.New("account: not about to be deleted")
	// ErrGone says that the grace has passed: the account is being deleted, or was.
	ErrGone = errors.New("account: grace has passed")
)

// defaultGrace is how long a deleted account can be brought back.
const defaultGrace = 14 * 24 * time.Hour

// Grace is how long a deleted account can be brought back; 0 is not at all.
func (a *Accounts) Grace() time.Duration { return a.grace }

// Leave appends to a batch that a person has had their account deleted. It ends at once everything that was issued to them, and at the
// end of the grace provider.SweepPeople deletes what is theirs; until then nobody else gets their names. A letter to their proved
// address says so, and how to undo it; facts are those of the letter. It returns ErrUnknownPerson, ErrDeclared or ErrLeaving.
func (a *Accounts) Leave(ctx context.Context, b *storage.Batch, subject string, facts map[string]string) (*Person, error) {
	after, err := a.leave(ctx, b, subject, Leaving{Ends: a.unix() + int64(a.grace/time.Second)})
	if err != nil {
		return nil, err
	}
	return after, a.tellLeaving(b, after, facts)
}

// LeaveNow is Leave at once and by the operator: the person is told, and cannot undo it. Without grace nobody can.
func (a *Accounts) LeaveNow(ctx context.Context, identifier string, grace time.Duration) (*Person, error) {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return nil, err
	}
	var after *Person
	err = a.retry(ctx, func(b *storage.Batch) (err error) {
		if after, err = a.leave(ctx, b, p.Subject, Leaving{Ends: a.unix() + int64(grace/time.Second), ByOperator: true}); err != nil {
			return err
		}
		return a.tellLeaving(b, after, nil)
	})
	return orNil(after, err)
}

func (a *Accounts) leave(ctx context.Context, b *storage.Batch, subject string, leaving Leaving) (*Person, error) {
	row, err := a.people.fresh(ctx, subject)
	switch {
	case err != nil:
		return nil, err
	case row.Value.Declared:
		return nil, fmt.Errorf("%w: %s", ErrDeclared, subject)
	case row.Value.Leaving != nil && (leaving.Ends >= row.Value.Leaving.Ends || row.Value.Leaving.Ends <= a.unix()):
		return nil, fmt.Errorf("%w: %s", ErrLeaving, subject)
	}
	leaving.Asked = a.unix()
	return a.update(ctx, b, row, func(p *Person) error {
		p.Leaving = &leaving
		return nil
	})
}

// tellLeaving appends the letter of a deletion. Who decided it by themselves can undo it by the link in it, while there is time.
func (a *Accounts) tellLeaving(b *storage.Batch, p *Person, facts map[string]string) error {
	if p.Leaving.Ends <= a.unix() {
		return a.Notify(b, p, LetterGone, facts)
	}
	facts = with(facts, "until", dayOf(p.Leaving.Ends))
	if p.Leaving.ByOperator {
		return a.Notify(b, p, LetterRemoval, facts)
	}
	if !a.CanUndo(p) {
		return nil
	}
	life := time.Duration(p.Leaving.Ends-a.unix()) * time.Second
	sealed, err := a.links.make(b, sealedLink{Purpose: forRestore, Subject: p.Subject, Epoch: p.Epoch, Email: p.Email}, life)
	if err != nil {
		return err
	}
	return a.Notify(b, p, LetterLeaving, with(facts, "path", linkPath("/restore", sealed)))
}

// CanUndo tells whether a person who has their account deleted can undo it by themselves: only who reads their mail can.
func (a *Accounts) CanUndo(p *Person) bool {
	return a.grace > 0 && a.post != nil && p.Email != "" && p.EmailVerified
}

// dayOf is the day of a time as letters say it.
func dayOf(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateOnly) }

// Leaver returns whose account a link would keep, or ErrLink. The person is shared: do not write to it.
func (a *Accounts) Leaver(ctx context.Context, link string) (*Person, error) {
	_, p, err := a.leaver(ctx, link)
	return p, err
}

func (a *Accounts) leaver(ctx context.Context, link string) (*sealedLink, *Person, error) {
	s, p, err := a.ofLink(ctx, link, forRestore)
	if err != nil {
		return nil, nil, err
	}
	if p.Leaving == nil || p.Leaving.ByOperator || p.Leaving.Ends <= a.unix() || p.Email != s.Email {
		return nil, nil, ErrLink
	}
	return s, p, nil
}

// Restore appends to a batch that a link is used and that its account stays, and a notice of it. It signs nobody in, and nothing that
// was ended comes back. It returns ErrLink; the batch fails with storage.ErrConflict if the link was used meanwhile.
func (a *Accounts) Restore(ctx context.Context, b *storage.Batch, link string, facts map[string]string) (*Person, error) {
	s, p, err := a.leaver(ctx, link)
	if err != nil {
		return nil, err
	}
	a.links.spend(b, s)
	return a.restore(ctx, b, p.Subject, facts)
}

// RestoreNow keeps an account at once, by the operator. It returns ErrNotLeaving, or ErrGone once the grace has passed.
func (a *Accounts) RestoreNow(ctx context.Context, identifier string) (*Person, error) {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return nil, err
	}
	var after *Person
	err = a.retry(ctx, func(b *storage.Batch) (err error) {
		after, err = a.restore(ctx, b, p.Subject, nil)
		return err
	})
	return orNil(after, err)
}

func (a *Accounts) restore(ctx context.Context, b *storage.Batch, subject string, facts map[string]string) (*Person, error) {
	row, err := a.people.fresh(ctx, subject)
	switch {
	case err != nil:
		return nil, err
	case row.Value.Leaving == nil:
		return nil, fmt.Errorf("%w: %s", ErrNotLeaving, subject)
	case row.Value.Leaving.Ends <= a.unix():
		return nil, fmt.Errorf("%w: %s", ErrGone, subject)
	}
	after, err := a.update(ctx, b, row, func(p *Person) error {
		p.Leaving = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after, a.Notify(b, after, LetterRestored, facts)
}
