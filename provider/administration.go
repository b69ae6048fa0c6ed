package provider

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"signet/provider/account"
)

// PathAdministration is where administration is, below the issuer. With the issuer before it, it is the audience of access tokens
// for it: it is a protected resource as any other (RFC 9728).
const PathAdministration = "/api/v1"

// AdministrationScope is a row of the table of what can be administered.
type AdministrationScope struct {
	Name string
	// Does says what it allows, in a sentence without a full stop.
	Does string
}

// administersAdministrators is the scope without which nobody touches somebody who administers, or makes somebody do so.
const administersAdministrators = "administrators:write"

// administrationScopes is the table.
var administrationScopes = []AdministrationScope{
	{"users:read", "See people, what they prove themselves with, and what they allowed clients"},
	{"users:write", "Add, change and remove people who do not administer"},
	{administersAdministrators, "Do the same with people who administer, and say who does"},
	{"groups:read", "See groups and who is in them"},
	{"groups:write", "Add, change and remove groups, and say who is in them"},
	{"sessions:read", "See where people are signed in"},
	{"sessions:write", "Sign people out"},
	{"clients:read", "See clients"},
	{"clients:write", "Add, change and remove clients, and give them new secrets"},
	{"keys:read", "See the signing keys"},
	{"keys:write", "Rotate and bring signing keys"},
	{"audit:read", "Read and verify the audit trail"},
	{"system:read", "See the state of the server"},
	{"system:write", "Send test mails"},
}

// AdministrationScopes returns the table of what can be administered.
func AdministrationScopes() []AdministrationScope { return slices.Clone(administrationScopes) }

func isAdministrationScope(name string) bool {
	return slices.ContainsFunc(administrationScopes, func(s AdministrationScope) bool { return s.Name == name })
}

// Administration says which groups' members administer.
type Administration struct {
	// Owners may do everything.
	Owners []string
	// Support looks after people who do not administer.
	Support []string
	// Auditors see everything and change nothing.
	Auditors []string
}

// supportScopes are what those of Administration.Support may do.
var supportScopes = []string{"users:read", "users:write", "groups:read", "sessions:read", "sessions:write", "clients:read", "audit:read", "system:read"}

// scopesOf is what members of some groups may administer: nothing for most.
func (a Administration) scopesOf(of []string) []string {
	in := func(groups []string) bool { return a.anyOf(groups, of) }
	var scopes []string
	for _, s := range administrationScopes {
		reads := strings.HasSuffix(s.Name, ":read")
		if in(a.Owners) || in(a.Support) && slices.Contains(supportScopes, s.Name) || in(a.Auditors) && reads {
			scopes = append(scopes, s.Name)
		}
	}
	return scopes
}

// confers tells whether one of the groups makes its members administer.
func (a Administration) confers(groups []string) bool {
	return a.anyOf(slices.Concat(a.Owners, a.Support, a.Auditors), groups)
}

// anyOf tells whether the lists share a group.
func (Administration) anyOf(some, others []string) bool {
	return slices.ContainsFunc(some, func(name string) bool {
		return slices.ContainsFunc(others, func(other string) bool { return account.SameGroup(name, other) })
	})
}

// Administrator is who administers from outside: a person through a client, or a client for itself.
type Administrator struct {
	// Subject is the person's; it is empty for a client that acts for itself.
	Subject, ClientID string
	// Scopes are what both the access token and the person's role allow.
	Scopes []string

	role Administration
}

// Administrator returns who brings a request's access token. It must be one for administration; what the person may not do, the token
// cannot. Errors are *Error.
func (p *Provider) Administrator(ctx context.Context, r *http.Request) (*Administrator, error) {
	a, err := p.administrator(ctx, r)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	return a, nil
}

func (p *Provider) administrator(ctx context.Context, r *http.Request) (*Administrator, error) {
	text, err := bearerToken(r)
	if err != nil {
		return nil, err
	}
	t, err := p.bearerFor(ctx, text, p.issuer+PathAdministration)
	if err != nil {
		return nil, err
	}
	a := &Administrator{Subject: t.Subject, ClientID: t.ClientID, role: p.administration}
	for _, s := range t.Scopes {
		if isAdministrationScope(s) {
			a.Scopes = append(a.Scopes, s)
		}
	}
	if t.Subject == "" {
		return a, nil
	}
	person, err := p.accounts.Person(ctx, t.Subject)
	if err != nil {
		return nil, err
	}
	groups, err := p.accounts.GroupsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	role := p.administration.scopesOf(groups)
	a.Scopes = slices.DeleteFunc(a.Scopes, func(s string) bool { return !slices.Contains(role, s) })
	return a, nil
}

// Actor is who they are in the audit trail.
func (a *Administrator) Actor() string {
	if a.Subject != "" {
		return a.Subject
	}
	return "client:" + a.ClientID
}

// Needs refuses whoever does not have a scope. The error is an *Error.
func (a *Administrator) Needs(scope string) error {
	if slices.Contains(a.Scopes, scope) {
		return nil
	}
	return refuse("E-TOKEN-02").got("scope %q, with the role of the person, if there is one", strings.Join(a.Scopes, " ")).allowed("%s", scope)
}

// MayTouch tells whether the administrator may change a person who is in such groups, or put one into them. groups are all of them, by way
// of nested ones too.
func (a *Administrator) MayTouch(groups ...string) bool {
	return !a.role.confers(groups) || slices.Contains(a.Scopes, administersAdministrators)
}

// MayGive tells whether the administrator may change a client with such scopes, or give them to one: nobody makes a client do what they
// cannot do themselves.
func (a *Administrator) MayGive(scopes []string) bool {
	return !slices.ContainsFunc(scopes, func(s string) bool { return isAdministrationScope(s) && !slices.Contains(a.Scopes, s) })
}
