package outbound

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// Error says to the operator what could not be fetched or told, and why. A stranger, and be it the one who named the address,
// is told Public and no more: what this machine can reach is not theirs to learn.
type Error struct {
	// URL is the address without query and fragment.
	URL string
	// Cause is why.
	Cause error
}

// Public is all that a stranger is told.
const Public = "could not fetch"

// ErrAddress is the cause where a name has turned out to be an address that may not be reached.
var ErrAddress = errors.New("the address is not public, and outbound.allow_private does not list it")

func (e *Error) Error() string { return "outbound: " + e.URL + ": " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// reason takes the URL off an error of the HTTP client, which would stand there twice and with its query.
func reason(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errSlow
	}
	return err
}

var errSlow = errors.New("there was no whole answer in time")

// shown is an address for the log: without what may be secret, and not too long.
func shown(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	if u, err := url.Parse(address); err == nil {
		address = u.Redacted()
	}
	return address[:min(len(address), 200)]
}
