package bolt

import (
	"bytes"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// edgeFill is how full bbolt leaves pages that split where keys come in ascending order: nothing will be put between.
const edgeFill = 0.95

// txn is one bbolt write transaction, in which the batches of a commit are judged one after the other.
type txn struct {
	tx *bbolt.Tx
	// high is the high-water time as this transaction has it.
	high int64
	// tight is set when the disk is full: batches that would need more room than they free are refused.
	tight bool
	// dirty says that there is something to commit.
	dirty bool
	// broken is set when bbolt refuses a write half-way through a batch. Then the whole transaction is void.
	broken  error
	changed []storage.Change
}

// apply judges a batch and writes one of its arms, or nothing at all.
func (t *txn) apply(p *plan) error {
	now := max(p.now, t.high)
	failed, err := t.judge(p.ask, now)
	if err != nil {
		return err
	}
	arm, verdict := p.then, error(nil)
	if failed != nil {
		arm, verdict = p.els, &storage.ConflictError{Failed: failed}
	}
	for _, c := range arm {
		if c.value != nil && expired(c.expires, now) {
			return fmt.Errorf("%w: %s", storage.ErrPast, c.kind.Name)
		}
	}
	// Everything that can be refused is refused before the first write: the other batches of the commit keep theirs.
	old, err := t.former(arm)
	if err != nil {
		return err
	}
	if t.tight && grows(arm, old) {
		return storage.ErrFull
	}
	for i, c := range arm {
		if err := t.write(c, old[i]); err != nil {
			t.broken = err
			return err
		}
	}
	return verdict
}

// judge returns the indexes of the conditions that do not hold.
func (t *txn) judge(ask []question, now int64) (failed []int, err error) {
	for i, q := range ask {
		version := uint64(0)
		if raw := t.get(q.bucket, q.key); raw != nil {
			env, err := decode(q.bucket, q.key, raw)
			if err != nil {
				return nil, err
			}
			if !expired(env.expires, now) {
				version = env.version
			}
		}
		if version != q.version {
			failed = append(failed, i)
		}
	}
	return failed, nil
}

// record is what stood under a key before a write.
type record struct {
	size int
	env  envelope
}

func (t *txn) former(arm []change) ([]record, error) {
	old := make([]record, len(arm))
	for i, c := range arm {
		raw := t.get(c.bucket, c.key)
		if raw == nil {
			continue
		}
		env, err := decode(c.bucket, c.key, raw)
		if err != nil {
			return nil, err
		}
		old[i] = record{size: len(raw), env: env}
	}
	return old, nil
}

// grows tells whether an arm leaves more behind than it found.
func grows(arm []change, old []record) bool {
	n := 0
	for i, c := range arm {
		n += len(c.value) - old[i].size
		n += 64 * (len(c.links) - len(old[i].env.entries))
		if c.value != nil && old[i].size == 0 {
			n += len(c.key)
		}
	}
	// A version or an expiry may take a byte more to write; that is no growth to speak of.
	return n > 16*len(arm)
}

func (t *txn) write(c change, old record) error {
	if c.value == nil && old.size == 0 {
		return nil
	}
	t.dirty = true
	if c.kind.Notify {
		t.changed = append(t.changed, storage.Change{Kind: c.kind.Name, ID: c.id})
	}
	records, err := t.bucket(c.bucket)
	if err != nil {
		return err
	}
	var was []link
	if old.size != 0 {
		was = links(c.kind.Name, c.kind.Passing, c.key, old.env.expires, old.env.entries)
	}
	if err := t.relink(was, c.links); err != nil {
		return err
	}
	if c.value == nil {
		return remove(records, c.key)
	}
	if old.size == 0 {
		if err := records.SetSequence(records.Sequence() + 1); err != nil {
			return err
		}
	}
	return records.Put(c.key, c.value)
}

func remove(records *bbolt.Bucket, key []byte) error {
	if err := records.SetSequence(records.Sequence() - 1); err != nil {
		return err
	}
	return records.Delete(key)
}

// relink replaces the links of a record. Those that stay are not touched: each bucket left alone is some pages less to
// write.
func (t *txn) relink(was, want []link) error {
	for _, l := range was {
		if contains(want, l) {
			continue
		}
		b, err := t.bucket(l.bucket)
		if err != nil {
			return err
		}
		if err := b.Delete(l.key); err != nil {
			return err
		}
	}
	for _, l := range want {
		if contains(was, l) {
			continue
		}
		b, err := t.bucket(l.bucket)
		if err != nil {
			return err
		}
		if err := b.Put(l.key, nil); err != nil {
			return err
		}
	}
	return nil
}

func contains(set []link, x link) bool {
	for _, o := range set {
		if bytes.Equal(o.key, x.key) && bytes.Equal(o.bucket, x.bucket) {
			return true
		}
	}
	return false
}

func (t *txn) get(bucket, key []byte) []byte {
	if b := t.tx.Bucket(bucket); b != nil {
		return b.Get(key)
	}
	return nil
}

// bucket returns a bucket to write into, and makes it if need be.
func (t *txn) bucket(name []byte) (*bbolt.Bucket, error) {
	b := t.tx.Bucket(name)
	if b == nil {
		var err error
		if b, err = t.tx.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("bolt: bucket %s: %w", name, err)
		}
	}
	if name[0] == passingPrefix[0] || name[0] == expiryPrefix[0] {
		b.FillPercent = edgeFill
	}
	return b, nil
}
