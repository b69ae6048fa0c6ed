package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"signet/storage"
)

// sweepChunk is how many records one transaction removes at most, so that batches in between do not wait for long.
const sweepChunk = 256

// Sweep implements storage.Engine. It goes in short steps, between which batches are committed. A damaged record is left
// where it is, and named by an ErrDamaged after all others are gone.
func (e *Engine) Sweep(ctx context.Context, now int64, limit int) (int, error) {
	if limit < 1 {
		return 0, fmt.Errorf("%w: sweep of %d records", storage.ErrInvalid, limit)
	}
	if err := e.stopped(); err != nil {
		return 0, err
	}
	total := 0
	for {
		s := sweep{now: now, limit: min(limit-total, sweepChunk)}
		if err := e.queue.do(ctx, &request{run: s.run}); err != nil {
			return total, err
		}
		total += s.removed
		if s.removed < s.limit {
			return total, s.damage
		}
		if total == limit {
			return total, nil
		}
	}
}

// sweep is one step.
type sweep struct {
	now     int64
	limit   int
	removed int
	damage  error
}

func (s *sweep) run(t *txn) error {
	s.removed, s.damage = 0, nil
	if err := s.raise(t); err != nil {
		t.broken = err
		return err
	}
	for _, name := range expiring(t) {
		for _, d := range s.doomed(t, name) {
			if err := t.write(d.change, d.record); err != nil {
				t.broken = err
				return err
			}
			s.removed++
		}
	}
	return nil
}

// raise moves the high-water time on.
func (s *sweep) raise(t *txn) error {
	if s.now <= t.high {
		return nil
	}
	t.high, t.dirty = s.now, true
	return t.tx.Bucket(metaBucket).Put(highWaterKey, binary.BigEndian.AppendUint64(nil, uint64(s.now)))
}

// expiring returns the buckets whose keys begin with a time.
func expiring(t *txn) [][]byte {
	var names [][]byte
	c := t.tx.Cursor()
	for _, prefix := range []string{expiryPrefix, passingPrefix} {
		for k, _ := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, _ = c.Next() {
			names = append(names, bytes.Clone(k))
		}
	}
	return names
}

// doomed is the deletion of a record, and what stands there.
type doomed struct {
	change
	record
}

// doomed returns expired records from the front of a bucket, as many as may still be removed. They are collected first
// because a cursor is lost when the bucket changes.
func (s *sweep) doomed(t *txn, name []byte) []doomed {
	var all []doomed
	c := t.tx.Bucket(name).Cursor()
	for k, _ := c.First(); len(k) > expirySize && len(all) < s.limit-s.removed; k, _ = c.Next() {
		if expiryOf(k) > t.high {
			break
		}
		d, err := s.doom(t, name, bytes.Clone(k))
		if err != nil {
			s.damage = err
			continue
		}
		all = append(all, d)
	}
	return all
}

// doom finds the record to which a key of an expiring bucket leads.
func (s *sweep) doom(t *txn, name, key []byte) (doomed, error) {
	kind := storage.Kind{Name: string(name[len(passingPrefix):]), Passing: name[0] == passingPrefix[0]}
	bucket := name
	if !kind.Passing {
		bucket, key = []byte(lastingPrefix+kind.Name), key[expirySize:]
	}
	raw := t.get(bucket, key)
	env, err := decode(bucket, key, raw)
	return doomed{change{bucket: bucket, key: key, kind: &kind}, record{len(raw), env}}, err
}
