package oldhash

import (
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
)

// Sizes of salts and keys in bytes.
const (
	minKey  = 16
	maxSize = 128
)

var phcEncoding = base64.RawStdEncoding.Strict()

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

func sized(salt, key []byte) bool {
	return len(salt) >= 1 && len(salt) <= maxSize && len(key) >= minKey && len(key) <= maxSize
}

// saltAndKey decodes both, and judges their sizes.
func saltAndKey(encoding *base64.Encoding, saltText, keyText string) (salt, key []byte, err error) {
	salt, err1 := encoding.DecodeString(saltText)
	key, err2 := encoding.DecodeString(keyText)
	if err1 != nil || err2 != nil || !sized(salt, key) {
		return nil, nil, ErrMalformed
	}
	return salt, key, nil
}

// number reads a decimal number of at most nine digits, spelt in the one proper way.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || strconv.Itoa(n) != text {
		return 0, ErrMalformed
	}
	if len(text) > 9 {
		return 0, ErrCost
	}
	return n, nil
}

// parameters reads name=number pairs, which must be the named ones in that order.
func parameters(text string, names ...string) (map[string]int, error) {
	pairs := strings.Split(text, ",")
	if len(pairs) != len(names) {
		return nil, ErrMalformed
	}
	values := map[string]int{}
	for i, pair := range pairs {
		digits, ok := strings.CutPrefix(pair, names[i]+"=")
		if !ok {
			return nil, ErrMalformed
		}
		n, err := number(digits)
		if err != nil {
			return nil, err
		}
		values[names[i]] = n
	}
	return values, nil
}
