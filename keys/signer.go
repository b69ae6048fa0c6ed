package keys

import (
	"crypto"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
)

// Signer signs with one key and one algorithm. It may be used by many goroutines at once.
type Signer struct {
	// KeyID is the RFC 7638 thumbprint of the public key, the "kid" of header and JWKS.
	KeyID string
	// Algorithm is the "alg" of the header.
	Algorithm string

	algorithm *algorithm
	key       crypto.Signer
	rand      io.Reader
	// headers are the encoded headers with the dot behind them, by "typ".
	headers perName[string]
	// signed counts signatures; the keys of a Ring share one count for each algorithm.
	signed *atomic.Int64
}

// NewSigner returns a Signer of a private key, in memory or in a device. It returns an ErrAlgorithm if the name is unknown or
// the key does not fit it.
func NewSigner(algorithm string, key crypto.Signer, rand io.Reader) (*Signer, error) {
	a, err := algorithmByName(algorithm)
	if err != nil {
		return nil, err
	}
	if err := a.fits(key.Public()); err != nil {
		return nil, err
	}
	s := &Signer{KeyID: thumbprint(key.Public()), Algorithm: a.name, algorithm: a, key: key, rand: rand, signed: new(atomic.Int64)}
	s.headers.derive = s.header
	return s, nil
}

// Public is the public key as clients see it.
func (s *Signer) Public() PublicKey {
	return PublicKey{ID: s.KeyID, Algorithm: s.Algorithm, Use: "sig", Key: s.key.Public()}
}

// SignJWT returns claims, a JSON object, as a compact JWS (RFC 7515 §3.1) whose header has "alg", "kid" and, unless it is
// empty, "typ". Types are constants of the program.
func (s *Signer) SignJWT(typ string, claims []byte) (string, error) {
	header := s.headers.get(typ)
	size := len(header) + b64.EncodedLen(len(claims)) + 1 + b64.EncodedLen(s.algorithm.signatureSize(s.key.Public()))
	token := append(make([]byte, 0, size), header...)
	token = b64.AppendEncode(token, claims)
	sig, err := s.algorithm.sign(s.key, s.rand, token)
	if err != nil {
		return "", fmt.Errorf("keys: sign with %s: %w", s.Algorithm, err)
	}
	s.signed.Add(1)
	token = append(token, '.')
	return string(b64.AppendEncode(token, sig)), nil
}

func (s *Signer) header(typ string) string { return encodeHeader(s.Algorithm, s.KeyID, typ) }

// encodeHeader returns the encoded header with the dot behind it.
func encodeHeader(algorithm, keyID, typ string) string {
	h, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid,omitempty"`
		Type      string `json:"typ,omitempty"`
	}{algorithm, keyID, typ})
	if err != nil {
		panic("keys: header: " + err.Error())
	}
	return b64.EncodeToString(h) + "."
}

// String names the key, and keeps the private one from being printed.
func (s *Signer) String() string { return s.Algorithm + " " + s.KeyID }

// Format prints what String returns for every verb.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
