package keys

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxImport is far more than any accepted private key needs, in bytes.
const maxImport = 64 << 10

var (
	// ErrImport says that data are no private key that can be taken over.
	ErrImport = errors.New("keys: import")
	// ErrExists says that a key is in the ring already, perhaps for another algorithm; a key has one algorithm only.
	ErrExists = errors.New("keys: the key is there already")
)

// Import takes over a private key: PEM (PKCS #8, PKCS #1, SEC 1) or a JWK. It becomes the next key of the algorithm, in place
// of one that waits, or with now signs at once (see Rotate). It returns an ErrImport, an ErrAlgorithm if the key does not fit
// the algorithm or is weak, an ErrExists, or what the storage returns.
func (r *Ring) Import(ctx context.Context, algorithm string, data []byte, now bool) (Info, error) {
	a, err := rowByName(algorithm)
	if err != nil {
		return Info{}, err
	}
	private, err := parsePrivate(a, data)
	if err != nil {
		return Info{}, err
	}
	key, err := newStoredKey(a, private)
	if err != nil {
		return Info{}, err
	}
	if err := r.Reload(ctx); err != nil {
		return Info{}, err
	}
	if _, err := r.info(key.ID); err == nil {
		return Info{}, fmt.Errorf("%w: %s", ErrExists, key.ID)
	}
	err = r.change(ctx, a, func(s *schedule, at int64) bool {
		if s.has(key.ID) {
			return false
		}
		if now || len(s.Keys) == 0 {
			s.follow(key, at, at)
		} else {
			s.follow(key, at, at+seconds(r.config.Lead))
		}
		return true
	})
	if err != nil {
		return Info{}, err
	}
	return r.info(key.ID)
}

// parsePrivate reads a private key and checks that its parts belong together.
func parsePrivate(a *algorithm, data []byte) (crypto.Signer, error) {
	if len(data) > maxImport {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrImport, len(data), maxImport)
	}
	parse := parsePEM
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		parse = func(data []byte) (any, error) { return parsePrivateJWK(a, data) }
	}
	key, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImport, err)
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: a %T cannot sign", ErrImport, key)
	}
	if err := a.fits(private.Public()); err != nil {
		return nil, err
	}
	return private, checkPair(private)
}

// parsePEM takes the one private key among the blocks; parameters and certificates beside it are ignored.
func parsePEM(data []byte) (key any, err error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		found, err := parseBlock(block)
		switch {
		case err != nil:
			return nil, err
		case found != nil && key != nil:
			return nil, errors.New("more than one private key")
		case found != nil:
			key = found
		}
	}
	if key == nil {
		return nil, errors.New("no private key in PEM or JWK form")
	}
	return key, nil
}

func parseBlock(block *pem.Block) (any, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the key is encrypted; decrypt it first (openssl pkey -in FILE)")
	}
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return nil, nil
}

func parsePrivateJWK(a *algorithm, data []byte) (any, error) {
	if err := CheckJSON(data); err != nil {
		return nil, err
	}
	var j jose.JSONWebKey
	if err := j.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	switch {
	case j.Algorithm != "" && j.Algorithm != a.name:
		return nil, fmt.Errorf("the key is for %.20q, not %s", j.Algorithm, a.name)
	case j.Use != "" && j.Use != a.use():
		return nil, fmt.Errorf("the key is for use %.20q", j.Use)
	case j.IsPublic():
		return nil, errors.New("a public key")
	}
	return j.Key, nil
}

// checkPair refuses private keys that do not belong to their public part (signatures of such Ed25519 keys give the private one
// away), and RSA keys of more than two primes, which few other programs take.
func checkPair(private crypto.Signer) error {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if len(k.Primes) != 2 {
			return fmt.Errorf("%w: RSA key of %d primes", ErrImport, len(k.Primes))
		}
		if err := k.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrImport, err)
		}
	case *ecdsa.PrivateKey:
		if err := checkECPair(k); err != nil {
			return fmt.Errorf("%w: %w", ErrImport, err)
		}
	case ed25519.PrivateKey:
		if !ed25519.NewKeyFromSeed(k.Seed()).Equal(k) {
			return fmt.Errorf("%w: Ed25519 key whose public part belongs to another", ErrImport)
		}
	}
	return nil
}

func checkECPair(k *ecdsa.PrivateKey) error {
	raw, err := k.Bytes()
	if err != nil {
		return err
	}
	again, err := ecdsa.ParseRawPrivateKey(k.Curve, raw)
	if err != nil {
		return err
	}
	if !again.PublicKey.Equal(&k.PublicKey) {
		return errors.New("EC key whose public part belongs to another")
	}
	return nil
}
