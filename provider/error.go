package provider

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/ory/fosite"

	"signet/provider/account"
	"signet/storage"
)

// Error is a refusal. It has a stable code, an OAuth error for a client, facts and a fix for a developer, and a cause for
// the log. What a person or a stranger may read is only in its catalogue entry.
type Error struct {
	// Entry is the row of the catalogue.
	Entry
	// Got and Allowed are what came and what would have been accepted; Fix says how to mend it. They may quote the request
	// and are for developers only.
	Got, Allowed, Fix string
	// ClientID is the client concerned, if it is known.
	ClientID string
	// Cause is for the log only.
	Cause error
	// Answer is set if the refusal is to be delivered at the client's redirect URI, which has been validated.
	Answer *Answer
}

// Entry is a row of the catalogue of refusals.
type Entry struct {
	// Code is stable: "E-" + subject + "-" + number.
	Code string
	// OAuth is the error code of the specification that names it, sent to clients.
	OAuth string
	// Status is the HTTP status of an answer that is not a redirect.
	Status int
	// Description is the error_description: fixed ASCII without quotes and backslashes (RFC 6749 §5.2).
	Description string
	// Why explains to a developer what happened; Remedy what to do. Error.Fix is the same with the case's own facts.
	Why, Remedy string
}

func (e *Error) Error() string {
	s := "provider: " + e.Code + " " + e.OAuth
	if e.Got != "" {
		s += fmt.Sprintf(": got %q", e.Got)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// refuse makes an Error of the catalogue's row with this code.
func refuse(code string) *Error { return &Error{Entry: entry(code)} }

func (e *Error) got(format string, args ...any) *Error {
	e.Got = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) allowed(format string, args ...any) *Error {
	e.Allowed = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) fix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) because(cause error) *Error {
	e.Cause = cause
	return e
}

// AsError makes any error an *Error: ours as it is, fosite's by its OAuth code, storage's as temporary, everything else as
// an internal fault. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if code, ok := storageCode(err); ok {
		return refuse(code).because(err)
	}
	var theirs *fosite.RFC6749Error
	if errors.As(err, &theirs) {
		return fromFosite(theirs)
	}
	return refuse("E-SERVER-01").because(err)
}

func storageCode(err error) (string, bool) {
	switch {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrPast), errors.Is(err, account.ErrUnknownPerson):
		return "E-GRANT-01", true
	case errors.Is(err, storage.ErrFull), errors.Is(err, storage.ErrStopped), errors.Is(err, storage.ErrUnavailable), errors.Is(err, storage.ErrUnknown):
		return "E-SERVER-02", true
	}
	return "", false
}

// fromFosite finds the row for an error that fosite made by itself. Its hints quote the request, so they go to Got.
func fromFosite(err *fosite.RFC6749Error) *Error {
	code, ok := fositeCodes[err.ErrorField]
	if !ok {
		code = "E-SERVER-01"
	}
	e := refuse(code).because(err)
	e.Got = err.HintField
	return e
}

// fosite carries our own errors through its handlers if they are wrapped in one of its own.
func (e *Error) asFosite() *fosite.RFC6749Error {
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	f := &fosite.RFC6749Error{ErrorField: e.OAuth, DescriptionField: e.Description, CodeField: status}
	return f.WithWrap(e)
}
