package storage

import (
	"context"
	"time"
)

// Sealer encrypts and authenticates what engines keep. keys.Sealer is one; this package declares only what it needs.
type Sealer interface {
	// Seal returns a sealed form of plaintext, bound to a purpose and to associated data.
	Seal(purpose string, plaintext, associated []byte) []byte
	// Open returns what was sealed for the same purpose with the same associated data, or an error.
	Open(purpose string, sealed, associated []byte) ([]byte, error)
	// Hash returns 32 bytes: a keyed hash of value, different for each purpose, stable for the life of the data.
	Hash(purpose string, value []byte) []byte
}

// DB is an engine with what every use of it needs: the seal and the clock.
type DB struct {
	engine Engine
	sealer Sealer
	clock  func() time.Time
}

// New joins an engine, a seal and a clock.
func New(e Engine, s Sealer, clock func() time.Time) *DB {
	return &DB{engine: e, sealer: s, clock: clock}
}

// Now is the clock's time.
func (db *DB) Now() time.Time { return db.clock() }

// Get reads records in one round trip; see Engine.Get. A Table decodes them.
func (db *DB) Get(ctx context.Context, keys ...Key) ([]Record, error) {
	return db.engine.Get(ctx, db.clock().Unix(), keys...)
}

// Apply writes a batch; see Engine.Apply. An empty one is nothing to do.
func (db *DB) Apply(ctx context.Context, b Batch) error {
	if b.Empty() {
		return nil
	}
	return db.engine.Apply(ctx, db.clock().Unix(), b)
}

// Sweep removes at most limit expired records; see Engine.Sweep.
func (db *DB) Sweep(ctx context.Context, limit int) (int, error) {
	return db.engine.Sweep(ctx, db.clock().Unix(), limit)
}

// Watch announces changes of Notify kinds; see Engine.Watch.
func (db *DB) Watch(fn func(Change)) (stop func()) { return db.engine.Watch(fn) }

// Hash is the keyed hash of a value, by which unique and exactly indexed values are stored.
func (db *DB) Hash(purpose string, value []byte) []byte { return db.sealer.Hash(purpose, value) }

// Close closes the engine.
func (db *DB) Close() error { return db.engine.Close() }
