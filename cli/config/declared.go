package config

// Client is one [[client]]. What is left out is derived as its doc tag says; the client metadata have the names of
// RFC 7591 §2 where they have one.
type Client struct {
	ID            string   `toml:"id" doc:"The client_id, unique. 1 to 128 visible ASCII characters."`
	Name          string   `toml:"name" doc:"What people see when they are asked for consent. Left out: the id."`
	RedirectURIs  []string `toml:"redirect_uris" doc:"Where codes may be sent, compared byte for byte: https, http on a loopback host, or a private scheme with a dot such as com.example.app:/callback."`
	PostLogout    []string `toml:"post_logout_redirect_uris" doc:"Where a browser may return after signing out."`
	Secret        Secret   `toml:"secret" doc:"The client secret, at least 32 characters, as random as a generated one."`
	AuthMethod    string   `toml:"auth_method" enum:"client_secret_basic,client_secret_post,private_key_jwt,none" doc:"How the client authenticates. Left out: none for a public client, private_key_jwt for one with jwks and no secret, else client_secret_basic."`
	GrantTypes    []string `toml:"grant_types" enum:"authorization_code,refresh_token,client_credentials,urn:ietf:params:oauth:grant-type:device_code" doc:"Grants that the client may use. Left out: authorization_code and refresh_token for a public client and where there are redirect_uris, else client_credentials."`
	ResponseTypes []string `toml:"response_types" enum:"code" doc:"Response types that the client may ask for. Left out: code, if authorization_code is among the grants."`
	Scopes        []string `toml:"scopes" doc:"Scopes that the client may ask for. Left out: openid, profile, email and offline_access for a public client and where there are redirect_uris, else none."`
	Audience      []string `toml:"audience" doc:"Audiences, besides the issuer, that the client may ask access tokens for."`
	Resources     []string `toml:"resources" doc:"Audiences for which the client is the resource server: it may introspect tokens for them."`
	Public        bool     `toml:"public" default:"false" doc:"The client cannot keep a secret: an app or a page in a browser."`
	Trusted       bool     `toml:"trusted" default:"false" doc:"The client is the operator's own; people are not asked for consent."`
	Groups        []string `toml:"groups" doc:"Only members of one of these groups may sign in to the client. Empty: everybody."`
	JWKS          string   `toml:"jwks" doc:"The client's public keys, a JSON Web Key Set (RFC 7517 §5), for private_key_jwt."`
	AccessToken   string   `toml:"access_token" default:"opaque" enum:"opaque,jwt" doc:"opaque, or jwt for RFC 9068 tokens."`
	AccessAlg     string   `toml:"access_token_alg" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA" doc:"What signs access tokens of the form jwt. Left out: id_token_alg."`
	IDTokenAlg    string   `toml:"id_token_alg" default:"RS256" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA" doc:"What signs ID tokens."`
	RotateRefresh *bool    `toml:"rotate_refresh" doc:"Rotate this client's refresh tokens. Left out: yes for a public client, else as tokens.rotate_confidential says."`
}

// User is one [[user]].
type User struct {
	Name          string   `toml:"name" doc:"The user name, unique without regard to case. 1 to 64 characters without spaces."`
	Email         string   `toml:"email" doc:"The e-mail address, unique without regard to case."`
	EmailVerified bool     `toml:"email_verified" default:"false" doc:"The address is known to be the person's."`
	FullName      string   `toml:"full_name" doc:"The name as people say it, the claim name."`
	GivenName     string   `toml:"given_name" doc:"The claim given_name."`
	FamilyName    string   `toml:"family_name" doc:"The claim family_name."`
	MiddleName    string   `toml:"middle_name" doc:"The claim middle_name."`
	Nickname      string   `toml:"nickname" doc:"The claim nickname."`
	ProfilePage   string   `toml:"profile" doc:"The claim profile: the address of a page about the person."`
	Picture       string   `toml:"picture" doc:"The claim picture: the address of one."`
	Website       string   `toml:"website" doc:"The claim website: the address of the person's own."`
	Gender        string   `toml:"gender" doc:"The claim gender, such as female or male."`
	Birthdate     string   `toml:"birthdate" doc:"The claim birthdate: YYYY-MM-DD, 0000-MM-DD without the year, or YYYY."`
	Zoneinfo      string   `toml:"zoneinfo" doc:"The claim zoneinfo, such as Europe/Paris."`
	Locale        string   `toml:"locale" doc:"The claim locale, such as fr-CA."`
	PhoneNumber   string   `toml:"phone_number" doc:"The claim phone_number, such as +33 6 12 34 56 78."`
	PhoneVerified bool     `toml:"phone_number_verified" default:"false" doc:"The number is known to be the person's."`
	Address       string   `toml:"address" doc:"The postal address as it stands on a letter, formatted in the claim address."`
	StreetAddress string   `toml:"street_address" doc:"Of the claim address: street and number."`
	Locality      string   `toml:"locality" doc:"Of the claim address: the city."`
	Region        string   `toml:"region" doc:"Of the claim address: the state or province."`
	PostalCode    string   `toml:"postal_code" doc:"Of the claim address: the postal code."`
	Country       string   `toml:"country" doc:"Of the claim address: the country."`
	Groups        []string `toml:"groups" doc:"Names of the groups that the person belongs to."`
	PasswordHash  Secret   `toml:"password_hash" doc:"A hash of the password: argon2id in PHC form."`
	Password      Secret   `toml:"password" doc:"The password, at least 8 characters. Neither this nor password_hash: the person signs in otherwise."`
	Disabled      bool     `toml:"disabled" default:"false" doc:"The person cannot sign in, and what was granted does not work."`
}

// Group is one [[group]].
type Group struct {
	Name        string `toml:"name" doc:"The group's name, unique, as it stands in the claim groups."`
	Description string `toml:"description" doc:"What the group is for."`
}
