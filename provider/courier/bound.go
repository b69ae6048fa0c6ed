package courier

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"

	"signet/storage"
)

const (
	// boundEvery is how often deliveries are counted, in seconds.
	boundEvery = 60
	// dropTogether is how many are dropped in one batch.
	dropTogether = 100
)

// bound drops the oldest deliveries beyond Config.Max, once a minute: the other side may be away for a day, and whatever makes
// deliveries goes on. A delivery that is being tried just now stays.
func (c *Courier[T]) bound(ctx context.Context) error {
	now := c.c.DB.Now().Unix()
	last := c.counted.Load()
	if c.c.Max == 0 || now >= last && now < last+boundEvery || !c.counted.CompareAndSwap(last, now) {
		return nil
	}
	waiting, err := c.waiting(ctx)
	if err != nil || len(waiting) <= c.c.Max {
		return err
	}
	// All live as long: what ends first is oldest.
	slices.SortFunc(waiting, func(a, b storage.Condition) int { return cmp.Compare(a.Expires, b.Expires) })
	dropped := 0
	for chunk := range slices.Chunk(waiting[:len(waiting)-c.c.Max], dropTogether) {
		var b storage.Batch
		for _, d := range chunk {
			b.If, b.Then = append(b.If, d), append(b.Then, storage.Write{Record: storage.Record{Key: d.Key}, Delete: true})
		}
		if c.c.Dropped != nil {
			if err := c.c.Dropped(&b, len(chunk)); err != nil {
				return err
			}
		}
		err := c.c.DB.Apply(ctx, b)
		if err == nil {
			dropped += len(chunk)
		} else if !errors.Is(err, storage.ErrConflict) { // one of them was tried meanwhile: the next time
			return err
		}
	}
	c.c.Log.LogAttrs(ctx, slog.LevelWarn, c.c.Failure+", dropped: too many wait", slog.Int("dropped", dropped), slog.Int("max", c.c.Max))
	return nil
}

// waiting are the keys and versions of all deliveries.
func (c *Courier[T]) waiting(ctx context.Context) (waiting []storage.Condition, err error) {
	for after := ""; ; {
		page, err := c.c.Table.Page(ctx, nil, after, storage.MaxList)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			waiting = append(waiting, storage.Condition{Key: r.Key, Version: r.Version})
		}
		if after = page.Next; after == "" {
			return waiting, nil
		}
	}
}
