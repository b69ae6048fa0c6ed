package account

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"signet/storage"
)

const (
	sessionPage = 100
	// maxSessions bounds what List returns.
	maxSessions = 1000
)

// List returns a person's living sessions, at most about 1000, the latest sign-in first. It returns ErrUnknownPerson, or
// what storage returns.
func (s *Sessions) List(ctx context.Context, subject string) ([]*Session, error) {
	p, err := s.people.get(ctx, subject)
	if err != nil {
		return nil, err
	}
	var living []*Session
	for after, more := "", true; more && len(living) < maxSessions; more = after != "" {
		var batch []*Session
		if batch, after, err = s.page(ctx, subject, after); err != nil {
			return nil, err
		}
		for _, session := range batch {
			if s.over(session, p) == nil {
				living = append(living, session)
			}
		}
	}
	slices.SortStableFunc(living, func(a, b *Session) int { return cmp.Compare(b.AuthTime, a.AuthTime) })
	return living, nil
}

// Find returns a person's living session by its SID, or ErrNoSession.
func (s *Sessions) Find(ctx context.Context, subject, sid string) (*Session, error) {
	list, err := s.List(ctx, subject)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return nil, err
	}
	for _, session := range list {
		if session.SID == sid {
			return session, nil
		}
	}
	return nil, noSession(ErrEnded)
}

// EndOne ends a person's living session at once, by its SID. It returns ErrNoSession if there is none.
func (s *Sessions) EndOne(ctx context.Context, subject, sid string) error {
	session, err := s.Find(ctx, subject, sid)
	if err != nil {
		return err
	}
	var b storage.Batch
	if err := errors.Join(s.End(&b, session), s.recordEnd(ctx, &b, session, "ended")); err != nil {
		return err
	}
	return s.db.Apply(ctx, b)
}

// page returns stored sessions of a person, over or not.
func (s *Sessions) page(ctx context.Context, subject, after string) ([]*Session, string, error) {
	term := storage.Term{Index: indexSubject, Value: subject}
	rows, next, err := s.table.List(ctx, &term, after, sessionPage)
	if err != nil || len(rows) == 0 {
		return nil, next, err
	}
	keys := make([]storage.Key, len(rows))
	for i, row := range rows {
		keys[i] = seenKey(&Session{ID: row.ID, Expires: row.Expires})
	}
	seen, err := s.db.Get(ctx, keys...)
	if err != nil {
		return nil, "", err
	}
	page := make([]*Session, len(rows))
	for i, row := range rows {
		if page[i], err = s.withSeen(row, seen[i]); err != nil {
			return nil, "", err
		}
	}
	return page, next, nil
}

// EndAll ends all sessions of a person at once, but the one whose SID is except. What was issued beyond the sessions lives
// on; see Accounts.EndEverything.
func (s *Sessions) EndAll(ctx context.Context, subject, except string) error {
	return s.endThose(ctx, subject, "ended", func(session *Session) bool { return except == "" || session.SID != except })
}
