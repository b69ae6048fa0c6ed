package upstream

import (
	"maps"

	"signet/keys"
)

// The protocols that a source may speak.
const (
	// OIDC is OpenID Connect with discovery.
	OIDC = "oidc"
	// OAuth2 is OAuth 2.0 with an address that says whose a token is.
	OAuth2 = "oauth2"
	// OAuth1 is OAuth 1.0a (RFC 5849).
	OAuth1 = "oauth1"
)

// How a source knows that the mail at an address reaches the person.
const (
	// VerifiedClaim believes a claim, if it is the JSON value true.
	VerifiedClaim = "claim"
	// VerifiedAlways is for a source that hands out verified addresses only.
	VerifiedAlways = "always"
	// VerifiedNever believes nothing.
	VerifiedNever = "never"
)

// The ways in which a source can be asked for whom an access token was issued. Without one, access tokens that a front end brings are
// refused: they may be another application's.
const (
	AudienceNone          = "none"
	AudienceTokenInfo     = "tokeninfo"     // Google: tokeninfo names aud
	AudienceDebugToken    = "debug_token"   // Facebook: debug_token names app_id
	AudienceApplication   = "application"   // GitHub: the application checks its own token
	AudienceIntrospection = "introspection" // RFC 7662, client_id
	AudienceUserInfo      = "userinfo"      // Yandex: the profile names client_id
)

// Source is one provider that people sign in with. What is empty is as the preset has it; Complete fills it in.
type Source struct {
	// ID names the source: 1 to 32 small letters, digits, '-'. It is part of the callback address and of every identity.
	ID string
	// Preset is a row of the table, see Presets; empty is none.
	Preset string
	// Protocol is OIDC, OAuth2, OAuth1 or LDAP.
	Protocol string
	// Name is what its button says, Color the button's colour, "#rrggbb".
	Name, Color string
	// Disabled refuses it everywhere.
	Disabled bool

	// Issuer is the issuer identifier. Of OIDC it is where discovery is; its answer must name it exactly.
	Issuer string
	// The addresses. Those of OIDC are discovered unless they are set.
	AuthorizationEndpoint, TokenEndpoint, UserInfoEndpoint, JWKSURI string
	// RequestTokenEndpoint is of OAuth 1.0a.
	RequestTokenEndpoint string
	// EmailsEndpoint lists the person's addresses where the profile does not say what is verified (GitHub).
	EmailsEndpoint string
	// AudienceEndpoint is what Audience asks, RevocationEndpoint takes tokens back (RFC 7009).
	AudienceEndpoint, RevocationEndpoint string

	// ClientID and ClientSecret are ours at the provider; of OAuth 1.0a the consumer's key and secret.
	ClientID     string
	ClientSecret keys.Secret
	// PrivateKey is a PEM key (PKCS #8) that signs the client secret where the provider wants that (Apple); KeyID is its name there.
	PrivateKey keys.Secret
	KeyID      string
	// ClientAuth is client_secret_basic, client_secret_post, signed_secret or none.
	ClientAuth string
	// PKCE is S256 or none.
	PKCE string
	// ResponseMode is form_post or empty.
	ResponseMode string
	// Directory is of LDAP.
	Directory Directory
	// Params fill the places {tenant}, {region}, {pool}, {domain}, {team} of addresses.
	Params map[string]string
	// Scopes are asked for. AuthorizeParams are sent along to the authorization endpoint.
	Scopes          []string
	AuthorizeParams map[string]string

	// SubjectPath, EmailPath and VerifiedPath are where the profile says who it is, the address, and whether it is verified.
	SubjectPath, EmailPath, VerifiedPath string
	// EmailVerified is VerifiedClaim, VerifiedAlways or VerifiedNever.
	EmailVerified string
	// Claims are paths in the profile by the name of what they become: "name", "picture", "attributes.plan".
	Claims map[string]string
	// EmailDomains, if there are any, are the only ones whose people may come; their addresses must be verified.
	EmailDomains []string

	// Audience is how to find out for whom an access token was issued. Audiences are further client ids of ours at the provider,
	// such as those of mobile applications, whose ID tokens are taken too.
	Audience  string
	Audiences []string
	// Algorithms are those that its ID tokens may be signed with; empty is what discovery says.
	Algorithms []string

	// TrustAMR takes over how the person was authenticated there.
	TrustAMR bool
	// KeepTokens keeps the tokens of the provider, sealed.
	KeepTokens bool
	// OnNew is what becomes of somebody who has no account: create, invite or deny.
	OnNew string
	// LinkBy is verified_email for a source whose verified addresses connect to the account here that has verified the same one. Otherwise,
	// and by default, the person proves the account here once.
	LinkBy string
	// RefreshProfile are the claims that each sign-in brings up to date, unless the person has edited them.
	RefreshProfile []string
}

// Preset is a row of the table: a Source without the operator's part, and what the operator has to know.
type Preset struct {
	Source
	// Required are the Params that the operator must give.
	Required []string
	// Optional are the Params with a value that the operator may change.
	Optional map[string]string
	// RegisterAt is the page where an application is registered.
	RegisterAt string
	// Traps are what surprises people there.
	Traps []string
}

// Clone copies a source.
func (s *Source) Clone() *Source {
	c := *s
	c.Params, c.AuthorizeParams, c.Claims = maps.Clone(s.Params), maps.Clone(s.AuthorizeParams), maps.Clone(s.Claims)
	return &c
}

// tenantPlace is how Microsoft's metadata writes it.
const tenantPlace = "{tenantid}"
