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
	// ClientURI is the client's home page, LogoURI its picture, PolicyURI and TosURI what people should read before they agree;
	// https only.
	ClientURI string `json:"client_uri,omitempty"`
	LogoURI   string `json:"logo_uri,omitempty"`
	PolicyURI string `json:"policy_uri,omitempty"`
	TosURI    string `json:"tos_uri,omitempty"`
	// Contacts are addresses of the client's owners, for the operator.
	Contacts []string `json:"contacts,omitempty"`
	// ApplicationType is "web" or "native"; empty means web (OIDC Registration §2).
	ApplicationType string `json:"application_type,omitempty"`
	// SoftwareID and SoftwareVersion name the software that the client is an installation of (RFC 7591 §2).
	SoftwareID      string `json:"software_id,omitempty"`
	SoftwareVersion string `json:"software_version,omitempty"`
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
	// JWKS is the client's public keys, a JWK Set (RFC 7517 §5), JWKSURI where they are fetched from; at most one of the two is
	// set. They verify its assertions and request objects, and encrypt what is sent to it.
	JWKS    json.RawMessage `json:"jwks,omitempty"`
	JWKSURI string          `json:"jwks_uri,omitempty"`
	// AssertionAlg is the only algorithm for private_key_jwt and client_secret_jwt, or empty for any of the table.
	AssertionAlg string `json:"token_endpoint_auth_signing_alg,omitempty"`
	// AssertionAudience says what the aud of its assertions may be: "issuer" (the default) is the issuer alone, "endpoint" also
	// the address that the request was sent to, or a list with one of them, as OpenID Connect Core §9 has it.
	AssertionAudience string `json:"token_endpoint_auth_audience,omitempty"`

	// RequestObjectAlg is the only algorithm of its request objects (RFC 9101), or empty for any of the table.
	RequestObjectAlg           string `json:"request_object_signing_alg,omitempty"`
	RequestObjectEncryptionAlg string `json:"request_object_encryption_alg,omitempty"`
	RequestObjectEncryptionEnc string `json:"request_object_encryption_enc,omitempty"`
	// RequireSignedRequestObject refuses its requests without a request object (RFC 9101 §10.5).
	RequireSignedRequestObject bool `json:"require_signed_request_object,omitempty"`
	// RequirePAR refuses its requests that were not pushed (RFC 9126 §6).
	RequirePAR bool `json:"require_pushed_authorization_requests,omitempty"`
	// RequestURIs are the addresses from which request objects may be fetched, compared without their fragments.
	RequestURIs []string `json:"request_uris,omitempty"`

	// SubjectType is "public" (the default) or "pairwise" (OIDC Core §8).
	SubjectType string `json:"subject_type,omitempty"`
	// SectorIdentifierURI lists the redirect URIs of all clients that share pairwise subjects (OIDC Core §8.1).
	SectorIdentifierURI string `json:"sector_identifier_uri,omitempty"`
	// DefaultMaxAge, in seconds, is the max_age of requests that have none; nil for none.
	DefaultMaxAge *int64 `json:"default_max_age,omitempty"`
	// DefaultACRValues are the acr_values of requests that have none.
	DefaultACRValues []string `json:"default_acr_values,omitempty"`
	// RequireAuthTime is kept as it was said: every ID token has auth_time.
	RequireAuthTime bool `json:"require_auth_time,omitempty"`
	// InitiateLoginURI is where a sign-in can be begun from outside of the client (OIDC Core §4), https only.
	InitiateLoginURI string `json:"initiate_login_uri,omitempty"`

	// FrontchannelLogoutURI is loaded in a frame when a session ends (OIDC Front-Channel Logout §2); with
	// FrontchannelLogoutSession it gets iss and sid.
	FrontchannelLogoutURI     string `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelLogoutSession bool   `json:"frontchannel_logout_session_required,omitempty"`
	// BackchannelLogoutURI receives a logout token when a session ends (OIDC Back-Channel Logout §2.2).
	BackchannelLogoutURI     string `json:"backchannel_logout_uri,omitempty"`
	BackchannelLogoutSession bool   `json:"backchannel_logout_session_required,omitempty"`

	// WebOrigins are the origins whose scripts may call the token endpoint and its neighbours for this client (CORS).
	WebOrigins []string `json:"web_origins,omitempty"`

	// IDTokenAlg signs its ID tokens; empty means RS256. With the two below they are encrypted as well (JWE, RFC 7516).
	IDTokenAlg           string `json:"id_token_signed_response_alg,omitempty"`
	IDTokenEncryptionAlg string `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEncryptionEnc string `json:"id_token_encrypted_response_enc,omitempty"`
	// UserInfoAlg signs userinfo answers; empty means plain JSON.
	UserInfoAlg           string `json:"userinfo_signed_response_alg,omitempty"`
	UserInfoEncryptionAlg string `json:"userinfo_encrypted_response_alg,omitempty"`
	UserInfoEncryptionEnc string `json:"userinfo_encrypted_response_enc,omitempty"`
	// AuthorizationAlg signs authorization responses of the jwt modes (JARM); empty means RS256.
	AuthorizationAlg           string `json:"authorization_signed_response_alg,omitempty"`
	AuthorizationEncryptionAlg string `json:"authorization_encrypted_response_alg,omitempty"`
	AuthorizationEncryptionEnc string `json:"authorization_encrypted_response_enc,omitempty"`
	// IntrospectionAlg signs introspection answers of type application/token-introspection+jwt (RFC 9701); empty means RS256.
	IntrospectionAlg           string `json:"introspection_signed_response_alg,omitempty"`
	IntrospectionEncryptionAlg string `json:"introspection_encrypted_response_alg,omitempty"`
	IntrospectionEncryptionEnc string `json:"introspection_encrypted_response_enc,omitempty"`
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
	// RequiredACR is the class that every sign-in to the client must reach; empty means any.
	RequiredACR string `json:"required_acr,omitempty"`
	// Groups are whose members may use the client; empty means everybody.
	Groups []string `json:"groups,omitempty"`
	// Roles are what the client calls the members of groups, each "role=group": the claim roles.
	Roles []string `json:"roles,omitempty"`
	// GroupPrefixes are the beginnings of the groups that the claim groups tells the client of; empty means all.
	GroupPrefixes []string `json:"groups_claim_prefixes,omitempty"`
	// Lifetimes override the issuer's, in seconds; 0 keeps the issuer's.
	Lifetimes ClientLifetimes `json:"lifetimes,omitzero"`

	Disabled bool `json:"disabled,omitempty"`
	// Epoch is raised when everything issued to the client so far must stop.
	Epoch uint32 `json:"epoch"`
	// Declared clients come from a configuration file and are read-only elsewhere.
	Declared bool `json:"declared,omitempty"`
	// Registered clients have registered themselves (RFC 7591). RegistrationToken is the keyed hash of the token with which they
	// manage their record (RFC 7592), RegisteredWith names the initial access token that let them in, SoftwareIssuer who made the
	// software statement that they brought (RFC 7591 §2.3): later changes need one of the same.
	Registered        bool   `json:"registered,omitempty"`
	RegistrationToken []byte `json:"registration_token,omitempty"`
	RegisteredWith    string `json:"registered_with,omitempty"`
	SoftwareIssuer    string `json:"software_issuer,omitempty"`
	// Verified tells that the operator vouches for a client that registered itself. It ends when the client changes its record.
	Verified bool `json:"verified,omitempty"`
	// Created and Updated are in Unix seconds.
	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
}

// ClientSecret is a live secret of a client. The secret itself is not kept, save where a method needs it.
type ClientSecret struct {
	// Hash is the keyed hash (HMAC-SHA-256) of the secret.
	Hash []byte `json:"hash"`
	// Sealed is the secret itself, sealed, of clients whose methods need it: client_secret_jwt, and HS256 and its kin.
	Sealed []byte `json:"sealed,omitempty"`
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

// Unverified tells whether nobody but the client itself says who it is.
func (c *Client) Unverified() bool { return c.Registered && !c.Verified && !c.FirstParty }

// Public tells whether the client has no credentials (RFC 6749 §2.1).
func (c *Client) Public() bool { return c.AuthMethod == "none" }
