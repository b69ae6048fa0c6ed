package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// PublicKey is a public JWK (RFC 7517): a key and what its owner says of it.
type PublicKey struct {
	// ID is "kid", Algorithm "alg", Use "use" ("sig" or "enc"); each may be empty.
	ID, Algorithm, Use string
	// Operations are "key_ops"; none means any.
	Operations []string
	// Key is an *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey.
	Key crypto.PublicKey
}

// jwk is the JSON form of a public key with the members of RFC 7518 §6 and RFC 8037 §2.
type jwk struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use,omitempty"`
	Operations []string `json:"key_ops,omitempty"`
	Algorithm  string   `json:"alg,omitempty"`
	ID         string   `json:"kid,omitempty"`
	Curve      string   `json:"crv,omitempty"`
	N          string   `json:"n,omitempty"`
	E          string   `json:"e,omitempty"`
	X          string   `json:"x,omitempty"`
	Y          string   `json:"y,omitempty"`
}

// errUnsupported says that a key is of a type or on a curve that this package does not use; RFC 7517 §5 has it ignored.
var errUnsupported = errors.New("keys: jwk: unsupported")

// ParseJWK reads one public key. It returns an ErrJWKS if it is malformed, weak, private, symmetric or of an unsupported type.
func ParseJWK(data []byte) (PublicKey, error) {
	if err := CheckJSON(data); err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrJWKS, err)
	}
	key, err := parseJWK(data)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrJWKS, err)
	}
	return key, nil
}

func parseJWK(data []byte) (PublicKey, error) {
	if err := refuseSecret(data); err != nil {
		return PublicKey{}, err
	}
	var j jwk
	if err := DecodeJSON(data, &j); err != nil {
		return PublicKey{}, err
	}
	public, err := j.public()
	if err != nil {
		return PublicKey{}, err
	}
	if err := checkPublic(public); err != nil {
		return PublicKey{}, err
	}
	return PublicKey{ID: j.ID, Algorithm: j.Algorithm, Use: j.Use, Operations: j.Operations, Key: public}, nil
}

// refuseSecret looks at the members whatever the key's type says.
func refuseSecret(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return errors.New("a key is an object")
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members[name]; ok {
			return fmt.Errorf("a private or symmetric key (member %q)", name)
		}
	}
	return nil
}

func (j jwk) public() (crypto.PublicKey, error) {
	switch {
	case j.Type == "RSA":
		return j.rsa()
	case j.Type == "EC":
		return j.ec()
	case j.Type == "OKP" && j.Curve == "Ed25519":
		x, err := decodeB64(j.X)
		if err != nil {
			return nil, fmt.Errorf("x: %w", err)
		}
		return ed25519.PublicKey(x), nil
	case j.Type == "":
		return nil, errors.New("no \"kty\"")
	case j.Type == "oct":
		return nil, errors.New("a symmetric key")
	}
	return nil, fmt.Errorf("%w: kty %.20q, crv %.20q", errUnsupported, j.Type, j.Curve)
}

// rsa bounds modulus and exponent before any arithmetic is done with them.
func (j jwk) rsa() (crypto.PublicKey, error) {
	n, errN := decodeB64(j.N)
	e, errE := decodeB64(j.E)
	if err := errors.Join(errN, errE); err != nil {
		return nil, err
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if modulus.BitLen() > maxRSABits || exponent.BitLen() > 31 {
		return nil, fmt.Errorf("%w: RSA modulus of %d bits, exponent of %d", ErrAlgorithm, modulus.BitLen(), exponent.BitLen())
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

// ec takes coordinates of full length only (RFC 7518 §6.2.1.2), and only points on the curve.
func (j jwk) ec() (crypto.PublicKey, error) {
	for _, a := range table {
		if a.kty != "EC" || a.crv != j.Curve {
			continue
		}
		x, errX := decodeB64(j.X)
		y, errY := decodeB64(j.Y)
		if err := errors.Join(errX, errY); err != nil {
			return nil, err
		}
		if len(x) != a.coordinate() || len(y) != a.coordinate() {
			return nil, fmt.Errorf("%w: coordinates of %d and %d bytes on %s", ErrAlgorithm, len(x), len(y), a.crv)
		}
		return ecdsa.ParseUncompressedPublicKey(a.curve, append(append([]byte{4}, x...), y...))
	}
	return nil, fmt.Errorf("%w: kty %q, crv %.20q", errUnsupported, j.Type, j.Curve)
}

// parameters are the members that make the key itself.
func parameters(public crypto.PublicKey) jwk {
	kty, crv := shape(public)
	j := jwk{Type: kty, Curve: crv}
	switch k := public.(type) {
	case *rsa.PublicKey:
		j.N = b64.EncodeToString(k.N.Bytes())
		j.E = b64.EncodeToString(big.NewInt(int64(k.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic("keys: jwk: " + err.Error())
		}
		half := (len(point) - 1) / 2
		j.X, j.Y = b64.EncodeToString(point[1:1+half]), b64.EncodeToString(point[1+half:])
	case ed25519.PublicKey:
		j.X = b64.EncodeToString(k)
	}
	return j
}

// MarshalJSON writes the public JWK.
func (k PublicKey) MarshalJSON() ([]byte, error) {
	if err := checkPublic(k.Key); err != nil {
		return nil, err
	}
	j := parameters(k.Key)
	j.ID, j.Algorithm, j.Use, j.Operations = k.ID, k.Algorithm, k.Use, k.Operations
	return json.Marshal(j)
}

// Thumbprint is the RFC 7638 SHA-256 thumbprint of the key in base64url, as in "jkt" (RFC 9449 §6.1).
func (k PublicKey) Thumbprint() string { return thumbprint(k.Key) }

// thumbprint hashes the required members in the order of their names; none of the values needs escaping.
func thumbprint(public crypto.PublicKey) string {
	j := parameters(public)
	var text string
	switch j.Type {
	case "RSA":
		text = `{"e":"` + j.E + `","kty":"RSA","n":"` + j.N + `"}`
	case "EC":
		text = `{"crv":"` + j.Curve + `","kty":"EC","x":"` + j.X + `","y":"` + j.Y + `"}`
	default:
		text = `{"crv":"` + j.Curve + `","kty":"` + j.Type + `","x":"` + j.X + `"}`
	}
	sum := sha256.Sum256([]byte(text))
	return b64.EncodeToString(sum[:])
}
