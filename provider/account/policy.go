package account

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"signet/keys"
)

// maxPassword is in bytes. Passwords are taken as they are received: nothing is cut off, nothing is normalised.
const maxPassword = 1024

// Reasons of a PasswordError.
const (
	ReasonShort    = "short"
	ReasonLong     = "long"
	ReasonCommon   = "common"
	ReasonPersonal = "personal"
)

// PasswordError says why a new password is not allowed. errors.Is(err, ErrWeakPassword) is true of it.
type PasswordError struct {
	// Reason is one of the Reason constants.
	Reason string
	// Got and Allowed are characters if it is too short, bytes if it is too long, and 0 otherwise.
	Got, Allowed int
}

func (e *PasswordError) Error() string {
	if e.Allowed == 0 {
		return fmt.Sprintf("%v: %s", ErrWeakPassword, e.Reason)
	}
	return fmt.Sprintf("%v: %s: %d, allowed %d", ErrWeakPassword, e.Reason, e.Got, e.Allowed)
}

// Is makes errors.Is(err, ErrWeakPassword) true.
func (e *PasswordError) Is(target error) bool { return target == ErrWeakPassword }

//go:embed common.txt
var commonText string

// common are passwords that are tried first by whoever guesses, in lower case.
var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		set[word] = true
	}
	return set
})

// policy says which new passwords are allowed (NIST SP 800-63B-4 §3.1.1.2: length and a block list, no rules of composition).
type policy struct {
	minLength int
}

func (p policy) check(password string, owner *Person) error {
	if err := p.length(password); err != nil {
		return err
	}
	lower := strings.ToLower(password)
	switch {
	case common()[lower] || oneRune(lower):
		return &PasswordError{Reason: ReasonCommon}
	case personal(lower, owner):
		return &PasswordError{Reason: ReasonPersonal}
	}
	return nil
}

func (p policy) length(password string) error {
	if len(password) > maxPassword {
		return &PasswordError{Reason: ReasonLong, Got: len(password), Allowed: maxPassword}
	}
	if n := utf8.RuneCountInString(password); n < p.minLength {
		return &PasswordError{Reason: ReasonShort, Got: n, Allowed: p.minLength}
	}
	return nil
}

func oneRune(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// personal tells whether a password is little more than one of its owner's names.
func personal(lower string, owner *Person) bool {
	local, _, _ := strings.Cut(owner.Email, "@")
	for _, name := range []string{owner.Username, owner.Email, local, owner.Name, owner.GivenName, owner.FamilyName} {
		name = strings.ToLower(name)
		rest, found := strings.CutPrefix(lower, name)
		if found && len(name) >= 3 && len(rest) < 4 {
			return true
		}
	}
	return false
}

// newPassword checks a password that is to become a person's, and hashes it.
func (a *Accounts) newPassword(ctx context.Context, owner *Person, password string) (keys.Secret, error) {
	if err := a.policy.check(password, owner); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, password)
}

// MinPassword is how many characters a password has at least.
func (a *Accounts) MinPassword() int { return a.policy.minLength }

// HashPassword returns the hash of a password that was chosen elsewhere, such as in the configuration of a development
// server; only its length is checked. It returns a PasswordError or ErrBusy.
func (a *Accounts) HashPassword(ctx context.Context, password string) (keys.Secret, error) {
	if err := (policy{minLength: 1}).length(password); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, password)
}

// CheckPassword tells whether a password may become the person's: nil, or a PasswordError.
func (a *Accounts) CheckPassword(owner *Person, password string) error {
	return a.policy.check(password, owner)
}
