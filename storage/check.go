package storage

import "fmt"

// Limits of what an engine takes.
const (
	MaxID         = 512
	MaxValue      = 1 << 20
	MaxIndexValue = 256
	MaxEntries    = 32
	MaxWrites     = 1000
	MaxList       = 1000
)

// Check returns an ErrInvalid that names the first broken limit of the batch, or nil. Engines call it before anything else.
func (b Batch) Check() error {
	if len(b.If)+len(b.Then)+len(b.Else) > MaxWrites {
		return fmt.Errorf("%w: batch of more than %d parts", ErrInvalid, MaxWrites)
	}
	for _, c := range b.If {
		if err := c.Key.Check(); err != nil {
			return err
		}
	}
	for _, arm := range [][]Write{b.Then, b.Else} {
		for i, w := range arm {
			if err := w.check(); err != nil {
				return err
			}
			if writesBefore(arm[:i], w.Key) {
				return fmt.Errorf("%w: %s: one record written twice", ErrInvalid, w.Kind.Name)
			}
		}
	}
	return nil
}

// writesBefore tells whether an arm writes a key already. Batches have a handful of writes.
func writesBefore(arm []Write, k Key) bool {
	for _, w := range arm {
		if w.Kind == k.Kind && w.ID == k.ID && (!k.Kind.Passing || w.Expires == k.Expires) {
			return true
		}
	}
	return false
}

func (w Write) check() error {
	if err := w.Key.Check(); err != nil || w.Delete {
		return err
	}
	switch {
	case w.Version == 0:
		return fmt.Errorf("%w: %s: version 0", ErrInvalid, w.Kind.Name)
	case len(w.Value) > MaxValue:
		return fmt.Errorf("%w: %s: value of %d bytes", ErrInvalid, w.Kind.Name, len(w.Value))
	case len(w.Index) > MaxEntries:
		return fmt.Errorf("%w: %s: %d index entries", ErrInvalid, w.Kind.Name, len(w.Index))
	}
	for _, e := range w.Index {
		if !goodName(e.Index) || len(e.Value) == 0 || len(e.Value) > MaxIndexValue {
			return fmt.Errorf("%w: %s: index entry %q of %d bytes", ErrInvalid, w.Kind.Name, e.Index, len(e.Value))
		}
	}
	return nil
}

// Check returns an ErrInvalid that names the first broken limit of the key, or nil.
func (k Key) Check() error {
	switch {
	case k.Kind == nil || !goodName(k.Kind.Name):
		return fmt.Errorf("%w: kind without a proper name", ErrInvalid)
	case k.ID == "" || len(k.ID) > MaxID:
		return fmt.Errorf("%w: %s: id of %d bytes", ErrInvalid, k.Kind.Name, len(k.ID))
	case k.Expires < 0 || k.Kind.Passing && k.Expires == 0:
		return fmt.Errorf("%w: %s: expires at %d", ErrInvalid, k.Kind.Name, k.Expires)
	}
	return nil
}

// Check returns an ErrInvalid that names the first broken limit of the query, or nil.
func (q Query) Check() error {
	switch {
	case q.Kind == nil || !goodName(q.Kind.Name):
		return fmt.Errorf("%w: query without a kind", ErrInvalid)
	case q.Limit < 1 || q.Limit > MaxList:
		return fmt.Errorf("%w: limit %d, allowed 1 to %d", ErrInvalid, q.Limit, MaxList)
	case q.Index != "" && !goodName(q.Index):
		return fmt.Errorf("%w: index %q", ErrInvalid, q.Index)
	case len(q.Equal) > 0 && (len(q.Prefix) > 0 || q.Index == ""):
		return fmt.Errorf("%w: Equal needs an index and no Prefix", ErrInvalid)
	case len(q.Prefix) > 0 && q.Index == "" && q.Kind.Passing:
		return fmt.Errorf("%w: ids of passing records are in no order", ErrInvalid)
	}
	return nil
}

func goodName(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
