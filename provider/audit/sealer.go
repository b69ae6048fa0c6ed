package audit

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"signet/keys"
	"signet/storage"
)

// Sealer covers the records of a node with checkpoints. Its methods may be called from many goroutines.
type Sealer struct {
	trail     *Trail
	ring      *keys.Ring
	algorithm string
	log       *slog.Logger

	mu sync.Mutex
	// chain is the chain that this node writes, or empty until it has chosen one.
	chain string
}

// NewSealer returns the sealer of a trail. algorithm is the ring's whose key signs.
func NewSealer(t *Trail, ring *keys.Ring, algorithm string, log *slog.Logger) *Sealer {
	return &Sealer{trail: t, ring: ring, algorithm: algorithm, log: log}
}

const (
	sealEvery = time.Second
	// findEvery is how often records are looked for that a node left uncovered because it was killed.
	findEvery = time.Hour
	// patience is for how long a record is waited for whose batch may not have been applied yet.
	patience = time.Minute
	// maxCovered is how many records one checkpoint covers.
	maxCovered = 500
)

// Run seals each second until the context ends, and once more then.
func (s *Sealer) Run(ctx context.Context) {
	ticker := time.NewTicker(sealEvery)
	defer ticker.Stop()
	s.report(ctx, s.Find(ctx))
	found := s.trail.db.Now()
	for {
		select {
		case <-ctx.Done():
			s.Close()
			return
		case <-ticker.C:
		}
		s.report(ctx, s.Seal(ctx))
		if now := s.trail.db.Now(); now.Sub(found) >= findEvery {
			found = now
			s.report(ctx, s.Find(ctx))
		}
	}
}

func (s *Sealer) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "audit records not sealed yet", slog.String("err", err.Error()))
	}
}

// lastSeal is how long a last checkpoint may take when the program ends.
const lastSeal = 5 * time.Second

// Close covers what is left, and gives the node's chain up for the next one.
func (s *Sealer) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), lastSeal)
	defer cancel()
	err := s.trail.writeCounts(ctx, true)
	s.report(ctx, errors.Join(err, s.seal(ctx), s.release(ctx)))
}

// Seal writes what was counted in minutes that are over, and covers what was written since the last time.
func (s *Sealer) Seal(ctx context.Context) error {
	return errors.Join(s.WriteCounts(ctx), s.seal(ctx))
}

// WriteCounts writes what was counted in minutes that are over.
func (s *Sealer) WriteCounts(ctx context.Context) error { return s.trail.writeCounts(ctx, false) }

func (s *Sealer) seal(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := s.trail.takePending()
	for len(pending) > 0 {
		part := pending[:min(len(pending), maxCovered)]
		waiting, err := s.sealPart(ctx, part)
		if err != nil {
			s.trail.await(pending...)
			return err
		}
		s.trail.await(waiting...)
		pending = pending[len(part):]
	}
	return nil
}

// sealPart covers those of some records that are written, and returns those that may be yet.
func (s *Sealer) sealPart(ctx context.Context, part []storage.Key) (waiting []storage.Key, err error) {
	stored, err := s.trail.db.Get(ctx, part...)
	if err != nil {
		return nil, err
	}
	now := s.trail.db.Now()
	ends := map[int64][]Record{}
	for i, raw := range stored {
		row, err := s.trail.records.Decode(raw)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			if now.Sub(timeOf(part[i].ID)) < patience {
				waiting = append(waiting, part[i])
			}
		case err != nil:
			return nil, err
		default:
			ends[row.Expires] = append(ends[row.Expires], ofRow(row))
		}
	}
	for _, records := range ends {
		if err := s.cover(ctx, records); err != nil {
			return nil, err
		}
	}
	return waiting, nil
}

// tries is how often a checkpoint is begun again after another node was quicker.
const tries = 8

// cover writes the checkpoint over records that end at the same time.
func (s *Sealer) cover(ctx context.Context, records []Record) error {
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	err := storage.ErrConflict
	for range tries {
		if err = s.tryCover(ctx, records); !errors.Is(err, storage.ErrConflict) {
			return err
		}
		s.chain = "" // another node has it
	}
	return err
}

func (s *Sealer) tryCover(ctx context.Context, records []Record) error {
	row, err := s.choose(ctx)
	if err != nil {
		return err
	}
	signer, err := s.ring.Signer(ctx, s.algorithm)
	if err != nil {
		return err
	}
	var before *head
	if row.Version > 0 {
		before = &row.Value
	}
	said := state(row.ID, before, records, s.trail.db.Now())
	c, err := sign(said, signer)
	if err != nil {
		return err
	}
	id, _, err := s.trail.newID()
	if err != nil {
		return err
	}
	var b storage.Batch
	if err := s.trail.checkpoints.Create(&b, s.trail.checkpoints.Key(id, said.Expires), c); err != nil {
		return err
	}
	next := &head{Number: said.Number, At: said.At, Last: link{ID: []byte(id), Expires: said.Expires, Hash: hashText(c.JWS)}}
	if err := s.trail.moveHead(&b, row, next); err != nil {
		return err
	}
	return s.trail.db.Apply(ctx, b)
}

// moveHead appends that a chain goes on. A head stays as long as the checkpoint that it names.
func (t *Trail) moveHead(b *storage.Batch, row storage.Row[head], next *head) error {
	if row.Version == 0 {
		row.Expires = next.Last.Expires
		return t.heads.Create(b, row.Key, next)
	}
	row.Expires = next.Last.Expires
	return t.heads.Update(b, row, next)
}
