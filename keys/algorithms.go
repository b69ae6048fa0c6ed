package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Sizes of RSA keys in bits: what is generated, and what is accepted from elsewhere. Larger ones only cost time, smaller ones
// are broken sooner than the rest.
const (
	rsaBits    = 2048
	minRSABits = 2048
	maxRSABits = 4096
)

// ErrAlgorithm says that a name is not in the table of algorithms, or that a key does not fit its algorithm.
var ErrAlgorithm = errors.New("keys: algorithm")

// algorithm is a row of the table: a signature algorithm of JWA (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864) and the keys that fit it.
type algorithm struct {
	name string
	// kty is the key type in a JWK: RSA, EC or OKP.
	kty string
	// hash is what is signed of the message; 0 says the message itself.
	hash crypto.Hash
	// pss distinguishes RSASSA-PSS from PKCS #1 v1.5.
	pss bool
	// curve is that of an EC key, crv its name in a JWK (or that of an OKP key).
	curve elliptic.Curve
	crv   string
	// decrypts says that keys of the row open what others encrypted, and never sign.
	decrypts bool
}

// table is in the order of preference in which discovery and JWKS show it.
var table = []*algorithm{
	{name: "RS256", kty: "RSA", hash: crypto.SHA256},
	{name: "RS384", kty: "RSA", hash: crypto.SHA384},
	{name: "RS512", kty: "RSA", hash: crypto.SHA512},
	{name: "PS256", kty: "RSA", hash: crypto.SHA256, pss: true},
	{name: "PS384", kty: "RSA", hash: crypto.SHA384, pss: true},
	{name: "PS512", kty: "RSA", hash: crypto.SHA512, pss: true},
	{name: "ES256", kty: "EC", hash: crypto.SHA256, curve: elliptic.P256(), crv: "P-256"},
	{name: "ES384", kty: "EC", hash: crypto.SHA384, curve: elliptic.P384(), crv: "P-384"},
	{name: "ES512", kty: "EC", hash: crypto.SHA512, curve: elliptic.P521(), crv: "P-521"},
	{name: "EdDSA", kty: "OKP", crv: "Ed25519"},
	{name: "Ed25519", kty: "OKP", crv: "Ed25519"}, // the same, as RFC 9864 §2.2 spells it
}

// initial are the algorithms that have a key from the first start on, and so have those of decryption; the others get one when
// they are first asked for.
var initial = []string{"RS256", "ES256"}

// Algorithms are the names of all signature algorithms, for discovery (OpenID Connect Discovery §3). Each both signs and
// verifies.
func Algorithms() []string {
	names := make([]string, len(table))
	for i, a := range table {
		names[i] = a.name
	}
	return names
}

// algorithmByName returns a row of the table or an ErrAlgorithm. Names are compared exactly: "none", "None" and the HMAC
// algorithms are not in the table.
func algorithmByName(name string) (*algorithm, error) {
	i := slices.IndexFunc(table, func(a *algorithm) bool { return a.name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %.20q is not supported", ErrAlgorithm, name)
	}
	return table[i], nil
}

// generate makes a private key of the algorithm.
func (a *algorithm) generate(rand io.Reader) (crypto.Signer, error) {
	switch a.kty {
	case "RSA":
		return rsa.GenerateKey(rand, rsaBits)
	case "EC":
		return ecdsa.GenerateKey(a.curve, rand)
	}
	_, key, err := ed25519.GenerateKey(rand)
	return key, err
}

// fits returns an ErrAlgorithm unless the public key is sound and of the algorithm's type and curve.
func (a *algorithm) fits(public crypto.PublicKey) error {
	if err := checkPublic(public); err != nil {
		return err
	}
	kty, crv := shape(public)
	if kty != a.kty || crv != a.crv {
		return fmt.Errorf("%w: a key of type %s %s is none for %s", ErrAlgorithm, kty, crv, a.name)
	}
	return nil
}

// shape names a public key's type and curve as a JWK does; an unsupported one has none.
func shape(public crypto.PublicKey) (kty, crv string) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return "RSA", ""
	case *ecdsa.PublicKey:
		return "EC", k.Params().Name
	case ed25519.PublicKey:
		return "OKP", "Ed25519"
	}
	return "", ""
}

// checkPublic refuses weak and malformed keys (RFC 7518 §3.3 and §6.3; RFC 8725 §3.4 for curves).
func checkPublic(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return checkRSA(k)
	case *ecdsa.PublicKey:
		return checkEC(k)
	case ed25519.PublicKey:
		return checkEd25519(k)
	}
	return fmt.Errorf("%w: keys of type %T are not supported", ErrAlgorithm, public)
}

func checkRSA(k *rsa.PublicKey) error {
	bits := k.N.BitLen()
	switch {
	case bits < minRSABits || bits > maxRSABits:
		return fmt.Errorf("%w: RSA key of %d bits, allowed %d to %d", ErrAlgorithm, bits, minRSABits, maxRSABits)
	case k.N.Bit(0) == 0:
		return fmt.Errorf("%w: RSA key with an even modulus", ErrAlgorithm)
	case k.E < 3 || k.E&1 == 0 || k.E > 1<<31-1:
		return fmt.Errorf("%w: RSA key with exponent %d", ErrAlgorithm, k.E)
	}
	return nil
}

func checkEC(k *ecdsa.PublicKey) error {
	if !slices.ContainsFunc(table, func(a *algorithm) bool { return a.kty == "EC" && a.curve == k.Curve }) {
		return fmt.Errorf("%w: EC key on another curve than P-256, P-384 and P-521", ErrAlgorithm)
	}
	if _, err := k.ECDH(); err != nil {
		return fmt.Errorf("%w: EC key that is not a point of its curve", ErrAlgorithm)
	}
	return nil
}

// use is the "use" of the algorithm's keys in a JWK (RFC 7517 §4.2).
func (a *algorithm) use() string {
	if a.decrypts {
		return "enc"
	}
	return "sig"
}
