package keys

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"math"
	"slices"
	"time"

	"signet/storage"
)

// kind is the records of this package. A record holds all keys of one algorithm and has its name as id, so that one version
// guards the whole order of keys: of two nodes that want to change it at once, one does.
var kind = &storage.Kind{Name: "key", Notify: true}

// schedule is the value of a record: keys in the order in which they sign. A key signs from its own Active until the next
// one's; what state it is in at a moment follows from these times alone, so a switch needs no write and no message, and nodes
// that cannot reach the storage make it at the same time as the others.
type schedule struct {
	Keys []storedKey `json:"keys"`
}

// storedKey is one key. Times are Unix seconds.
type storedKey struct {
	ID string `json:"kid"`
	// Created is when the key was published, Active from when it signs.
	Created int64 `json:"created"`
	Active  int64 `json:"active"`
	// Private is PKCS #8; the table seals the record.
	Private []byte `json:"private"`
}

// newStoredKey prepares a private key for a schedule; it has no times yet.
func newStoredKey(a *algorithm, private crypto.Signer) (storedKey, error) {
	if err := a.fits(private.Public()); err != nil {
		return storedKey{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return storedKey{}, fmt.Errorf("keys: encode %s key: %w", a.name, err)
	}
	return storedKey{ID: thumbprint(private.Public()), Private: der}, nil
}

// signing is the index of the key that signs at a moment: the last whose time has come. If the clock stands before them all,
// the first signs; to sign with none would help nobody.
func (s *schedule) signing(now int64) int {
	current := 0
	for i, k := range s.Keys {
		if k.Active <= now {
			current = i
		}
	}
	return current
}

// retired is when the key at an index stops signing; never as long as no other follows it.
func (s *schedule) retired(i int) int64 {
	if i+1 == len(s.Keys) {
		return math.MaxInt64
	}
	return s.Keys[i+1].Active
}

// gone is when nothing that the key signed can be alive any more.
func (s *schedule) gone(i int, retain time.Duration) int64 {
	if end := s.retired(i); end != math.MaxInt64 {
		return end + seconds(retain)
	}
	return math.MaxInt64
}

// next is the index of the key that is published but does not sign yet, or -1. There is at most one.
func (s *schedule) next(now int64) int {
	if last := len(s.Keys) - 1; last > s.signing(now) {
		return last
	}
	return -1
}

// due tells whether a next key must be published: there is none, and the signing one ends in less than lead.
func (s *schedule) due(now int64, c *Config) bool {
	if len(s.Keys) == 0 || s.next(now) >= 0 {
		return false
	}
	return now >= s.Keys[s.signing(now)].Active+seconds(c.Period-c.Lead)
}

// follow appends a key that signs from active on. A waiting next key is dropped: it never signed, so nobody misses it.
func (s *schedule) follow(k storedKey, created, active int64) {
	if len(s.Keys) > 0 {
		s.Keys = s.Keys[:s.signing(created)+1]
	}
	k.Created, k.Active = created, active
	s.Keys = append(s.Keys, k)
}

func (s *schedule) has(id string) bool {
	return slices.ContainsFunc(s.Keys, func(k storedKey) bool { return k.ID == id })
}

// prune removes the keys whose time is over and tells whether there were any.
func (s *schedule) prune(now int64, retain time.Duration) bool {
	over := 0
	for over < len(s.Keys) && s.gone(over, retain) <= now {
		over++
	}
	s.Keys = s.Keys[over:]
	return over > 0
}

// seconds rounds up, so that no wait is cut short.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
