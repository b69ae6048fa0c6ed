package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// maxTries bounds how often an idempotent statement is sent.
const maxTries = 3

// idempotent runs a statement that may be run again if nobody knows what became of it, so that a restart of the server
// costs a reader no error if the server is back already.
func (e *Engine) idempotent(ctx context.Context, op string, fn func(context.Context, *pgx.Conn) error) (err error) {
	for range maxTries {
		if err = e.once(ctx, fn); err == nil {
			return nil
		}
		if !isLost(err) && !isRetryable(err) {
			break
		}
		e.abandon(err)
	}
	return e.readError(op, err)
}

func (e *Engine) once(ctx context.Context, fn func(context.Context, *pgx.Conn) error) error {
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	ctx, cancel := shield(ctx)
	defer cancel()
	return fn(ctx, conn.Conn())
}

// scan runs an idempotent statement that returns one row.
func (e *Engine) scan(ctx context.Context, op string, dest any, sql string, args ...any) error {
	return e.idempotent(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(dest)
	})
}
