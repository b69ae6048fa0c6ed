package provider

import (
	"encoding/json"
)

// Client is the record of a relying party. Its JSON members are those of OAuth 2.0 Dynamic Client Registration (RFC 7591 §2)
// and OpenID Connect Registration §2 where they have one.
type Client struct {
	// ID is the client_id: 1 to 128 printable ASCII characters.
	ID string `json:"client_id"`
	// Name is what people see.
	Name string `json:"client_name,omitempty"`
	// ClientURI is the client's home page, https only.
	ClientURI string `json:"client_uri,omitempty"`
	// RedirectURIs are compared byte for byte; see MatchRedirect.
	RedirectURIs []string `json:"redirect_uris,omitempty"`
	// PostLogoutRedirectURIs are compared byte for byte.
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	GrantTypes             []string `json:"grant_types"`
	ResponseTypes          []string `json:"response_types"`
	// Scopes are what the client may ask for.
	Scopes []string `json:"scopes"`
	// Audience are the audiences, beside itself, for which the client may ask access tokens.
	Audience []string `json:"audience,omitempty"`
	// Resources are the audiences for which the client is the resource server: it may introspect tokens for them.
	Resources []string `json:"resources,omitempty"`
	// AuthMethod is a name of the table of client authentication methods.
	AuthMethod string `json:"token_endpoint_auth_method"`
	// Secrets are the live ones, newest first: two while the client's owner moves from one to the other.
	Secrets []ClientSecret `json:"secrets,omitempty"`
	// JWKS is the client's public keys for private_key_jwt, a JWK Set (RFC 7517 §5).
	JWKS json.RawMessage `json:"jwks,omitempty"`
	// AssertionAlg is the only algorithm for private_key_jwt, or empty for any of the table.
	AssertionAlg string `json:"token_endpoint_auth_signing_alg,omitempty"`
	// IDTokenAlg signs its ID tokens; empty means RS256.
	IDTokenAlg string `json:"id_token_signed_response_alg,omitempty"`
	// IDTokenClaims puts the claims of the granted scopes into the ID token too, for clients that never ask userinfo.
	IDTokenClaims bool `json:"id_token_claims,omitempty"`
	// AccessToken is "opaque" (sealed; the default) or "jwt" (RFC 9068).
	AccessToken string `json:"access_token_format,omitempty"`
	// AccessTokenAlg signs JWT access tokens; empty means RS256.
	AccessTokenAlg string `json:"access_token_signed_response_alg,omitempty"`
	// RefreshAlways issues refresh tokens without the scope offline_access.
	RefreshAlways bool `json:"refresh_always,omitempty"`
	// RotateRefresh makes a confidential client's refresh tokens rotate; those of public clients always do.
	RotateRefresh bool `json:"rotate_refresh,omitempty"`
	// PKCEOptional lets a confidential client leave PKCE out.
	PKCEOptional bool `json:"pkce_optional,omitempty"`
	// FirstParty skips the consent page.
	FirstParty bool `json:"first_party,omitempty"`
	// IntrospectAll lets it introspect the tokens of every client; otherwise only its own and those for itself or its Resources.
	IntrospectAll bool `json:"introspect_all,omitempty"`
	// Groups are whose members may use the client; empty means everybody.
	Groups []string `json:"groups,omitempty"`
	// Lifetimes override the issuer's, in seconds; 0 keeps the issuer's.
	Lifetimes ClientLifetimes `json:"lifetimes,omitzero"`

	Disabled bool `json:"disabled,omitempty"`
	// Epoch is raised when everything issued to the client so far must stop.
	Epoch uint32 `json:"epoch"`
	// Declared clients come from a configuration file and are read-only elsewhere.
	Declared bool `json:"declared,omitempty"`
	// Created and Updated are in Unix seconds.
	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
}

// ClientSecret is a live secret of a client. The secret itself is not kept.
type ClientSecret struct {
	// Hash is the keyed hash (HMAC-SHA-256) of the secret.
	Hash []byte `json:"hash"`
	// Created and Expires are in Unix seconds; Expires 0 means never.
	Created int64 `json:"created"`
	Expires int64 `json:"expires,omitempty"`
}

// ClientLifetimes are a client's own lifetimes, in seconds.
type ClientLifetimes struct {
	Access      int64 `json:"access,omitempty"`
	IDToken     int64 `json:"id_token,omitempty"`
	RefreshIdle int64 `json:"refresh_idle,omitempty"`
	RefreshMax  int64 `json:"refresh_max,omitempty"`
}

// Public tells whether the client has no credentials (RFC 6749 §2.1).
func (c *Client) Public() bool { return c.AuthMethod == "none" }
