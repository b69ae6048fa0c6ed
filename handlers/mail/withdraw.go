package mail

import (
	"context"
	"errors"

	"signet/storage"
)

// indexTo finds what waits for an address.
const indexTo = "to"

// withdrawn is how many letters are taken back in one batch.
const withdrawn = 200

// Withdraw implements account.Post. A letter that is just being sent is sent.
func (o *Outbox) Withdraw(ctx context.Context, to, but string) error {
	for after, more := "", true; more; {
		rows, next, err := o.letters.List(ctx, &storage.Term{Index: indexTo, Value: to}, after, withdrawn)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Value.Kind == but {
				continue
			}
			var b storage.Batch
			o.letters.Delete(&b, row)
			if err := o.c.DB.Apply(ctx, b); err != nil && !errors.Is(err, storage.ErrConflict) {
				return err
			}
		}
		after, more = next, next != ""
	}
	return nil
}
