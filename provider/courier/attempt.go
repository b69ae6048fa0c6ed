package courier

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"signet/storage"
)

// startDue queues what is due.
func (c *Courier[T]) startDue(ctx context.Context) error {
	rows, next, err := c.c.Table.List(ctx, &storage.Term{Index: indexDue, Ordered: true}, "", storage.MaxList)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if c.c.Trade.State(&row.Value).Due > c.c.DB.Now().Unix() {
			return nil
		}
		to, host, err := c.c.Trade.Address(ctx, &row.Value)
		if err != nil {
			return err
		}
		if c.queue.put(letter[T]{row, to, host}) {
			c.sending.Go(func() { c.work(ctx) })
		}
	}
	c.full.Store(next != "")
	return nil
}

// work sends what is queued until there is nothing more.
func (c *Courier[T]) work(ctx context.Context) {
	for {
		l, resting, ok := c.queue.next(c.c.DB.Now().Unix())
		if !ok {
			break
		}
		answered, err := true, ctx.Err()
		if err == nil {
			answered, err = c.attempt(ctx, l, resting)
		}
		c.queue.done(l, answered, !resting, c.c.DB.Now().Unix())
		if err != nil && ctx.Err() == nil {
			c.c.Log.LogAttrs(ctx, slog.LevelWarn, c.c.Failure, c.c.Trade.Name(&l.Value), slog.String("err", err.Error()))
		}
	}
	if c.full.Swap(false) {
		c.look()
	}
}

// errResting is the problem of what was not sent because its host has just not answered something else.
var errResting = errors.New("its host does not answer")

// attempt claims a delivery, sends it and notes what came of it. It tells whether the host answered.
func (c *Courier[T]) attempt(ctx context.Context, l letter[T], resting bool) (answered bool, err error) {
	now := c.c.DB.Now()
	row, d := l.Row, l.Value
	state := c.c.Trade.State(&d)
	state.Due, state.Tried, state.Attempts = now.Add(3*c.c.Limit).Unix(), now.Unix(), state.Attempts+1
	if resting {
		return true, c.settle(ctx, row, d, errResting)
	}
	var claim storage.Batch
	if err := c.c.Table.Update(&claim, row, &d); err != nil {
		return true, err
	}
	if err := c.c.DB.Apply(ctx, claim); err != nil {
		return true, ignoreConflict(err) // another node has it
	}
	row.Version++
	if l.to == "" { // it is wanted no more
		return true, c.apply(ctx, func(b *storage.Batch) error {
			c.c.Table.Delete(b, row)
			return nil
		})
	}
	limited, cancel := context.WithTimeout(ctx, c.c.Limit)
	defer cancel()
	sendErr := c.c.Trade.Send(limited, l.to, &d)
	if ctx.Err() != nil {
		return true, nil // stopped: whoever comes next tries again when the lease is over
	}
	var refusal *Refusal
	return sendErr == nil || errors.As(sendErr, &refusal), c.settle(ctx, row, d, sendErr)
}

func ignoreConflict(err error) error {
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

func (c *Courier[T]) apply(ctx context.Context, fill func(*storage.Batch) error) error {
	var b storage.Batch
	if err := fill(&b); err != nil {
		return err
	}
	return ignoreConflict(c.c.DB.Apply(ctx, b))
}

// settle writes what came of an attempt: what was delivered, and what is given up, goes; the rest waits for its next attempt.
func (c *Courier[T]) settle(ctx context.Context, row storage.Row[T], d T, sendErr error) error {
	out := Outcome{At: c.c.DB.Now().Unix()}
	state := c.c.Trade.State(&d)
	if sendErr != nil {
		out.Problem = sendErr.Error()
		state.Problem, state.Due = out.Problem, out.At+pause(row.ID, state.Attempts)
		out.GivenUp = state.Due > row.Expires-int64(AfterLast/time.Second) || hopeless(sendErr, state.Attempts)
	}
	if out.GivenUp {
		c.c.Log.LogAttrs(ctx, slog.LevelWarn, c.c.Failure+", given up", c.c.Trade.Name(&d),
			slog.Int("attempts", state.Attempts), slog.String("problem", out.Problem))
	}
	return c.apply(ctx, func(b *storage.Batch) error {
		if err := c.c.Trade.Settled(b, &d, out); err != nil {
			return err
		}
		if sendErr == nil || out.GivenUp {
			c.c.Table.Delete(b, row)
			return nil
		}
		return c.c.Table.Update(b, row, &d)
	})
}

// hopeless tells whether an answer says, after so many attempts, that asking again would be of no use.
func hopeless(err error, attempts int) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Tries > 0 && attempts >= refusal.Tries
}
