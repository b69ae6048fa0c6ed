package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"signet/keys"
)

// grant is a code with what it takes to redeem it.
type grant struct {
	code, redirect, verifier, nonce string
	// params are what came with the code.
	params url.Values
}

// redeem exchanges a code for tokens and finds out whose they are.
func (u *Upstreams) redeem(ctx context.Context, s *Source, g grant) (*Identity, error) {
	c, err := u.client(ctx, s, g.redirect)
	if err != nil {
		return nil, err
	}
	quirk := quirks[s.Preset]
	var options []oauth2.AuthCodeOption
	if g.verifier != "" {
		options = append(options, oauth2.VerifierOption(g.verifier))
	}
	if quirk.exchange != nil {
		options = append(options, quirk.exchange(g.params)...)
	}
	token, err := c.Exchange(u.through(ctx), g.code, options...)
	if err != nil {
		return nil, s.fetched(err)
	}
	tokens, err := u.tokens(s, token)
	if err != nil {
		return nil, err
	}
	return u.whose(ctx, s, tokens, g)
}

// through has the library go our way out.
func (u *Upstreams) through(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, u.http)
}

// tokens takes over what the library has read.
func (u *Upstreams) tokens(s *Source, token *oauth2.Token) (Tokens, error) {
	if !strings.EqualFold(token.Type(), "Bearer") {
		return Tokens{}, s.wrong(ErrAnswer, errors.New("the token is of an unknown type"))
	}
	t := Tokens{Access: keys.Secret(token.AccessToken), Refresh: keys.Secret(token.RefreshToken), Expires: expiresIn(u.db.Now(), lifeOf(token))}
	id, _ := token.Extra("id_token").(string)
	t.ID = keys.Secret(id)
	t.Scope, _ = token.Extra("scope").(string)
	return t, nil
}

// lifeOf is expires_in in seconds, as a number or, from some, a text.
func lifeOf(token *oauth2.Token) int64 {
	switch v := token.Extra("expires_in").(type) {
	case float64:
		return int64(v)
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	case json.Number:
		n, _ := v.Int64()
		return n
	}
	return token.ExpiresIn
}

// whose finds out whose tokens these are.
func (u *Upstreams) whose(ctx context.Context, s *Source, tokens Tokens, g grant) (*Identity, error) {
	issuer, profile, proved := s.Issuer, map[string]any{}, int64(0)
	if issuer == "" {
		issuer = originOf(s.TokenEndpoint)
	}
	if s.Protocol == OIDC {
		if tokens.ID == "" {
			return nil, s.wrong(ErrAnswer, errors.New("there is no ID token"))
		}
		claims, from, err := u.verifyIDToken(ctx, s, tokens.ID.Reveal(), expected{audiences: []string{s.ClientID}, nonce: isNonce(g.nonce), access: tokens.Access})
		if err != nil {
			return nil, err
		}
		issuer, profile, proved = from, claims, wholeOf(claims["auth_time"])
	}
	profile, err := u.profile(ctx, s, tokens, profile)
	if err != nil {
		return nil, err
	}
	if quirk := quirks[s.Preset]; quirk.arrived != nil {
		quirk.arrived(profile, g.params)
	}
	id, err := s.identify(issuer, profile, tokens)
	if err == nil {
		id.ProvedAt = proved
	}
	return id, err
}

// profile asks whose an access token is, and adds what the provider says to the claims of the ID token, if there is one.
func (u *Upstreams) profile(ctx context.Context, s *Source, tokens Tokens, claims map[string]any) (map[string]any, error) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, err
	}
	if e.userInfo == "" || tokens.Access == "" {
		return claims, nil
	}
	said, err := u.userInfo(ctx, s, e.userInfo, tokens.Access)
	if err != nil {
		return nil, err
	}
	if s.Protocol == OIDC {
		return merge(s, claims, said)
	}
	if s.EmailsEndpoint != "" {
		return said, u.addEmail(ctx, s, tokens.Access, said)
	}
	return said, nil
}

// merge adds to the claims of an ID token what userinfo says of the same subject (OpenID Connect Core §5.3.2). What the ID token says
// is never overwritten, and the address and its being verified come from one and the same of the two.
func merge(s *Source, claims, said map[string]any) (map[string]any, error) {
	if sub, _ := said["sub"].(string); sub == "" || sub != claims["sub"] {
		return nil, s.wrong(ErrAnswer, errors.New("userinfo is about somebody else"))
	}
	all := maps.Clone(said)
	for _, name := range protocolClaims {
		delete(all, name)
	}
	_, address := claims["email"]
	_, verified := claims["email_verified"]
	if address || verified {
		delete(all, "email")
		delete(all, "email_verified")
	}
	maps.Copy(all, claims)
	return all, nil
}

// userInfo asks for the profile.
func (u *Upstreams) userInfo(ctx context.Context, s *Source, address string, access keys.Secret) (map[string]any, error) {
	request := get
	if quirk := quirks[s.Preset]; quirk.userInfo != nil {
		r, err := quirk.userInfo(ctx, s, address, access)
		if err != nil {
			return nil, s.wrong(ErrAnswer, err)
		}
		return u.ask(s, r)
	}
	r, err := request(ctx, address, access)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	return u.ask(s, r)
}
