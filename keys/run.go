package keys

import (
	"context"
	"time"

	"signet/storage"
)

// Run keeps the keys rotating and follows the changes of other nodes, until the context ends. When the storage fails it logs
// and goes on with the keys it has.
func (r *Ring) Run(ctx context.Context) {
	changed := make(chan struct{}, 1)
	stop := r.config.DB.Watch(func(c storage.Change) {
		if c.Kind != "" && c.Kind != kind.Name {
			return
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	every := time.NewTicker(r.config.Every)
	defer every.Stop()
	r.log(ctx, r.Tick(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			r.log(ctx, r.Reload(ctx))
		case <-every.C:
			r.log(ctx, r.Tick(ctx))
		}
	}
}

func (r *Ring) log(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.config.Log.Error("signing keys not brought up to date", "err", err)
	}
}
