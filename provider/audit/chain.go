package audit

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"signet/storage"
)

// idle is for how long a chain must have had no new checkpoint before another node goes on with it. Should its node be alive, that
// one chooses another: which of two nodes goes on with a chain is decided by the version of its head.
const idle = time.Minute

// choose returns the head of the chain that this node writes: its own, one that nobody writes, or a new one.
func (s *Sealer) choose(ctx context.Context) (storage.Row[head], error) {
	if s.chain != "" {
		row, err := s.trail.heads.Get(ctx, s.chain, 0)
		if err == nil || !errors.Is(err, storage.ErrNotFound) {
			return row, err
		}
	}
	heads, err := s.trail.allHeads(ctx)
	if err != nil {
		return storage.Row[head]{}, err
	}
	slices.SortFunc(heads, func(a, b storage.Row[head]) int { return a.Value.At.Compare(b.Value.At) })
	if len(heads) > 0 && s.trail.db.Now().Sub(heads[0].Value.At) >= idle {
		s.chain = heads[0].ID
		return heads[0], nil
	}
	random := make([]byte, 4)
	if _, err := io.ReadFull(s.trail.rand, random); err != nil {
		return storage.Row[head]{}, fmt.Errorf("audit: chain: %w", err)
	}
	s.chain = hex.EncodeToString(random)
	return storage.Row[head]{Key: s.trail.heads.Key(s.chain, 0)}, nil
}

// release marks the node's chain as one that nobody writes.
func (s *Sealer) release(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chain == "" {
		return nil
	}
	row, err := s.trail.heads.Get(ctx, s.chain, 0)
	s.chain = ""
	if err != nil {
		return ignore(err, storage.ErrNotFound)
	}
	free := row.Value
	free.At = time.Time{}
	var b storage.Batch
	if err := s.trail.moveHead(&b, row, &free); err != nil {
		return err
	}
	return ignore(s.trail.db.Apply(ctx, b), storage.ErrConflict)
}

func ignore(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

func (t *Trail) allHeads(ctx context.Context) ([]storage.Row[head], error) {
	var all []storage.Row[head]
	for after, more := "", true; more; {
		rows, next, err := t.heads.List(ctx, nil, after, storage.MaxList)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		after, more = next, next != ""
	}
	return all, nil
}

// Find makes sure that records are covered which a node wrote just before it was killed: those of the last two hours, and of the hour
// in which a checkpoint was last made. It is for whoever begins, and now and then.
func (s *Sealer) Find(ctx context.Context) error {
	hours, err := s.trail.doubtful(ctx)
	if err != nil {
		return err
	}
	for _, hour := range hours {
		if err := s.trail.find(ctx, hour); err != nil {
			return err
		}
	}
	return s.seal(ctx)
}

// doubtful are the hours in which there may be records that nothing covers.
func (t *Trail) doubtful(ctx context.Context) ([]time.Time, error) {
	now := t.db.Now().Truncate(time.Hour)
	hours := []time.Time{now.Add(-time.Hour), now}
	newest, err := t.newestCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	if last := newest.Truncate(time.Hour); !newest.IsZero() && last.Before(hours[0]) {
		hours = append(hours, last, last.Add(time.Hour))
	}
	return hours, nil
}

func (t *Trail) newestCheckpoint(ctx context.Context) (time.Time, error) {
	heads, err := t.allHeads(ctx)
	newest := time.Time{}
	for _, h := range heads {
		if at := timeOf(string(h.Value.Last.ID)); at.After(newest) {
			newest = at
		}
	}
	return newest, err
}

// find puts the records of an hour that nothing covers on the list of what waits for a checkpoint.
func (t *Trail) find(ctx context.Context, hour time.Time) error {
	open := map[string]storage.Key{}
	err := t.eachTerm(ctx, termOf(indexHour, "", hour), func(r Record) error {
		if t.db.Now().Sub(timeOf(r.ID)) >= patience {
			open[r.ID] = t.records.Key(r.ID, r.expires)
		}
		return nil
	})
	if err != nil || len(open) == 0 {
		return err
	}
	for at := hour; len(open) > 0 && !at.After(t.db.Now()) && !at.After(hour.Add(2*time.Hour)); at = at.Add(time.Hour) {
		if err := t.closeCovered(ctx, at, open); err != nil {
			return err
		}
	}
	keys := make([]storage.Key, 0, len(open))
	for _, key := range open {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b storage.Key) int { return cmp.Compare(a.ID, b.ID) })
	t.await(keys...)
	return nil
}

// closeCovered takes what the checkpoints of an hour cover out of a set of records.
func (t *Trail) closeCovered(ctx context.Context, hour time.Time, open map[string]storage.Key) error {
	term := termOf(indexHour, "", hour)
	for after, more := "", true; more; {
		rows, next, err := t.checkpoints.List(ctx, &term, after, storage.MaxList)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if said, _, err := row.Value.read(); err == nil {
				for _, id := range said.ids() {
					delete(open, id)
				}
			}
		}
		after, more = next, next != ""
	}
	return nil
}
