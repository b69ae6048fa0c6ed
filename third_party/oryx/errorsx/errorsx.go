// Package errorsx has what fosite needs to wrap and describe errors.
package errorsx

import "errors"

// StatusCodeCarrier tells the HTTP status code of an error.
type StatusCodeCarrier interface{ StatusCode() int }

// StatusCarrier tells the HTTP status text of an error.
type StatusCarrier interface{ Status() string }

// RequestIDCarrier tells the request that an error belongs to.
type RequestIDCarrier interface{ RequestID() string }

// ReasonCarrier tells why, in words for a developer.
type ReasonCarrier interface{ Reason() string }

// DebugCarrier tells what is only for a log.
type DebugCarrier interface{ Debug() string }

// DetailsCarrier tells further facts.
type DetailsCarrier interface{ Details() map[string]interface{} }

// WithStack returns err. fosite calls it some ten times a request for errors that are no faults; capturing a stack each time
// was 8 % of a token request.
func WithStack(err error) error { return err }

// Cause follows Unwrap to the innermost error.
func Cause(err error) error {
	for err != nil {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
	return nil
}
