package playground

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
)

// clientKey is the key pair of a registered client. It signs what proves who the client is: ES256, which is short.
type clientKey struct {
	private *ecdsa.PrivateKey
	rand    io.Reader
	// kid is the key's thumbprint (RFC 7638), public its JWK Set.
	kid    string
	public json.RawMessage
}

// keyAlg is the algorithm of client keys (RFC 7518 §3.4).
const keyAlg = "ES256"

// jwk is a public key of the curve P-256 (RFC 7518 §6.2.1). The first four members, in this order, are what the thumbprint is of.
type jwk struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y"`
	KID   string `json:"kid,omitempty"`
	Use   string `json:"use,omitempty"`
	Alg   string `json:"alg,omitempty"`
}

// newClientKey makes a key pair.
func newClientKey(rand io.Reader) (*clientKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, fmt.Errorf("playground: key: %w", err)
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, fmt.Errorf("playground: key: %w", err)
	}
	half := (len(point) - 1) / 2
	key := jwk{Curve: "P-256", Type: "EC", X: base64url(point[1 : 1+half]), Y: base64url(point[1+half:])}
	canonical, err := json.Marshal(key)
	if err != nil {
		return nil, fmt.Errorf("playground: key: %w", err)
	}
	sum := sha256.Sum256(canonical)
	key.KID, key.Use, key.Alg = base64url(sum[:]), "sig", keyAlg
	set, err := json.Marshal(map[string][]jwk{"keys": {key}})
	if err != nil {
		return nil, fmt.Errorf("playground: key: %w", err)
	}
	return &clientKey{private: private, rand: rand, kid: key.KID, public: set}, nil
}

// sign makes a JWT of a type (RFC 7515 §7.1).
func (k *clientKey) sign(typ string, claims map[string]any) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": keyAlg, "kid": k.kid, "typ": typ})
	if err != nil {
		return "", fmt.Errorf("playground: sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("playground: sign: %w", err)
	}
	text := base64url(header) + "." + base64url(payload)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(k.rand, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("playground: sign: %w", err)
	}
	var signature [64]byte // r and s, each as long as the curve's order (RFC 7518 §3.4)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64url(signature[:]), nil
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
