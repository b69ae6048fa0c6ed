package provider

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ory/fosite"
)

// Introspect answers an introspection request (RFC 7662 §2). r.PostForm has been parsed. Only a client that has
// authenticated may ask, and only about tokens that are its own or addressed to it; about all others it learns that they are
// not active, and nothing else. The answer is a JWT if the request accepts one (RFC 9701). Errors are *Error.
func (p *Provider) Introspect(ctx context.Context, r *http.Request) (Reply, error) {
	c := &call{now: p.db.Now()}
	reply, err := p.introspect(withCall(ctx, c), c, r)
	if err != nil {
		return Reply{}, p.tokenRefused(ctx, c, p.settleRefusal(ctx, c, err))
	}
	return reply, nil
}

func (p *Provider) introspect(ctx context.Context, c *call, r *http.Request) (Reply, error) {
	if err := checkRepeats(r.PostForm); err != nil {
		return Reply{}, err
	}
	asker, err := p.fosite.AuthenticateClient(ctx, r, r.PostForm)
	if err != nil {
		return Reply{}, err
	}
	if asker.IsPublic() {
		return Reply{}, authFailed(asker.GetID(), errors.New("a public client cannot prove who it is"))
	}
	client, text := c.client, r.PostForm.Get("token")
	if text == "" {
		return Reply{}, refuse("E-REQ-01").got("no token")
	}
	facts, err := p.tokenFacts(ctx, c, client, text, r.PostForm.Get("token_type_hint"))
	if err != nil {
		return Reply{}, err
	}
	reply, err := p.introspectionReply(ctx, r, c, facts)
	if err != nil {
		return Reply{}, err
	}
	return reply, p.settle(ctx, c)
}

// inactive is all that is said of a token that is dead or none of the asker's business.
func inactive() map[string]any { return map[string]any{"active": false} }

func (p *Provider) tokenFacts(ctx context.Context, c *call, asker *Client, text, hint string) (map[string]any, error) {
	use, _, err := p.fosite.IntrospectToken(ctx, text, fosite.TokenUse(hint), newSession(nil))
	switch {
	case err != nil && c.fault != nil:
		return nil, tokenFault(c, err)
	case err != nil:
		return inactive(), nil
	case use == fosite.RefreshToken:
		return p.refreshFacts(c, asker), nil
	}
	return p.accessFacts(ctx, asker, c.access)
}

// accessFacts are the members of RFC 7662 §2.2.
func (p *Provider) accessFacts(ctx context.Context, asker *Client, t *AccessToken) (map[string]any, error) {
	if t.ClientID != asker.ID && !slices.Contains(t.Audience, asker.ID) && !asker.IntrospectAll && !containsAny(asker.Resources, t.Audience) {
		return inactive(), nil
	}
	client, err := p.Client(ctx, t.ClientID)
	if err != nil {
		return nil, err
	}
	facts := p.facts(client, &t.Mandate, t.Issued, t.Expires)
	facts["token_type"] = "Bearer"
	facts["aud"] = t.Audience
	if t.Subject != "" && !client.pairwise() { // a user name would undo what pairwise subjects are for
		person, err := p.accounts.Person(ctx, t.Subject)
		if err != nil {
			return nil, err
		}
		facts["username"] = person.Username
	}
	return facts, p.addMembership(ctx, client, t, facts)
}

// refreshFacts tells a refresh token's facts to its own client alone.
func (p *Provider) refreshFacts(c *call, asker *Client) map[string]any {
	t := c.refresh
	if t.ClientID != asker.ID || t.Generation != c.grant.Value.Generation {
		return inactive()
	}
	return p.facts(asker, &c.grant.Value.Mandate, t.Issued, t.Expires)
}

// facts are those of all tokens. Whoever asks, sub is the person as the token's own client knows them, as it stands in a JWT access
// token too (RFC 7662 §2.2).
func (p *Provider) facts(client *Client, m *Mandate, issued, expires int64) map[string]any {
	facts := map[string]any{
		"active":    true,
		"iss":       p.issuer,
		"client_id": m.ClientID,
		"sub":       p.subOf(client, m),
		"iat":       issued,
		"exp":       expires,
	}
	setIf(facts, "scope", strings.Join(m.Scopes, " "))
	setIf(facts, "acr", m.ACR)
	if m.AuthTime > 0 {
		facts["auth_time"] = m.AuthTime
	}
	return facts
}

func containsAny(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
