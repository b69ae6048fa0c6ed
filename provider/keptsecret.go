package provider

import (
	"fmt"
	"slices"

	"signet/keys"
)

// purposeSecret seals the secrets of clients that are kept themselves, and not only as a hash.
const purposeSecret = "client.secret.kept"

// secretBytes are how many bytes a secret must have at least for an algorithm (RFC 7518 §3.2).
var secretBytes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// secretUse is something in a client's record that takes the secret itself.
type secretUse struct{ what, alg string }

func (c *Client) secretUses() []secretUse {
	uses := []secretUse{{"request_object_signing_alg", c.RequestObjectAlg}}
	if c.AuthMethod == "client_secret_jwt" {
		uses = append(uses, secretUse{"client_secret_jwt", orDefault(c.AssertionAlg, "HS256")})
	}
	for _, how := range c.protections() {
		uses = append(uses, secretUse{how.kind + "_signed_response_alg", how.sign})
	}
	return slices.DeleteFunc(uses, func(u secretUse) bool { return secretBytes[u.alg] == 0 })
}

// keepsSecret tells whether the client's secrets are kept themselves: everything else is done with their hashes.
func (c *Client) keepsSecret() bool { return len(c.secretUses()) > 0 }

// showsSecret tells whether the client authenticates with the secret as it is.
func (c *Client) showsSecret() bool {
	return c.AuthMethod == "client_secret_basic" || c.AuthMethod == "client_secret_post"
}

// needsSecret tells whether the client must have a secret.
func (c *Client) needsSecret() bool { return c.showsSecret() || c.keepsSecret() }

// keptFault says what a record lacks whose algorithms take the secret itself: of a client that did without until now there is
// only a hash.
func (c *Client) keptFault() string {
	for _, use := range c.secretUses() {
		switch {
		case c.Public():
			return fmt.Sprintf("%s: %s needs a client with a secret", use.what, use.alg)
		case len(c.Secrets) == 0 || len(c.Secrets[0].Sealed) == 0:
			return fmt.Sprintf("%s: %s needs the secret itself, of which at most a hash is kept: first make one that is kept, with: signet client rotate-secret %s --kept",
				use.what, use.alg, ShellWord(c.ID))
		case len(c.Secrets[0].Sealed)-keys.Overhead < secretBytes[use.alg]:
			return fmt.Sprintf("%s: %s needs a secret of %d bytes", use.what, use.alg, secretBytes[use.alg])
		}
	}
	return ""
}

// sealSecret keeps a secret for its client alone.
func (p *Provider) sealSecret(clientID, secret string) []byte {
	return p.sealer.Seal(purposeSecret, []byte(secret), []byte(clientID))
}

// keptSecrets are the client's live secrets that are kept, newest first.
func (p *Provider) keptSecrets(c *Client) []keys.Secret {
	var secrets []keys.Secret
	now := p.db.Now().Unix()
	for _, s := range c.Secrets {
		if len(s.Sealed) == 0 || s.Expires != 0 && s.Expires <= now {
			continue
		}
		if plain, err := p.sealer.Open(purposeSecret, s.Sealed, []byte(c.ID)); err == nil {
			secrets = append(secrets, keys.Secret(plain))
		}
	}
	return secrets
}

// forgetKept drops the kept secrets of a client that has stopped needing them.
func (c *Client) forgetKept(before *Client) {
	if before.keepsSecret() && !c.keepsSecret() {
		c.Secrets = slices.Clone(c.Secrets)
		for i := range c.Secrets {
			c.Secrets[i].Sealed = nil
		}
	}
}
