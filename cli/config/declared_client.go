package config

import "time"

// Client is one [[client]]. What is left out is derived as its doc tag says. The tag member is the member of a client's metadata
// (RFC 7591 §2) that a setting becomes, where it has another name; "-" where it becomes none.
type Client struct {
	ID                  string         `toml:"id" member:"client_id" doc:"The client_id, unique. 1 to 128 visible ASCII characters."`
	Name                string         `toml:"name" member:"client_name" doc:"What people see when they are asked for consent. Left out: the id."`
	RedirectURIs        []string       `toml:"redirect_uris" doc:"Where codes may be sent, compared byte for byte: https, http on a loopback host, or a private scheme with a dot such as com.example.app:/callback."`
	PostLogout          []string       `toml:"post_logout_redirect_uris" doc:"Where a browser may return after signing out."`
	Secret              Secret         `toml:"secret" member:"client_secret" doc:"The client secret, at least 32 characters, as random as a generated one."`
	AuthMethod          string         `toml:"auth_method" member:"token_endpoint_auth_method" enum:"client_secret_basic,client_secret_post,private_key_jwt,client_secret_jwt,none" doc:"How the client authenticates. Left out: none for a public client, private_key_jwt for one with jwks or jwks_uri and no secret, else client_secret_basic."`
	GrantTypes          []string       `toml:"grant_types" enum:"authorization_code,implicit,refresh_token,client_credentials,urn:ietf:params:oauth:grant-type:device_code" doc:"Grants that the client may use. Left out: authorization_code and refresh_token for a public client and where there are redirect_uris, else client_credentials."`
	ResponseTypes       []string       `toml:"response_types" enum:"code,none,token,id_token,id_token token,code id_token,code token,code id_token token" doc:"Response types that the client may ask for. Left out: code, if authorization_code is among the grants."`
	Scopes              []string       `toml:"scopes" doc:"Scopes that the client may ask for. Left out: openid, profile, email and offline_access for a public client and where there are redirect_uris, else none."`
	Audience            []string       `toml:"audience" doc:"Audiences, besides the issuer, that the client may ask access tokens for."`
	Resources           []string       `toml:"resources" doc:"Audiences for which the client is the resource server: it may introspect tokens for them."`
	Public              bool           `toml:"public" member:"-" default:"false" doc:"The client cannot keep a secret: an app or a page in a browser."`
	Trusted             bool           `toml:"trusted" member:"first_party" default:"false" doc:"The client is the operator's own; people are not asked for consent."`
	Groups              []string       `toml:"groups" doc:"Only members of one of these groups may sign in to the client. Empty: everybody."`
	Roles               []string       `toml:"roles" doc:"What the client calls the members of groups: role=group, such as editor=staff, one role and one group each. The claim roles, of the scope roles, says which of them a person has."`
	GroupPrefixes       []string       `toml:"groups_claim_prefixes" doc:"The claim groups tells the client only of groups that begin so. Left out: of all."`
	RequiredACR         string         `toml:"required_acr" enum:"1,2" doc:"The class that every sign-in to the client must reach: 1 is one factor, 2 is two. Left out: any."`
	WebOrigins          []string       `toml:"web_origins" doc:"Origins, such as https://app.example.com, whose pages may call the token endpoint and its neighbours for this client. A public client with an https redirect URI needs none for its own."`
	Disabled            bool           `toml:"disabled" default:"false" doc:"Nobody can use the client, and what was issued to it does not work."`
	ClientURI           string         `toml:"client_uri" doc:"The client's home page, https."`
	LogoURI             string         `toml:"logo_uri" doc:"The picture that people see, https."`
	PolicyURI           string         `toml:"policy_uri" doc:"What the client does with what it learns of people, https."`
	TosURI              string         `toml:"tos_uri" doc:"The client's terms of service, https."`
	Contacts            []string       `toml:"contacts" doc:"Addresses of the client's owners, for the operator."`
	ApplicationType     string         `toml:"application_type" enum:"web,native" doc:"web, or native for an app on a device of the person. Left out: web."`
	SoftwareID          string         `toml:"software_id" doc:"Names the software that the client is an installation of."`
	SoftwareVersion     string         `toml:"software_version" doc:"The version of that software."`
	InitiateLoginURI    string         `toml:"initiate_login_uri" doc:"Where a sign-in can be begun from outside of the client, https."`
	JWKS                string         `toml:"jwks" doc:"The client's public keys, a JSON Web Key Set (RFC 7517 §5): for private_key_jwt and request objects, and to encrypt what is sent to it."`
	JWKSURI             string         `toml:"jwks_uri" doc:"Where the client's public keys are fetched from, in place of jwks."`
	AssertionAlg        string         `toml:"token_endpoint_auth_signing_alg" doc:"The only algorithm of the client's assertions. Left out: any that its method allows."`
	AssertionAudience   string         `toml:"token_endpoint_auth_audience" enum:"issuer,endpoint" doc:"What the aud of the client's assertions may be: issuer alone, or endpoint for the address that it is sent to as well. Left out: issuer."`
	PKCEOptional        bool           `toml:"pkce_optional" default:"false" doc:"The client may leave PKCE out. Confidential clients only."`
	RequirePAR          bool           `toml:"require_pushed_authorization_requests" default:"false" doc:"Authorization requests of the client must be pushed (RFC 9126)."`
	RequireSigned       bool           `toml:"require_signed_request_object" default:"false" doc:"Authorization requests of the client must be signed (RFC 9101)."`
	RequestObjectAlg    string         `toml:"request_object_signing_alg" doc:"The only algorithm of the client's request objects. Left out: any."`
	RequestObjectKeyAlg string         `toml:"request_object_encryption_alg" doc:"How the key of encrypted request objects is encrypted."`
	RequestObjectEnc    string         `toml:"request_object_encryption_enc" doc:"How the content of encrypted request objects is encrypted."`
	RequestURIs         []string       `toml:"request_uris" doc:"Addresses from which request objects may be fetched."`
	DefaultMaxAge       *time.Duration `toml:"default_max_age" doc:"How old a sign-in may be where a request does not say."`
	DefaultACR          []string       `toml:"default_acr_values" doc:"The acr_values of requests that have none."`
	RequireAuthTime     bool           `toml:"require_auth_time" default:"false" doc:"Kept as it was said: every ID token has auth_time."`
	SubjectType         string         `toml:"subject_type" doc:"public, or pairwise for subjects that are told to nobody else. Left out: public."`
	SectorIdentifierURI string         `toml:"sector_identifier_uri" doc:"The list of redirect URIs of all clients that share pairwise subjects."`
	IDTokenAlg          string         `toml:"id_token_alg" member:"id_token_signed_response_alg" default:"RS256" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519,HS256,HS384,HS512" doc:"What signs ID tokens: a key of the issuer, or with HS256 and its like the client's secret."`
	IDTokenKeyAlg       string         `toml:"id_token_encrypted_response_alg" doc:"How the key of encrypted ID tokens is encrypted. Left out: they are not encrypted."`
	IDTokenEnc          string         `toml:"id_token_encrypted_response_enc" doc:"How the content of encrypted ID tokens is encrypted."`
	IDTokenClaims       bool           `toml:"id_token_claims" default:"false" doc:"ID tokens carry the claims of the scopes too, for clients that never ask userinfo."`
	AccessToken         string         `toml:"access_token" member:"access_token_format" default:"opaque" enum:"opaque,jwt" doc:"opaque, or jwt for RFC 9068 tokens."`
	AccessAlg           string         `toml:"access_token_alg" member:"access_token_signed_response_alg" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519" doc:"What signs access tokens of the form jwt. Left out: id_token_alg, if that takes no secret, else RS256."`
	UserInfoAlg         string         `toml:"userinfo_signed_response_alg" doc:"What signs userinfo answers. Left out: they are plain JSON."`
	UserInfoKeyAlg      string         `toml:"userinfo_encrypted_response_alg" doc:"How the key of encrypted userinfo answers is encrypted."`
	UserInfoEnc         string         `toml:"userinfo_encrypted_response_enc" doc:"How the content of encrypted userinfo answers is encrypted."`
	AuthorizationAlg    string         `toml:"authorization_signed_response_alg" doc:"What signs authorization responses of the jwt modes. Left out: RS256."`
	AuthorizationKeyAlg string         `toml:"authorization_encrypted_response_alg" doc:"How the key of encrypted authorization responses is encrypted."`
	AuthorizationEnc    string         `toml:"authorization_encrypted_response_enc" doc:"How the content of encrypted authorization responses is encrypted."`
	IntrospectionAlg    string         `toml:"introspection_signed_response_alg" doc:"What signs introspection answers that are asked for as JWT. Left out: RS256."`
	IntrospectionKeyAlg string         `toml:"introspection_encrypted_response_alg" doc:"How the key of encrypted introspection answers is encrypted."`
	IntrospectionEnc    string         `toml:"introspection_encrypted_response_enc" doc:"How the content of encrypted introspection answers is encrypted."`
	IntrospectAll       bool           `toml:"introspect_all" default:"false" doc:"The client may introspect the tokens of every client."`
	RefreshAlways       bool           `toml:"refresh_always" default:"false" doc:"The client gets refresh tokens without the scope offline_access."`
	RotateRefresh       *bool          `toml:"rotate_refresh" doc:"Rotate this client's refresh tokens. Left out: yes for a public client, else as tokens.rotate_confidential says."`
	AccessLife          time.Duration  `toml:"access_lifetime" member:"lifetimes.access" default:"0s" min:"10s" max:"1d" zero:"as tokens.access says" doc:"How long access tokens of this client live."`
	IDTokenLife         time.Duration  `toml:"id_token_lifetime" member:"lifetimes.id_token" default:"0s" min:"1m" max:"1d" zero:"as tokens.id says" doc:"How long ID tokens of this client are valid."`
	RefreshIdle         time.Duration  `toml:"refresh_idle" member:"lifetimes.refresh_idle" default:"0s" min:"1m" max:"3650d" zero:"as tokens.refresh_idle says" doc:"How long a refresh token of this client may lie unused."`
	RefreshMax          time.Duration  `toml:"refresh_max" member:"lifetimes.refresh_max" default:"0s" min:"1m" max:"3650d" zero:"as tokens.refresh_max says" doc:"How long a grant of this client can be refreshed altogether."`
	FrontchannelURI     string         `toml:"frontchannel_logout_uri" doc:"What browsers load when a session ends."`
	FrontchannelSession bool           `toml:"frontchannel_logout_session_required" default:"false" doc:"That address is told which session ended."`
	BackchannelURI      string         `toml:"backchannel_logout_uri" doc:"Where the client is told that a session has ended."`
	BackchannelSession  bool           `toml:"backchannel_logout_session_required" default:"false" doc:"The client is told which session ended."`
}
