package provider

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
)

// strategy makes and names the tokens for fosite's handlers. The "signature" by which fosite asks the store for a token is
// the token itself: the store opens it.
type strategy struct{ p *Provider }

var _ oauth2.CoreStrategy = strategy{}

// AccessTokenSignature implements oauth2.AccessTokenStrategy.
func (s strategy) AccessTokenSignature(_ context.Context, token string) string { return token }

// RefreshTokenSignature implements oauth2.RefreshTokenStrategy.
func (s strategy) RefreshTokenSignature(_ context.Context, token string) string { return token }

// AuthorizeCodeSignature implements oauth2.AuthorizeCodeStrategy.
func (s strategy) AuthorizeCodeSignature(_ context.Context, token string) string { return token }

// The store has judged a token before it returns it, so there is nothing left to validate.

// ValidateAccessToken implements oauth2.AccessTokenStrategy.
func (s strategy) ValidateAccessToken(context.Context, fosite.Requester, string) error { return nil }

// ValidateRefreshToken implements oauth2.RefreshTokenStrategy.
func (s strategy) ValidateRefreshToken(context.Context, fosite.Requester, string) error { return nil }

// ValidateAuthorizeCode implements oauth2.AuthorizeCodeStrategy.
func (s strategy) ValidateAuthorizeCode(context.Context, fosite.Requester, string) error { return nil }

var errNoMandate = errors.New("provider: nothing was granted that a token could carry")

// GenerateAuthorizeCode implements oauth2.AuthorizeCodeStrategy: the code carries the whole mandate, so nothing is stored.
func (s strategy) GenerateAuthorizeCode(ctx context.Context, r fosite.Requester) (string, string, error) {
	c, m := callOf(ctx), mandateOf(r)
	if m == nil {
		return "", "", errNoMandate
	}
	id, err := s.p.randomID()
	if err != nil {
		return "", "", err
	}
	form := r.GetRequestForm()
	code := Code{
		Mandate:     *m,
		ID:          id,
		Issued:      c.now.Unix(),
		Expires:     c.now.Add(s.p.lifetimes.Code).Unix(),
		RedirectURI: form.Get("redirect_uri"),
		Challenge:   form.Get("code_challenge"),
	}
	code.GrantExpires = s.p.grantExpires(c.client, m, code.Expires)
	text, err := s.p.sealCode(c, &code)
	return text, text, err
}

// GenerateAccessToken implements oauth2.AccessTokenStrategy.
func (s strategy) GenerateAccessToken(ctx context.Context, r fosite.Requester) (string, string, error) {
	c := callOf(ctx)
	m := c.mandate
	switch {
	case m == nil:
		m = clientMandate(c, r)
	case c.intent != nil:
		m = frontMandate(m)
	}
	text, err := s.p.issueAccess(ctx, c, m)
	return text, text, err
}

// frontMandate is that of an access token which the authorization endpoint issues. No grant is written for it: it lives as
// long as the browser session does, and ends with it.
func frontMandate(m *Mandate) *Mandate {
	front := *m
	front.GrantID, front.GrantExpires, front.Offline = "", 0, false
	return &front
}

// clientMandate is a client's own: it acts for itself, there is no grant.
func clientMandate(c *call, r fosite.Requester) *Mandate {
	return &Mandate{
		ClientID:    c.client.ID,
		ClientEpoch: c.client.Epoch,
		Scopes:      r.GetGrantedScopes(),
		Audience:    r.GetGrantedAudience(),
	}
}

// issueAccess makes an access token of the format that the client's record names.
func (p *Provider) issueAccess(ctx context.Context, c *call, m *Mandate) (string, error) {
	id, err := p.randomID()
	if err != nil {
		return "", err
	}
	t := AccessToken{Mandate: *m, ID: id, Issued: c.now.Unix(), Expires: c.now.Add(p.lifetimes.access(c.client)).Unix()}
	t.Nonce, t.IDTokenClaims = "", nil
	t.Audience = p.audience(c, m)
	if m.GrantExpires > 0 {
		t.Expires = min(t.Expires, m.GrantExpires)
	}
	c.accessExpires = t.Expires
	if c.client.AccessToken == "jwt" {
		return p.signAccess(ctx, c.client, &t)
	}
	return p.sealText(prefixAccess, t.marshal()), nil
}

// audience is never empty: a token that names no audience would be good everywhere (RFC 9700 §4.10). What is not addressed
// elsewhere is addressed to the issuer, whose userinfo endpoint takes it.
func (p *Provider) audience(c *call, m *Mandate) []string {
	aud := m.Audience
	if len(c.resources) > 0 {
		aud = c.resources
	}
	if len(aud) == 0 || slices.Contains(m.Scopes, "openid") && !slices.Contains(aud, p.issuer) {
		return append(slices.Clone(aud), p.issuer)
	}
	return aud
}

// GenerateRefreshToken implements oauth2.RefreshTokenStrategy.
func (s strategy) GenerateRefreshToken(ctx context.Context, _ fosite.Requester) (string, string, error) {
	c := callOf(ctx)
	if c.mandate == nil {
		return "", "", errNoMandate
	}
	text := s.p.issueRefresh(c, c.mandate, 1)
	return text, text, nil
}

// issueRefresh seals a refresh token for a generation of the mandate's grant.
func (p *Provider) issueRefresh(c *call, m *Mandate, generation uint64) string {
	idle := c.now.Add(p.lifetimes.refreshIdle(c.client)).Unix()
	t := RefreshToken{
		ClientID:     c.client.ID,
		GrantID:      m.GrantID,
		GrantExpires: m.GrantExpires,
		Generation:   generation,
		Issued:       c.now.Unix(),
		Expires:      min(idle, m.GrantExpires),
	}
	return p.sealText(prefixRefresh, t.marshal())
}

func (p *Provider) randomID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(p.rand, b[:]); err != nil {
		return "", err
	}
	return string(b[:]), nil
}
