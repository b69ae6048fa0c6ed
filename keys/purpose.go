package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"maps"
	"sync"
	"sync/atomic"
)

// perPurpose makes a value once for each purpose, and finds it again without a lock. Purposes are constants of the program,
// so it stays small.
type perPurpose[T any] struct {
	derive func(purpose string) T
	made   atomic.Pointer[map[string]T]
	mu     sync.Mutex
}

func (p *perPurpose[T]) get(purpose string) T {
	if made := p.made.Load(); made != nil {
		if v, ok := (*made)[purpose]; ok {
			return v
		}
	}
	return p.add(purpose)
}

func (p *perPurpose[T]) add(purpose string) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := map[string]T{}
	if made := p.made.Load(); made != nil {
		if v, ok := (*made)[purpose]; ok {
			return v
		}
		next = maps.Clone(*made)
	}
	v := p.derive(purpose)
	next[purpose] = v
	p.made.Store(&next)
	return v
}

// derive is HKDF-SHA256 (RFC 5869) with an info that no other use of the same secret has.
func derive(secret masterKey, info string) []byte {
	key, err := hkdf.Key(sha256.New, secret[:], nil, info, sha256.Size)
	if err != nil {
		panic("keys: derive: " + err.Error())
	}
	return key
}
