package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"signet/storage"
)

const getCall = "SELECT o_ordinal, o_expires, o_version, o_value, o_names, o_terms FROM get_1($1, $2, $3, $4, $5)"

// Get implements storage.Engine.
func (e *Engine) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	var ask conditions
	ask.make(len(keys))
	for _, k := range keys {
		if err := k.Check(); err != nil {
			return nil, err
		}
		ask.add(storage.Condition{Key: k})
	}
	if err := e.enter(ctx); err != nil {
		return nil, err
	}
	defer e.leave()
	var recs []storage.Record
	err := e.idempotent(ctx, "get", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, getCall, now, ask.passing, ask.kind, ask.expires, ask.id)
		if err != nil {
			return err
		}
		recs = absent(keys)
		return collect(rows, recs)
	})
	if err != nil {
		return nil, err
	}
	return recs, nil
}

// absent are the records of keys under which there is nothing.
func absent(keys []storage.Key) []storage.Record {
	recs := make([]storage.Record, len(keys))
	for i, k := range keys {
		recs[i].Key = k
	}
	return recs
}

// collect puts what was found in its place.
func collect(rows pgx.Rows, recs []storage.Record) error {
	var ordinal int32
	var row row
	_, err := pgx.ForEachRow(rows, append([]any{&ordinal}, row.columns()...), func() error {
		r := &recs[ordinal-1]
		*r = row.record(r.Kind, r.ID)
		return nil
	})
	return err
}
