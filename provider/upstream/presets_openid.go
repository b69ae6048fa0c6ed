package upstream

var openIDPresets = []Preset{
	{
		Source: with(openID("Google", "#1a73e8", "https://accounts.google.com"), func(s *Source) {
			s.Preset, s.ClientAuth = "google", "client_secret_post"
			s.Audience, s.AudienceEndpoint = AudienceTokenInfo, "https://oauth2.googleapis.com/tokeninfo"
			s.RevocationEndpoint = "https://oauth2.googleapis.com/revoke"
		}),
		RegisterAt: "https://console.cloud.google.com/auth/clients",
		Traps: []string{
			"A refresh token comes only with authorize_params = { access_type = \"offline\" }, and again only with prompt = \"consent\".",
			"authorize_params = { hd = \"example.com\" } only changes Google's page. Use email_domains to keep others out.",
			"What Google Identity Services hands a front end is an ID token, not an access token.",
		},
	},
	{
		Source: with(openID("GitLab", "#fc6d26", "https://{domain}"), func(s *Source) {
			s.Preset = "gitlab"
			s.Claims = map[string]string{"name": "name", "nickname": "nickname", "preferred_username": "preferred_username", "picture": "picture", "profile": "profile", "website": "website"}
		}),
		Optional:   map[string]string{"domain": "gitlab.com"},
		RegisterAt: "https://gitlab.com/-/user_settings/applications",
		Traps:      []string{"The application at GitLab needs the scopes openid, profile and email ticked."},
	},
	{
		Source: with(openID("Microsoft", "#0078d4", "https://login.microsoftonline.com/{tenant}/v2.0"), func(s *Source) {
			s.Preset, s.ClientAuth = "microsoft", "client_secret_post"
			s.EmailVerified = VerifiedNever
		}),
		Optional:   map[string]string{"tenant": "common"},
		RegisterAt: "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
		Traps: []string{
			"The address in the claim email is whatever a tenant's administrator typed: it is never taken for verified, and nobody is linked by it. Where the tenant is your own alone, email_verified = \"always\" is yours to say.",
			"tenant is the GUID of a directory, common, organizations or consumers. A domain name is not: the issuer names the GUID.",
			"With common or organizations everybody's directory comes in; each is an issuer of its own.",
		},
	},
	{
		Source: with(openID("Apple", "#000000", "https://appleid.apple.com"), func(s *Source) {
			s.Preset, s.ClientAuth, s.PKCE, s.ResponseMode = "apple", "signed_secret", "none", "form_post"
			s.Scopes, s.Claims = []string{"openid", "name", "email"}, map[string]string{"name": "name", "given_name": "given_name", "family_name": "family_name"}
			s.RevocationEndpoint = "https://appleid.apple.com/auth/revoke"
		}),
		Required:   []string{"team"},
		RegisterAt: "https://developer.apple.com/account/resources/identifiers/list/serviceId",
		Traps: []string{
			"client_id is the id of the service, not of the application. The secret is signed anew for each use with private_key, the .p8 file, whose id is key_id; team is the id of the team.",
			"The name comes once, with the very first sign-in. To see it again, the person has to remove the application at appleid.apple.com.",
			"The address may be a relay at privaterelay.appleid.com. It reaches the person only from senders that are registered with Apple.",
			"Callback addresses must be https and have a domain name; localhost is not taken.",
		},
	},
	{
		Source: with(openID("Twitch", "#9146ff", "https://id.twitch.tv/oauth2"), func(s *Source) {
			s.Preset, s.ClientAuth, s.PKCE = "twitch", "client_secret_post", "none"
			s.Scopes = []string{"openid", "user:read:email"}
			s.AuthorizeParams = map[string]string{"claims": `{"id_token":{"email":null,"email_verified":null},"userinfo":{"picture":null,"preferred_username":null}}`}
			s.Claims = map[string]string{"preferred_username": "preferred_username", "name": "preferred_username", "picture": "picture"}
		}),
		RegisterAt: "https://dev.twitch.tv/console/apps/create",
		Traps:      []string{"Claims come only if the parameter claims asks for them; the preset does."},
	},
	{
		Source:     with(openID("Amazon Cognito", "#ff9900", "https://cognito-idp.{region}.amazonaws.com/{pool}"), func(s *Source) { s.Preset = "cognito" }),
		Required:   []string{"region", "pool"},
		RegisterAt: "https://console.aws.amazon.com/cognito/v2/idp/user-pools",
		Traps: []string{
			"Attributes of your own are called custom:plan; map them with \"claims['custom:plan']\".",
			"userinfo says email_verified as a text. Only the ID token's true counts.",
			"The pool needs a domain, and the app client a secret and the scopes openid, profile and email.",
		},
	},
	{
		Source:     with(openID("Okta", "#007dc1", "https://{domain}"), func(s *Source) { s.Preset = "okta" }),
		Required:   []string{"domain"},
		RegisterAt: "https://developer.okta.com/login/",
		Traps:      []string{"domain is that of the organization, such as example.okta.com, and with an authorization server of your own example.okta.com/oauth2/default."},
	},
	{
		Source:     with(openID("Auth0", "#eb5424", "https://{domain}/"), func(s *Source) { s.Preset, s.ClientAuth = "auth0", "client_secret_post" }),
		Required:   []string{"domain"},
		RegisterAt: "https://manage.auth0.com/#/applications",
		Traps:      []string{"The issuer ends with a slash. Claims of your own have an address as their name; map them with \"claims['https://example.com/plan']\"."},
	},
	{
		Source:     with(openID("Keycloak", "#4d4d4d", "https://{domain}/realms/{realm}"), func(s *Source) { s.Preset = "keycloak" }),
		Required:   []string{"domain", "realm"},
		RegisterAt: "https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients",
		Traps:      []string{"Keycloak before version 17 has /auth in front: write domain = \"sso.example.com/auth\"."},
	},
}
