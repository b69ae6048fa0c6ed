package upstream

var oauthPresets = []Preset{
	{
		Source: Source{
			Preset: "github", Protocol: OAuth2, Name: "GitHub", Color: "#24292f", Issuer: "https://github.com/login/oauth",
			AuthorizationEndpoint: "https://github.com/login/oauth/authorize", TokenEndpoint: "https://github.com/login/oauth/access_token",
			UserInfoEndpoint: "https://api.github.com/user", EmailsEndpoint: "https://api.github.com/user/emails",
			Scopes: []string{"read:user", "user:email"}, ClientAuth: "client_secret_post", PKCE: "S256",
			SubjectPath: "id", EmailPath: "email", EmailVerified: VerifiedClaim, VerifiedPath: "email_verified",
			Claims:   map[string]string{"name": "name", "preferred_username": "login", "nickname": "login", "picture": "avatar_url", "profile": "html_url", "website": "blog"},
			Audience: AudienceApplication, AudienceEndpoint: "https://api.github.com/applications/{client_id}/token",
		},
		RegisterAt: "https://github.com/settings/applications/new",
		Traps: []string{
			"GitHub signs people in with OAuth 2.0, not with OpenID Connect; its addresses are read from /user/emails, where one is primary and verified.",
			"The login can be renamed and taken by somebody else. The person is the number id.",
			"An OAuth App has one callback address; a GitHub App may have ten.",
		},
	},
	{
		Source: Source{
			Preset: "facebook", Protocol: OAuth2, Name: "Facebook", Color: "#1877f2", Issuer: "https://www.facebook.com",
			AuthorizationEndpoint: "https://www.facebook.com/v23.0/dialog/oauth", TokenEndpoint: "https://graph.facebook.com/v23.0/oauth/access_token",
			UserInfoEndpoint: "https://graph.facebook.com/v23.0/me?fields=id,name,first_name,last_name,email,picture.type(large)",
			Scopes:           []string{"public_profile", "email"}, ClientAuth: "client_secret_post", PKCE: "none",
			SubjectPath: "id", EmailPath: "email", EmailVerified: VerifiedNever,
			Claims:   map[string]string{"name": "name", "given_name": "first_name", "family_name": "last_name", "picture": "picture.data.url"},
			Audience: AudienceDebugToken, AudienceEndpoint: "https://graph.facebook.com/v23.0/debug_token", RevocationEndpoint: "https://graph.facebook.com/v23.0/me/permissions",
		},
		RegisterAt: "https://developers.facebook.com/apps/creation/",
		Traps: []string{
			"The address may be missing, for who signed up by telephone, or did not allow it. It is not taken for verified.",
			"The id is another one for each application: a new application knows nobody.",
			"A version of the Graph API lives two years; the preset names one.",
		},
	},
	{
		Source: Source{
			Preset: "x", Protocol: OAuth1, Name: "X", Color: "#0f1419", Issuer: "https://x.com",
			RequestTokenEndpoint: "https://api.x.com/oauth/request_token", AuthorizationEndpoint: "https://api.x.com/oauth/authenticate", TokenEndpoint: "https://api.x.com/oauth/access_token",
			UserInfoEndpoint: "https://api.x.com/1.1/account/verify_credentials.json?include_email=true&skip_status=true&include_entities=false",
			PKCE:             "none", SubjectPath: "id_str", EmailPath: "email", EmailVerified: VerifiedAlways,
			Claims:   map[string]string{"name": "name", "preferred_username": "screen_name", "nickname": "screen_name", "picture": "profile_image_url_https"},
			Audience: AudienceNone,
		},
		RegisterAt: "https://developer.x.com/en/portal/projects-and-apps",
		Traps: []string{
			"client_id and client_secret are the consumer key and secret.",
			"The address comes only if \"Request email from users\" is ticked for the application. X hands out verified ones alone.",
			"There is no way to ask for whom an access token was issued: a front end cannot bring one.",
		},
	},
	{
		Source: Source{
			Preset: "x-oauth2", Protocol: OAuth2, Name: "X", Color: "#0f1419", Issuer: "https://x.com",
			AuthorizationEndpoint: "https://x.com/i/oauth2/authorize", TokenEndpoint: "https://api.x.com/2/oauth2/token",
			UserInfoEndpoint: "https://api.x.com/2/users/me?user.fields=confirmed_email,name,username,profile_image_url",
			Scopes:           []string{"users.read", "tweet.read", "users.email"}, ClientAuth: "client_secret_basic", PKCE: "S256",
			SubjectPath: "data.id", EmailPath: "data.confirmed_email", EmailVerified: VerifiedAlways,
			Claims:   map[string]string{"name": "data.name", "preferred_username": "data.username", "nickname": "data.username", "picture": "data.profile_image_url"},
			Audience: AudienceNone, RevocationEndpoint: "https://api.x.com/2/oauth2/revoke",
		},
		RegisterAt: "https://developer.x.com/en/portal/projects-and-apps",
		Traps: []string{
			"client_id and client_secret are those of OAuth 2.0, not the consumer key and secret.",
			"users.read works only together with tweet.read; the address needs users.email and \"Request email from users\".",
			"A refresh token comes only with the scope offline.access.",
		},
	},
	{
		Source: Source{
			Preset: "vk", Protocol: OAuth2, Name: "VK", Color: "#0077ff", Issuer: "https://{domain}",
			AuthorizationEndpoint: "https://{domain}/authorize", TokenEndpoint: "https://{domain}/oauth2/auth", UserInfoEndpoint: "https://{domain}/oauth2/user_info",
			Scopes: []string{"vkid.personal_info", "email"}, ClientAuth: "client_secret_post", PKCE: "S256",
			SubjectPath: "user.user_id", EmailPath: "user.email", EmailVerified: VerifiedNever,
			Claims:   map[string]string{"given_name": "user.first_name", "family_name": "user.last_name", "picture": "user.avatar"},
			Audience: AudienceNone, RevocationEndpoint: "https://{domain}/oauth2/revoke",
		},
		Optional:   map[string]string{"domain": "id.vk.com"},
		RegisterAt: "https://id.vk.com/about/business/go/",
		Traps: []string{
			"oauth.vk.com is retired. The answer carries a device_id, which the token endpoint wants back; the preset sends it.",
			"The address is as the person typed it; it is not taken for verified.",
			"In Russia the domain is id.vk.ru: write params = { domain = \"id.vk.ru\" }.",
		},
	},
	{
		Source: Source{
			Preset: "yandex", Protocol: OAuth2, Name: "Yandex", Color: "#fc3f1d", Issuer: "https://oauth.yandex.com",
			AuthorizationEndpoint: "https://oauth.yandex.com/authorize", TokenEndpoint: "https://oauth.yandex.com/token",
			UserInfoEndpoint: "https://login.yandex.ru/info?format=json",
			Scopes:           []string{"login:email", "login:info"}, ClientAuth: "client_secret_basic", PKCE: "S256",
			SubjectPath: "id", EmailPath: "default_email", EmailVerified: VerifiedNever,
			Claims:   map[string]string{"name": "real_name", "given_name": "first_name", "family_name": "last_name", "preferred_username": "login"},
			Audience: AudienceUserInfo,
		},
		RegisterAt: "https://oauth.yandex.com/client/new",
		Traps:      []string{"The address may be that of another service; it is not taken for verified."},
	},
	{
		Source: Source{
			Preset: "instagram", Protocol: OAuth2, Name: "Instagram", Color: "#c13584", Issuer: "https://www.instagram.com",
			AuthorizationEndpoint: "https://www.instagram.com/oauth/authorize", TokenEndpoint: "https://api.instagram.com/oauth/access_token",
			UserInfoEndpoint: "https://graph.instagram.com/v23.0/me?fields=user_id,username,name,profile_picture_url",
			Scopes:           []string{"instagram_business_basic"}, ClientAuth: "client_secret_post", PKCE: "none",
			SubjectPath: "user_id", EmailVerified: VerifiedNever,
			Claims:   map[string]string{"name": "name", "preferred_username": "username", "nickname": "username", "picture": "profile_picture_url"},
			Audience: AudienceNone,
		},
		RegisterAt: "https://developers.facebook.com/apps/creation/",
		Traps: []string{
			"Instagram has no sign-in for private people since 4 December 2024. Only professional accounts (business and creator) can come this way; everybody else needs Facebook or another provider.",
			"There is no e-mail address.",
		},
	},
	{
		Source: Source{
			Preset: "linkedin", Protocol: OAuth2, Name: "LinkedIn", Color: "#0a66c2", Issuer: "https://www.linkedin.com/oauth",
			AuthorizationEndpoint: "https://www.linkedin.com/oauth/v2/authorization", TokenEndpoint: "https://www.linkedin.com/oauth/v2/accessToken",
			UserInfoEndpoint: "https://api.linkedin.com/v2/userinfo",
			Scopes:           []string{"openid", "profile", "email"}, ClientAuth: "client_secret_post", PKCE: "none",
			SubjectPath: "sub", EmailPath: "email", VerifiedPath: "email_verified", EmailVerified: VerifiedClaim,
			Claims:   map[string]string{"name": "name", "given_name": "given_name", "family_name": "family_name", "picture": "picture"},
			Audience: AudienceIntrospection, AudienceEndpoint: "https://www.linkedin.com/oauth/v2/introspectToken",
		},
		RegisterAt: "https://www.linkedin.com/developers/apps/new",
		Traps: []string{
			"The application needs the product \"Sign In with LinkedIn using OpenID Connect\"; r_liteprofile and r_emailaddress are retired.",
			"Its ID token has no nonce, so it is not used: the profile comes from userinfo, with a token that LinkedIn has given to this server itself.",
		},
	},
	{
		Source: Source{
			Preset: "discord", Protocol: OAuth2, Name: "Discord", Color: "#5865f2", Issuer: "https://discord.com",
			AuthorizationEndpoint: "https://discord.com/oauth2/authorize", TokenEndpoint: "https://discord.com/api/oauth2/token", UserInfoEndpoint: "https://discord.com/api/v10/users/@me",
			Scopes: []string{"identify", "email"}, ClientAuth: "client_secret_post", PKCE: "S256",
			SubjectPath: "id", EmailPath: "email", VerifiedPath: "verified", EmailVerified: VerifiedClaim,
			Claims:   map[string]string{"name": "global_name", "preferred_username": "username", "nickname": "username", "locale": "locale"},
			Audience: AudienceNone, RevocationEndpoint: "https://discord.com/api/oauth2/token/revoke",
		},
		RegisterAt: "https://discord.com/developers/applications",
	},
	{
		Source: Source{
			Preset: "mozilla", Protocol: OAuth2, Name: "Mozilla", Color: "#20123a", Issuer: "https://accounts.firefox.com",
			AuthorizationEndpoint: "https://accounts.firefox.com/authorization", TokenEndpoint: "https://oauth.accounts.firefox.com/v1/token",
			UserInfoEndpoint: "https://profile.accounts.firefox.com/v1/profile",
			Scopes:           []string{"openid", "profile", "email"}, ClientAuth: "client_secret_post", PKCE: "none",
			SubjectPath: "uid", EmailPath: "email", EmailVerified: VerifiedNever,
			Claims:   map[string]string{"name": "displayName", "picture": "avatar", "locale": "locale"},
			Audience: AudienceNone,
		},
		RegisterAt: "https://mozilla.github.io/ecosystem-platform/relying-parties/how-tos/integration-with-fxa",
		Traps:      []string{"Mozilla registers applications of partners only, by hand."},
	},
}
