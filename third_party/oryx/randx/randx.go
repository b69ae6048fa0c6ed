// Package randx has what fosite needs to draw user codes.
package randx

import (
	"crypto/rand"
	"errors"
	"math/big"
)

// AlphaUpper is the Latin capital letters.
const AlphaUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// RuneSequence draws n runes from the alphabet, each equally likely.
func RuneSequence(n int, alphabet []rune) ([]rune, error) {
	if n < 0 || len(alphabet) == 0 {
		return nil, errors.New("randx: nothing to draw from")
	}
	size := big.NewInt(int64(len(alphabet)))
	out := make([]rune, n)
	for i := range out {
		k, err := rand.Int(rand.Reader, size)
		if err != nil {
			return nil, err
		}
		out[i] = alphabet[k.Int64()]
	}
	return out, nil
}
