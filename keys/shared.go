package keys

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // links SHA-256 for crypto.Hash
	_ "crypto/sha512" // links SHA-384 and SHA-512 for crypto.Hash
	"crypto/subtle"
	"fmt"
	"slices"
)

// secretHashes are the algorithms whose key is a secret that client and issuer share (RFC 7518 §3.2). They are in a table of
// their own, so that what verifies with a public key cannot be led to take it for a secret.
var secretHashes = map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}

// SecretAlgorithms are the names of the HMAC algorithms, for discovery.
func SecretAlgorithms() []string { return []string{"HS256", "HS384", "HS512"} }

// VerifySecret returns nil if one of the secrets (two during rotation) made the token's HMAC, otherwise an ErrToken. Secrets
// shorter than the algorithm's hash are passed over (RFC 7518 §3.2).
func (u *Unverified) VerifySecret(secrets ...Secret) error {
	hash, ok := secretHashes[u.Header.Algorithm]
	if !ok {
		return fmt.Errorf("%w: %.20q takes no secret", ErrToken, u.Header.Algorithm)
	}
	for _, s := range secrets {
		if len(s) >= hash.Size() && subtle.ConstantTimeCompare(u.signature, mac(hash, s, []byte(u.input))) == 1 {
			return nil
		}
	}
	return fmt.Errorf("%w: signature", ErrToken)
}

// SignJWTWithSecret returns claims as a compact JWS with an HMAC algorithm, for the few clients that ask for ID tokens of that
// kind (OpenID Connect Core §10.1). It returns an ErrAlgorithm if the name is none of SecretAlgorithms or the secret is too
// short for it.
func SignJWTWithSecret(algorithm string, secret Secret, typ string, claims []byte) (string, error) {
	hash, ok := secretHashes[algorithm]
	switch {
	case !ok:
		return "", fmt.Errorf("%w: %.20q takes no secret", ErrAlgorithm, algorithm)
	case len(secret) < hash.Size():
		return "", fmt.Errorf("%w: %s needs a secret of %d bytes", ErrAlgorithm, algorithm, hash.Size())
	}
	token := slices.Concat([]byte(encodeHeader(algorithm, "", typ)), b64.AppendEncode(nil, claims))
	sum := mac(hash, secret, token)
	return string(b64.AppendEncode(append(token, '.'), sum)), nil
}

func mac(hash crypto.Hash, secret Secret, input []byte) []byte {
	h := hmac.New(hash.New, []byte(secret.Reveal()))
	h.Write(input)
	return h.Sum(nil)
}
