package provider

import (
	"slices"

	"signet/provider/account"
)

// scopeClaims is a row of the table of scopes that release claims of a person (OIDC Core §5.4).
type scopeClaims struct {
	Scope  string
	Claims []claim
}

// claim is a claim about a person. Of returns its value and whether there is one.
type claim struct {
	Name string
	Of   func(p *account.Person) (any, bool)
}

// Scopes that release no claims but mean something to the provider.
var plainScopes = []string{"openid", "offline_access"}

// scopeTable is the table. Discovery announces its scopes and claims.
var scopeTable = []scopeClaims{
	{"profile", []claim{
		text("name", func(p *account.Person) string { return p.Name }),
		text("given_name", func(p *account.Person) string { return p.GivenName }),
		text("family_name", func(p *account.Person) string { return p.FamilyName }),
		text("middle_name", func(p *account.Person) string { return p.MiddleName }),
		text("nickname", func(p *account.Person) string { return p.Nickname }),
		text("preferred_username", func(p *account.Person) string { return p.Username }),
		text("profile", func(p *account.Person) string { return p.ProfilePage }),
		text("picture", func(p *account.Person) string { return p.Picture }),
		text("website", func(p *account.Person) string { return p.Website }),
		text("gender", func(p *account.Person) string { return p.Gender }),
		text("birthdate", func(p *account.Person) string { return p.Birthdate }),
		text("zoneinfo", func(p *account.Person) string { return p.Zoneinfo }),
		text("locale", func(p *account.Person) string { return p.Locale }),
		{"updated_at", func(p *account.Person) (any, bool) { return p.Updated, p.Updated > 0 }},
	}},
	{"email", []claim{
		text("email", func(p *account.Person) string { return p.Email }),
		{"email_verified", func(p *account.Person) (any, bool) { return p.EmailVerified, p.Email != "" }},
	}},
	{"address", []claim{
		{"address", func(p *account.Person) (any, bool) { return p.Address, p.Address != nil }},
	}},
	{"phone", []claim{
		text("phone_number", func(p *account.Person) string { return p.PhoneNumber }),
		{"phone_number_verified", func(p *account.Person) (any, bool) {
			return p.PhoneVerified, p.PhoneNumber != ""
		}},
	}},
	{"groups", []claim{
		{"groups", func(p *account.Person) (any, bool) { return p.Groups, len(p.Groups) > 0 }},
	}},
}

func text(name string, of func(*account.Person) string) claim {
	return claim{name, func(p *account.Person) (any, bool) { v := of(p); return v, v != "" }}
}

// personClaims are what the scopes release of a person, and the claims that were asked for by name. What is not known is left
// out (OIDC Core §5.3.2).
func personClaims(p *account.Person, scopes, names []string) map[string]any {
	out := map[string]any{}
	for _, row := range scopeTable {
		all := slices.Contains(scopes, row.Scope)
		if !all && len(names) == 0 {
			continue
		}
		for _, c := range row.Claims {
			if !all && !slices.Contains(names, c.Name) {
				continue
			}
			if v, ok := c.Of(p); ok {
				out[c.Name] = v
			}
		}
	}
	return out
}

// StandardScopes are all scopes that mean something to the provider.
func StandardScopes() []string {
	scopes := slices.Clone(plainScopes[:1])
	for _, row := range scopeTable {
		scopes = append(scopes, row.Scope)
	}
	return append(scopes, plainScopes[1:]...)
}

// claimNames are all claims that a person can have, with those of every ID token.
func claimNames() []string {
	names := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "acr", "amr", "sid"}
	for _, row := range scopeTable {
		for _, c := range row.Claims {
			names = append(names, c.Name)
		}
	}
	return names
}
