package provider

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"signet/keys"
	"signet/provider/account"
)

// RegistrationPolicy says who may register clients by themselves.
type RegistrationPolicy string

// The policies. The zero value is RegistrationClosed.
const (
	// RegistrationClosed: nobody; there is no registration endpoint.
	RegistrationClosed RegistrationPolicy = "closed"
	// RegistrationByToken: whoever has an initial access token of the operator's (RFC 7591 §3).
	RegistrationByToken RegistrationPolicy = "token"
	// RegistrationOpen: everybody.
	RegistrationOpen RegistrationPolicy = "open"
)

// Registration is how clients register themselves (RFC 7591, OIDC Registration 1.0).
type Registration struct {
	// Policy says who may.
	Policy RegistrationPolicy
	// GrantTypes and ResponseTypes are what such a client may ask for; nil stands for authorization_code and refresh_token, and
	// for code.
	GrantTypes, ResponseTypes []string
	// MaxClients is how many may have registered themselves; 0 stands for 10,000. Each node counts now and then, so there may be
	// a few more.
	MaxClients int
	// Software are whose software statements are believed. Without any, statements are refused.
	Software []SoftwareIssuer
	// ReservedNames are names that no such client may have, nor one that is taken for them.
	ReservedNames []string
}

// SoftwareIssuer makes software statements (RFC 7591 §2.3).
type SoftwareIssuer struct {
	// Issuer is the iss claim of its statements.
	Issuer string
	// Keys verify them.
	Keys *keys.Set
}

const defaultMaxClients = 10_000

func (r Registration) withDefaults() Registration {
	if r.Policy == "" {
		r.Policy = RegistrationClosed
	}
	if r.GrantTypes == nil {
		r.GrantTypes = []string{"authorization_code", "refresh_token"}
	}
	if r.ResponseTypes == nil {
		r.ResponseTypes = []string{"code"}
	}
	if r.MaxClients == 0 {
		r.MaxClients = defaultMaxClients
	}
	return r
}

func (r Registration) check() error {
	if !slices.Contains([]RegistrationPolicy{RegistrationClosed, RegistrationByToken, RegistrationOpen}, r.Policy) {
		return fmt.Errorf("provider: registration policy %q, allowed closed, token, open", r.Policy)
	}
	for _, t := range r.ResponseTypes {
		if _, ok := findResponseType(t); !ok {
			return fmt.Errorf("provider: registration of response type %q, allowed %s", t, strings.Join(ResponseTypes(), ", "))
		}
	}
	for _, g := range r.GrantTypes {
		if !slices.Contains(GrantTypes(), g) {
			return fmt.Errorf("provider: registration of grant type %q, allowed %s", g, strings.Join(GrantTypes(), ", "))
		}
	}
	return nil
}

// CanRegister tells whether there is a registration endpoint.
func (p *Provider) CanRegister() bool { return p.registry.Policy != RegistrationClosed }

// registrantFault holds a client that registers itself to more than the rules of all clients: to the types that the operator
// lets such clients have, and to names that are not taken for another's. It returns the member that is wrong, and why.
func (p *Provider) registrantFault(c *Client) (member, why string) {
	for _, g := range c.GrantTypes {
		if !slices.Contains(p.registry.GrantTypes, g) {
			return "grant_types", fmt.Sprintf("grant type %q, allowed here %s", g, strings.Join(p.registry.GrantTypes, ", "))
		}
	}
	for _, t := range c.ResponseTypes {
		if !slices.ContainsFunc(p.registry.ResponseTypes, func(allowed string) bool { return sameWords(allowed, t) }) {
			return "response_types", fmt.Sprintf("response type %q, allowed here %s", t, strings.Join(p.registry.ResponseTypes, ", "))
		}
	}
	if why := p.nameOfStrangerFault(c.Name); why != "" {
		return "client_name", why
	}
	return c.borrowedSectorFault()
}

// nameOfStrangerFault judges the name that a client gives itself. What cannot be seen in it has no business there; the two
// joiners and the selectors of variants do, which scripts and emoji are written with.
func (p *Provider) nameOfStrangerFault(name string) string {
	hidden := func(r rune) bool {
		return r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
	}
	if strings.ContainsFunc(name, hidden) {
		return "client_name has characters that cannot be seen"
	}
	seen := bareName(name)
	for _, reserved := range append(p.registry.ReservedNames, reservedNames...) {
		if seen == bareName(reserved) {
			return fmt.Sprintf("client_name %q is reserved", name)
		}
	}
	return ""
}

// reservedNames are what people take for the provider itself, for those who run it, or for those whom everybody knows.
var reservedNames = []string{
	"Signet", "OpenID", "OAuth", "Admin", "Administrator", "Administration", "Root", "System", "Support", "Help", "Helpdesk", "Service Desk", "Security", "Account",
	"Accounts", "My Account", "Login", "Sign in", "Sign-in", "Single Sign-On", "SSO", "IT", "Official", "Verified", "Settings", "Password",
	"Google", "Microsoft", "Apple", "Facebook", "Meta", "Amazon", "GitHub", "GitLab", "LinkedIn", "X", "Twitter", "PayPal", "Stripe", "Slack", "Okta", "Auth0",
}

// bareName is what is left of a name for an eye that is in a hurry: letters that look alike are one, and only letters and
// digits count.
func bareName(name string) string {
	return account.Skeleton(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name))
}
