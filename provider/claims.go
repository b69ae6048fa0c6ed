package provider

import (
	"context"
	"slices"

	"signet/provider/account"
	"signet/provider/account/attribute"
)

// scopeClaims is a row of the table of scopes that release claims of a person (OIDC Core §5.4).
type scopeClaims struct {
	Scope  string
	Claims []claim
}

// claim is a claim about a person. In are the places where clients are told, nil is all of them. Of returns its value and whether
// there is one.
type claim struct {
	Name string
	In   []attribute.Place
	Of   func(h *holder) (any, bool)
}

// toldIn tells whether clients may be told of the claim at a place.
func (c *claim) toldIn(place attribute.Place) bool {
	return c.In == nil || slices.Contains(c.In, place)
}

// inAccessToken is the one place beside those of attributes.
const inAccessToken attribute.Place = "access_token"

// holder is whose claims are told, and to which client.
type holder struct {
	*account.Person
	client *Client
	// groups are those that the person is in, by way of others too. They are there for the scopes of membershipScopes.
	groups []string
}

// membershipScopes are the scopes whose claims follow from the person's groups. JWT access tokens carry these claims, too
// (RFC 9068 §2.2.3.1).
var membershipScopes = []string{"groups", "roles"}

// Scopes that release no claims but mean something to the provider.
var plainScopes = []string{"openid", "offline_access"}

// scopeTable is the table of every provider; see declareClaims for what an operator adds. Discovery announces its scopes and claims.
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
		{"updated_at", nil, func(p *holder) (any, bool) { return p.Updated, p.Updated > 0 }},
	}},
	{"email", []claim{
		text("email", func(p *account.Person) string { return p.Email }),
		{"email_verified", nil, func(p *holder) (any, bool) { return p.EmailVerified, p.Email != "" }},
	}},
	{"address", []claim{
		{"address", nil, func(p *holder) (any, bool) { return p.Address, p.Address != nil }},
	}},
	{"phone", []claim{
		text("phone_number", func(p *account.Person) string { return p.PhoneNumber }),
		{"phone_number_verified", nil, func(p *holder) (any, bool) {
			return p.PhoneVerified, p.PhoneNumber != ""
		}},
	}},
	{"groups", []claim{
		{"groups", nil, func(p *holder) (any, bool) { return some(p.client.toldGroups(p.groups)) }},
	}},
	{"roles", []claim{
		{"roles", nil, func(p *holder) (any, bool) { return some(p.client.rolesOf(p.groups)) }},
	}},
}

func some(list []string) (any, bool) { return list, len(list) > 0 }

func text(name string, of func(*account.Person) string) claim {
	return claim{name, nil, func(p *holder) (any, bool) { v := of(p.Person); return v, v != "" }}
}

// personClaims are what the scopes release of a person to a client at a place, and the claims that were asked for by name. What is
// not known is left out (OIDC Core §5.3.2).
func (p *Provider) personClaims(ctx context.Context, place attribute.Place, person *account.Person, client *Client, scopes, names []string) (map[string]any, error) {
	out := map[string]any{}
	if len(scopes) == 0 && len(names) == 0 {
		return out, nil
	}
	h := holder{Person: person, client: client}
	for _, row := range p.scopeTable {
		all := slices.Contains(scopes, row.Scope)
		if !all && len(names) == 0 {
			continue
		}
		if err := p.findGroups(ctx, &h, row.Scope); err != nil {
			return nil, err
		}
		for _, c := range row.Claims {
			if !all && !slices.Contains(names, c.Name) || !c.toldIn(place) {
				continue
			}
			if v, ok := c.Of(&h); ok {
				out[c.Name] = v
			}
		}
	}
	return out, nil
}

// findGroups fills in the holder's groups, if the claims of the scope follow from them.
func (p *Provider) findGroups(ctx context.Context, h *holder, scope string) (err error) {
	if h.groups == nil && slices.Contains(membershipScopes, scope) {
		h.groups, err = p.accounts.GroupsOf(ctx, h.Person)
	}
	return err
}

// StandardScopes are all scopes that mean something to every provider. Clients that say nothing may ask for them; those that an
// operator declares are given to clients one by one.
func StandardScopes() []string {
	scopes := slices.Clone(plainScopes[:1])
	for _, row := range scopeTable {
		scopes = append(scopes, row.Scope)
	}
	return append(scopes, plainScopes[1:]...)
}
