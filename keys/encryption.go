package keys

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"slices"
)

// keyEncryption is a row of the table of algorithms that bring the key of an encrypted token to its recipient (RFC 7518 §4.1).
// RSA1_5 is not among them, as its padding betrays keys to whoever may ask often; nor is "dir", nor what a password or another
// shared secret unwraps: who could open such a token could also have made it.
type keyEncryption struct {
	name string
	// kty is the key type in the recipient's JWK: RSA or EC.
	kty string
	// operations are the "key_ops" with which a key may serve; one of them is enough.
	operations []string
	// agreed says that both sides agree on the content's key, so that no encrypted key travels (RFC 7518 §4.6).
	agreed bool
}

var keyEncryptions = []keyEncryption{
	{name: "RSA-OAEP-256", kty: "RSA", operations: []string{"wrapKey", "encrypt"}},
	{name: "ECDH-ES", kty: "EC", operations: []string{"deriveKey", "deriveBits"}, agreed: true},
	{name: "ECDH-ES+A128KW", kty: "EC", operations: []string{"deriveKey", "deriveBits"}},
	{name: "ECDH-ES+A256KW", kty: "EC", operations: []string{"deriveKey", "deriveBits"}},
}

// contentEncryption is a row of the table of algorithms that encrypt the content (RFC 7518 §5.1), with the lengths of its
// initialization vector and its tag in bytes.
type contentEncryption struct {
	name    string
	iv, tag int
}

var contentEncryptions = []contentEncryption{
	{"A128CBC-HS256", 16, 16},
	{"A256CBC-HS512", 16, 32},
	{"A128GCM", 12, 16},
	{"A256GCM", 12, 16},
}

// DefaultContentEncryption is what stands for an "enc" that was left out (OpenID Connect Registration §2).
const DefaultContentEncryption = "A128CBC-HS256"

// decryption are the rows of the issuer's own keys that others encrypt with, one for each type of key. The EC key serves all
// ECDH-ES algorithms, so it is published without one.
var decryption = []*algorithm{
	{name: "RSA-OAEP-256", kty: "RSA", decrypts: true},
	{name: "ECDH-ES", kty: "EC", curve: elliptic.P256(), crv: "P-256", decrypts: true},
}

// rows are all algorithms that the issuer may have keys for.
var rows = slices.Concat(table, decryption)

// ErrNoKey says that a client has no key that a message could be encrypted with.
var ErrNoKey = errors.New("keys: no key to encrypt with")

// EncryptionAlgorithms are the names of the algorithms for "alg" of encrypted tokens, for discovery. Each both encrypts and
// decrypts.
func EncryptionAlgorithms() []string {
	names := make([]string, len(keyEncryptions))
	for i, a := range keyEncryptions {
		names[i] = a.name
	}
	return names
}

// ContentEncryptions are the names of the algorithms for "enc" of encrypted tokens, for discovery.
func ContentEncryptions() []string {
	names := make([]string, len(contentEncryptions))
	for i, e := range contentEncryptions {
		names[i] = e.name
	}
	return names
}

func keyEncryptionByName(name string) (*keyEncryption, error) {
	i := slices.IndexFunc(keyEncryptions, func(a keyEncryption) bool { return a.name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %.20q is not supported for encryption", ErrAlgorithm, name)
	}
	return &keyEncryptions[i], nil
}

func contentEncryptionByName(name string) (*contentEncryption, error) {
	i := slices.IndexFunc(contentEncryptions, func(e contentEncryption) bool { return e.name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %.20q is not supported for content", ErrAlgorithm, name)
	}
	return &contentEncryptions[i], nil
}

// rowByName returns an algorithm that the issuer may have keys for, of either use, or an ErrAlgorithm.
func rowByName(name string) (*algorithm, error) {
	i := slices.IndexFunc(rows, func(a *algorithm) bool { return a.name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %.20q is not supported", ErrAlgorithm, name)
	}
	return rows[i], nil
}
