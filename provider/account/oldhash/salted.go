package oldhash

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"
)

// salteds are what directories keep: one pass of a hash function over the password and a salt (RFC 2307 §5.3 and its heirs).
var salteds = map[string]func() hash.Hash{"{SSHA": sha1.New, "{SSHA256": sha256.New, "{SSHA512": sha512.New}

// minSaltedSalt is in bytes. What has less is as good as unsalted, and such hashes are not taken.
const minSaltedSalt = 4

// parseSalted reads {SSHA…} and the base64 of the digest and the salt behind it.
func parseSalted(text string) (func(string) bool, error) {
	name, body, _ := strings.Cut(text, "}")
	digest := salteds[name]
	size := digest().Size()
	raw, err := base64.StdEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) < size+minSaltedSalt || len(raw) > size+maxSize {
		return nil, ErrMalformed
	}
	return func(password string) bool {
		h := digest()
		h.Write([]byte(password))
		h.Write(raw[size:])
		return same(raw[:size], h.Sum(nil))
	}, nil
}
