package provider

import (
	"context"
	"fmt"
	"slices"

	"signet/keys"
)

// returnedClaims are what is looked at of an ID token that comes back. Its times must be there, as ID tokens have them and a
// signed userinfo answer, which is otherwise alike, has not.
type returnedClaims struct {
	Iss string            `json:"iss"`
	Sub string            `json:"sub"`
	Aud string            `json:"aud"`
	SID string            `json:"sid"`
	Exp *keys.NumericDate `json:"exp"`
	Iat *keys.NumericDate `json:"iat"`
}

// openIDTokenHint verifies an ID token of ours, also one that has expired or whose key is retired, and returns its subject.
// It must have been issued to the client that sends it.
func (p *Provider) openIDTokenHint(ctx context.Context, hint, clientID string) (subject string, err error) {
	claims, err := p.openIDToken(ctx, hint)
	if err != nil {
		return "", err
	}
	if claims.Aud != clientID {
		return "", fmt.Errorf("provider: hint for %q", claims.Aud)
	}
	return claims.Sub, nil
}

// openIDToken verifies an ID token of ours that may have expired or been signed with a key that is retired. A client that is
// sent its ID tokens encrypted may encrypt one to the issuer (OIDC Core §3.1.2.1).
func (p *Provider) openIDToken(ctx context.Context, text string) (*returnedClaims, error) {
	payload, err := p.verifyIDToken(ctx, text)
	if err != nil {
		return nil, err
	}
	claims := &returnedClaims{}
	if err := keys.DecodeJSON(payload, claims); err != nil {
		return nil, err
	}
	if claims.Iss != p.issuer || claims.Aud == "" || claims.Sub == "" || claims.Exp == nil || claims.Iat == nil {
		return nil, fmt.Errorf("provider: hint of issuer %q for %q that is no ID token", claims.Iss, claims.Aud)
	}
	return claims, nil
}

// verifyIDToken verifies the signature, by the issuer's keys or the secret of the client that the token names.
func (p *Provider) verifyIDToken(ctx context.Context, text string) ([]byte, error) {
	if keys.IsEncrypted(text) {
		plain, _, err := p.ring.Decrypt(ctx, text, keys.DecryptOptions{Algorithms: keys.EncryptionAlgorithms(), Encryptions: keys.ContentEncryptions()})
		if err != nil {
			return nil, err
		}
		text = string(plain)
	}
	opts := keys.VerifyOptions{Algorithms: SigningAlgorithms(), Types: []string{"JWT"}}
	u, err := keys.ParseUnverified(text, opts)
	if err != nil {
		return nil, err
	}
	if slices.Contains(keys.SecretAlgorithms(), u.Header.Algorithm) {
		return u.Payload, p.verifySecretIDToken(ctx, u)
	}
	_, payload, err := p.ring.Verify(ctx, text, opts)
	return payload, err
}

// verifySecretIDToken holds an ID token with a shared secret to the one client that it names, and to that client's algorithm.
// The client could have made it itself: it proves no more than a word of the client's.
func (p *Provider) verifySecretIDToken(ctx context.Context, u *keys.Unverified) error {
	var claims returnedClaims
	if err := keys.DecodeJSON(u.Payload, &claims); err != nil {
		return err
	}
	client, err := p.Client(ctx, claims.Aud)
	if err != nil {
		return err
	}
	if client.IDTokenAlg != u.Header.Algorithm {
		return fmt.Errorf("%w: algorithm %.20q", keys.ErrToken, u.Header.Algorithm)
	}
	return u.VerifySecret(p.keptSecrets(client)...)
}
