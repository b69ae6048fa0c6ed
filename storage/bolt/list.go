package bolt

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// Limits of one page beside Query.Limit: how many dead entries may be passed over, and how many bytes returned, before
// the page is cut short.
const (
	maxPassedOver = 1000
	maxPageBytes  = 4 << 20
)

// List implements storage.Engine. A record with several values under the same prefix comes once, at the first of them.
func (e *Engine) List(ctx context.Context, now int64, q storage.Query) (page storage.Page, err error) {
	if err := q.Check(); err != nil {
		return page, err
	}
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return page, fmt.Errorf("%w: not the end of a page: %q", storage.ErrInvalid, q.After)
	}
	err = e.view(ctx, func(tx *bbolt.Tx) error {
		s := newScan(tx, max(now, e.high.Load()), q)
		page, err = s.page(after)
		return err
	})
	if err != nil {
		return storage.Page{}, err
	}
	return page, nil
}

// scan walks a record bucket or an index bucket.
type scan struct {
	now  int64
	kind *storage.Kind
	// index is the name of the index, or empty.
	index string
	// name is of the bucket with the records, which keys lead to; walked is the bucket walked.
	name            []byte
	records, walked *bbolt.Bucket
	limit           int
	// prefix is what the keys walked begin with, start the first of them.
	prefix, start []byte
}

func newScan(tx *bbolt.Tx, now int64, q storage.Query) *scan {
	s := &scan{now: now, kind: q.Kind, index: q.Index, name: recordsBucket(q.Kind)}
	s.records = tx.Bucket(s.name)
	s.walked = s.records
	switch {
	case q.Index != "":
		s.walked = tx.Bucket(indexBucket(q.Kind.Name, q.Index))
		s.prefix = appendEscaped(nil, q.Prefix)
		if len(q.Equal) > 0 {
			s.prefix = appendExact(nil, q.Equal)
		}
		s.start = s.prefix
	case q.Kind.Passing:
		// What has expired stands at the front.
		s.start = expiryKey(now+1, "")
	default:
		s.prefix, s.start = q.Prefix, q.Prefix
	}
	s.limit = q.Limit
	return s
}

func (s *scan) page(after []byte) (storage.Page, error) {
	var page storage.Page
	if s.records == nil || s.walked == nil {
		return page, nil
	}
	c := s.walked.Cursor()
	k := s.seek(c, after)
	last := after
	for passed, size := 0, 0; s.within(k); k, _ = c.Next() {
		if bytes.Compare(k, last) <= 0 {
			return page, fmt.Errorf("%w: %s: keys out of order at %x", storage.ErrDamaged, s.kind.Name, k)
		}
		if len(page.Records) == s.limit || passed == maxPassedOver || size > maxPageBytes {
			page.Next = base64.RawURLEncoding.EncodeToString(last)
			break
		}
		rec, err := s.record(k)
		if err != nil {
			return page, err
		}
		if last = k; !rec.Present() {
			passed++
			continue
		}
		page.Records = append(page.Records, rec)
		size += len(rec.Value)
	}
	return page, nil
}

// seek goes to the first key after the end of the page before.
func (s *scan) seek(c *bbolt.Cursor, after []byte) []byte {
	if bytes.Compare(after, s.start) < 0 {
		k, _ := c.Seek(s.start)
		return k
	}
	k, _ := c.Seek(after)
	if len(after) > 0 && bytes.Equal(k, after) {
		k, _ = c.Next()
	}
	return k
}

func (s *scan) within(k []byte) bool { return k != nil && bytes.HasPrefix(k, s.prefix) }

// record reads the record to which a walked key leads. One that is not to be shown here has version 0.
func (s *scan) record(k []byte) (storage.Record, error) {
	key := k
	var value []byte
	if s.index != "" {
		var ok bool
		if value, key, ok = splitIndexKey(k); !ok {
			return storage.Record{}, s.dangling(k)
		}
	}
	env, err := decode(s.name, key, bytes.Clone(s.records.Get(key)))
	if err != nil {
		return storage.Record{}, err
	}
	rec := storage.Record{Key: storage.Key{Kind: s.kind, ID: string(key)}}
	if s.kind.Passing {
		rec.ID = string(key[expirySize:])
	}
	if expired(env.expires, s.now) {
		return rec, nil
	}
	if s.index != "" {
		if first, err := s.first(k, value, env.entries); !first {
			return rec, err
		}
	}
	env.fill(&rec)
	return rec, nil
}

// first tells whether of all a record's values in the range walked, this is the least.
func (s *scan) first(k, value []byte, entries []storage.Entry) (bool, error) {
	found := false
	for _, e := range entries {
		if e.Index != s.index {
			continue
		}
		switch other := appendExact(nil, e.Value); {
		case bytes.Equal(other, value):
			found = true
		case bytes.HasPrefix(other, s.prefix) && bytes.Compare(other, value) < 0:
			return false, nil
		}
	}
	if !found {
		return false, s.dangling(k)
	}
	return true, nil
}

// dangling is the error for an index key that no record has made.
func (s *scan) dangling(k []byte) error {
	return fmt.Errorf("%w: index %s of %s: key %x", storage.ErrDamaged, s.index, s.kind.Name, k)
}
