package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ErrJWKS says that a key set is not acceptable; the error names the key and the reason, for the client's developer.
var ErrJWKS = errors.New("keys: jwks")

// Limits bound a key set. A zero field stands for its default.
type Limits struct {
	// Bytes is the largest size of the text; 64 KiB by default.
	Bytes int
	// Keys is the largest number of keys, ignored ones included; 32 by default.
	Keys int
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 64 << 10
	}
	if l.Keys == 0 {
		l.Keys = 32
	}
	return l
}

// Set is a set of public keys, as clients register them.
type Set struct {
	Keys []PublicKey
}

// ParseJWKS reads a set of public keys (RFC 7517 §5). Keys of an unknown type or curve are ignored, as the RFC asks. The whole
// set is refused with an ErrJWKS if it exceeds the limits, is malformed or has duplicate members, if a key is weak (RSA below
// 2048 or above 4096 bits, even exponent), not on its curve, private or symmetric, or if two keys have one "kid".
func ParseJWKS(data []byte, limits Limits) (*Set, error) {
	limits = limits.withDefaults()
	if len(data) > limits.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrJWKS, len(data), limits.Bytes)
	}
	var text struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := DecodeJSON(data, &text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJWKS, err)
	}
	switch {
	case text.Keys == nil:
		return nil, fmt.Errorf("%w: no member \"keys\"", ErrJWKS)
	case len(text.Keys) > limits.Keys:
		return nil, fmt.Errorf("%w: %d keys, allowed %d", ErrJWKS, len(text.Keys), limits.Keys)
	}
	return parseKeys(text.Keys)
}

func parseKeys(raw []json.RawMessage) (*Set, error) {
	set := &Set{}
	for i, text := range raw {
		key, err := parseJWK(text)
		if errors.Is(err, errUnsupported) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: key %d: %w", ErrJWKS, i+1, err)
		}
		if key.ID != "" && set.has(key.ID) {
			return nil, fmt.Errorf("%w: key %d: another one has its \"kid\" %.80q", ErrJWKS, i+1, key.ID)
		}
		set.Keys = append(set.Keys, key)
	}
	return set, nil
}

func (s *Set) has(id string) bool {
	return slices.ContainsFunc(s.Keys, func(k PublicKey) bool { return k.ID == id })
}

// candidates are the keys that may have made a signature: the one that the header names, or, if it names none, all that suit
// the algorithm. known tells whether the named one is there at all.
func (s *Set) candidates(id string, a *algorithm) (keys []PublicKey, known bool) {
	for _, k := range s.Keys {
		if id != "" && k.ID != id {
			continue
		}
		known = true
		if k.verifies(a) {
			keys = append(keys, k)
		}
	}
	return keys, known
}

// verifies tells whether the key's owner meant it for signatures of the algorithm, and whether it fits. The look at its
// soundness is repeated at every use, for keys that came from elsewhere than ParseJWKS.
func (k PublicKey) verifies(a *algorithm) bool {
	return (k.Use == "" || k.Use == "sig") &&
		(k.Algorithm == "" || k.Algorithm == a.name) &&
		(len(k.Operations) == 0 || slices.Contains(k.Operations, "verify")) &&
		a.fits(k.Key) == nil
}
