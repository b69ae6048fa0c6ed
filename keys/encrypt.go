package keys

import (
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Encrypt returns plaintext as a compact JWE (RFC 7516 §3.1) to the set's owner. Of the keys that suit the algorithm it takes
// one that is meant for encryption, before one of which nothing is said; its "kid" goes into the header. contentType is "cty",
// JWT for a signed token (RFC 7519 §5.2), or empty. It returns an ErrAlgorithm for unknown names, and an ErrNoKey.
func (s *Set) Encrypt(algorithm, encryption, contentType string, plaintext []byte) (string, error) {
	a, err := keyEncryptionByName(algorithm)
	if err != nil {
		return "", err
	}
	e, err := contentEncryptionByName(encryption)
	if err != nil {
		return "", err
	}
	key, ok := s.recipient(a)
	if !ok {
		return "", fmt.Errorf("%w: none of %d suits %s", ErrNoKey, len(s.Keys), a.name)
	}
	options := &jose.EncrypterOptions{}
	if contentType != "" {
		options.WithContentType(jose.ContentType(contentType))
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(a.name), Key: key.Key, KeyID: key.ID}
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(e.name), to, options)
	if err != nil {
		return "", fmt.Errorf("keys: encrypt with %s: %w", a.name, err)
	}
	object, err := encrypter.Encrypt(plaintext)
	if err != nil {
		return "", fmt.Errorf("keys: encrypt with %s: %w", a.name, err)
	}
	return object.CompactSerialize()
}

// CanEncrypt tells whether the set has a key for an algorithm.
func (s *Set) CanEncrypt(algorithm string) bool {
	a, err := keyEncryptionByName(algorithm)
	if err != nil {
		return false
	}
	_, ok := s.recipient(a)
	return ok
}

// recipient is the first key that suits the algorithm, of those meant for encryption if there are any.
func (s *Set) recipient(a *keyEncryption) (PublicKey, bool) {
	for _, use := range []string{"enc", ""} {
		for _, k := range s.Keys {
			if k.Use == use && k.encrypts(a) {
				return k, true
			}
		}
	}
	return PublicKey{}, false
}

// encrypts tells whether the key's owner meant it for the algorithm, and whether it fits and is sound.
func (k PublicKey) encrypts(a *keyEncryption) bool {
	kty, _ := shape(k.Key)
	meant := len(k.Operations) == 0 || slices.ContainsFunc(a.operations, func(o string) bool { return slices.Contains(k.Operations, o) })
	return meant && kty == a.kty && (k.Algorithm == "" || k.Algorithm == a.name) && checkPublic(k.Key) == nil
}
