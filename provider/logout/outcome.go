package logout

import (
	"context"
	"errors"
	"time"

	"signet/storage"
)

// outcomeKind is what came of the last deliveries to a client.
var outcomeKind = &storage.Kind{Name: "logout.outcome"}

// outcomeKeep is for how long an outcome is shown.
const outcomeKeep = 90 * 24 * time.Hour

// Outcome is what came of a delivery.
type Outcome struct {
	// At is when, in Unix seconds.
	At int64 `json:"at"`
	// Ended is when the session ended that was told of.
	Ended int64 `json:"ended"`
	// Attempts is how many it took.
	Attempts int `json:"attempts"`
	// Problem is why it failed; empty for a success.
	Problem string `json:"problem,omitempty"`
	// GivenUp says that it will not be tried again.
	GivenUp bool `json:"given_up,omitempty"`
}

// State is how it stands with what a client is to be told.
type State struct {
	// Waiting are deliveries that were not made yet, at most MaxWaiting; More says that there are others.
	Waiting []Delivery `json:"waiting"`
	More    bool       `json:"more,omitempty"`
	// LastSuccess and LastFailure are nil if there was none in the last 90 days.
	LastSuccess *Outcome `json:"last_success,omitempty"`
	LastFailure *Outcome `json:"last_failure,omitempty"`
}

// MaxWaiting bounds State.Waiting.
const MaxWaiting = 100

// Ids of the two outcomes of a client.
const (
	succeeded = "ok"
	failed    = "failed"
)

// note appends an outcome to a batch, in place of the one before.
func (o *Outbox) note(b *storage.Batch, clientID, which string, out Outcome) error {
	var create storage.Batch
	key := o.outcomes.Key(pair(which, clientID), o.db.Now().Add(outcomeKeep).Unix())
	if err := o.outcomes.Create(&create, key, &out); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

// State returns how it stands with a client.
func (o *Outbox) State(ctx context.Context, clientID string) (State, error) {
	s := State{Waiting: []Delivery{}}
	rows, next, err := o.deliveries.List(ctx, &storage.Term{Index: indexClient, Value: clientID}, "", MaxWaiting)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		s.Waiting = append(s.Waiting, row.Value)
	}
	s.More = next != ""
	records, err := o.db.Get(ctx, o.outcomes.Key(pair(succeeded, clientID), 0), o.outcomes.Key(pair(failed, clientID), 0))
	if err != nil {
		return s, err
	}
	if s.LastSuccess, err = o.outcome(records[0]); err != nil {
		return s, err
	}
	s.LastFailure, err = o.outcome(records[1])
	return s, err
}

func (o *Outbox) outcome(r storage.Record) (*Outcome, error) {
	row, err := o.outcomes.Decode(r)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return &row.Value, err
}
