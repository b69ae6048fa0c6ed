package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxToken is the longest token in bytes that is looked at, unless VerifyOptions say otherwise.
const MaxToken = 8 << 10

// AnyType in VerifyOptions.Types accepts every "typ" and none.
const AnyType = "*"

var (
	// ErrToken says that a token is malformed, of a wrong algorithm or type, or not signed by a key in question.
	ErrToken = errors.New("keys: token refused")
	// ErrUnknownKey is the ErrToken of a token that names a key which is not there. A caller whose keys come from elsewhere
	// may fetch them again.
	ErrUnknownKey = fmt.Errorf("%w: unknown key", ErrToken)
)

// VerifyOptions say what is accepted. The zero value accepts nothing.
type VerifyOptions struct {
	// Algorithms are the accepted values of "alg" (RFC 8725 §3.1).
	Algorithms []string
	// Types are the accepted values of "typ" (RFC 8725 §3.11), compared without regard to case and to a leading
	// "application/" (RFC 7515 §4.1.9). An empty string accepts its absence; AnyType accepts everything.
	Types []string
	// MaxBytes is the longest accepted token; 0 stands for MaxToken.
	MaxBytes int
}

// Header is the protected header of a token. Keys and addresses of keys in it ("jwk", "jku", "x5c", "x5u") are never used.
type Header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
	// Raw is the whole header, strict JSON.
	Raw []byte `json:"-"`
}

// Unverified is a token whose signature nobody has looked at.
type Unverified struct {
	Header  Header
	Payload []byte

	// algorithm is nil for a token whose algorithm takes a shared secret.
	algorithm *algorithm
	input     string
	signature []byte
}

// ParseUnverified takes a compact JWS apart and applies the options to its header. It is for finding out whose keys to verify
// with; nothing of what it returns may be believed. It returns an ErrToken.
func ParseUnverified(token string, opts VerifyOptions) (*Unverified, error) {
	limit := opts.MaxBytes
	if limit == 0 {
		limit = MaxToken
	}
	if len(token) > limit {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrToken, len(token), limit)
	}
	u, err := split(token)
	if err != nil {
		return nil, err
	}
	if err := u.readHeader(); err != nil {
		return nil, err
	}
	return u, u.admit(opts)
}

// split cuts at the two dots. An encrypted token has four and is no JWS.
func split(token string) (*Unverified, error) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(signature, ".") {
		return nil, fmt.Errorf("%w: not three parts", ErrToken)
	}
	u := &Unverified{input: token[:len(header)+1+len(payload)]}
	var errs [3]error
	u.Header.Raw, errs[0] = decodeB64(header)
	u.Payload, errs[1] = decodeB64(payload)
	u.signature, errs[2] = decodeB64(signature)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, errSpelling)
	}
	return u, nil
}

// readHeader refuses "crit" altogether: no extension is understood (RFC 7515 §4.1.11).
func (u *Unverified) readHeader() error {
	var h struct {
		Header
		Critical json.RawMessage `json:"crit"`
	}
	if err := DecodeJSON(u.Header.Raw, &h); err != nil {
		return fmt.Errorf("%w: header: %w", ErrToken, err)
	}
	if h.Critical != nil {
		return fmt.Errorf("%w: header with \"crit\"", ErrToken)
	}
	h.Header.Raw = u.Header.Raw
	u.Header = h.Header
	return nil
}

func (u *Unverified) admit(opts VerifyOptions) error {
	if !slices.Contains(opts.Algorithms, u.Header.Algorithm) {
		return fmt.Errorf("%w: algorithm %.20q", ErrToken, u.Header.Algorithm)
	}
	if !slices.ContainsFunc(opts.Types, func(want string) bool { return want == AnyType || sameType(want, u.Header.Type) }) {
		return fmt.Errorf("%w: type %.40q", ErrToken, u.Header.Type)
	}
	if _, ok := secretHashes[u.Header.Algorithm]; ok {
		return nil
	}
	a, err := algorithmByName(u.Header.Algorithm)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrToken, err)
	}
	u.algorithm = a
	return nil
}

func sameType(a, b string) bool {
	const prefix = "application/"
	a, b = strings.ToLower(a), strings.ToLower(b)
	return strings.TrimPrefix(a, prefix) == strings.TrimPrefix(b, prefix)
}

// Verify returns nil if one of the set's keys made the signature: the one that the header names, or, if it names none, any
// that suits. It returns an ErrUnknownKey or another ErrToken.
func (u *Unverified) Verify(set *Set) error {
	if u.algorithm == nil {
		return fmt.Errorf("%w: %s takes no public key", ErrToken, u.Header.Algorithm)
	}
	keys, known := set.candidates(u.Header.KeyID, u.algorithm)
	if u.Header.KeyID != "" && !known {
		return ErrUnknownKey
	}
	for _, k := range keys {
		if u.algorithm.verify(k.Key, []byte(u.input), u.signature) {
			return nil
		}
	}
	return fmt.Errorf("%w: signature", ErrToken)
}

// VerifyWith verifies a compact JWS with a set of public keys (client assertions, request objects, proofs) and returns header
// and payload. The claims are the caller's to check. It returns an ErrUnknownKey or another ErrToken.
//
// ECDSA signatures have two valid values each (RFC 7518 §3.4 does not choose), so a token's text does not identify it: use
// "jti" for what must be used once.
func VerifyWith(set *Set, token string, opts VerifyOptions) (Header, []byte, error) {
	u, err := ParseUnverified(token, opts)
	if err != nil {
		return Header{}, nil, err
	}
	if err := u.Verify(set); err != nil {
		return Header{}, nil, err
	}
	return u.Header, u.Payload, nil
}
