package provider

import (
	"fmt"
	"slices"
	"strings"

	"signet/keys"
)

// algFault judges the algorithms that the record names. "none" is none of those allowed, for anything.
func (c *Client) algFault() string {
	signing := []struct {
		name, alg string
		allowed   []string
	}{
		{"access_token_signed_response_alg", c.AccessTokenAlg, keys.Algorithms()},
		{"token_endpoint_auth_signing_alg", c.AssertionAlg, c.assertionAlgs()},
	}
	for _, how := range c.protections() {
		signing = append(signing, struct {
			name, alg string
			allowed   []string
		}{how.kind + "_signed_response_alg", how.sign, SigningAlgorithms()})
	}
	for _, s := range signing {
		if s.alg != "" && !slices.Contains(s.allowed, s.alg) {
			return fmt.Sprintf("%s %q, allowed %s", s.name, s.alg, strings.Join(s.allowed, ", "))
		}
	}
	if f := c.AccessToken; f != "" && f != "opaque" && f != "jwt" {
		return fmt.Sprintf("access_token_format %q, allowed opaque, jwt", f)
	}
	if a := c.AssertionAudience; a != "" && a != "issuer" && a != "endpoint" {
		return fmt.Sprintf("token_endpoint_auth_audience %q, allowed issuer, endpoint", a)
	}
	return ""
}

// encryptionFault judges what the record says of encryption: what is sent to the client needs a key of the client's.
func (c *Client) encryptionFault() string {
	for _, how := range c.protections() {
		name := how.kind + "_encrypted_response"
		if why := encryptionNames(name, how.encrypt, how.content); why != "" {
			return why
		}
		if why := c.recipientFault(how.encrypt); why != "" {
			return name + "_alg " + why
		}
	}
	return ""
}

func encryptionNames(member, alg, content string) string {
	switch {
	case alg != "" && !slices.Contains(keys.EncryptionAlgorithms(), alg):
		return fmt.Sprintf("%s_alg %q, allowed %s", member, alg, strings.Join(keys.EncryptionAlgorithms(), ", "))
	case content != "" && !slices.Contains(keys.ContentEncryptions(), content):
		return fmt.Sprintf("%s_enc %q, allowed %s", member, content, strings.Join(keys.ContentEncryptions(), ", "))
	case content != "" && alg == "":
		return fmt.Sprintf("%s_enc needs %s_alg", member, member)
	}
	return ""
}

// recipientFault looks for the key to encrypt with. What a jwks_uri has shows only when it is needed.
func (c *Client) recipientFault(alg string) string {
	switch {
	case alg == "" || len(c.JWKS) == 0 && c.JWKSURI != "":
		return ""
	case len(c.JWKS) == 0:
		return "needs jwks or jwks_uri"
	}
	set, err := keys.ParseJWKS(c.JWKS, keys.Limits{})
	if err == nil && set.CanEncrypt(alg) {
		return ""
	}
	return fmt.Sprintf("needs a key for %s in jwks, with use enc or none", alg)
}

// fillEncryption writes the defaults of what was left out (OIDC Registration §2), so that the record shows them.
func (c *Client) fillEncryption() {
	for _, pair := range []struct{ alg, content *string }{
		{&c.IDTokenEncryptionAlg, &c.IDTokenEncryptionEnc},
		{&c.UserInfoEncryptionAlg, &c.UserInfoEncryptionEnc},
		{&c.AuthorizationEncryptionAlg, &c.AuthorizationEncryptionEnc},
		{&c.IntrospectionEncryptionAlg, &c.IntrospectionEncryptionEnc},
		{&c.RequestObjectEncryptionAlg, &c.RequestObjectEncryptionEnc},
	} {
		if *pair.alg != "" && *pair.content == "" {
			*pair.content = keys.DefaultContentEncryption
		}
	}
}
