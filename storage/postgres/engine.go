package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"signet/storage"
)

// Engine is a storage.Engine on a PostgreSQL database, which it may share with any number of others.
type Engine struct {
	log      *slog.Logger
	schema   string
	pool     *pgxpool.Pool
	locks    lockspace
	days     days
	origin   origin
	watchers watchers
	listener *listener

	// gate is held for reading by every running call, and by Close for writing.
	gate   sync.RWMutex
	closed bool
}

var _ storage.Engine = (*Engine)(nil)

// Open connects to a database and makes sure that its tables are of this program's format. Of several nodes that open an
// empty database at once, with Migrate, one creates the tables and the others wait for it.
//
// It returns storage.ErrUnavailable if the server cannot be reached or is starting; storage.ErrSchema if the tables belong
// to a newer version of the program; ErrOutdated if they are missing or older and Migrate is not set.
func Open(ctx context.Context, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	cfg, err := o.poolConfig()
	if err != nil {
		return nil, err
	}
	cfg.AfterConnect = durable
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	e := &Engine{log: o.Logger, schema: o.Schema, pool: pool, locks: newLockspace(o.Schema)}
	if err := e.start(ctx, o, cfg.ConnConfig); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context, o Options, conn *pgx.ConnConfig) error {
	if err := prepareDatabase(ctx, e.pool, o); err != nil {
		return openError(err)
	}
	var node int64
	var fsync bool
	const query = "SELECT nextval('node'), current_setting('fsync')::boolean"
	if err := e.pool.QueryRow(ctx, query).Scan(&node, &fsync); err != nil {
		return openError(err)
	}
	if !fsync {
		e.log.Warn("the database server runs with fsync off and loses data when its machine fails")
	}
	e.origin.node = node
	l, err := listen(ctx, e, conn)
	if err != nil {
		return openError(err)
	}
	e.listener = l
	return nil
}

// durable makes sure that commits on a connection wait for the disk, though database or role be set up otherwise.
func durable(ctx context.Context, c *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	_, err := c.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false)"+
		" WHERE current_setting('synchronous_commit') = 'off'", pgx.QueryExecModeSimpleProtocol)
	return err
}

// Close waits for running calls, ends the notices and closes the connections.
func (e *Engine) Close() error {
	e.gate.Lock()
	defer e.gate.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	e.listener.stop()
	closed := make(chan struct{})
	go func() {
		e.pool.Close()
		close(closed)
	}()
	// The pool takes leave of the server on each connection. One that does not answer is not waited for.
	select {
	case <-closed:
	case <-time.After(connectTimeout):
	}
	return nil
}

// enter begins a call; leave ends it.
func (e *Engine) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	e.gate.RLock()
	if e.closed {
		e.gate.RUnlock()
		return storage.ErrStopped
	}
	return nil
}

func (e *Engine) leave() { e.gate.RUnlock() }

// acquire takes a connection from the pool. The caller may give up while it waits.
func (e *Engine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := e.pool.Acquire(waiting)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("postgres: %w", ctx.Err())
	default:
		return nil, fmt.Errorf("%w: postgres: %w", storage.ErrUnavailable, err)
	}
}

// release gives a connection back. The pool would keep the place of a broken one until it has taken leave of the server,
// which may be gone.
func release(conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() {
		conn.Hijack()
		return
	}
	conn.Release()
}

// shield is for work that has begun: it ends at the caller's deadline and no later than callTimeout from now, but not
// because the caller is gone. Ending it would close the connection, and leave the outcome of a write unknown.
func shield(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	d, ok := ctx.Deadline()
	if !ok {
		return inner, cancel
	}
	earlier, release := context.WithDeadline(inner, d)
	return earlier, func() { release(); cancel() }
}
