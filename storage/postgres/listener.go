package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/storage"
)

const (
	// keepalive is how long the listening connection may be silent before it is asked for a sign of life, and how long
	// that may take.
	keepalive = 800 * time.Millisecond
	// relisten is the pause between attempts to get a new one.
	relisten = 500 * time.Millisecond
)

// listener hears the notices of other engines, on a connection of its own.
type listener struct {
	engine *Engine
	config *pgx.ConnConfig
	cancel context.CancelFunc
	done   chan struct{}
}

// listen returns when the server has begun to pass on notices.
func listen(ctx context.Context, e *Engine, config *pgx.ConnConfig) (*listener, error) {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	config = config.Copy()
	config.RuntimeParams["application_name"] = "signet notices"
	l := &listener{engine: e, config: config, cancel: cancel, done: make(chan struct{})}
	conn, err := l.connect(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	go l.run(running, conn)
	return l, nil
}

func (l *listener) stop() {
	l.cancel()
	<-l.done
}

func (l *listener) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{l.engine.schema}.Sanitize()); err != nil {
		l.close(conn)
		return nil, err
	}
	return conn, nil
}

func (l *listener) close(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// run hears on one connection after the other.
func (l *listener) run(ctx context.Context, conn *pgx.Conn) {
	defer close(l.done)
	for {
		err := l.hear(ctx, conn)
		l.close(conn)
		if ctx.Err() != nil {
			return
		}
		l.engine.log.Warn("connection for change notices lost", "cause", err)
		l.anything()
		if conn = l.reconnect(ctx); conn == nil {
			return
		}
	}
}

// reconnect returns a new connection, or nil when the engine is closed. Without one this engine is deaf: whatever the
// watchers remember may be stale, and they are told so again after each attempt, the successful one included.
func (l *listener) reconnect(ctx context.Context) *pgx.Conn {
	for {
		conn, err := l.connect(ctx)
		if ctx.Err() == nil {
			l.anything()
		}
		if err == nil {
			return conn
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(relisten):
		}
	}
}

// anything tells the watchers that any record may have changed.
func (l *listener) anything() { l.engine.announce([]storage.Change{{}}) }

// hear announces what it hears until the connection fails.
func (l *listener) hear(ctx context.Context, conn *pgx.Conn) error {
	for {
		n, err := l.wait(ctx, conn)
		switch {
		case err == nil:
			l.announce(n)
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return err
		default:
			if err := l.ping(ctx, conn); err != nil {
				return err
			}
		}
	}
}

func (l *listener) wait(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(ctx, keepalive)
	defer cancel()
	return conn.WaitForNotification(ctx)
}

func (l *listener) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, keepalive)
	defer cancel()
	return conn.Ping(ctx)
}

func (l *listener) announce(n *pgconn.Notification) {
	from, change := parseNotice(n.Payload)
	if from != l.engine.origin.current() {
		l.engine.announce([]storage.Change{change})
	}
}
