package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"signet/storage"
)

// Conditions of the server that are told apart, by SQLSTATE (PostgreSQL, appendix A).
const (
	stateReadOnly      = "25006" // a standby, or a primary that has become one
	stateSerialization = "40001"
	stateDeadlock      = "40P01"
	stateDiskFull      = "53100"
	stateLock          = "55P03"
	stateNoPartition   = "23514"
)

// passingClasses are the classes of what will be over by itself: connection exceptions, insufficient resources, operator
// intervention (which includes timeouts, shutting down and starting up).
var passingClasses = []string{"08", "53", "57"}

// serverError returns what the server said of a statement, if that is what the error is. A statement that the server
// refuses writes nothing. A fatal error is about the connection, and says nothing of a statement that was under way.
func serverError(err error) (pg *pgconn.PgError, refused bool) {
	if !errors.As(err, &pg) {
		return nil, false
	}
	return pg, pg.SeverityUnlocalized == "ERROR" || pg.SeverityUnlocalized == "" && pg.Severity == "ERROR"
}

// isRetryable tells whether the same statement may be sent again at once, whatever it does.
func isRetryable(err error) bool {
	pg, refused := serverError(err)
	switch {
	case known(err):
		return false
	case !refused:
		// Nothing reached the server: the connection had died in the pool.
		return pgconn.SafeToRetry(err)
	}
	return pg.Code == stateSerialization || pg.Code == stateDeadlock
}

// isMissingDay tells whether a passing record found no partition.
func isMissingDay(err error) bool {
	pg, refused := serverError(err)
	return refused && pg.Code == stateNoPartition
}

func isUnknown(err error) bool { return errors.Is(err, storage.ErrUnknown) }

func isPassing(pg *pgconn.PgError) bool {
	switch pg.Code {
	case stateReadOnly, stateSerialization, stateDeadlock, stateLock:
		return true
	}
	return len(pg.Code) == 5 && slices.Contains(passingClasses, pg.Code[:2])
}

// writeError says what an error means for a write.
func (e *Engine) writeError(op string, err error) error {
	if known(err) {
		return err
	}
	e.abandon(err)
	pg, refused := serverError(err)
	switch {
	case !refused && pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrUnavailable, op, err)
	case !refused:
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrUnknown, op, err)
	case pg.Code == stateDiskFull:
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrFull, op, err)
	case isPassing(pg):
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrUnavailable, op, err)
	}
	return fmt.Errorf("postgres: %s: %w", op, err)
}

// readError says what an error means for a read, or for a write that may be done again.
func (e *Engine) readError(op string, err error) error {
	if known(err) {
		return err
	}
	e.abandon(err)
	pg, refused := serverError(err)
	switch {
	case refused && pg.Code == stateDiskFull:
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrFull, op, err)
	case !refused || isPassing(pg):
		return fmt.Errorf("%w: postgres: %s: %w", storage.ErrUnavailable, op, err)
	}
	return fmt.Errorf("postgres: %s: %w", op, err)
}

// known tells whether an error has its meaning already: it comes from acquire.
func known(err error) bool {
	return errors.Is(err, storage.ErrUnavailable) || errors.Is(err, context.Canceled)
}

// isLost tells whether the connection broke, as opposed to the server being slow.
func isLost(err error) bool {
	_, refused := serverError(err)
	return !refused && !known(err) && !pgconn.Timeout(err)
}

// abandon closes the other connections too when one broke, or turned out to lead to a server that takes no writes: most
// likely they are no better, and each would cost somebody a request.
func (e *Engine) abandon(err error) {
	pg, refused := serverError(err)
	if isLost(err) || refused && pg.Code == stateReadOnly {
		e.log.Warn("database connections abandoned", "cause", err)
		e.pool.Reset()
	}
}

// openError says what an error means for Open: a server that refuses user or database will not come round by itself.
func openError(err error) error {
	if errors.Is(err, storage.ErrSchema) || errors.Is(err, ErrOutdated) {
		return err
	}
	var pg *pgconn.PgError
	isServer := errors.As(err, &pg)
	if isServer && !isPassing(pg) {
		return fmt.Errorf("postgres: open: %w", err)
	}
	return fmt.Errorf("%w: postgres: open: %w", storage.ErrUnavailable, err)
}
