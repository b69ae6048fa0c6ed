package oldhash

import (
	"strings"

	"golang.org/x/crypto/argon2"
)

// Bounds of argon2: 128 MiB, and 1 GiB in all passes together.
const (
	maxArgon2Memory  = 128 << 10
	maxArgon2Work    = 1 << 20
	maxArgon2Threads = 64
)

// parseArgon2 reads the PHC string of argon2id or argon2i, version 1.3 (RFC 9106), with or without Django's "argon2" before it.
func parseArgon2(text string) (func(string) bool, error) {
	text = strings.TrimPrefix(text, "argon2$")
	parts := strings.Split(strings.TrimPrefix(text, "$"), "$")
	if len(parts) != 5 || parts[1] != "v=19" {
		return nil, ErrMalformed
	}
	p, err := parameters(parts[2], "m", "t", "p")
	if err != nil {
		return nil, err
	}
	memory, time, threads := p["m"], p["t"], p["p"]
	salt, key, err := saltAndKey(phcEncoding, parts[3], parts[4])
	switch {
	case err != nil:
		return nil, err
	case time < 1 || threads < 1 || memory < 8*threads:
		return nil, ErrMalformed
	case memory > maxArgon2Memory || threads > maxArgon2Threads || time > maxArgon2Work/memory:
		return nil, ErrCost
	}
	derive := argon2.IDKey
	if parts[0] == "argon2i" {
		derive = argon2.Key
	}
	return func(password string) bool {
		return same(key, derive([]byte(password), salt, uint32(time), uint32(memory), uint8(threads), uint32(len(key))))
	}, nil
}
