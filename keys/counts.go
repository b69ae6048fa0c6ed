package keys

import (
	"slices"
	"sync/atomic"
)

// newCounts has a counter for every algorithm with which the issuer may sign.
func newCounts() map[string]*atomic.Int64 {
	counts := map[string]*atomic.Int64{}
	for _, name := range slices.Concat(Algorithms(), SecretAlgorithms()) {
		counts[name] = new(atomic.Int64)
	}
	return counts
}

// Signatures is how many signatures have been made here with an algorithm, those with shared secrets included, since the Ring
// was opened. An unknown algorithm has made none.
func (r *Ring) Signatures(algorithm string) int64 {
	if n, ok := r.signed[algorithm]; ok {
		return n.Load()
	}
	return 0
}

// SignWithSecret does what SignJWTWithSecret does, and counts it.
func (r *Ring) SignWithSecret(algorithm string, secret Secret, typ string, claims []byte) (string, error) {
	token, err := SignJWTWithSecret(algorithm, secret, typ, claims)
	if err == nil {
		r.signed[algorithm].Add(1)
	}
	return token, err
}
