package keys

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// MaxEncryptedToken is the longest encrypted token in bytes that is looked at, unless DecryptOptions say otherwise: a token of
// MaxToken within another.
const MaxEncryptedToken = 12 << 10

// DecryptOptions say what is accepted. The zero value accepts nothing.
type DecryptOptions struct {
	// Algorithms are the accepted values of "alg", Encryptions those of "enc" (RFC 8725 §3.1).
	Algorithms, Encryptions []string
	// MaxBytes is the longest accepted token; 0 stands for MaxEncryptedToken.
	MaxBytes int
}

// IsEncrypted tells whether a text of at most MaxEncryptedToken bytes has the five parts of a compact JWE (RFC 7516 §9).
func IsEncrypted(token string) bool {
	return len(token) <= MaxEncryptedToken && strings.Count(token, ".") == 4
}

// encrypted is a compact JWE that was taken apart and admitted.
type encrypted struct {
	header    encryptedHeader
	algorithm *keyEncryption
	object    *jose.JSONWebEncryption
}

// encryptedHeader is what is looked at of the protected header. Keys and addresses of keys in it are never used, the ephemeral
// one of ECDH-ES aside.
type encryptedHeader struct {
	Algorithm   string          `json:"alg"`
	Encryption  string          `json:"enc"`
	KeyID       string          `json:"kid"`
	ContentType string          `json:"cty"`
	Compression json.RawMessage `json:"zip"`
	Critical    json.RawMessage `json:"crit"`
	Ephemeral   json.RawMessage `json:"epk"`
}

// Decrypt opens a compact JWE that was encrypted with one of the issuer's published keys, or with one that was published until
// lately, and returns what is in it with its "cty". Who encrypted it is not known: what is in it must be signed, or be believed
// no more than plain text. It returns an ErrUnknownKey or another ErrToken.
func (r *Ring) Decrypt(ctx context.Context, token string, opts DecryptOptions) (plaintext []byte, contentType string, err error) {
	e, err := parseEncrypted(token, opts)
	if err != nil {
		return nil, "", err
	}
	known := r.decrypters(e)
	if len(known) == 0 && r.lookAgain(ctx) {
		known = r.decrypters(e)
	}
	if len(known) == 0 {
		return nil, "", ErrUnknownKey
	}
	for _, d := range known {
		if plaintext, err := e.object.Decrypt(d.key); err == nil {
			return plaintext, e.header.ContentType, nil
		}
	}
	// One answer for whatever went wrong: it must not help anybody to find a plaintext by asking.
	return nil, "", fmt.Errorf("%w: it does not open", ErrToken)
}

// decrypters are the keys that may open a token: the one that it names or, if it names none, all of its algorithm's type.
func (r *Ring) decrypters(e *encrypted) []*decrypter {
	var keys []*decrypter
	for _, d := range r.current().decrypting {
		if d.algorithm.kty == e.algorithm.kty && (e.header.KeyID == "" || e.header.KeyID == d.KeyID) {
			keys = append(keys, d)
		}
	}
	return keys
}

// parseEncrypted judges all that can be judged without a key, the length before anything else.
func parseEncrypted(token string, opts DecryptOptions) (*encrypted, error) {
	limit := opts.MaxBytes
	if limit == 0 {
		limit = MaxEncryptedToken
	}
	if len(token) > limit {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrToken, len(token), limit)
	}
	parts := strings.SplitN(token, ".", 6)
	if len(parts) != 5 {
		return nil, fmt.Errorf("%w: not five parts", ErrToken)
	}
	var raw [5][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = decodeB64(part); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrToken, err)
		}
	}
	e := &encrypted{}
	if err := DecodeJSON(raw[0], &e.header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrToken, err)
	}
	if err := e.admit(opts, raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	var err error
	e.object, err = jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(e.header.Algorithm)}, []jose.ContentEncryption{jose.ContentEncryption(e.header.Encryption)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return e, nil
}

// admit refuses compression, which turns a small token into a large one (RFC 8725 §3.6), and extensions, of which none is
// understood. Lengths are exact, so that a token has one spelling.
func (e *encrypted) admit(opts DecryptOptions, raw [5][]byte) error {
	h := &e.header
	switch {
	case !slices.Contains(opts.Algorithms, h.Algorithm):
		return fmt.Errorf("algorithm %.20q", h.Algorithm)
	case !slices.Contains(opts.Encryptions, h.Encryption):
		return fmt.Errorf("content encryption %.20q", h.Encryption)
	case h.Compression != nil:
		return errors.New("header with \"zip\"")
	case h.Critical != nil:
		return errors.New("header with \"crit\"")
	}
	content, err := contentEncryptionByName(h.Encryption)
	if err != nil {
		return err
	}
	if e.algorithm, err = keyEncryptionByName(h.Algorithm); err != nil {
		return err
	}
	switch {
	case len(raw[2]) != content.iv || len(raw[4]) != content.tag:
		return fmt.Errorf("initialization vector of %d and tag of %d bytes", len(raw[2]), len(raw[4]))
	case e.algorithm.agreed != (len(raw[1]) == 0):
		return fmt.Errorf("encrypted key of %d bytes", len(raw[1]))
	case e.algorithm.kty == "EC":
		return checkEphemeral(h.Ephemeral)
	}
	return nil
}

// checkEphemeral takes only a sound point of the curve of the issuer's key (RFC 8725 §3.4).
func checkEphemeral(raw json.RawMessage) error {
	key, err := parseJWK(raw)
	if err != nil {
		return fmt.Errorf("epk: %w", err)
	}
	if public, ok := key.Key.(*ecdsa.PublicKey); !ok || public.Curve != decryption[1].curve {
		return errors.New("epk: not a point of P-256")
	}
	return nil
}
