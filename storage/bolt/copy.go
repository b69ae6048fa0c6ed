package bolt

import (
	"bytes"
	"context"
	"errors"

	bbolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// A copy writes so many bytes in one transaction, and leaves pages so full: a little room lets the first changes be made
// without splitting them.
const (
	copyStep = 4 << 20
	copyFill = 0.9
)

// copying writes every bucket of one store into another, in order, so that no page is left half empty.
type copying struct {
	to   *bbolt.DB
	tx   *bbolt.Tx
	size int
	told count
}

// copyAll copies one state of a store. The other must be empty.
func (e *Engine) copyAll(ctx context.Context, to *bbolt.DB) error {
	return e.view(ctx, func(from *bbolt.Tx) error {
		c := &copying{to: to, told: e.count(from, "copied")}
		defer c.giveUp()
		if err := c.next(); err != nil {
			return err
		}
		if err := from.ForEach(func(name []byte, b *bbolt.Bucket) error { return c.bucket(ctx, name, b) }); err != nil {
			return err
		}
		return c.tx.Commit()
	})
}

// next goes on in a new transaction.
func (c *copying) next() (err error) {
	if c.tx != nil {
		if err := c.tx.Commit(); err != nil {
			return err
		}
	}
	c.size = 0
	c.tx, err = c.to.Begin(true)
	return err
}

// giveUp ends what was not committed, also after a panic: closing the store would wait for it.
func (c *copying) giveUp() {
	if c.tx == nil {
		return
	}
	if err := c.tx.Rollback(); err != nil && !errors.Is(err, bolterrors.ErrTxClosed) {
		c.told.log.Warn("copy not given up", "err", err)
	}
}

func (c *copying) bucket(ctx context.Context, name []byte, from *bbolt.Bucket) error {
	b, err := c.tx.CreateBucket(name)
	if err != nil {
		return err
	}
	if err := b.SetSequence(from.Sequence()); err != nil {
		return err
	}
	records := isRecords(name)
	cursor := from.Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.size += len(k) + len(v); c.size > copyStep {
			if err := c.next(); err != nil {
				return err
			}
			b = c.tx.Bucket(name)
		}
		b.FillPercent = copyFill
		if err := b.Put(bytes.Clone(k), v); err != nil {
			return err
		}
		if records {
			c.told.one()
		}
	}
	return nil
}
