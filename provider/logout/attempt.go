package logout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"signet/storage"
)

// startDue queues what is due.
func (o *Outbox) startDue(ctx context.Context) error {
	rows, next, err := o.deliveries.List(ctx, &storage.Term{Index: indexDue, Ordered: true}, "", storage.MaxList)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Value.Due > o.db.Now().Unix() {
			return nil
		}
		to, err := o.messenger.Address(ctx, row.Value.ClientID)
		if err != nil {
			return err
		}
		if o.queue.put(letter{row, to}) {
			o.sending.Go(func() { o.work(ctx) })
		}
	}
	o.full.Store(next != "")
	return nil
}

// work sends what is queued until there is nothing more.
func (o *Outbox) work(ctx context.Context) {
	for {
		l, resting, ok := o.queue.next(o.db.Now().Unix())
		if !ok {
			break
		}
		answered, err := true, ctx.Err()
		if err == nil {
			answered, err = o.attempt(ctx, l, resting)
		}
		o.queue.done(l, answered, !resting, o.db.Now().Unix())
		if err != nil && ctx.Err() == nil {
			o.log.LogAttrs(ctx, slog.LevelWarn, "client not told of a sign-out", slog.String("client", l.Value.ClientID), slog.String("err", err.Error()))
		}
	}
	if o.full.Swap(false) {
		o.look()
	}
}

// errResting is the problem of what was not sent because its host has just not answered something else.
var errResting = errors.New("its host does not answer")

// attempt claims a delivery, sends it and notes what came of it. It tells whether the host answered.
func (o *Outbox) attempt(ctx context.Context, l letter, resting bool) (answered bool, err error) {
	now := o.db.Now()
	row, d := l.Row, l.Value
	d.Due, d.Tried, d.Attempts = now.Add(lease).Unix(), now.Unix(), d.Attempts+1
	if resting {
		return true, o.settle(ctx, row, d, 0, errResting)
	}
	var claim storage.Batch
	if err := o.deliveries.Update(&claim, row, &d); err != nil {
		return true, err
	}
	if err := o.db.Apply(ctx, claim); err != nil {
		return true, ignoreConflict(err) // another node has it
	}
	row.Version++
	if l.to == "" { // the client wants it no more
		return true, o.apply(ctx, func(b *storage.Batch) error {
			o.deliveries.Delete(b, row)
			return nil
		})
	}
	limited, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	status, sendErr := o.messenger.Send(limited, l.to, d)
	if ctx.Err() != nil {
		return true, nil // stopped: whoever comes next tries again when the lease is over
	}
	return sendErr == nil, o.settle(ctx, row, d, status, sendErr)
}

func ignoreConflict(err error) error {
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

func (o *Outbox) apply(ctx context.Context, fill func(*storage.Batch) error) error {
	var b storage.Batch
	if err := fill(&b); err != nil {
		return err
	}
	return ignoreConflict(o.db.Apply(ctx, b))
}

// settle writes what came of an attempt. A client that answers 200 has been told, or 204, as some frameworks make of an empty
// answer (OIDC Back-Channel Logout §2.8). One that refuses is asked twice more: its clock or its keys may have been behind. One
// that does not answer, or says that it cannot just now, is tried for a day.
func (o *Outbox) settle(ctx context.Context, row storage.Row[Delivery], d Delivery, status int, err error) error {
	out := Outcome{At: o.db.Now().Unix(), Ended: d.Ended, Attempts: d.Attempts}
	if err == nil && (status == http.StatusOK || status == http.StatusNoContent) {
		return o.apply(ctx, func(b *storage.Batch) error {
			o.deliveries.Delete(b, row)
			return o.note(b, d.ClientID, succeeded, out)
		})
	}
	out.Problem = problem(status, err)
	d.Problem, d.Due = out.Problem, out.At+pause(row.ID, d.Attempts)
	out.GivenUp = d.Due > row.Expires-int64(afterLast/time.Second) || err == nil && refused(status) && d.Attempts >= maxRefused
	if out.GivenUp {
		o.log.LogAttrs(ctx, slog.LevelWarn, "client not told of a sign-out, given up", slog.String("client", d.ClientID),
			slog.Int("attempts", d.Attempts), slog.String("problem", out.Problem))
	}
	return o.apply(ctx, func(b *storage.Batch) error {
		if err := o.note(b, d.ClientID, failed, out); err != nil {
			return err
		}
		if out.GivenUp {
			o.deliveries.Delete(b, row)
			return nil
		}
		return o.deliveries.Update(b, row, &d)
	})
}

func problem(status int, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("status %d", status)
}

// refused tells whether an answer says that asking again would be of no use.
func refused(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}
