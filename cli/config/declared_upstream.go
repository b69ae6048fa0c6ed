package config

// Upstream is one [[upstream]].
type Upstream struct {
	ID       string `toml:"id" doc:"What names it here: 1 to 32 small letters, digits and '-'. It is part of the callback address and of who somebody is, so it is chosen once. Left out, it is the preset."`
	Preset   string `toml:"preset" doc:"A known provider, whose addresses, scopes and rules it takes over: signet upstream presets lists them. Each of them can be written here otherwise."`
	Protocol string `toml:"protocol" doc:"oidc, oauth2, oauth1 or ldap, where there is no preset. Left out, oidc."`
	Name     string `toml:"name" doc:"What its button says."`
	Color    string `toml:"color" doc:"Colour of its button, #rrggbb."`
	Disabled bool   `toml:"disabled" default:"false" doc:"Nobody signs in with it. Who came by it before keeps their account."`

	ClientID     string `toml:"client_id" doc:"What the provider calls this server; of OAuth 1.0a the consumer key."`
	ClientSecret Secret `toml:"client_secret" doc:"The secret that the provider has given for it."`
	ClientAuth   string `toml:"client_auth" doc:"How this server shows who it is: client_secret_basic, client_secret_post, signed_secret (a JWT of private_key, as Apple wants it) or none."`
	PrivateKey   Secret `toml:"private_key" doc:"PEM key (PKCS 8, P-256) that signs the client secret, where client_auth is signed_secret: Apple's .p8 file."`
	KeyID        string `toml:"key_id" doc:"What the provider calls private_key."`

	Params                map[string]string `toml:"params" doc:"What fills places such as {tenant}, {region}, {pool} and {domain} of the preset's addresses; signet upstream presets tells which a preset has."`
	Issuer                string            `toml:"issuer" doc:"The provider's issuer identifier, to the letter. Of oidc everything else is discovered below it."`
	AuthorizationEndpoint string            `toml:"authorization_endpoint" doc:"Where browsers are sent. Of oidc it is discovered."`
	TokenEndpoint         string            `toml:"token_endpoint" doc:"Where codes are redeemed. Of oidc it is discovered."`
	UserInfoEndpoint      string            `toml:"userinfo_endpoint" doc:"Where it says whose a token is. Of oidc it is discovered."`
	JWKSURI               string            `toml:"jwks_uri" doc:"Where its keys are. Of oidc it is discovered."`
	RequestTokenEndpoint  string            `toml:"request_token_endpoint" doc:"Where OAuth 1.0a begins."`
	EmailsEndpoint        string            `toml:"emails_endpoint" doc:"Where it lists a person's addresses with primary and verified, as GitHub does."`
	AudienceEndpoint      string            `toml:"audience_endpoint" doc:"Where audience is asked."`
	RevocationEndpoint    string            `toml:"revocation_endpoint" doc:"Where tokens are taken back (RFC 7009). Of oidc it is discovered."`

	Server       string `toml:"server" doc:"Of ldap: ldaps://host, or ldap://host, which goes on with StartTLS or not at all."`
	BindDN       string `toml:"bind_dn" doc:"Of ldap: who searches for people. Left out, nobody in particular."`
	BindPassword Secret `toml:"bind_password" doc:"Of ldap: the password of bind_dn."`
	BaseDN       string `toml:"base_dn" doc:"Of ldap: below which name people are searched for."`
	Filter       string `toml:"filter" doc:"Of ldap: who it is, with {login} for what they type, such as (uid={login})."`
	UserDN       string `toml:"user_dn" doc:"Of ldap, in place of a search: the name of a person, such as uid={login},ou=people,dc=example,dc=com."`

	Scopes          []string          `toml:"scopes" doc:"Scopes that are asked for."`
	AuthorizeParams map[string]string `toml:"authorize_params" doc:"Further parameters of the authorization request, such as prompt or access_type. An empty text takes one of the preset away."`
	PKCE            string            `toml:"pkce" doc:"S256, or none where the provider cannot."`
	ResponseMode    string            `toml:"response_mode" doc:"query, or form_post where the provider posts its answer, as Apple does."`
	Algorithms      []string          `toml:"id_token_algs" doc:"Algorithms that its ID tokens may be signed with. Left out, what it says it supports."`

	SubjectPath   string            `toml:"subject_path" doc:"Where the profile says who it is: what never changes and is never given to somebody else. Of oidc it is sub."`
	EmailPath     string            `toml:"email_path" doc:"Where the profile has the e-mail address, such as data.email."`
	VerifiedPath  string            `toml:"verified_path" doc:"Where the profile says whether the address is verified. Only the JSON value true counts."`
	EmailVerified string            `toml:"email_verified" doc:"claim: the address is verified if verified_path says so. always: the provider hands out no others. never: it is not taken for verified."`
	Claims        map[string]string `toml:"claims" doc:"What of the profile becomes what, such as { picture = \"avatar_url\", \"attributes.plan\" = \"claims['custom:plan']\" }. An empty text takes one of the preset away."`
	EmailDomains  []string          `toml:"email_domains" doc:"Domains of addresses that may come, verified; everybody else is sent away. Domains below them are others."`

	Audience  string   `toml:"audience" doc:"How to find out for whom an access token was issued that an application brings: none (such tokens are refused), introspection, or the way of a preset: tokeninfo, debug_token, application, userinfo."`
	Audiences []string `toml:"audiences" doc:"Further client ids of yours there, such as those of mobile applications, whose tokens are taken too."`

	OnNew          string   `toml:"on_new" enum:"create,invite,deny" doc:"Who has no account yet: create makes one, invite takes who was invited, deny sends them away. Left out, it goes by signup.mode: create if that is open, invite if it is invite, and otherwise deny."`
	LinkBy         string   `toml:"link_by" enum:"proof,verified_email" doc:"What connects an account there with one here that has the same address: proof, if the person signs in here once and says so; verified_email, if both sides have verified the address. Left out, proof."`
	RefreshProfile []string `toml:"refresh_profile" doc:"Claims that each sign-in brings up to date, such as name and picture, unless the person has edited them."`
	TrustAMR       bool     `toml:"trust_amr" default:"false" doc:"Believe it how the person was authenticated there, so that who was asked for a second factor there is not asked here."`
	KeepTokens     bool     `toml:"keep_tokens" default:"false" doc:"Keep its tokens, sealed, for applications that may exchange for them."`
}
