// Package oldhash verifies passwords by the hashes that other programs made of them, so that people who move here keep their
// passwords. Nothing here makes a hash: whoever signs in gets one of ours.
//
// A stored hash says itself how much work it is. What asks for more than an honest one would is refused when it is read, so
// that no imported line can keep a server busy.
package oldhash

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrUnknown says that a text is in none of the formats.
	ErrUnknown = errors.New("oldhash: not in a known format")
	// ErrMalformed says that a text begins like a format and is not properly one.
	ErrMalformed = errors.New("oldhash: malformed")
	// ErrCost says that a hash asks for more work or memory than is allowed.
	ErrCost = errors.New("oldhash: asks for too much")
)

// Hash is a hash that was read and is within bounds.
type Hash struct {
	// Format is its name for people, such as "bcrypt".
	Format string
	// Quick says that it costs next to nothing to compute, unlike ours.
	Quick bool

	matches func(password string) bool
}

// Matches computes the hash of a password and compares it in constant time. It takes up to a second and 128 MiB.
func (h Hash) Matches(password string) bool { return h.matches(password) }

// format is a row of the table of formats.
type format struct {
	name     string
	prefixes []string
	quick    bool
	parse    func(text string) (matches func(password string) bool, err error)
}

// formats is the table. A text belongs to the first row with a prefix of it.
var formats = []format{
	{"argon2", []string{"$argon2id$", "$argon2i$", "argon2$argon2id$", "argon2$argon2i$"}, false, parseArgon2},
	{"bcrypt", []string{"$2a$", "$2b$", "$2y$", "bcrypt$$2a$", "bcrypt$$2b$", "bcrypt$$2y$"}, false, parseBcrypt},
	{"bcrypt over SHA-256", []string{"bcrypt_sha256$$2a$", "bcrypt_sha256$$2b$", "bcrypt_sha256$$2y$"}, false, parseBcryptSHA256},
	{"PBKDF2 (Django)", []string{"pbkdf2_sha256$", "pbkdf2_sha1$"}, false, parseDjangoPBKDF2},
	{"PBKDF2", []string{"$pbkdf2$", "$pbkdf2-sha1$", "$pbkdf2-sha256$", "$pbkdf2-sha512$"}, false, parsePHCPBKDF2},
	{"scrypt (Django)", []string{"scrypt$"}, false, parseDjangoScrypt},
	{"scrypt", []string{"$scrypt$"}, false, parsePHCScrypt},
	{"salted SHA", []string{"{SSHA}", "{SSHA256}", "{SSHA512}"}, true, parseSalted},
}

// Parse reads a hash. It returns ErrUnknown, ErrMalformed or ErrCost, which never repeat any of it.
func Parse(text string) (Hash, error) {
	// Decoders of base64 pass over the ends of lines.
	if strings.ContainsAny(text, "\r\n") {
		return Hash{}, ErrMalformed
	}
	for _, f := range formats {
		for _, prefix := range f.prefixes {
			if !strings.HasPrefix(text, prefix) {
				continue
			}
			matches, err := f.parse(text)
			if err != nil {
				return Hash{}, fmt.Errorf("%w (%s)", err, f.name)
			}
			return Hash{Format: f.name, Quick: f.quick, matches: matches}, nil
		}
	}
	return Hash{}, ErrUnknown
}
