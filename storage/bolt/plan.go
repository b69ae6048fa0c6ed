package bolt

import (
	"fmt"

	"signet/storage"
)

// plan is a batch as the committer wants it: every key and value encoded, nothing left to do but compare and put.
type plan struct {
	now  int64
	ask  []question
	then []change
	els  []change
	size int
}

// question is a condition.
type question struct {
	bucket, key []byte
	version     uint64
}

// change is a write. A nil value deletes.
type change struct {
	bucket, key []byte
	value       []byte
	// expires is the record's expiry; kept apart from value so that the committer need not decode what it writes.
	expires int64
	links   []link
	kind    *storage.Kind
	id      string
}

// link is a key that leads to a record: one of an index bucket, or of the expiry bucket.
type link struct {
	bucket, key []byte
}

func newPlan(now int64, b storage.Batch) (*plan, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	p := &plan{now: now, ask: make([]question, len(b.If))}
	for i, c := range b.If {
		p.ask[i] = question{bucket: recordsBucket(c.Kind), key: recordKey(c.Key), version: c.Version}
	}
	var err error
	if p.then, err = p.arm(b.Then); err != nil {
		return nil, err
	}
	p.els, err = p.arm(b.Else)
	return p, err
}

func (p *plan) arm(writes []storage.Write) ([]change, error) {
	if len(writes) == 0 {
		return nil, nil
	}
	changes := make([]change, len(writes))
	for i, w := range writes {
		changes[i] = newChange(w)
		p.size += len(changes[i].value) + len(changes[i].key)
	}
	return changes, distinctKeys(changes)
}

func newChange(w storage.Write) change {
	c := change{bucket: recordsBucket(w.Kind), key: recordKey(w.Key), kind: w.Kind, id: w.ID}
	if w.Delete {
		return c
	}
	c.value = encode(c.bucket, c.key, w.Record)
	c.expires = w.Expires
	c.links = links(w.Kind.Name, w.Kind.Passing, c.key, w.Expires, w.Index)
	return c
}

func links(kind string, passing bool, key []byte, expires int64, entries []storage.Entry) []link {
	var all []link
	if !passing && expires != 0 {
		all = append(all, link{expiryBucket(kind), expiryKey(expires, key)})
	}
	for _, e := range entries {
		all = append(all, link{indexBucket(kind, e.Index), indexKey(e.Value, key)})
	}
	return all
}

// distinctKeys refuses an arm that writes one record twice: which of the two would stand is left to no engine.
func distinctKeys(changes []change) error {
	if len(changes) < 2 {
		return nil
	}
	seen := make(map[[2]string]struct{}, len(changes))
	for _, c := range changes {
		k := [2]string{string(c.bucket), string(c.key)}
		if _, twice := seen[k]; twice {
			return fmt.Errorf("%w: %s: record written twice by one batch", storage.ErrInvalid, c.kind.Name)
		}
		seen[k] = struct{}{}
	}
	return nil
}
