package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"signet/keys"
)

// Refresh gets a new access token for kept tokens. What the provider does not renew stays. The errors are ErrSource, ErrNoRule if there
// is nothing to refresh with, ErrDown, and ErrAnswer if the provider refuses: the person has to go there again.
func (u *Upstreams) Refresh(ctx context.Context, source string, tokens Tokens) (Tokens, error) {
	s, err := u.Source(source)
	if err != nil {
		return tokens, err
	}
	switch s.Protocol {
	case OAuth1:
		return tokens, nil // these live until they are taken back
	case LDAP:
		return tokens, s.wrong(ErrNoRule, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	if s.Preset == "facebook" {
		return u.exchangeLong(ctx, s, tokens)
	}
	if tokens.Refresh == "" {
		return tokens, s.wrong(ErrNoRule, errors.New("there is no refresh token"))
	}
	c, err := u.client(ctx, s, "")
	if err != nil {
		return tokens, err
	}
	token, err := c.TokenSource(u.through(ctx), &oauth2.Token{RefreshToken: tokens.Refresh.Reveal()}).Token()
	if err != nil {
		return tokens, s.fetched(err)
	}
	fresh, err := u.tokens(s, token)
	if err != nil {
		return tokens, err
	}
	return tokens.renewed(fresh), nil
}

// renewed keeps what the newer tokens do not replace.
func (t Tokens) renewed(fresh Tokens) Tokens {
	if fresh.Refresh == "" {
		fresh.Refresh = t.Refresh
	}
	if fresh.Scope == "" {
		fresh.Scope = t.Scope
	}
	fresh.ID = t.ID
	return fresh
}

// exchangeLong exchanges a token of Facebook, which has no refresh tokens, for one of two months.
func (u *Upstreams) exchangeLong(ctx context.Context, s *Source, tokens Tokens) (Tokens, error) {
	r, err := u.authenticated(ctx, s, s.TokenEndpoint, url.Values{"grant_type": {"fb_exchange_token"}, "fb_exchange_token": {tokens.Access.Reveal()}})
	if err != nil {
		return tokens, err
	}
	said, err := u.ask(s, r)
	if err != nil {
		return tokens, err
	}
	access, _ := said["access_token"].(string)
	if access == "" {
		return tokens, s.wrong(ErrAnswer, errors.New("there is no token"))
	}
	return tokens.renewed(Tokens{Access: keys.Secret(access), Expires: expiresIn(u.db.Now(), wholeOf(said["expires_in"]))}), nil
}

// Profile asks again who somebody is, with kept tokens. subject is who it must be; empty takes whoever it is. The issuer is that of the
// source, without a tenant. The errors are ErrSource, ErrNoRule, ErrDown, ErrAnswer, ErrDomain.
func (u *Upstreams) Profile(ctx context.Context, source string, tokens Tokens, subject string) (*Identity, error) {
	s, err := u.Source(source)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	var id *Identity
	switch s.Protocol {
	case LDAP:
		return nil, s.wrong(ErrNoRule, nil)
	case OAuth1:
		id, err = u.whoseOAuth1(ctx, s, tokens)
	default:
		id, err = u.profileAgain(ctx, s, tokens)
	}
	if err == nil && subject != "" && id.Subject != subject {
		return nil, s.wrong(ErrAnswer, errors.New("the profile is somebody else's"))
	}
	return id, err
}

func (u *Upstreams) profileAgain(ctx context.Context, s *Source, tokens Tokens) (*Identity, error) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, err
	}
	if e.userInfo == "" {
		return nil, s.wrong(ErrNoRule, errors.New("it has no userinfo endpoint"))
	}
	said, err := u.userInfo(ctx, s, e.userInfo, tokens.Access)
	if err != nil {
		return nil, err
	}
	if s.EmailsEndpoint != "" {
		if err := u.addEmail(ctx, s, tokens.Access, said); err != nil {
			return nil, err
		}
	}
	issuer := s.Issuer
	if issuer == "" {
		issuer = originOf(s.TokenEndpoint)
	}
	return s.identify(issuer, said, tokens)
}

// Revoke takes the provider's tokens back there, as far as the provider can. The errors are ErrSource, ErrNoRule, ErrDown, ErrAnswer;
// whoever disconnects somebody goes on whatever it is.
func (u *Upstreams) Revoke(ctx context.Context, source string, tokens Tokens) error {
	s, err := u.Source(source)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	r, err := u.revocation(ctx, s, tokens)
	if err != nil {
		return err
	}
	resp, err := u.http.Do(r)
	if err != nil {
		return s.fetched(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusMultipleChoices {
		return s.status(resp.StatusCode, "")
	}
	return nil
}

// revocation makes the request: GitHub's for its applications, Facebook's for its permissions, or that of RFC 7009.
func (u *Upstreams) revocation(ctx context.Context, s *Source, tokens Tokens) (r *http.Request, err error) {
	switch {
	case s.Protocol == OAuth1, s.Protocol == LDAP:
		return nil, s.wrong(ErrNoRule, nil)
	case s.Audience == AudienceApplication:
		r, err = applicationRequest(ctx, http.MethodDelete, s, tokens.Access)
	case s.Preset == "facebook":
		if r, err = facebookUserInfo(ctx, s, s.RevocationEndpoint, tokens.Access); err == nil {
			r.Method = http.MethodDelete
		}
	default:
		return u.revocationOf(ctx, s, tokens)
	}
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	return r, nil
}

func (u *Upstreams) revocationOf(ctx context.Context, s *Source, tokens Tokens) (*http.Request, error) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, err
	}
	token := tokens.Refresh
	if token == "" {
		token = tokens.Access
	}
	if e.revocation == "" || token == "" {
		return nil, s.wrong(ErrNoRule, nil)
	}
	return u.authenticated(ctx, s, e.revocation, url.Values{"token": {token.Reveal()}})
}
