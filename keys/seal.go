package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"signet/storage"
)

// Overhead is by how many bytes a sealed value is longer than its plaintext: key id, nonce and tag.
const Overhead = 1 + xaesNonce + xaesTag

// ErrSeal says that a value was not sealed here for this purpose with this associated data, or was changed since.
var ErrSeal = errors.New("keys: seal broken")

// Sealer encrypts and authenticates values, and hashes them with a key. It implements storage.Sealer; its methods may be
// called at once from many goroutines.
//
// A sealed value is: id of the master key (1 byte), nonce (24 bytes), ciphertext with tag, by XAES-256-GCM. Each purpose
// has its own key, derived from master key, id and purpose, so neither the id nor the purpose can be exchanged. Purposes
// are constants of the program.
type Sealer struct {
	rand    io.Reader
	current byte
	keys    [256]*perName[*xaes]
	hashes  perName[*keyedHash]
}

var _ storage.Sealer = (*Sealer)(nil)

// NewSealer returns the Sealer of a Master. rand gives the nonces; without randomness Seal panics, since nothing may go on.
func NewSealer(m *Master, rand io.Reader) *Sealer {
	s := &Sealer{rand: rand, current: m.Current()}
	for _, k := range m.keys {
		prefix := "signet seal 1 " + string([]byte{k.id})
		s.keys[k.id] = &perName[*xaes]{derive: func(purpose string) *xaes {
			return newXAES(derive(k.key, prefix+purpose))
		}}
	}
	root := m.hash
	s.hashes.derive = func(purpose string) *keyedHash {
		return newKeyedHash(derive(root, "signet hash 1 "+purpose))
	}
	return s
}

// Seal returns a sealed form of plaintext. Open gives it back for the same purpose and associated data only.
func (s *Sealer) Seal(purpose string, plaintext, associated []byte) []byte {
	return s.AppendSeal(make([]byte, 0, len(plaintext)+Overhead), purpose, plaintext, associated)
}

// AppendSeal appends to dst what Seal returns. plaintext must not lie in dst's free room.
func (s *Sealer) AppendSeal(dst []byte, purpose string, plaintext, associated []byte) []byte {
	dst = append(slices.Grow(dst, len(plaintext)+Overhead), s.current)
	start := len(dst)
	dst = dst[:start+xaesNonce]
	nonce := dst[start:]
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		panic("keys: seal: randomness: " + err.Error())
	}
	return s.keys[s.current].get(purpose).appendSeal(dst, nonce, plaintext, associated)
}

// Open returns what was sealed, or an ErrSeal.
func (s *Sealer) Open(purpose string, sealed, associated []byte) ([]byte, error) {
	return s.appendOpen(nil, purpose, sealed, associated)
}

func (s *Sealer) appendOpen(dst []byte, purpose string, sealed, associated []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrSeal
	}
	keys := s.keys[sealed[0]]
	if keys == nil {
		return nil, fmt.Errorf("%w: no master key %d here", ErrSeal, sealed[0])
	}
	nonce, ciphertext := sealed[1:1+xaesNonce], sealed[1+xaesNonce:]
	plain, err := keys.get(purpose).appendOpen(dst, nonce, ciphertext, associated)
	if err != nil {
		return nil, ErrSeal
	}
	return plain, nil
}

// SealString seals as Seal does and returns base64url without padding.
func (s *Sealer) SealString(purpose string, plaintext, associated []byte) string {
	return b64.EncodeToString(s.Seal(purpose, plaintext, associated))
}

// OpenString opens what SealString returned. Any other spelling of the same bytes is an ErrSeal, so a string can stand for
// what it seals.
func (s *Sealer) OpenString(purpose, sealed string, associated []byte) ([]byte, error) {
	raw, err := decodeB64(sealed)
	if err != nil || len(raw) < Overhead {
		return nil, ErrSeal
	}
	return s.appendOpen(raw[1+xaesNonce:1+xaesNonce], purpose, raw, associated)
}

// Stale tells whether a sealed value should be sealed again because its master key is not the current one.
func (s *Sealer) Stale(sealed []byte) bool { return len(sealed) > 0 && sealed[0] != s.current }

// decodeB64 accepts the canonical spelling only. The decoder skips line breaks, which the length gives away.
func decodeB64(s string) ([]byte, error) {
	raw, err := b64.DecodeString(s)
	if err != nil || b64.EncodedLen(len(raw)) != len(s) {
		return nil, errSpelling
	}
	return raw, nil
}

var errSpelling = errors.New("not base64url without padding")

// derive is HKDF-SHA256 (RFC 5869) with an info that no other use of the same secret has.
func derive(secret masterKey, info string) []byte {
	key, err := hkdf.Key(sha256.New, secret[:], nil, info, sha256.Size)
	if err != nil {
		panic("keys: derive: " + err.Error())
	}
	return key
}
