package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// Check looks at every page, every record and every key that leads to a record, and returns an ErrDamaged that names the
// first fault of each bucket, or nil. Batches are committed meanwhile; what Check sees is one state. It reads the whole
// file.
func (e *Engine) Check(ctx context.Context) error {
	return e.viewAll(ctx, func(tx *bbolt.Tx) error {
		h, err := headerOf(tx)
		if err != nil {
			return err
		}
		w := walkAll(e.file, h)
		if err := w.run(ctx); err != nil {
			return err
		}
		if err := w.complete(); err != nil {
			return err
		}
		var faults []error
		told := e.count(tx, "checked")
		err = tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if err := checkBucket(ctx, tx, name, b, &told); errors.Is(err, storage.ErrDamaged) {
				faults = append(faults, err)
			} else if err != nil {
				return err
			}
			return nil
		})
		return errors.Join(append(faults, err)...)
	})
}

var errEnough = errors.New("enough")

// headerOf finds out where the pages of a transaction are: that is what bbolt's copy of it begins with.
func headerOf(tx *bbolt.Tx) (header, error) {
	var first firstPage
	if _, err := tx.WriteTo(&first); !errors.Is(err, errEnough) && len(first) == 0 {
		return header{}, fmt.Errorf("bolt: first page: %w", err)
	}
	h, ok := headerAt(bytes.NewReader(first), 0)
	if !ok {
		return h, fmt.Errorf("%w: first page", storage.ErrDamaged)
	}
	return h, nil
}

// firstPage keeps the first page written and wants no more.
type firstPage []byte

func (p *firstPage) Write(b []byte) (int, error) {
	*p = bytes.Clone(b)
	return 0, errEnough
}

// checkBucket checks one bucket against the others: the records have the links that they should, and there are no others.
func checkBucket(ctx context.Context, tx *bbolt.Tx, name []byte, b *bbolt.Bucket, told *count) error {
	switch {
	case isRecords(name):
		return checkRecords(ctx, tx, name, b, told)
	case bytes.HasPrefix(name, []byte(expiryPrefix)):
		return checkLinks(ctx, tx, name, b, func(k []byte) []byte { return k[min(len(k), expirySize):] })
	case bytes.HasPrefix(name, []byte(indexPrefix)):
		return checkLinks(ctx, tx, name, b, func(k []byte) []byte {
			_, key, _ := splitIndexKey(k)
			return key
		})
	case bytes.Equal(name, metaBucket):
		return nil
	}
	return fmt.Errorf("%w: unknown bucket %q", storage.ErrDamaged, name)
}

func checkRecords(ctx context.Context, tx *bbolt.Tx, name []byte, b *bbolt.Bucket, told *count) error {
	kind, passing, n := kindOf(name), name[0] == passingPrefix[0], uint64(0)
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		env, err := decode(name, k, v)
		if err != nil {
			return err
		}
		for _, l := range links(kind, passing, k, env.expires, env.entries) {
			if x := tx.Bucket(l.bucket); x == nil || x.Get(l.key) == nil {
				return fmt.Errorf("%w: record %s %x has no key in %s", storage.ErrDamaged, name, k, l.bucket)
			}
		}
		told.one()
		n++
	}
	if n != b.Sequence() {
		return fmt.Errorf("%w: %d records in %s, counted %d", storage.ErrDamaged, n, name, b.Sequence())
	}
	return nil
}

// checkLinks looks for links to no record, or to one that does not have them. recordOf takes the record's key off a link.
func checkLinks(ctx context.Context, tx *bbolt.Tx, name []byte, b *bbolt.Bucket, recordOf func([]byte) []byte) error {
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !linked(tx, kindOf(name), recordOf(k), link{name, k}) {
			return fmt.Errorf("%w: %s: key %x leads to no record that has it", storage.ErrDamaged, name, k)
		}
	}
	return nil
}

func linked(tx *bbolt.Tx, kind string, key []byte, l link) bool {
	for _, prefix := range []string{lastingPrefix, passingPrefix} {
		name := []byte(prefix + kind)
		b := tx.Bucket(name)
		if b == nil || len(key) == 0 {
			continue
		}
		env, err := decode(name, key, b.Get(key))
		if err == nil && contains(links(kind, prefix == passingPrefix, key, env.expires, env.entries), l) {
			return true
		}
	}
	return false
}

// kindOf takes the kind's name out of a bucket's.
func kindOf(bucket []byte) string {
	kind, _, _ := bytes.Cut(bucket[len(lastingPrefix):], []byte(":"))
	return string(kind)
}
