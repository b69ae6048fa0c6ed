package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signet/keys"
	"signet/provider/account/weak"
)

// maxPassword is in bytes. Passwords are taken as they are received: nothing is cut off, nothing is normalised.
const maxPassword = 1024

// Reasons of a PasswordError.
const (
	ReasonShort    = "short"
	ReasonLong     = "long"
	ReasonCommon   = "common"
	ReasonPersonal = "personal"
	ReasonProduct  = "product"
	ReasonBreached = "breached"
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

// policy says which new passwords are allowed (NIST SP 800-63B-4 §3.1.1.2: length and a block list, no rules of composition).
type policy struct {
	minLength int
	// words are those that everybody here thinks of: the name of the product, and of its host.
	words    []string
	breached *weak.List
}

func (p policy) check(password string, owner *Person) error {
	if err := p.length(password); err != nil {
		return err
	}
	switch {
	case littleMore(password, namesOf(owner)):
		return &PasswordError{Reason: ReasonPersonal}
	case weak.Common(password) || oneRune(strings.ToLower(password)):
		return &PasswordError{Reason: ReasonCommon}
	case littleMore(password, append(namesOf(owner), p.words...)):
		return &PasswordError{Reason: ReasonProduct}
	case p.breached == nil:
		return nil
	}
	breached, err := p.breached.Has(password)
	if err == nil && breached {
		err = &PasswordError{Reason: ReasonBreached}
	}
	return err
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

// namesOf are the words by which others know somebody.
func namesOf(p *Person) []string {
	local, _, _ := strings.Cut(p.Email, "@")
	return []string{p.Username, p.Email, local, p.Name, p.GivenName, p.FamilyName, p.Nickname}
}

const (
	// shortestName is how long a name is at least that a password must not be made of, littleLetters how many other letters make a
	// password more than names.
	shortestName  = 3
	littleLetters = 4
)

// littleMore tells whether a password is made of these words, and of little more than digits and signs.
func littleMore(password string, words []string) bool {
	rest, found := onlyLetters(password), false
	words = slices.Clone(words)
	for i, w := range words {
		words[i] = onlyLetters(w)
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		if utf8.RuneCountInString(w) >= shortestName && strings.Contains(rest, w) {
			rest, found = strings.ReplaceAll(rest, w, ""), true
		}
	}
	return found && utf8.RuneCountInString(rest) < littleLetters
}

// onlyLetters is a text in lower case without what people put between and behind words.
func onlyLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, strings.ToLower(text))
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
