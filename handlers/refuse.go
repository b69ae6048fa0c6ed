package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"signet/provider"
)

// refuse makes an error of the catalogue's row with this code. It panics for a code that is in no row.
func refuse(code string) *provider.Error {
	e, ok := provider.Lookup(code)
	if !ok {
		panic("handlers: no refusal " + code)
	}
	return &provider.Error{Entry: e}
}

// refuseFor is refuse with what came, for the developer and the log.
func refuseFor(code, format string, args ...any) *provider.Error {
	e := refuse(code)
	e.Got = fmt.Sprintf(format, args...)
	return e
}

// waitError is a refusal that tells when to come again.
type waitError struct {
	refusal *provider.Error
	after   time.Duration
}

func (e *waitError) Error() string { return e.refusal.Error() }

// Unwrap lets errors.As find the refusal.
func (e *waitError) Unwrap() error { return e.refusal }

// defaultWait is for refusals that name no time themselves.
const defaultWait = 5 * time.Second

// retryAfter is when to come again, or 0 for errors that time does not mend.
func retryAfter(err error, e *provider.Error) time.Duration {
	var wait *waitError
	if errors.As(err, &wait) {
		return max(wait.after, time.Second)
	}
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		return defaultWait
	}
	return 0
}

// explain turns any error into a refusal. A fault because the browser went away, or because time was up, is no fault of
// the server.
func explain(err error) *provider.Error {
	e := provider.AsError(err)
	gone := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if gone && e.Status == http.StatusInternalServerError {
		e = refuse("E-SERVER-02")
		e.Cause = err
	}
	return e
}
