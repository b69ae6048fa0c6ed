package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"signet/storage"
)

// ErrOutdated says that the tables are missing or of an older format, and that Open was not told to migrate them.
var ErrOutdated = errors.New("postgres: the database has not been migrated")

var (
	//go:embed sql/tables.sql
	tablesSQL string
	//go:embed sql/days.sql
	daysSQL string
	//go:embed sql/get.sql
	getSQL string
	//go:embed sql/list.sql
	listSQL string
	//go:embed sql/write.sql
	writeSQL string
	//go:embed sql/apply.sql
	applySQL string
	//go:embed sql/sweep.sql
	sweepSQL string
)

// steps lead from each format to the next; the first makes format 1 of nothing. Steps are added, never changed. Functions
// have the format in their names, so that nodes of the former version can go on while those of the next one start.
var steps = [][]string{
	{tablesSQL, daysSQL, getSQL, listSQL, writeSQL, applySQL, sweepSQL},
}

// prepareDatabase makes sure that the tables are of the current format.
func prepareDatabase(ctx context.Context, pool *pgxpool.Pool, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	format, err := readFormat(ctx, pool, o.Schema)
	if err != nil {
		return err
	}
	if done, err := checkFormat(format, o); done || err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return migrate(ctx, tx, o) })
}

// checkFormat tells whether a format is the current one. An error says that it is not and must stay as it is.
func checkFormat(format int, o Options) (current bool, err error) {
	switch {
	case format > len(steps):
		return false, fmt.Errorf("%w: format %d in schema %q, this program knows %d", storage.ErrSchema, format, o.Schema, len(steps))
	case format < len(steps) && !o.Migrate:
		return false, fmt.Errorf("%w: format %d in schema %q, this program needs %d", ErrOutdated, format, o.Schema, len(steps))
	}
	return format == len(steps), nil
}

// querier is what a pool and a transaction have in common.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// readFormat returns the format of the tables, 0 if there are none.
func readFormat(ctx context.Context, q querier, schema string) (format int, err error) {
	var there bool
	const query = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta')"
	if err := q.QueryRow(ctx, query, schema).Scan(&there); err != nil || !there {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT format FROM meta").Scan(&format)
	return format, err
}

// migrate takes all steps that are missing in one transaction. Other nodes wait at its lock, and then find nothing to do.
func migrate(ctx context.Context, tx pgx.Tx, o Options) error {
	const settings = "SELECT set_config('statement_timeout', $1, true), pg_advisory_xact_lock($2)"
	if _, err := tx.Exec(ctx, settings, milliseconds(migrateTimeout), newLockspace(o.Schema).migration()); err != nil {
		return err
	}
	if err := createSchema(ctx, tx, o.Schema); err != nil {
		return err
	}
	format, err := readFormat(ctx, tx, o.Schema)
	if err != nil {
		return err
	}
	if done, err := checkFormat(format, o); done || err != nil {
		return err
	}
	for _, step := range steps[format:] {
		for _, sql := range step {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
	}
	_, err = tx.Exec(ctx, "UPDATE meta SET format = $1", len(steps))
	return err
}

// createSchema makes the schema unless it is there; then the right to make one is not needed.
func createSchema(ctx context.Context, tx pgx.Tx, name string) error {
	var there bool
	const query = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)"
	if err := tx.QueryRow(ctx, query, name).Scan(&there); err != nil || there {
		return err
	}
	_, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{name}.Sanitize())
	return err
}
