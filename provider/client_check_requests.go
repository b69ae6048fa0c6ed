package provider

import (
	"fmt"
	"slices"
	"strings"

	"signet/keys"
)

// Limits of addresses of request objects.
const (
	maxRequestURIs = 50
	// maxRequestURI is in bytes (RFC 9101 §5.2).
	maxRequestURI = 512
)

// requestsFault judges how the client may ask: its request objects and where they are.
func (c *Client) requestsFault() string {
	for _, m := range []struct {
		name, value string
		allowed     []string
	}{
		{"request_object_signing_alg", c.RequestObjectAlg, objectAlgs},
		{"request_object_encryption_alg", c.RequestObjectEncryptionAlg, keys.EncryptionAlgorithms()},
		{"request_object_encryption_enc", c.RequestObjectEncryptionEnc, keys.ContentEncryptions()},
	} {
		if m.value != "" && !slices.Contains(m.allowed, m.value) {
			return fmt.Sprintf("%s %q, allowed %s", m.name, m.value, strings.Join(m.allowed, ", "))
		}
	}
	switch {
	case c.RequestObjectEncryptionEnc != "" && c.RequestObjectEncryptionAlg == "":
		return "request_object_encryption_enc needs request_object_encryption_alg"
	case c.RequireSignedRequestObject && len(c.JWKS) == 0 && c.JWKSURI == "" && !slices.Contains(keys.SecretAlgorithms(), c.RequestObjectAlg):
		return "require_signed_request_object needs jwks or jwks_uri"
	case len(c.RequestURIs) > maxRequestURIs:
		return fmt.Sprintf("%d request_uris, allowed %d", len(c.RequestURIs), maxRequestURIs)
	}
	for _, uri := range c.RequestURIs {
		address, _, _ := strings.Cut(uri, "#")
		if why := fetchFault(address); why != "" || len(uri) > maxRequestURI {
			return fmt.Sprintf("request_uris: %.80q: %s", uri, orDefault(why, "at most 512 bytes"))
		}
	}
	return ""
}
