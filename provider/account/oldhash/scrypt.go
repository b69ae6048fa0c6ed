package oldhash

import (
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Bounds of scrypt (RFC 7914 §2): N·r blocks of 128 bytes are 64 MiB, and p of them at most twice as many. Django makes
// N=2^14, r=8, p=5.
const (
	maxScryptBlocks = 64 << 20 / 128
	maxScryptWork   = 1 << 20
	maxScryptLog    = 24
)

// parseDjangoScrypt reads scrypt$N$salt$r$p$key: the salt is taken as it stands.
func parseDjangoScrypt(text string) (func(string) bool, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return nil, ErrMalformed
	}
	n, err1 := number(parts[1])
	r, err2 := number(parts[3])
	p, err3 := number(parts[4])
	key, err4 := base64.StdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return nil, ErrMalformed
	}
	return scryptOf(n, r, p, []byte(parts[2]), key)
}

// parsePHCScrypt reads $scrypt$ln=log2(N),r=r,p=p$salt$key.
func parsePHCScrypt(text string) (func(string) bool, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 {
		return nil, ErrMalformed
	}
	in, err := parameters(parts[2], "ln", "r", "p")
	if err != nil {
		return nil, err
	}
	salt, key, err := saltAndKey(phcEncoding, parts[3], parts[4])
	switch {
	case err != nil:
		return nil, err
	case in["ln"] > maxScryptLog:
		return nil, ErrCost
	}
	return scryptOf(1<<in["ln"], in["r"], in["p"], salt, key)
}

func scryptOf(n, r, p int, salt, key []byte) (func(string) bool, error) {
	switch {
	case !sized(salt, key) || n < 2 || n&(n-1) != 0 || r < 1 || p < 1:
		return nil, ErrMalformed
	case n > maxScryptBlocks/r || p > maxScryptWork/(n*r):
		return nil, ErrCost
	}
	return func(password string) bool {
		computed, err := scrypt.Key([]byte(password), salt, n, r, p, len(key))
		return err == nil && same(key, computed)
	}, nil
}
