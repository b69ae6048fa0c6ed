package remote

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Login is what is kept of a sign-in to a provider.
type Login struct {
	ClientID string `json:"client_id"`
	Access   string `json:"access_token"`
	// Expires is when the access token ends, in Unix seconds; 0 if the provider did not say.
	Expires int64  `json:"expires,omitempty"`
	Refresh string `json:"refresh_token,omitempty"`
	Scope   string `json:"scope,omitempty"`
	// Since is when the person signed in, in Unix seconds.
	Since int64 `json:"since"`
}

// ErrEnded says that a login is not good any more: the person has to sign in again.
var ErrEnded = errors.New("remote: this login has ended")

// early is how long before its end an access token is not used any more: a request takes a while.
const early = 30 * time.Second

// NewLogin is what is to be kept of tokens.
func (c *Client) NewLogin(t *Tokens, scope string) *Login {
	l := &Login{ClientID: c.ID, Scope: scope, Since: c.Clock().Unix()}
	c.take(l, t)
	return l
}

func (c *Client) take(l *Login, t *Tokens) {
	l.Access, l.Expires = t.Access, 0
	if t.ExpiresIn > 0 {
		l.Expires = c.Clock().Unix() + t.ExpiresIn
	}
	if t.Refresh != "" {
		l.Refresh = t.Refresh
	}
	if t.Scope != "" {
		l.Scope = t.Scope
	}
}

// Fresh sees to it that the access token is good for a while, by the refresh token if it must. It tells whether the login has
// changed and is to be kept anew; ErrEnded says that there is nothing left to refresh with.
func (c *Client) Fresh(ctx context.Context, s *Server, l *Login) (changed bool, err error) {
	if l.Expires == 0 || c.Clock().Add(early).Unix() < l.Expires {
		return false, nil
	}
	if l.Refresh == "" {
		return false, ErrEnded
	}
	t := &Tokens{}
	err = c.post(ctx, s.Token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {l.Refresh}}, t)
	if refusal := (*Error)(nil); errors.As(err, &refusal) && (refusal.Code == "invalid_grant" || refusal.Code == "invalid_client") {
		return false, errors.Join(ErrEnded, err)
	}
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return false, err
	}
	c.take(l, t)
	return true, nil
}

// Who asks the provider who signed in (OIDC Core §5.3). It returns ErrEnded if the access token is good no more.
func (c *Client) Who(ctx context.Context, s *Server, l *Login) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.UserInfo, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+l.Access)
	var claims map[string]any
	err = c.do(r, &claims)
	if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized {
		return nil, errors.Join(ErrEnded, err)
	}
	return claims, err
}

// Revoke gives the tokens back (RFC 7009 §2). Revoking the refresh token ends the whole grant.
func (c *Client) Revoke(ctx context.Context, s *Server, l *Login) error {
	if s.Revocation == "" {
		return errors.New("remote: the provider has no revocation endpoint")
	}
	token := l.Refresh
	if token == "" {
		token = l.Access
	}
	return c.post(ctx, s.Revocation, url.Values{"token": {token}}, nil)
}
