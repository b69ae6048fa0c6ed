package storage

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Codec turns a value into bytes and back. Unmarshal must not keep its argument.
type Codec[T any] struct {
	Marshal   func(*T) ([]byte, error)
	Unmarshal func([]byte, *T) error
}

// JSON is the codec for records that are read seldom or cached.
func JSON[T any]() Codec[T] {
	return Codec[T]{
		Marshal:   func(v *T) ([]byte, error) { return json.Marshal(v) },
		Unmarshal: func(b []byte, v *T) error { return json.Unmarshal(b, v) },
	}
}

// Table gives a kind of record its Go type. What it writes is sealed, with kind, id, version and expiry authenticated, so
// that no value can be moved, rolled back to another version's place or given another life.
type Table[T any] struct {
	db    *DB
	kind  *Kind
	codec Codec[T]
	index func(*T) []Term
}

// Term is a value under which a table's record is found.
type Term struct {
	Index string
	Value string
	// Ordered keeps the value as it is, cut to 256 bytes, readable in a stolen file, to page and search by; a record without
	// a value is not in the index. Otherwise its keyed hash is kept.
	Ordered bool
}

// NewTable returns a table of a kind. index may be nil; it names the terms of a value, and must depend on nothing else.
func NewTable[T any](db *DB, kind *Kind, codec Codec[T], index func(*T) []Term) *Table[T] {
	return &Table[T]{db: db, kind: kind, codec: codec, index: index}
}

// Row is a decoded record. Its Value is the caller's own.
type Row[T any] struct {
	Key
	Version uint64
	Value   T
}

// Key is the key of a record of this table. expires matters for passing kinds only.
func (t *Table[T]) Key(id string, expires int64) Key {
	return Key{Kind: t.kind, ID: id, Expires: expires}
}

// Get reads and decodes one record. It returns ErrNotFound or ErrDamaged, or what the engine returns.
func (t *Table[T]) Get(ctx context.Context, id string, expires int64) (Row[T], error) {
	recs, err := t.db.Get(ctx, t.Key(id, expires))
	if err != nil {
		return Row[T]{}, err
	}
	return t.Decode(recs[0])
}

// Decode opens a record that DB.Get or an engine returned. An absent one is ErrNotFound.
func (t *Table[T]) Decode(r Record) (Row[T], error) {
	row := Row[T]{Key: r.Key, Version: r.Version}
	if !r.Present() {
		return row, fmt.Errorf("%w: %s", ErrNotFound, t.kind.Name)
	}
	plain, err := t.db.sealer.Open(t.purpose(), r.Value, associated(r.Key, r.Version))
	if err != nil {
		return row, fmt.Errorf("%w: %s %x: %w", ErrDamaged, t.kind.Name, r.ID, err)
	}
	if err := t.codec.Unmarshal(plain, &row.Value); err != nil {
		return row, fmt.Errorf("%w: %s %x: %w", ErrDamaged, t.kind.Name, r.ID, err)
	}
	return row, nil
}

// Create appends to a batch: if the record is absent, write it as version 1.
func (t *Table[T]) Create(b *Batch, key Key, v *T) error {
	rec, err := t.record(key, 1, v)
	if err != nil {
		return err
	}
	b.If = append(b.If, Condition{Key: key})
	b.Then = append(b.Then, Write{Record: rec})
	return nil
}

// Update appends to a batch: if the record is still at the row's version, write v as the next. key.Expires of the row is
// the record's expiry; change it there for a lasting record that is to live longer or shorter.
func (t *Table[T]) Update(b *Batch, row Row[T], v *T) error {
	rec, err := t.record(row.Key, row.Version+1, v)
	if err != nil {
		return err
	}
	b.If = append(b.If, Condition{Key: row.Key, Version: row.Version})
	b.Then = append(b.Then, Write{Record: rec})
	return nil
}

// Delete appends to a batch: if the record is still at the row's version, delete it.
func (t *Table[T]) Delete(b *Batch, row Row[T]) {
	b.If = append(b.If, Condition{Key: row.Key, Version: row.Version})
	b.Then = append(b.Then, Write{Record: Record{Key: row.Key}, Delete: true})
}

// List reads and decodes a page. Without a term it lists the whole table in the order of keys. With an exact term it lists
// the records that have it; with an ordered one those whose value begins with the term's, in order (an empty value: all).
func (t *Table[T]) List(ctx context.Context, term *Term, after string, limit int) ([]Row[T], string, error) {
	page, err := t.Page(ctx, term, after, limit)
	if err != nil {
		return nil, "", err
	}
	rows := make([]Row[T], 0, len(page.Records))
	for _, r := range page.Records {
		row, err := t.Decode(r)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, row)
	}
	return rows, page.Next, nil
}

// Page is List, and leaves the records for the caller to decode: for who must get past a damaged one.
func (t *Table[T]) Page(ctx context.Context, term *Term, after string, limit int) (Page, error) {
	q := Query{Kind: t.kind, After: after, Limit: limit}
	if term != nil {
		q.Index = term.Index
		if term.Ordered {
			q.Prefix = []byte(cutTerm(term.Value))
		} else {
			q.Equal = t.hash(*term)
		}
	}
	return t.db.engine.List(ctx, t.db.clock().Unix(), q)
}

// Under lists the first records of a lasting kind whose ids begin with prefix, at most limit, in the order of their ids. It returns
// what List does.
func (t *Table[T]) Under(ctx context.Context, prefix string, limit int) ([]Row[T], error) {
	page, err := t.db.engine.List(ctx, t.db.clock().Unix(), Query{Kind: t.kind, Prefix: []byte(prefix), Limit: limit})
	if err != nil {
		return nil, err
	}
	rows := make([]Row[T], len(page.Records))
	for i, r := range page.Records {
		if rows[i], err = t.Decode(r); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (t *Table[T]) record(key Key, version uint64, v *T) (Record, error) {
	plain, err := t.codec.Marshal(v)
	if err != nil {
		return Record{}, fmt.Errorf("storage: encode %s: %w", t.kind.Name, err)
	}
	rec := Record{Key: key, Version: version}
	rec.Value = t.db.sealer.Seal(t.purpose(), plain, associated(key, version))
	if t.index != nil {
		for _, term := range t.index(v) {
			if term.Value != "" || !term.Ordered {
				rec.Index = append(rec.Index, t.entry(term))
			}
		}
	}
	return rec, nil
}

func (t *Table[T]) entry(term Term) Entry {
	if term.Ordered {
		return Entry{Index: term.Index, Value: []byte(cutTerm(term.Value))}
	}
	return Entry{Index: term.Index, Value: t.hash(term)}
}

// cutTerm shortens a plain value to what an index holds.
func cutTerm(value string) string { return value[:min(len(value), MaxIndexValue)] }

// hash is cut to 16 bytes: enough that no two values of one index meet by chance, and half the room.
func (t *Table[T]) hash(term Term) []byte {
	return t.db.sealer.Hash("index."+t.kind.Name+"."+term.Index, []byte(term.Value))[:16]
}

func (t *Table[T]) purpose() string { return "record." + t.kind.Name }

// associated is what a seal authenticates beside the value.
func associated(k Key, version uint64) []byte {
	b := make([]byte, 0, 16+len(k.ID))
	b = binary.BigEndian.AppendUint64(b, version)
	b = binary.BigEndian.AppendUint64(b, uint64(k.Expires))
	return append(b, k.ID...)
}
