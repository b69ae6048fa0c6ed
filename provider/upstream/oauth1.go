package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/dghubble/oauth1"

	"signet/keys"
)

// OAuth 1.0a has no state. Ours travels in the callback address, which is signed, and so comes back; beside it the temporary
// credential must be the one of the trip.

// consumer is ours at a source of OAuth 1.0a, as the library has it.
func (u *Upstreams) consumer(ctx context.Context, s *Source, callback string) *oauth1.Config {
	client := &http.Client{Transport: bound{ctx: ctx, s: s, base: u.http.Transport}, CheckRedirect: u.http.CheckRedirect}
	return &oauth1.Config{
		ConsumerKey: s.ClientID, ConsumerSecret: s.ClientSecret.Reveal(), CallbackURL: callback, HTTPClient: client,
		Endpoint: oauth1.Endpoint{RequestTokenURL: s.RequestTokenEndpoint, AuthorizeURL: s.AuthorizationEndpoint, AccessTokenURL: s.TokenEndpoint},
	}
}

// bound gives requests of the library, which takes no context, the one that bounds them all, and tells a provider that is down from
// one that refuses.
type bound struct {
	ctx  context.Context
	s    *Source
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t bound) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r.WithContext(t.ctx))
	if err == nil && resp.StatusCode >= http.StatusInternalServerError {
		return nil, t.s.status(resp.StatusCode, "")
	}
	return resp, err
}

// beginOAuth1 gets a temporary credential (RFC 5849 §2.1).
func (u *Upstreams) beginOAuth1(ctx context.Context, s *Source, t *trip, begun *Begun) error {
	callback, err := withQuery(t.Redirect, url.Values{"state": {begun.State}})
	if err != nil {
		return s.wrong(ErrAnswer, err)
	}
	c := u.consumer(ctx, s, callback)
	if t.Token, t.Secret, err = c.RequestToken(); err != nil {
		return s.noToken(err)
	}
	address, err := c.AuthorizationURL(t.Token)
	if err != nil {
		return s.wrong(ErrAnswer, err)
	}
	begun.URL, begun.RequestToken = address.String(), t.Token
	return nil
}

// noToken keeps nothing of an error of the library but what is known of it here: it quotes the answer.
func (s *Source) noToken(err error) error {
	if down := s.fetched(err); errors.Is(down, ErrDown) {
		return down
	}
	return s.wrong(ErrAnswer, errors.New("no token was given"))
}

// arriveOAuth1 gets the token and the profile (RFC 5849 §2.3).
func (u *Upstreams) arriveOAuth1(ctx context.Context, s *Source, t *trip, params url.Values) (*Identity, error) {
	token, verifier := param(params, "oauth_token"), param(params, "oauth_verifier")
	if token == "" || verifier == "" || token != t.Token {
		return nil, s.wrong(ErrAnswer, errors.New("the answer is about another request token"))
	}
	access, secret, err := u.consumer(ctx, s, t.Redirect).AccessToken(t.Token, t.Secret, verifier)
	if err != nil {
		return nil, s.noToken(err)
	}
	return u.whoseOAuth1(ctx, s, Tokens{Access: keys.Secret(access), AccessSecret: keys.Secret(secret)})
}

// whoseOAuth1 asks for the profile with a signed request.
func (u *Upstreams) whoseOAuth1(ctx context.Context, s *Source, tokens Tokens) (*Identity, error) {
	signed := u.consumer(ctx, s, "").Client(context.WithValue(ctx, oauth1.HTTPClient, u.http), oauth1.NewToken(tokens.Access.Reveal(), tokens.AccessSecret.Reveal()))
	signed.CheckRedirect = u.http.CheckRedirect
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.UserInfoEndpoint, nil)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	body, err := u.sendBy(signed, s, r)
	if err != nil {
		return nil, err
	}
	profile, err := readDocument(body)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	issuer := s.Issuer
	if issuer == "" {
		issuer = originOf(s.TokenEndpoint)
	}
	return s.identify(issuer, profile, tokens)
}
