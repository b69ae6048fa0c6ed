package conformance

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // the longer hashes of the algorithms
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// signer is a private key of the relying party.
type signer struct {
	kid string
	key *rsa.PrivateKey
}

// The relying party's keys: one at first, without a kid, and one to which it changes. Keys are dear to make, so all modules
// share them.
var (
	firstKey  = sync.OnceValue(func() *signer { return &signer{"", must(rsa.GenerateKey(rand.Reader, 2048))} })
	secondKey = sync.OnceValue(func() *signer { return &signer{"second", must(rsa.GenerateKey(rand.Reader, 2048))} })
)

// public is the key set with the public key.
func (s *signer) public() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: s.kid, Algorithm: "RS256", Use: "sig"}}}
}

// sign makes a JWT by RS256.
func (s *signer) sign(claims map[string]any) string {
	options := &jose.SignerOptions{}
	if s.kid != "" {
		options = options.WithHeader("kid", s.kid)
	}
	made := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.key}, options))
	signed := must(made.Sign(must(json.Marshal(claims))))
	return must(signed.CompactSerialize())
}

// thumbprint is a key's value in short (RFC 7638).
func thumbprint(key jose.JSONWebKey) string {
	return base64.RawURLEncoding.EncodeToString(must(key.Thumbprint(crypto.SHA256)))
}

// unsigned makes a JWT with alg none (RFC 7519 §6).
func unsigned(claims map[string]any) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	return header + "." + base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims))) + "."
}

// algorithms are those that the relying party verifies.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// hashOf is the hash of a signature algorithm's name (OIDC Core §3.1.3.6).
var hashOf = map[string]crypto.Hash{
	"RS256": crypto.SHA256, "PS256": crypto.SHA256, "ES256": crypto.SHA256,
	"RS384": crypto.SHA384, "PS384": crypto.SHA384, "ES384": crypto.SHA384,
	"RS512": crypto.SHA512, "PS512": crypto.SHA512, "ES512": crypto.SHA512, "EdDSA": crypto.SHA512,
}

// verified is a JWT whose signature is the provider's.
type verified struct {
	raw    string
	alg    string
	kid    string
	typ    string
	claims map[string]any
}

// verify verifies the signature of a JWT with the key that its kid names.
func (k keySet) verify(token string) (*verified, error) {
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err
	}
	header := signed.Signatures[0].Protected
	key, ok := k[header.KeyID]
	if !ok {
		return nil, fmt.Errorf("no key with kid %q", header.KeyID)
	}
	if key.Algorithm != "" && key.Algorithm != header.Algorithm {
		return nil, fmt.Errorf("alg %s by a key for %s", header.Algorithm, key.Algorithm)
	}
	payload, err := signed.Verify(key.Key)
	if err != nil {
		return nil, err
	}
	claims, err := object(payload)
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	return &verified{token, header.Algorithm, header.KeyID, typ, claims}, err
}

// byHMAC makes a JWT by HS256.
func byHMAC(secret string, claims map[string]any) string {
	made := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, nil))
	return must(must(made.Sign(must(json.Marshal(claims)))).CompactSerialize())
}

// challenge is the code_challenge of a verifier (RFC 7636 §4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// halfHash is the left half of a value's hash: at_hash, c_hash and s_hash.
func halfHash(alg, value string) string {
	h := hashOf[alg].New()
	h.Write([]byte(value))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
