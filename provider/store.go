package provider

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"

	"signet/storage"
)

// store is fosite's storage over sealed tokens and the request's one batch. What fosite calls "create" has nothing to do: the
// tokens carry what they mean. storage.Transactional is deliberately not implemented; fosite would wrap only some of a
// request's writes in it.
type store struct{ p *Provider }

var (
	_ fosite.Storage                     = store{}
	_ oauth2.CoreStorage                 = store{}
	_ oauth2.TokenRevocationStorage      = store{}
	_ openid.OpenIDConnectRequestStorage = store{}
	_ pkce.PKCERequestStorage            = store{}
)

// GetClient implements fosite.ClientManager.
func (s store) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	client, err := s.p.Client(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, fosite.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	c.client = client
	return fositeClient{client, c.intent}, nil
}

// ClientAssertionJWTValid implements fosite.ClientManager. Our own client authentication never asks it.
func (s store) ClientAssertionJWTValid(context.Context, string) error {
	return fosite.ErrServerError.WithDebug("client assertions are judged by clientauth.go")
}

// SetClientAssertionJWT implements fosite.ClientManager.
func (s store) SetClientAssertionJWT(context.Context, string, time.Time) error {
	return fosite.ErrServerError.WithDebug("client assertions are judged by clientauth.go")
}

// CreateAuthorizeCodeSession implements oauth2.AuthorizeCodeStorage: the code carries it all.
func (s store) CreateAuthorizeCodeSession(context.Context, string, fosite.Requester) error {
	return nil
}

// GetAuthorizeCodeSession implements oauth2.AuthorizeCodeStorage. fosite asks twice a request; the first answer is kept.
func (s store) GetAuthorizeCodeSession(ctx context.Context, text string, _ fosite.Session) (fosite.Requester, error) {
	c := callOf(ctx)
	if c.code == nil || c.codeText != text {
		if err := s.p.loadCode(ctx, c, text); err != nil {
			if errors.Is(err, fosite.ErrInvalidatedAuthorizeCode) {
				return s.requester(c, url.Values{}), err
			}
			return nil, err
		}
	}
	return s.requester(c, url.Values{"redirect_uri": {c.code.RedirectURI}}), nil
}

// InvalidateAuthorizeCodeSession implements oauth2.AuthorizeCodeStorage: it spends the code and makes the grant.
func (s store) InvalidateAuthorizeCodeSession(ctx context.Context, _ string) error {
	return s.p.redeem(callOf(ctx))
}

// CreateAccessTokenSession implements oauth2.AccessTokenStorage: access tokens are not stored.
func (s store) CreateAccessTokenSession(context.Context, string, fosite.Requester) error { return nil }

// CreateRefreshTokenSession implements oauth2.RefreshTokenStorage: the grant's generation is what is stored.
func (s store) CreateRefreshTokenSession(context.Context, string, string, fosite.Requester) error {
	return nil
}

// GetAccessTokenSession implements oauth2.AccessTokenStorage: the token, if it is alive, or to be revoked.
func (s store) GetAccessTokenSession(ctx context.Context, text string, _ fosite.Session) (fosite.Requester, error) {
	c := callOf(ctx)
	find := s.p.liveAccess
	if c.revoking {
		find = s.p.issuedAccess
	}
	t, err := find(ctx, text, c.now.Unix())
	if err != nil {
		return nil, c.judged(err)
	}
	c.access = t
	return s.tokenOf(ctx, &t.Mandate)
}

// GetRefreshTokenSession implements oauth2.RefreshTokenStorage, for revocation and introspection.
func (s store) GetRefreshTokenSession(ctx context.Context, text string, _ fosite.Session) (fosite.Requester, error) {
	c := callOf(ctx)
	if c.revoking {
		t, err := s.p.issuedRefresh(text, c.now.Unix())
		if err != nil {
			return nil, err
		}
		c.refresh = t
		return s.tokenOf(ctx, &Mandate{GrantID: t.GrantID, ClientID: t.ClientID})
	}
	t, grant, err := s.p.liveRefresh(ctx, text, c.now.Unix())
	if err != nil {
		return nil, c.judged(err)
	}
	c.refresh, c.grant = t, grant
	return s.tokenOf(ctx, &grant.Value.Mandate)
}

func (s store) tokenOf(ctx context.Context, m *Mandate) (fosite.Requester, error) {
	owner, err := s.p.Client(ctx, m.ClientID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, fosite.ErrNotFound
	}
	if err != nil {
		return nil, callOf(ctx).judged(err)
	}
	return request(owner, m, url.Values{}), nil
}

// RotateRefreshToken implements oauth2.RefreshTokenStorage. Our own refresh handler moves the generation instead.
func (s store) RotateRefreshToken(context.Context, string, string) error {
	return fosite.ErrServerError.WithDebug("refresh tokens are spent by grant_refresh.go")
}

// DeleteAccessTokenSession implements oauth2.AccessTokenStorage.
func (s store) DeleteAccessTokenSession(context.Context, string) error { return nil }

// DeleteRefreshTokenSession implements oauth2.RefreshTokenStorage.
func (s store) DeleteRefreshTokenSession(context.Context, string) error { return nil }

// RevokeAccessToken implements oauth2.TokenRevocationStorage. At a second use of a code loadCode has seen to it already;
// at the revocation endpoint it denies the token that was presented.
func (s store) RevokeAccessToken(ctx context.Context, _ string) error {
	c := callOf(ctx)
	if c.access != nil {
		c.batch.Then = append(c.batch.Then, s.p.denied.Mark(c.access.ID, c.access.Expires))
	}
	return nil
}

// RevokeRefreshToken implements oauth2.TokenRevocationStorage: it ends the grant of the token that was presented.
func (s store) RevokeRefreshToken(ctx context.Context, _ string) error {
	c := callOf(ctx)
	if c.refresh != nil {
		c.batch.Then = append(c.batch.Then, dropGrant(c.refresh.GrantID, c.refresh.GrantExpires))
	}
	return nil
}

// CreateOpenIDConnectSession implements openid.OpenIDConnectRequestStorage.
func (s store) CreateOpenIDConnectSession(context.Context, string, fosite.Requester) error {
	return nil
}

// GetOpenIDConnectSession implements openid.OpenIDConnectRequestStorage: the same code, if openid was granted. fosite's own
// lists of scopes find OPENID, too.
func (s store) GetOpenIDConnectSession(ctx context.Context, _ string, r fosite.Requester) (fosite.Requester, error) {
	if c := callOf(ctx); c.code == nil || !slices.Contains(r.GetGrantedScopes(), "openid") {
		return nil, openid.ErrNoSessionFound
	}
	return r, nil
}

// DeleteOpenIDConnectSession implements openid.OpenIDConnectRequestStorage.
func (s store) DeleteOpenIDConnectSession(context.Context, string) error { return nil }

// CreatePKCERequestSession implements pkce.PKCERequestStorage.
func (s store) CreatePKCERequestSession(context.Context, string, fosite.Requester) error { return nil }

// GetPKCERequestSession implements pkce.PKCERequestStorage: the challenge is in the code.
func (s store) GetPKCERequestSession(ctx context.Context, text string, _ fosite.Session) (fosite.Requester, error) {
	c := callOf(ctx)
	if c.code == nil || c.codeText != text || c.code.Challenge == "" {
		return nil, fosite.ErrNotFound
	}
	form := url.Values{"code_challenge": {c.code.Challenge}, "code_challenge_method": {"S256"}}
	return s.requester(c, form), nil
}

// DeletePKCERequestSession implements pkce.PKCERequestStorage. fosite deletes before it has compared; were it obeyed, a
// second attempt without a verifier would pass.
func (s store) DeletePKCERequestSession(context.Context, string) error { return nil }

func (s store) requester(c *call, form url.Values) *fosite.Request {
	return request(c.client, c.mandate, form)
}

// request dresses a mandate as fosite's request.
func request(client *Client, m *Mandate, form url.Values) *fosite.Request {
	return &fosite.Request{
		ID:                m.GrantID,
		Client:            fositeClient{Client: client},
		RequestedScope:    m.Scopes,
		GrantedScope:      m.Scopes,
		RequestedAudience: m.Audience,
		GrantedAudience:   m.Audience,
		Form:              form,
		Session:           newSession(m),
	}
}
