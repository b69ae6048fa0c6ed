package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"signet/storage"
)

// passedKind says that a person's epoch was raised, in the batch that raised it: the sessions begun before are dead, but
// their records are still there, and nobody has been told.
var passedKind = &storage.Kind{Name: "person.passed", Notify: true}

// passed is when a person's epoch was raised last, in Unix seconds.
type passed struct {
	At int64 `json:"at"`
}

// settling is for how long sessions with the old epoch can still begin: on a node that has not heard of the new one.
const settling = 5 * time.Second

// passes appends to a batch that the person's sessions so far are to be ended.
func (s *Sessions) passes(b *storage.Batch, subject string) error {
	var create storage.Batch
	if err := s.passed.Create(&create, s.passed.Key(subject, 0), &passed{At: s.db.Now().Unix()}); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

// EndPassed ends the stored sessions of people who were disabled, removed, or have another password, so that others can be told
// of their end. Any node may do so at any time.
func (s *Sessions) EndPassed(ctx context.Context) error {
	var failures error
	for after, more := "", true; more; {
		rows, next, err := s.passed.List(ctx, nil, after, sessionPage)
		if err != nil {
			return err
		}
		for _, row := range rows {
			failures = errors.Join(failures, s.endPassedOf(ctx, row))
		}
		after, more = next, next != ""
	}
	return failures
}

// endPassedOf ends the passed sessions of one person, and forgets that they have passed once no more can come.
func (s *Sessions) endPassedOf(ctx context.Context, row storage.Row[passed]) error {
	found, err := s.people.fresh(ctx, row.ID)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return err
	}
	var p *Person
	if err == nil {
		p = &found.Value
	}
	settled := s.db.Now().Unix() >= row.Value.At+int64(settling/time.Second)
	err = s.endThose(ctx, row.ID, "", func(session *Session) bool {
		return p == nil || p.Epoch != session.PersonEpoch || p.Barred(s.db.Now()) != nil
	})
	if err != nil || !settled {
		return err
	}
	var b storage.Batch
	s.passed.Delete(&b, row)
	if err := s.db.Apply(ctx, b); !errors.Is(err, storage.ErrConflict) {
		return err
	}
	return nil // raised again meanwhile
}

func everySession(*Session) bool { return true }

// endThose ends the stored sessions of a person that are chosen. why is recorded of each; empty is for what has been recorded already.
func (s *Sessions) endThose(ctx context.Context, subject, why string, chosen func(*Session) bool) error {
	for after, more := "", true; more; {
		page, next, err := s.page(ctx, subject, after)
		if err != nil {
			return err
		}
		page = slices.DeleteFunc(page, func(session *Session) bool { return !chosen(session) })
		var b storage.Batch
		for _, session := range page {
			if err := s.End(&b, session); err != nil {
				return err
			}
			if why == "" {
				continue
			}
			if err := s.recordEnd(ctx, &b, session, why); err != nil {
				return err
			}
		}
		if err := s.db.Apply(ctx, b); err != nil {
			return err
		}
		after, more = next, next != ""
	}
	return nil
}
