package account

import (
	"context"
	"strconv"
	"time"

	"signet/storage"
)

// endingKind says that a session was ended, in the batch that ended it: whoever has to tell others of it finds it there, though
// the program be killed in the same moment. Each commit of one is announced, so that they are told at once.
var endingKind = &storage.Kind{Name: "session.ended", Notify: true}

// IsEnding tells whether a change of storage is the end of a session, or of all of a person's.
func IsEnding(c storage.Change) bool {
	return c.Kind == endingKind.Name || c.Kind == passedKind.Name || c.Kind == ""
}

const (
	// endingKeep is for how long an end waits to be told.
	endingKeep = 7 * 24 * time.Hour
	// toldKeep is for how long it is remembered after: longer than any code lives that was issued in the session.
	toldKeep = time.Hour
)

// indexOpen orders endings that have not been told by time.
const indexOpen = "open"

// Ending is a session that was ended: by a sign-out, by the next person in the same browser, by an administrator. A session
// that runs out by itself has none.
type Ending struct {
	// SID is the session's.
	SID     string `json:"sid"`
	Subject string `json:"sub"`
	// At is when it ended, in Unix seconds.
	At int64 `json:"at"`
	// Told says that everybody has been told, or is about to be.
	Told bool `json:"told,omitempty"`
}

func endingTerms(e *Ending) []storage.Term {
	if e.Told {
		return nil
	}
	return []storage.Term{{Index: indexOpen, Value: paddedTime(e.At), Ordered: true}}
}

// paddedTime is a time that sorts as text.
func paddedTime(unix int64) string {
	const width = 12
	s := strconv.FormatInt(unix, 10)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// NotEnded is the condition that a session has not been ended. A session that ran out by itself fulfils it.
func NotEnded(sessionID string) storage.Condition {
	return storage.Condition{Key: storage.Key{Kind: endingKind, ID: sessionID}}
}

// End appends to a batch that a session is no more. What it appends asks nothing: to end a session twice is no error.
func (s *Sessions) End(b *storage.Batch, session *Session) error {
	for _, key := range []storage.Key{SessionKey(session.ID, session.Expires), seenKey(session)} {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: key}, Delete: true})
	}
	now := s.db.Now()
	var create storage.Batch
	key := s.endings.Key(session.ID, now.Add(endingKeep).Unix())
	if err := s.endings.Create(&create, key, &Ending{SID: session.SID, Subject: session.Subject, At: now.Unix()}); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

// Untold returns endings that have not been told, the oldest first; at most limit of them.
func (s *Sessions) Untold(ctx context.Context, limit int) ([]storage.Row[Ending], error) {
	rows, _, err := s.endings.List(ctx, &storage.Term{Index: indexOpen, Ordered: true}, "", limit)
	return rows, err
}

// Tell appends to a batch that an ending has been told, or with more, that a part of it has. The batch fails with
// storage.ErrConflict if somebody else did so before.
func (s *Sessions) Tell(b *storage.Batch, row storage.Row[Ending], more bool) error {
	told := row.Value
	told.Told = !more
	if told.Told {
		row.Expires = s.db.Now().Add(toldKeep).Unix()
	}
	return s.endings.Update(b, row, &told)
}
