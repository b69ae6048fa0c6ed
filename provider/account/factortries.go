package account

import (
	"context"
	"errors"
	"time"

	"signet/storage"
)

// factorTriesKind holds when somebody's second factor was guessed wrong; its id is the subject. It is lasting, so that it is found, and
// ends by itself.
var factorTriesKind = &storage.Kind{Name: "person.tries"}

// FactorTries is how many wrong codes one person may give in FactorPeriod. Of a million codes three are right at a time: to guess
// one takes years.
const FactorTries = 5

// FactorPeriod is how long a wrong code counts.
const FactorPeriod = 15 * time.Minute

// factorWarning is for how long nobody is warned again.
const factorWarning = 24 * time.Hour

// wrongTries are the times of a person's latest wrong codes in Unix seconds, oldest first, and when they were told of too many.
type wrongTries struct {
	At   []int64 `json:"at"`
	Told int64   `json:"told,omitempty"`
}

// since drops those that are too old to count.
func (w wrongTries) since(now int64) wrongTries {
	kept := wrongTries{Told: w.Told}
	for _, at := range w.At {
		if at > now-int64(FactorPeriod/time.Second) {
			kept.At = append(kept.At, min(at, now))
		}
	}
	return kept
}

// wait is how long it takes until there may be another.
func (w wrongTries) wait(now int64) time.Duration {
	if len(w.At) < FactorTries {
		return 0
	}
	return time.Duration(w.At[len(w.At)-FactorTries]-now)*time.Second + FactorPeriod
}

// TryFactor appends to a batch what judge appends, which judges a code that somebody gives who has proved another factor, unless too
// many were wrong: then it returns a *WaitError. A code that judge refuses (ErrRefused) is counted in a batch of its own before
// anybody hears that it was wrong. With the last that may be wrong goes a letter to the owner, once a day: whoever guesses has the other
// factor. where are its facts.
//
// Each try, right or wrong, moves the count on or stands on it, so that no more are judged than may be: of any number at the same
// moment, on any number of nodes, one gets through and the others look again. The caller's batch fails with storage.ErrConflict if
// another try came between: then begin again.
func (a *Accounts) TryFactor(ctx context.Context, b *storage.Batch, p *Person, where map[string]string, judge func(*storage.Batch) error) error {
	for {
		row, err := a.tries.Get(ctx, p.Subject, 0)
		if err != nil && !isNotFound(err) {
			return err
		}
		row.Key = a.tries.Key(p.Subject, 0)
		now := a.unix()
		before := row.Value.since(now)
		if wait := before.wait(now); wait > 0 {
			return &WaitError{wait}
		}
		var judged storage.Batch
		refusal := judge(&judged)
		switch {
		case refusal == nil:
			a.forgiveTries(&judged, row)
			b.Add(judged)
			return nil
		case !errors.Is(refusal, ErrRefused):
			return refusal
		}
		if err := a.countTry(ctx, row, before, p, where); !isConflict(err) {
			return errors.Join(err, refusal)
		}
	}
}

// forgiveTries appends that the count is as it was read, and that it begins anew.
func (a *Accounts) forgiveTries(b *storage.Batch, row storage.Row[wrongTries]) {
	if row.Version == 0 {
		b.If = append(b.If, storage.Condition{Key: row.Key})
		return
	}
	a.tries.Delete(b, row)
}

func (a *Accounts) countTry(ctx context.Context, row storage.Row[wrongTries], before wrongTries, p *Person, where map[string]string) error {
	now := a.unix()
	after := wrongTries{At: append(before.At, now), Told: before.Told}
	var b storage.Batch
	if len(after.At) == FactorTries && now >= after.Told+int64(factorWarning/time.Second) {
		after.Told = now
		if err := a.Notify(&b, p, LetterFactorTries, where); err != nil {
			return err
		}
	}
	row.Expires = max(now+int64(FactorPeriod/time.Second), after.Told+int64(factorWarning/time.Second))
	var err error
	if row.Version == 0 {
		err = a.tries.Create(&b, row.Key, &after)
	} else {
		err = a.tries.Update(&b, row, &after)
	}
	if err != nil {
		return err
	}
	return a.db.Apply(ctx, b)
}
