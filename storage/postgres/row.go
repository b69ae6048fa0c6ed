package postgres

import (
	"signet/storage"
)

// row is what every reading statement returns of a record: expires, version, value, names, terms, in this order.
type row struct {
	expires int64
	version int64
	value   []byte
	names   []string
	terms   [][]byte
}

// columns are where to scan a row. Each scan gives the slices anew.
func (r *row) columns() []any { return []any{&r.expires, &r.version, &r.value, &r.names, &r.terms} }

func (r *row) record(kind *storage.Kind, id string) storage.Record {
	rec := storage.Record{Key: storage.Key{Kind: kind, ID: id, Expires: r.expires}, Version: uint64(r.version)}
	if len(r.value) > 0 {
		rec.Value = r.value
	}
	for i, name := range r.names {
		rec.Index = append(rec.Index, storage.Entry{Index: name, Value: r.terms[i]})
	}
	return rec
}
