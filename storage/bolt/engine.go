package bolt

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// Options of Open. The zero value is good.
type Options struct {
	// Logger hears of what an operator should know: a full disk, a damaged page, the end of writing. nil is silence.
	Logger *slog.Logger
	// Timeout is how long Open waits while another process has the file. 0 is one second.
	Timeout time.Duration
	// Progress hears how far Check and Compact are. nil is nobody.
	Progress Progress
}

// Engine is a storage.Engine on one file. Open makes one.
type Engine struct {
	path     string
	log      *slog.Logger
	file     *os.File
	pageSize int64
	db       *bbolt.DB
	queue    *queue
	hear     Progress

	// high is the high-water time that was committed last.
	high     atomic.Int64
	watchers watchers
	// room belongs to the committer.
	room room
	// failure is set once, when writing has ended.
	failure atomic.Pointer[error]
	// wedged says that bbolt panicked where it may still hold the writer's lock, lost that it holds the readers' too.
	wedged, lost atomic.Bool
	closed       atomic.Bool
}

var _ storage.Engine = (*Engine)(nil)

// Apply implements storage.Engine. A context that ends while the batch is being committed does not cut it short: the
// outcome is known as soon as the disk has answered.
func (e *Engine) Apply(ctx context.Context, now int64, b storage.Batch) error {
	p, err := newPlan(now, b)
	if err != nil {
		return err
	}
	if err := e.stopped(); err != nil {
		return err
	}
	return e.queue.do(ctx, &request{run: func(t *txn) error { return t.apply(p) }, size: p.size})
}

// Close implements storage.Engine. A second call does nothing.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	e.queue.close()
	if e.wedged.Load() {
		// bbolt's Close would wait for a lock of its own that nobody will release. The memory map stays, and with it the
		// lock on the file unless it is given up.
		return errors.Join(unlock(e.file), e.file.Close())
	}
	return e.db.Close()
}
