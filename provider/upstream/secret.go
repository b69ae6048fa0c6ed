package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"signet/keys"
)

// signedSecretLife is how long a signed client secret is good, in seconds: as long as one use takes. Apple allows half a year, after
// which sign-in with Apple stops by itself in many places.
const signedSecretLife = 300

var errPrivateKey = errors.New("upstream: no private key of the curve P-256 in PEM")

// secret is what we show a source to say who we are.
func (u *Upstreams) secret(s *Source) (string, error) {
	switch s.ClientAuth {
	case "none":
		return "", nil
	case "signed_secret":
		return u.signSecret(s)
	}
	return s.ClientSecret.Reveal(), nil
}

// signSecret makes a client secret that is a JWT of the operator's key.
func (u *Upstreams) signSecret(s *Source) (string, error) {
	key, err := parsePrivateKey(s.PrivateKey)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", s.KeyID))
	if err != nil {
		return "", err
	}
	now := u.db.Now().Unix()
	claims, err := json.Marshal(map[string]any{"iss": s.Params["team"], "sub": s.ClientID, "aud": s.Issuer, "iat": now, "exp": now + signedSecretLife})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// parsePrivateKey reads PKCS #8.
func parsePrivateKey(text keys.Secret) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errPrivateKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errPrivateKey
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errPrivateKey
	}
	return key, nil
}
