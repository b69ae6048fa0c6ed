package account

import (
	"context"
	"strconv"
	"time"

	"signet/storage"
)

// Due returns people about whom something is to be done by now, what was due first before: to tell them that their account is about to
// expire, to end what was issued to them because it has, or to delete them. At most limit, 1 to 1000.
func (a *Accounts) Due(ctx context.Context, limit int) ([]*Person, error) {
	page, _, err := a.people.list(ctx, storage.Term{Index: indexDue, Ordered: true}, "", limit)
	if err != nil {
		return nil, err
	}
	for i, p := range page {
		if p.due() > a.unix() {
			return page[:i], nil
		}
	}
	return page, nil
}

// NoteExpiry does what is due about the expiry of a person's account: at its end, everything that was issued to them is ended, so that
// applications hear of it; before, they are told. It does nothing if nothing is due, so any node may call it at any time.
func (a *Accounts) NoteExpiry(ctx context.Context, subject string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		row, err := a.people.fresh(ctx, subject)
		if isNotFound(err) {
			return nil
		}
		now := a.unix()
		if err != nil || row.Value.Leaving != nil || row.Value.due() == 0 || row.Value.due() > now {
			return err
		}
		after, err := a.update(ctx, b, row, func(p *Person) error {
			if p.noted = now; now >= p.Expires {
				p.noted = p.Expires
				p.Epoch++
			}
			return nil
		})
		if err != nil || after.noted == after.Expires {
			return err
		}
		days := strconv.FormatInt((after.Expires-now)/int64(24*time.Hour/time.Second), 10)
		return a.Notify(b, after, LetterExpiring, map[string]string{"until": dayOf(after.Expires - 1), "days": days})
	})
}
