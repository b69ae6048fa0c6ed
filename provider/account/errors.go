package account

import (
	"errors"
	"fmt"

	"signet/storage"
)

var (
	// ErrUnknownPerson says that no person has that subject, username or e-mail address.
	// It is a storage.ErrNotFound.
	ErrUnknownPerson error = absent("account: unknown person")
	// ErrUnknownGroup says that there is no such group, or that it is being removed. It is a storage.ErrNotFound.
	ErrUnknownGroup error = absent("account: unknown group")
	// ErrNoConsent says that a person allows a client nothing. It is a storage.ErrNotFound.
	ErrNoConsent error = absent("account: no consent")
	// ErrTaken says that a username, e-mail address or group name is in use, or looks like one that is; see TakenError.
	ErrTaken = errors.New("account: taken")
	// ErrDeclared says that a person or group comes from the configuration and can be changed only there.
	ErrDeclared = errors.New("account: declared in the configuration")

	// ErrInvalidName says that a username or group name is not allowed; see InvalidError.
	ErrInvalidName = errors.New("account: invalid name")
	// ErrInvalidEmail says that an e-mail address is not one, or cannot be used; see InvalidError.
	ErrInvalidEmail = errors.New("account: invalid e-mail address")
	// ErrInvalidProfile says that another value of a person is not allowed; see InvalidError.
	ErrInvalidProfile = errors.New("account: invalid value")
	// ErrWeakPassword says that a new password breaks the policy; see PasswordError.
	ErrWeakPassword = errors.New("account: password not allowed")

	// ErrRefused says that an identifier and a password do not sign anyone in. It is the same for every cause; the cause
	// is wrapped beside it (ErrUnknownPerson, ErrWrongPassword, ErrNoPassword, ErrDisabled) for the log and never for the
	// person, but as Told says: that somebody is kept out is a cause only if what they proved was right.
	ErrRefused = errors.New("account: sign-in refused")
	// ErrWrongPassword is a cause of ErrRefused.
	ErrWrongPassword = errors.New("account: wrong password")
	// ErrNoPassword is a cause of ErrRefused: the person has no usable password.
	ErrNoPassword = errors.New("account: no password set")
	// ErrBusy says that too many passwords are being hashed; try again in a few seconds.
	ErrBusy = errors.New("account: busy hashing passwords")

	// ErrNoSession says that a token belongs to no living session. Its cause is wrapped beside it for the log.
	ErrNoSession = errors.New("account: no session")
	// ErrMalformed is a cause of ErrNoSession: the token is not one of ours.
	ErrMalformed = errors.New("account: malformed token")
	// ErrIdle is a cause of ErrNoSession: the session was idle for too long.
	ErrIdle = errors.New("account: session idle for too long")
	// ErrEnded is a cause of ErrNoSession: it lies before the person's epoch, ran out, or was signed out.
	ErrEnded = errors.New("account: session ended")
)

// absent is an error that says that something is not there.
type absent string

func (e absent) Error() string { return string(e) }

// Is makes errors.Is(err, storage.ErrNotFound) true.
func (absent) Is(target error) bool { return target == storage.ErrNotFound }

// InvalidError says which value is not allowed, and what is. It is the ErrInvalid… that it wraps.
type InvalidError struct {
	// Err is ErrInvalidName, ErrInvalidEmail or ErrInvalidProfile.
	Err error
	// Field is the claim's or field's name, such as "username".
	Field string
	// Got is the refused value, shortened; Allowed says in words what would do.
	Got, Allowed string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%v: %s %q: allowed: %s", e.Err, e.Field, e.Got, e.Allowed)
}

func (e *InvalidError) Unwrap() error { return e.Err }

func invalid(err error, field, got, allowed string) error {
	if runes := []rune(got); len(runes) > 64 {
		got = string(runes[:64]) + "…"
	}
	return &InvalidError{Err: err, Field: field, Got: got, Allowed: allowed}
}

// TakenError says what is taken. errors.Is(err, ErrTaken) is true of it.
type TakenError struct {
	// Field is "username", "email" or "group".
	Field string
	// Value is what was asked for.
	Value string
}

func (e *TakenError) Error() string { return fmt.Sprintf("%v: %s %q", ErrTaken, e.Field, e.Value) }

// Is makes errors.Is(err, ErrTaken) true.
func (e *TakenError) Is(target error) bool { return target == ErrTaken }

func refused(cause error) error { return fmt.Errorf("%w: %w", ErrRefused, cause) }

func noSession(cause error) error { return fmt.Errorf("%w: %w", ErrNoSession, cause) }

func isConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

func isNotFound(err error) bool { return errors.Is(err, storage.ErrNotFound) }
