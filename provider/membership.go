package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"signet/provider/account"
)

// inGroups tells whether a person is in one of some groups, by way of nested ones too. Names of groups differ by more than case.
func (p *Provider) inGroups(ctx context.Context, person *account.Person, names []string) (bool, error) {
	groups, err := p.accounts.GroupsOf(ctx, person)
	return err == nil && slices.ContainsFunc(groups, func(g string) bool { return containsName(names, g) }), err
}

func containsName(names []string, group string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, group) })
}

// admits tells whether a person may use a client.
func (p *Provider) admits(ctx context.Context, c *Client, person *account.Person) (bool, error) {
	if len(c.Groups) == 0 {
		return true, nil
	}
	return p.inGroups(ctx, person, c.Groups)
}

// mustAdmit refuses a person who may not use the client.
func (p *Provider) mustAdmit(ctx context.Context, q *question) error {
	admitted, err := p.admits(ctx, q.client, q.person)
	if err == nil && !admitted {
		return refuse("E-CONSENT-02").got("%s", q.person.Username).allowed("members of %s", strings.Join(q.client.Groups, ", "))
	}
	return err
}

// toldGroups are those of some groups that the client is told of.
func (c *Client) toldGroups(groups []string) []string {
	if len(c.GroupPrefixes) == 0 {
		return groups
	}
	var told []string
	for _, g := range groups {
		if slices.ContainsFunc(c.GroupPrefixes, func(prefix string) bool { return strings.HasPrefix(g, prefix) }) {
			told = append(told, g)
		}
	}
	return told
}

// rolesOf are the roles that members of some groups have at the client, sorted.
func (c *Client) rolesOf(groups []string) []string {
	var roles []string
	for _, said := range c.Roles {
		role, group, _ := strings.Cut(said, "=")
		if containsName(groups, group) && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	return roles
}

// addMembership adds groups and roles to what a resource server learns of an access token, from the JWT (RFC 9068 §2.2.3.1) or by
// introspection, as far as the token's scopes release them: it decides by them.
func (p *Provider) addMembership(ctx context.Context, client *Client, t *AccessToken, claims map[string]any) error {
	if t.Subject == "" || !containsAny(membershipScopes, t.Scopes) {
		return nil
	}
	scopes := slices.DeleteFunc(slices.Clone(membershipScopes), func(s string) bool { return !slices.Contains(t.Scopes, s) })
	person, err := p.accounts.Person(ctx, t.Subject)
	if err != nil {
		return err
	}
	told, err := p.personClaims(ctx, inAccessToken, person, client, scopes, nil)
	maps.Copy(claims, told)
	return err
}

const (
	maxRoles = 100
	maxRole  = 64
)

// rolesFault judges roles and the prefixes of groups.
func (c *Client) rolesFault() string {
	if len(c.Roles) > maxRoles || len(c.GroupPrefixes) > maxRoles {
		return fmt.Sprintf("roles or groups_claim_prefixes: more than %d", maxRoles)
	}
	for _, said := range c.Roles {
		role, group, paired := strings.Cut(said, "=")
		if !paired || role == "" || group == "" || len(role) > maxRole || len(group) > 4*maxRole || !shownText(said) {
			return fmt.Sprintf("roles: %q, allowed role=group, such as editor=staff, with a role of at most %d bytes", said, maxRole)
		}
	}
	for _, prefix := range c.GroupPrefixes {
		if prefix == "" || len(prefix) > 4*maxRole || !shownText(prefix) {
			return fmt.Sprintf("groups_claim_prefixes: %q, allowed the beginning of a group's name", prefix)
		}
	}
	return ""
}

// shownText tells a text without control characters and outer spaces.
func shownText(s string) bool {
	return strings.TrimSpace(s) == s && strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
