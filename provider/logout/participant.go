package logout

import (
	"context"

	"signet/storage"
)

// participantKind says that a client takes part in a session. It dies with the session.
var participantKind = &storage.Kind{Name: "session.client", Passing: true}

const indexSession = "session"

// Participant is a client that was given tokens in a session and wants to know of its end.
type Participant struct {
	// SID is the session's, as clients know it.
	SID      string `json:"sid"`
	ClientID string `json:"client_id"`
}

// Participants are those of all sessions.
type Participants struct {
	table *storage.Table[Participant]
}

func newParticipants(db *storage.DB) Participants {
	terms := func(p *Participant) []storage.Term { return []storage.Term{{Index: indexSession, Value: p.SID}} }
	return Participants{storage.NewTable(db, participantKind, storage.JSON[Participant](), terms)}
}

// Join appends to a batch that a client takes part in a session, which lives until expires, in Unix seconds. To join twice is no
// error.
func (p Participants) Join(b *storage.Batch, one Participant, expires int64) error {
	var create storage.Batch
	if err := p.table.Create(&create, p.table.Key(pair(one.SID, one.ClientID), expires), &one); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

// pair is the id of what there is one of for each client of a session.
func pair(sid, clientID string) string { return sid + "\x00" + clientID }

// maxParticipants bounds what Of returns.
const maxParticipants = storage.MaxList

// Of returns the ids of the clients of a session, at most 1000.
func (p Participants) Of(ctx context.Context, sid string) ([]string, error) {
	rows, err := p.list(ctx, sid, maxParticipants)
	clients := make([]string, len(rows))
	for i, row := range rows {
		clients[i] = row.Value.ClientID
	}
	return clients, err
}

func (p Participants) list(ctx context.Context, sid string, limit int) ([]storage.Row[Participant], error) {
	rows, _, err := p.table.List(ctx, &storage.Term{Index: indexSession, Value: sid}, "", limit)
	return rows, err
}
