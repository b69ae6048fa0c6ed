package logout

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"signet/provider/account"
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
	Log       *slog.Logger
}

// Outbox holds what clients are to be told. Its methods may be called from many goroutines.
type Outbox struct {
	Participants

	db         *storage.DB
	sessions   *account.Sessions
	messenger  Messenger
	log        *slog.Logger
	deliveries *storage.Table[Delivery]
	outcomes   *storage.Table[Outcome]
	queue      *queue
	// full says that more was due than was queued.
	full    atomic.Bool
	sending sync.WaitGroup
	wake    chan struct{}
}

// New returns the outbox kept in c.DB. Nothing is sent before Run or Pass.
func New(c Config) *Outbox {
	return &Outbox{
		Participants: newParticipants(c.DB),
		db:           c.DB, sessions: c.Sessions, messenger: c.Messenger, log: c.Log,
		deliveries: storage.NewTable(c.DB, deliveryKind, storage.JSON[Delivery](), deliveryTerms),
		outcomes:   storage.NewTable(c.DB, outcomeKind, storage.JSON[Outcome](), nil),
		queue:      newQueue(),
		wake:       make(chan struct{}, 1),
	}
}

// lookEvery is how often Run looks for what has become due, or was left by another node.
const lookEvery = 5 * time.Second

// Run sends until the context ends: as soon as a session has ended, and what has become due.
func (o *Outbox) Run(ctx context.Context) {
	defer o.sending.Wait()
	defer o.db.Watch(func(c storage.Change) {
		if account.IsEnding(c) {
			o.look()
		}
	})()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := o.start(ctx); err != nil && ctx.Err() == nil {
			o.log.LogAttrs(ctx, slog.LevelWarn, "clients not told of sign-outs", slog.String("err", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		case <-ticker.C:
		}
	}
}

// look lets Run look now.
func (o *Outbox) look() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Pass sends once what is due, and returns when every attempt has ended.
func (o *Outbox) Pass(ctx context.Context) error {
	defer o.sending.Wait()
	return o.start(ctx)
}

// start makes deliveries of the sessions that have ended, and attempts of the deliveries that are due. What cannot be read or
// written keeps nothing else from being told.
func (o *Outbox) start(ctx context.Context) error {
	return errors.Join(o.sessions.EndPassed(ctx), o.addressAll(ctx), o.startDue(ctx))
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
			if failures[e.ID] = ignoreConflict(o.address(ctx, e)); failures[e.ID] == nil {
				progress = true
			}
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
	d := Delivery{ClientID: p.ClientID, Subject: e.Subject, SID: e.SID, Ended: e.At, Due: now.Unix()}
	var create storage.Batch
	key := o.deliveries.Key(pair(p.SID, p.ClientID), now.Add(keepTrying+afterLast).Unix())
	if err := o.deliveries.Create(&create, key, &d); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}
