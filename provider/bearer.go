package provider

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"signet/provider/account/attribute"
	"signet/storage"
)

// bearerToken finds the access token of a request: in the header or in the body of a form POST, never in the URL, and in one
// place only (RFC 6750 §2).
func bearerToken(r *http.Request) (string, error) {
	if r.URL.Query().Has("access_token") {
		return "", refuse("E-TOKEN-03").got("access_token in the URL")
	}
	var found []string
	for _, h := range r.Header.Values("Authorization") {
		scheme, token, _ := strings.Cut(h, " ")
		if strings.EqualFold(scheme, "Bearer") {
			found = append(found, strings.TrimLeft(token, " "))
		}
	}
	found = append(found, r.PostForm["access_token"]...)
	switch len(found) {
	case 0:
		return "", refuse("E-TOKEN-01").got("no access token")
	case 1:
		return found[0], nil
	}
	return "", refuse("E-TOKEN-03").got("%d access tokens", len(found))
}

// UserInfo answers a userinfo request (OIDC Core §5.3) with the claims that the token's scopes release, signed and encrypted as
// the client's record has it. For a POST, r.PostForm has been parsed. Errors are *Error.
func (p *Provider) UserInfo(ctx context.Context, r *http.Request) (Reply, error) {
	reply, err := p.userInfo(ctx, r)
	if err != nil {
		return Reply{}, p.refused(ctx, nil, err)
	}
	return reply, nil
}

func (p *Provider) userInfo(ctx context.Context, r *http.Request) (Reply, error) {
	text, err := bearerToken(r)
	if err != nil {
		return Reply{}, err
	}
	t, err := p.bearerFor(ctx, text, p.issuer)
	if err != nil {
		return Reply{}, err
	}
	if t.Subject == "" || !slices.Contains(t.Scopes, "openid") {
		return Reply{}, refuse("E-TOKEN-02").got("scope %q", strings.Join(t.Scopes, " ")).allowed("openid")
	}
	person, err := p.accounts.Person(ctx, t.Subject)
	if err != nil {
		return Reply{}, err
	}
	client, err := p.Client(ctx, t.ClientID)
	if errors.Is(err, storage.ErrNotFound) {
		return Reply{}, refuse("E-TOKEN-01").because(err) // it has gone since the token was judged
	}
	if err != nil {
		return Reply{}, err
	}
	claims, err := p.personClaims(ctx, attribute.InUserInfo, person, client, t.Scopes, t.UserInfoClaims)
	if err != nil {
		return Reply{}, err
	}
	claims["sub"] = p.subjectFor(client, t.Subject)
	p.observeEvent(ctx, Event{Kind: "userinfo", Client: t.ClientID, Subject: t.Subject, Name: person.Username, Text: strings.Join(t.Scopes, " ")})
	reply, err := p.userInfoReply(ctx, client, claims)
	reply.ClientID = client.ID
	return reply, err
}

// bearerFor is a living access token that is addressed to a resource of ours.
func (p *Provider) bearerFor(ctx context.Context, text, resource string) (*AccessToken, error) {
	c := &call{now: p.db.Now()}
	use, _, err := p.fosite.IntrospectToken(withCall(ctx, c), text, fosite.AccessToken, newSession(nil))
	if err != nil {
		return nil, tokenFault(c, err)
	}
	if use != fosite.AccessToken {
		return nil, refuse("E-TOKEN-01").got("a %s", use).allowed("an access token")
	}
	if !slices.Contains(c.access.Audience, resource) {
		return nil, refuse("E-TOKEN-01").got("a token for %s", strings.Join(c.access.Audience, " ")).allowed("%s", resource)
	}
	return c.access, nil
}

// tokenFault keeps a fault of ours apart from a bad token.
func tokenFault(c *call, err error) *Error {
	if c.fault != nil {
		return AsError(c.fault)
	}
	return refuse("E-TOKEN-01").because(err)
}
