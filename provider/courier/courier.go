package courier

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"signet/storage"
)

// Trade is what is particular to one sort of deliveries.
type Trade[T any] interface {
	// State is the state within a delivery, to be read and written.
	State(d *T) *State
	// Address is where a delivery goes, and the host that answers there. An empty address says that it is wanted no more.
	Address(ctx context.Context, d *T) (to, host string, err error)
	// Send makes one attempt. It returns nil for what was delivered, a *Refusal for an answer that says no, and any other error if
	// there was no answer. It ends when ctx does.
	Send(ctx context.Context, to string, d *T) error
	// Settled appends to a batch what is noted of an attempt that has ended. It may append nothing.
	Settled(b *storage.Batch, d *T, o Outcome) error
	// Name is the attribute that names a delivery in the log.
	Name(d *T) slog.Attr
}

// Outcome is what came of an attempt.
type Outcome struct {
	// At is when, in Unix seconds.
	At int64
	// Problem is why it failed; empty for a success.
	Problem string
	// GivenUp says that it will not be tried again.
	GivenUp bool
}

// Refusal is an answer that says no.
type Refusal struct {
	Problem string
	// Tries is after how many attempts such an answer is believed; 0 is never, as long as the delivery lives.
	Tries int
}

func (r *Refusal) Error() string { return r.Problem }

// Config is what a Courier is made of.
type Config[T any] struct {
	DB    *storage.DB
	Table *storage.Table[T]
	Trade Trade[T]
	Log   *slog.Logger
	// Failure says for the log what was not delivered: "client not told of a sign-out".
	Failure string
	// Limit is how long one attempt may take; a node that tries has the delivery to itself for three times as long, in case it is
	// killed.
	Limit time.Duration
	// Due finds what is to be made a delivery before deliveries are looked for; it may be nil. Wakes tells which changes of
	// storage bring something to deliver.
	Due func(ctx context.Context) error
	// Max is how many may wait, all of which live as long; 0 is any number. Dropped appends to a batch that so many of the oldest
	// were dropped; nil is nothing.
	Max     int
	Dropped func(b *storage.Batch, n int) error
	Wakes   func(storage.Change) bool
}

// Courier delivers. Its methods may be called from many goroutines.
type Courier[T any] struct {
	c     Config[T]
	queue *queue[T]
	// full says that more was due than was queued.
	full    atomic.Bool
	sending sync.WaitGroup
	// counted is when deliveries were counted last, in Unix seconds.
	counted atomic.Int64
	wake    chan struct{}
}

// New returns a courier. Nothing is sent before Run or Pass.
func New[T any](c Config[T]) *Courier[T] {
	return &Courier[T]{c: c, queue: newQueue[T](), wake: make(chan struct{}, 1)}
}

// lookEvery is how often Run looks for what has become due, or was left by another node.
const lookEvery = 5 * time.Second

// Run sends until the context ends: as soon as there is something, and what has become due.
func (c *Courier[T]) Run(ctx context.Context) {
	defer c.sending.Wait()
	defer c.c.DB.Watch(func(change storage.Change) {
		if c.c.Wakes(change) {
			c.look()
		}
	})()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := c.start(ctx); err != nil && ctx.Err() == nil {
			c.c.Log.LogAttrs(ctx, slog.LevelWarn, c.c.Failure, slog.String("err", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-ticker.C:
		}
	}
}

// look lets Run look now.
func (c *Courier[T]) look() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Pass sends once what is due, and returns when every attempt has ended.
func (c *Courier[T]) Pass(ctx context.Context) error {
	defer c.sending.Wait()
	return c.start(ctx)
}

// start looks for what is due. What cannot be read or written keeps nothing else from being sent.
func (c *Courier[T]) start(ctx context.Context) error {
	var err error
	if c.c.Due != nil {
		err = c.c.Due(ctx)
	}
	return errors.Join(err, c.bound(ctx), c.startDue(ctx))
}
