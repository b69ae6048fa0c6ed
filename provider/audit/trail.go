package audit

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"signet/storage"
)

// DefaultRetain is for how long records are kept if nothing else is said: a year, and time to look at it.
const DefaultRetain = 400 * 24 * time.Hour

// Trail takes records and finds them again. A nil Trail takes nothing. Its methods may be called from many goroutines.
type Trail struct {
	db          *storage.DB
	rand        io.Reader
	retain      atomic.Int64
	records     *storage.Table[Record]
	checkpoints *storage.Table[checkpoint]
	heads       *storage.Table[head]
	counters    counters
	veils       Veil

	mu sync.Mutex
	// last is the time in the newest ID, in Unix nanoseconds: they differ and ascend within a node, though the clock stands.
	last int64
	// pending are the records of this node that no checkpoint covers, in their order. Whether they were written is not known.
	pending []storage.Key
}

// New returns the trail kept in db. retain is for how long records are kept; 0 is DefaultRetain.
func New(db *storage.DB, rand io.Reader, retain time.Duration) *Trail {
	t := &Trail{
		db: db, rand: rand,
		records:     storage.NewTable(db, recordKind, recordCodec, recordTerms),
		checkpoints: storage.NewTable(db, checkpointKind, storage.JSON[checkpoint](), checkpointTerms),
		heads:       storage.NewTable(db, headKind, storage.JSON[head](), nil),
		counters:    counters{counts: map[counter]int{}},
	}
	t.SetRetain(retain)
	return t
}

// SetRetain says for how long what happens from now on is kept.
func (t *Trail) SetRetain(d time.Duration) {
	if d <= 0 {
		d = DefaultRetain
	}
	t.retain.Store(int64(d))
}

// Append appends the record of an event to the batch of what it records.
func (t *Trail) Append(b *storage.Batch, e Event) error {
	if t == nil {
		return nil
	}
	w, err := t.write(&Record{Event: e})
	if err == nil {
		b.Then = append(b.Then, w)
	}
	return err
}

// Record is Append, and takes from the context's Origin what the event does not say.
func (t *Trail) Record(ctx context.Context, b *storage.Batch, e Event) error {
	return t.Append(b, e.from(ctx))
}

// write makes a record and remembers that a checkpoint has to cover it. A record without a time is of now.
func (t *Trail) write(r *Record) (storage.Write, error) {
	if err := r.settle(); err != nil {
		return storage.Write{}, err
	}
	id, made, err := t.newID()
	if err != nil {
		return storage.Write{}, err
	}
	if r.Time.IsZero() {
		r.Time = made
	}
	if err := t.veil(r, id); err != nil {
		return storage.Write{}, err
	}
	key := t.records.Key(id, endOf(made, time.Duration(t.retain.Load())))
	var create storage.Batch
	if err := t.records.Create(&create, key, r); err != nil {
		return storage.Write{}, err
	}
	t.await(key)
	return create.Then[0], nil
}

func (t *Trail) newID() (string, time.Time, error) {
	id := make([]byte, idBytes)
	if _, err := io.ReadFull(t.rand, id[8:]); err != nil {
		return "", time.Time{}, fmt.Errorf("audit: id: %w", err)
	}
	now := t.db.Now().UnixNano()
	t.mu.Lock()
	t.last = max(t.last+1, now)
	now = t.last
	t.mu.Unlock()
	binary.BigEndian.PutUint64(id, uint64(now))
	return string(id), time.Unix(0, now).UTC(), nil
}

// maxPending bounds what waits for a checkpoint while the storage cannot be written. What is beyond, the sealer finds again.
const maxPending = 100_000

func (t *Trail) await(keys ...storage.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = append(t.pending, keys...)
	if over := len(t.pending) - maxPending; over > 0 {
		t.pending = append([]storage.Key(nil), t.pending[over:]...)
	}
}

// takePending empties the list of what waits for a checkpoint.
func (t *Trail) takePending() []storage.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := t.pending
	t.pending = nil
	return keys
}
