package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"syscall"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// commit runs a group of requests in one transaction and leaves each its verdict. It is called by the holder of the
// queue's seat only.
func (e *Engine) commit(group []*request) {
	if err := e.stopped(); err != nil {
		fail(group, err)
		return
	}
	changed, err := e.attempt(group, false)
	if errors.Is(err, storage.ErrFull) {
		// What needs no more room than it frees may still go through.
		changed, err = e.attempt(group, true)
	}
	if err != nil {
		fail(group, err)
		return
	}
	e.watchers.announce(changed)
}

func fail(group []*request, err error) {
	for _, r := range group {
		r.err = err
	}
}

// attempt returns nil if every request has its verdict and what they wrote is on disk, or an error that is the verdict of
// all. A panic inside bbolt comes from a damaged file; nothing that bbolt keeps in memory can be relied on after it.
func (e *Engine) attempt(group []*request, tight bool) (changed []storage.Change, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			e.wedged.Store(true)
			e.log.Debug("panic in a commit", "panic", p, "stack", string(debug.Stack()))
			changed, err = nil, e.stop(fmt.Errorf("%w: write: %v", storage.ErrDamaged, p))
		}
	}()
	tx, err := e.db.Begin(true)
	if err != nil {
		return nil, e.stop(fmt.Errorf("bolt: begin: %w", err))
	}
	t := &txn{tx: tx, high: e.high.Load(), tight: tight}
	if err := t.measure(e); err != nil {
		return nil, e.abandon(tx, err)
	}
	for _, r := range group {
		r.err = r.run(t)
	}
	if t.broken != nil {
		return nil, e.abandon(tx, t.broken)
	}
	if !t.dirty {
		return nil, tx.Rollback()
	}
	if err := e.finish(tx); err != nil {
		return nil, err
	}
	e.high.Store(t.high)
	return t.changed, nil
}

// measure finds out whether the disk has room, before anything is written.
func (t *txn) measure(e *Engine) error {
	if t.tight {
		return nil
	}
	var err error
	t.tight, err = e.room.tight(t.tx.Size(), e.freeBytes())
	return err
}

// abandon gives up a transaction in which bbolt refused a write that it should have taken.
func (e *Engine) abandon(tx *bbolt.Tx, cause error) error {
	return e.stop(errors.Join(fmt.Errorf("bolt: write: %w", cause), tx.Rollback()))
}

// finish commits and tells apart the ways in which that can fail. After a disk error nobody knows which of the pages
// written are on disk, and asking again may be answered with a yes that is not true: so the engine writes no more. A full
// disk is the one failure that leaves everything known.
func (e *Engine) finish(tx *bbolt.Tx) error {
	id := tx.ID()
	err := tx.Commit()
	if err == nil {
		return nil
	}
	if e.visible(id) {
		return e.stop(fmt.Errorf("%w: commit: %w", storage.ErrUnknown, err))
	}
	if diskFull(err) {
		return fmt.Errorf("%w: %v", storage.ErrFull, err)
	}
	return e.stop(fmt.Errorf("bolt: commit: %w", err))
}

// visible tells whether a transaction's meta page was written, though perhaps not synced.
func (e *Engine) visible(id int) bool {
	tx, err := e.begin()
	if err != nil {
		return true
	}
	defer tx.Rollback()
	return tx.ID() >= id
}

// diskFull also looks at the text, because bbolt wraps some errors without their chain.
func diskFull(err error) bool {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// stop ends writing for ever and returns the error that says so.
func (e *Engine) stop(cause error) error {
	if e.failure.CompareAndSwap(nil, &cause) {
		e.log.Error("storage stopped writing", "path", e.path, "error", cause)
	}
	return fmt.Errorf("%w: %w", storage.ErrStopped, cause)
}

// stopped returns the error of a stopped engine. The cause's own kind (full, unknown) was for those whom it hit; later
// batches were certainly not written.
func (e *Engine) stopped() error {
	if p := e.failure.Load(); p != nil {
		return fmt.Errorf("%w: %v", storage.ErrStopped, *p)
	}
	return nil
}
