package oldhash

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"
)

// maxIterations of PBKDF2 are about a second. Django 5.2 makes 1,000,000 of SHA-256.
const maxIterations = 2_000_000

// digests are the hash functions of PBKDF2 by both spellings of the format.
var digests = map[string]func() hash.Hash{
	"pbkdf2_sha1": sha1.New, "pbkdf2_sha256": sha256.New,
	"pbkdf2": sha1.New, "pbkdf2-sha1": sha1.New, "pbkdf2-sha256": sha256.New, "pbkdf2-sha512": sha512.New,
}

// parseDjangoPBKDF2 reads pbkdf2_sha256$iterations$salt$key: the salt is taken as it stands.
func parseDjangoPBKDF2(text string) (func(string) bool, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 {
		return nil, ErrMalformed
	}
	iterations, err := number(parts[1])
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return nil, ErrMalformed
	}
	return pbkdf2Of(parts[0], iterations, []byte(parts[2]), key)
}

// parsePHCPBKDF2 reads $pbkdf2-sha256$i=iterations,l=length$salt$key, and the older way to write it: the bare number, and
// dots for plus signs.
func parsePHCPBKDF2(text string) (func(string) bool, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 {
		return nil, ErrMalformed
	}
	salt, key, err := saltAndKey(phcEncoding, strings.ReplaceAll(parts[3], ".", "+"), strings.ReplaceAll(parts[4], ".", "+"))
	if err != nil {
		return nil, err
	}
	iterations, err := phcIterations(parts[2], len(key))
	if err != nil {
		return nil, err
	}
	return pbkdf2Of(parts[1], iterations, salt, key)
}

func phcIterations(text string, length int) (int, error) {
	count, named := strings.CutPrefix(text, "i=")
	if !named {
		return number(text)
	}
	count, said, found := strings.Cut(count, ",l=")
	if n, err := number(said); found && (err != nil || n != length) {
		return 0, ErrMalformed
	}
	return number(count)
}

// pbkdf2Of refuses a key that is longer than a digest: each further block would be all the work once more.
func pbkdf2Of(name string, iterations int, salt, key []byte) (func(string) bool, error) {
	digest := digests[name]
	switch {
	case !sized(salt, key) || iterations < 1 || len(key) > digest().Size():
		return nil, ErrMalformed
	case iterations > maxIterations:
		return nil, ErrCost
	}
	return func(password string) bool {
		computed, err := pbkdf2.Key(digest, password, salt, iterations, len(key))
		return err == nil && same(key, computed)
	}, nil
}
