package cli

import (
	"context"
	"log/slog"
	"time"

	"signet/storage"
)

// sweepEvery is the pause between sweeps.
var sweepEvery = time.Minute

// sweepBatch is how many records each step of a sweep removes, so that none keeps writers waiting.
const sweepBatch = 500

// sweep removes expired records as long as the server runs. Every node does: the steps of several get along.
func (s *server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	sweepAt(ctx, ticker.C, func() *storage.DB { return s.node.Load().db }, s.log)
}

// sweepAt removes everything that has expired at each tick. What cannot be removed now can be at the next.
func sweepAt(ctx context.Context, ticks <-chan time.Time, db func() *storage.DB, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		for {
			removed, err := db().Sweep(ctx, sweepBatch)
			if err != nil && ctx.Err() == nil {
				log.Warn("expired records not removed", "err", err)
			}
			if err != nil || removed < sweepBatch {
				break
			}
		}
	}
}
