package storage

import (
	"context"
	"errors"
	"fmt"
)

// Engine keeps records. storagetest.Run is this contract as a test.
//
// All methods may be called at once from many goroutines. Every now is the caller's clock in Unix seconds; an engine never
// looks at a clock of its own to judge expiry. It also keeps a high-water time, the latest now that any Sweep has been
// given, and judges by the later of the two: what was swept once stays expired, though the clock be set back.
type Engine interface {
	// Get reads records, all from one consistent state and in one round trip. The answer has one record for each key, in
	// their order; an absent or expired one has Version 0. What it returns belongs to the caller.
	Get(ctx context.Context, now int64, keys ...Key) ([]Record, error)

	// List reads a page. Expired records are left out; a page may be shorter than its limit before the end of the list.
	List(ctx context.Context, now int64, q Query) (Page, error)

	// Apply judges and writes one batch, and returns when what it wrote is on disk.
	//
	// It returns nil if Then was written; a *ConflictError (errors.Is ErrConflict) if a condition did not hold, after Else
	// was written; ErrPast if the arm to be written has a put that is expired already, in which case nothing is written;
	// ErrInvalid for a batch that breaks a stated limit; ErrFull if there is no room (reads and deletes go on);
	// ErrStopped once the engine has ceased to write; ErrUnknown if it cannot be known whether the batch was applied.
	Apply(ctx context.Context, now int64, b Batch) error

	// Sweep raises the high-water time to now and removes at most limit expired records with their index entries. It
	// returns how many it removed; fewer than limit means that none are left. Any node may call it at any time.
	Sweep(ctx context.Context, now int64, limit int) (int, error)

	// Watch calls fn after each committed change of a record of a Notify kind, on this node before its Apply returns, on
	// the others within two seconds. A Change without a kind says that any record may have changed. fn must be quick and
	// must not call the engine. The returned function ends it.
	Watch(fn func(Change)) (stop func())

	// Close waits for running batches and releases the engine. Calls after it fail with ErrStopped.
	Close() error
}

// Change tells a watcher which record changed.
type Change struct {
	Kind, ID string
}

var (
	// ErrNotFound says that a record is absent or has expired.
	ErrNotFound = errors.New("storage: not found")
	// ErrConflict says that a condition did not hold; see ConflictError.
	ErrConflict = errors.New("storage: conflict")
	// ErrPast says that a record would have been expired when it was written.
	ErrPast = errors.New("storage: already expired")
	// ErrInvalid says that a key, a value or a query breaks a stated limit.
	ErrInvalid = errors.New("storage: invalid")
	// ErrFull says that there is no room to write; nothing was written.
	ErrFull = errors.New("storage: no room left")
	// ErrStopped says that the engine writes no more, because it was closed or because the disk failed.
	ErrStopped = errors.New("storage: stopped")
	// ErrUnknown says that a batch may or may not have been applied.
	ErrUnknown = errors.New("storage: outcome unknown")
	// ErrUnavailable says that the engine cannot be reached just now.
	ErrUnavailable = errors.New("storage: unavailable")
	// ErrDamaged says that stored bytes are not what was written, or were sealed with another key.
	ErrDamaged = errors.New("storage: damaged")
	// ErrSchema says that the data belong to a newer version of the program.
	ErrSchema = errors.New("storage: newer schema")
)

// ConflictError names the conditions that did not hold.
type ConflictError struct {
	// Failed are indexes into Batch.If, ascending. An engine may name just the first.
	Failed []int
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("storage: conflict: conditions %v", e.Failed)
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }
