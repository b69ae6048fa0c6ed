package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"signet/keys"
)

// protection is how a client's record has one kind of what is sent to it protected. Empty members say nothing.
type protection struct {
	// kind begins the names of the record's members: kind_signed_response_alg, and kind_encrypted_response_alg and _enc.
	kind string
	// sign is the algorithm that signs, encrypt and content those of encryption: "alg" and "enc" of a JWE.
	sign, encrypt, content string
}

func (c *Client) idTokenProtection() protection {
	return protection{"id_token", c.IDTokenAlg, c.IDTokenEncryptionAlg, c.IDTokenEncryptionEnc}
}

func (c *Client) userInfoProtection() protection {
	return protection{"userinfo", c.UserInfoAlg, c.UserInfoEncryptionAlg, c.UserInfoEncryptionEnc}
}

func (c *Client) authorizationProtection() protection {
	return protection{"authorization", c.AuthorizationAlg, c.AuthorizationEncryptionAlg, c.AuthorizationEncryptionEnc}
}

func (c *Client) introspectionProtection() protection {
	return protection{"introspection", c.IntrospectionAlg, c.IntrospectionEncryptionAlg, c.IntrospectionEncryptionEnc}
}

// protections are those of all kinds.
func (c *Client) protections() []protection {
	return []protection{c.idTokenProtection(), c.userInfoProtection(), c.authorizationProtection(), c.introspectionProtection()}
}

// SigningAlgorithms are the algorithms that may sign what is sent to a client: with the issuer's keys, or with the client's
// secret.
func SigningAlgorithms() []string { return slices.Concat(keys.Algorithms(), keys.SecretAlgorithms()) }

// Signatures is how many signatures have been made with an algorithm since the start.
func (p *Provider) Signatures(alg string) int64 { return p.ring.Signatures(alg) }

// protectionMetadata announces what protections there are of a kind (OIDC Discovery §3; JARM §4; RFC 9701 §7).
func protectionMetadata(members map[string]any, kinds ...string) {
	for _, kind := range kinds {
		members[kind+"_signing_alg_values_supported"] = SigningAlgorithms()
		members[kind+"_encryption_alg_values_supported"] = keys.EncryptionAlgorithms()
		members[kind+"_encryption_enc_values_supported"] = keys.ContentEncryptions()
	}
}

// protect signs claims for a client, and encrypts the result if the client's record says so (OIDC Core §16.14: in this order).
func (p *Provider) protect(ctx context.Context, client *Client, how protection, typ string, claims map[string]any) (string, error) {
	signed, err := p.signFor(ctx, client, orDefault(how.sign, defaultAlg), typ, claims)
	if err != nil || how.encrypt == "" {
		return signed, err
	}
	return p.encryptFor(ctx, client, how.encrypt, how.content, "JWT", []byte(signed))
}

// signFor signs claims as a JWT with the issuer's key, or with the client's secret if that is what the algorithm takes
// (OIDC Core §10.1).
func (p *Provider) signFor(ctx context.Context, client *Client, alg, typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("provider: claims: %w", err)
	}
	if slices.Contains(keys.SecretAlgorithms(), alg) {
		secrets := p.keptSecrets(client)
		if len(secrets) == 0 {
			return "", fmt.Errorf("provider: client %s has no kept secret for %s", client.ID, alg)
		}
		return p.ring.SignWithSecret(alg, secrets[0], typ, payload)
	}
	signer, err := p.ring.Signer(ctx, alg)
	if err != nil {
		return "", fmt.Errorf("provider: signer: %w", err)
	}
	return signer.SignJWT(typ, payload)
}

// encryptFor encrypts something for a client with a key of the client's. If none of the keys that are known suits, newer ones
// may.
func (p *Provider) encryptFor(ctx context.Context, client *Client, alg, content, contentType string, plaintext []byte) (string, error) {
	cached, err := p.cachedClient(ctx, client.ID)
	if err != nil {
		return "", err
	}
	token := ""
	for _, refresh := range []bool{false, true} {
		set, err := p.clientKeys(ctx, cached, refresh)
		if errors.Is(err, errNoKeys) {
			return "", refuse("E-KEY-01").because(err)
		}
		if err != nil {
			return "", refuse("E-KEY-02").because(err)
		}
		token, err = set.Encrypt(alg, orDefault(content, keys.DefaultContentEncryption), contentType, plaintext)
		if !errors.Is(err, keys.ErrNoKey) {
			return token, err
		}
	}
	return "", refuse("E-KEY-01").got("no key for %s", alg).because(keys.ErrNoKey)
}
