package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	bbolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"signet/storage"
)

// Get implements storage.Engine.
func (e *Engine) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	for _, k := range keys {
		if err := k.Check(); err != nil {
			return nil, err
		}
	}
	recs := make([]storage.Record, len(keys))
	err := e.view(ctx, func(tx *bbolt.Tx) error {
		now := max(now, e.high.Load())
		for i, k := range keys {
			if err := get(tx, now, k, &recs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return recs, nil
}

func get(tx *bbolt.Tx, now int64, k storage.Key, rec *storage.Record) error {
	rec.Key = k
	name := recordsBucket(k.Kind)
	b := tx.Bucket(name)
	if b == nil {
		return nil
	}
	key := recordKey(k)
	raw := b.Get(key)
	if raw == nil {
		return nil
	}
	env, err := decode(name, key, bytes.Clone(raw))
	if err != nil || expired(env.expires, now) {
		return err
	}
	env.fill(rec)
	return nil
}

// fill hands the envelope's contents over. Its memory must be the caller's by now.
func (env envelope) fill(rec *storage.Record) {
	rec.Expires, rec.Version, rec.Value, rec.Index = env.expires, env.version, env.value, env.entries
}

// view runs fn in a read transaction. Faults of the memory map and panics of bbolt, which a damaged file causes, are
// ErrDamaged. fn must be short: pages that it might see cannot be used again until it returns.
func (e *Engine) view(ctx context.Context, fn func(*bbolt.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("bolt: %w", err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: read: %v", storage.ErrDamaged, p)
			e.log.Error("damaged storage", "path", e.path, "error", err)
			e.log.Debug("panic in a read", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	tx, err := e.begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return fn(tx)
}

// longRead is how long a read of the whole store may take before the log says what it costs.
var longRead = 5 * time.Second

// viewAll is view for what reads the whole store. While it does, pages that are freed cannot be used again, and the file
// grows: that is told.
func (e *Engine) viewAll(ctx context.Context, fn func(*bbolt.Tx) error) error {
	watchdog := time.AfterFunc(longRead, func() {
		e.log.Warn("a read of the whole store takes long; the file grows until it has ended", "path", e.path, "after", longRead)
	})
	defer watchdog.Stop()
	return e.view(ctx, fn)
}

// begin begins a read transaction. A panic here, where bbolt reads its first pages, leaves bbolt's locks taken: nobody may
// touch it again.
func (e *Engine) begin() (*bbolt.Tx, error) {
	if e.closed.Load() {
		return nil, fmt.Errorf("%w: closed", storage.ErrStopped)
	}
	if e.lost.Load() {
		return nil, fmt.Errorf("%w: the first pages are lost", storage.ErrDamaged)
	}
	ok := false
	defer func() {
		if !ok {
			e.lost.Store(true)
			e.wedged.Store(true)
			_ = e.stop(fmt.Errorf("%w: the first pages are lost", storage.ErrDamaged))
		}
	}()
	tx, err := e.db.Begin(false)
	ok = true
	switch {
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen), errors.Is(err, bolterrors.ErrInvalidMapping):
		return nil, fmt.Errorf("%w: %w", storage.ErrStopped, err)
	case err != nil:
		return nil, fmt.Errorf("bolt: begin: %w", err)
	}
	return tx, nil
}
