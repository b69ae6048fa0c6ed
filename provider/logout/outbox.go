package logout

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/courier"
	"signet/storage"
)

// Messenger is how a client is told. The provider is one.
type Messenger interface {
	// Address is where a client wants to be told, or empty if it does not, or is no more.
	Address(ctx context.Context, clientID string) (string, error)
	// Send tells a client at its address. It returns the status of the answer, or an error if there was none. It ends when
	// ctx does, and follows no redirect.
	Send(ctx context.Context, address string, d Delivery) (status int, err error)
}

// Config is what an Outbox is made of.
type Config struct {
	DB       *storage.DB
	Sessions *account.Sessions
	// Messenger may be nil where nothing is sent: then only Participants, State and Join are of use.
	Messenger Messenger
	// Trail takes records of what was dropped; nil is none.
	Trail *audit.Trail
	Log   *slog.Logger
}

// Outbox holds what clients are to be told. Its methods may be called from many goroutines.
type Outbox struct {
	Participants

	db         *storage.DB
	sessions   *account.Sessions
	messenger  Messenger
	deliveries *storage.Table[Delivery]
	outcomes   *storage.Table[Outcome]
	courier    *courier.Courier[Delivery]
}

// maxWaiting is how many deliveries may wait: a client that is away for a day, and a hundred thousand sign-outs of that day. A session's
// tokens have ended whether its clients are told or not.
const maxWaiting = 100_000

// New returns the outbox kept in c.DB. Nothing is sent before Run or Pass.
func New(c Config) *Outbox {
	o := &Outbox{
		Participants: newParticipants(c.DB),
		db:           c.DB, sessions: c.Sessions, messenger: c.Messenger,
		deliveries: storage.NewTable(c.DB, deliveryKind, storage.JSON[Delivery](), deliveryTerms),
		outcomes:   storage.NewTable(c.DB, outcomeKind, storage.JSON[Outcome](), nil),
	}
	o.courier = courier.New(courier.Config[Delivery]{
		DB: c.DB, Table: o.deliveries, Trade: trade{o}, Log: c.Log, Failure: "client not told of a sign-out", Limit: sendLimit,
		Due: o.addressEnded, Wakes: account.IsEnding,
		Max: maxWaiting, Dropped: func(b *storage.Batch, n int) error {
			return c.Trail.Append(b, audit.Event{Kind: "logout.dropped", Facts: map[string]string{"deliveries": strconv.Itoa(n)}})
		},
	})
	return o
}

// Run sends until the context ends: as soon as a session has ended, and what has become due.
func (o *Outbox) Run(ctx context.Context) { o.courier.Run(ctx) }

// Pass sends once what is due, and returns when every attempt has ended.
func (o *Outbox) Pass(ctx context.Context) error { return o.courier.Pass(ctx) }

// addressEnded makes deliveries of the sessions that have ended.
func (o *Outbox) addressEnded(ctx context.Context) error {
	return errors.Join(o.sessions.EndPassed(ctx), o.addressAll(ctx))
}

// addressPage is how many clients of a session are addressed in one batch.
const addressPage = 300

// addressAll makes deliveries of all endings that have not been told.
func (o *Outbox) addressAll(ctx context.Context) error {
	failures := map[string]error{}
	for progress := true; progress; {
		endings, err := o.sessions.Untold(ctx, storage.MaxList)
		if err != nil {
			return err
		}
		progress = false
		for _, e := range endings {
			if failures[e.ID] != nil {
				continue
			}
			// Another node that was first has done the same.
			err := o.address(ctx, e)
			if err == nil || errors.Is(err, storage.ErrConflict) {
				progress = true
				continue
			}
			failures[e.ID] = err
		}
	}
	return errors.Join(slices.Collect(maps.Values(failures))...)
}

// address turns an ending's participants into deliveries.
func (o *Outbox) address(ctx context.Context, e storage.Row[account.Ending]) error {
	joined, err := o.list(ctx, e.Value.SID, addressPage)
	if err != nil {
		return err
	}
	var b storage.Batch
	if err := o.sessions.Tell(&b, e, len(joined) == addressPage); err != nil {
		return err
	}
	for _, p := range joined {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: p.Key}, Delete: true})
		if err := o.post(ctx, &b, p.Value, e.Value); err != nil {
			return err
		}
	}
	return o.db.Apply(ctx, b)
}

// post appends the delivery to one client, if the client wants one.
func (o *Outbox) post(ctx context.Context, b *storage.Batch, p Participant, e account.Ending) error {
	to, err := o.messenger.Address(ctx, p.ClientID)
	if err != nil || to == "" {
		return err
	}
	now := o.db.Now()
	d := Delivery{ClientID: p.ClientID, Subject: e.Subject, SID: e.SID, Ended: e.At, State: courier.State{Due: now.Unix()}}
	var create storage.Batch
	key := o.deliveries.Key(pair(p.SID, p.ClientID), now.Add(courier.KeepTrying+courier.AfterLast).Unix())
	if err := o.deliveries.Create(&create, key, &d); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}
