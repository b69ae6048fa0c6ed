package upstream

import (
	"slices"
	"strings"
)

// profileClaims are the standard ones (OpenID Connect Core §5.1).
var profileClaims = map[string]string{
	"name": "name", "given_name": "given_name", "family_name": "family_name", "nickname": "nickname", "preferred_username": "preferred_username",
	"picture": "picture", "profile": "profile", "website": "website", "locale": "locale", "zoneinfo": "zoneinfo",
}

// openID is a row for a provider that keeps to OpenID Connect.
func openID(name, color, issuer string) Source {
	return Source{
		Protocol: OIDC, Name: name, Color: color, Issuer: issuer, Scopes: []string{"openid", "profile", "email"}, ClientAuth: "client_secret_basic", PKCE: "S256",
		SubjectPath: "sub", EmailPath: "email", VerifiedPath: "email_verified", EmailVerified: VerifiedClaim, Claims: profileClaims, Audience: AudienceNone,
	}
}

// directory is a row of LDAP.
func directory(preset, name, subject, filter, full, login string) Source {
	return Source{
		Preset: preset, Protocol: LDAP, Name: name, PKCE: "none", SubjectPath: subject, EmailPath: "mail", EmailVerified: VerifiedNever, Audience: AudienceNone,
		Directory: Directory{Filter: filter},
		Claims:    map[string]string{"name": full, "given_name": "givenName", "family_name": "sn", "preferred_username": login},
	}
}

// with changes a row.
func with(s Source, change func(*Source)) Source {
	change(&s)
	return s
}

// Presets are all rows, in the order of their names.
func Presets() []Preset {
	rows := slices.Concat(openIDPresets, oauthPresets, genericPresets)
	slices.SortFunc(rows, func(a, b Preset) int { return strings.Compare(a.Preset, b.Preset) })
	return rows
}

// FindPreset returns a row.
func FindPreset(name string) (Preset, bool) {
	rows := Presets()
	i := slices.IndexFunc(rows, func(p Preset) bool { return p.Preset == name })
	if i < 0 {
		return Preset{}, false
	}
	return rows[i], true
}

var genericPresets = []Preset{
	{Source: with(openID("OpenID Connect", "", ""), func(s *Source) { s.Preset = OIDC })},
	{Source: Source{
		Preset: OAuth2, Protocol: OAuth2, Name: "OAuth 2.0", ClientAuth: "client_secret_basic", PKCE: "S256",
		SubjectPath: "id", EmailPath: "email", VerifiedPath: "email_verified", EmailVerified: VerifiedNever, Claims: map[string]string{"name": "name"}, Audience: AudienceNone,
	}},
	{Source: Source{
		Preset: OAuth1, Protocol: OAuth1, Name: "OAuth 1.0a", PKCE: "none",
		SubjectPath: "id_str", EmailPath: "email", EmailVerified: VerifiedNever, Claims: map[string]string{"name": "name"}, Audience: AudienceNone,
	}},
	{
		Source: directory(LDAP, "Directory", "entryUUID", "(&(objectClass=person)(uid={login}))", "cn", "uid"),
		Traps: []string{
			"The address in a directory is what its administrators wrote: whether it is to be taken for verified is yours to say, with email_verified = \"always\".",
			"The connection is under TLS in any case: ldaps, or ldap with StartTLS. A server in a private network needs outbound.allow_private.",
		},
	},
	{
		Source: directory("active-directory", "Active Directory", "objectGUID", "(&(objectCategory=person)(objectClass=user)(sAMAccountName={login}))", "displayName", "sAMAccountName"),
		Traps:  []string{"Who searches is a service account: write bind_dn and bind_password. Who is disabled or has to change the password is refused by the directory itself."},
	},
}
