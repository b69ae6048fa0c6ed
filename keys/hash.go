package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// keyedHash is HMAC-SHA256 with one key. Its states are kept for reuse, which saves hashing the key each time.
type keyedHash struct {
	states sync.Pool
}

func newKeyedHash(key []byte) *keyedHash {
	h := &keyedHash{}
	h.states.New = func() any { return hmac.New(sha256.New, key) }
	return h
}

func (h *keyedHash) sum(value []byte) []byte {
	state := h.states.Get().(hash.Hash)
	defer h.states.Put(state)
	state.Reset()
	state.Write(value)
	return state.Sum(make([]byte, 0, sha256.Size))
}

// Hash returns HMAC-SHA256 of value under a key of the purpose. The key comes from the Master's hash key, which no change of
// master keys touches: what was hashed once is found for ever.
func (s *Sealer) Hash(purpose string, value []byte) []byte {
	return s.hashes.get(purpose).sum(value)
}
