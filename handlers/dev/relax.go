package dev

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"signet/provider"
)

// anyLoopback stands in the records of clients that were made up, where registered ones have their redirect URIs. None of
// these can be registered, so a record that has them was made up here.
var anyLoopback = []string{"http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"}

// Relax makes up clients that nobody has registered. It implements provider.Relax.
//
// A made-up client may use the code flow with refresh tokens and client credentials, ask for any scope, and be sent to any
// address on this machine (see Loopback). At the authorization endpoint it passes for a confidential client that may leave
// PKCE out, so that consent is remembered. What it is shows at the other endpoints: with credentials of any kind, whatever
// they are, it is confidential; without any it is public, its code must have come with PKCE and its refresh tokens rotate, as
// they would in production.
//
// Registered clients keep their record to the letter.
type Relax struct{}

var _ provider.Relax = Relax{}

// Client implements provider.Relax.
func (Relax) Client(ctx context.Context, id string) (*provider.Client, error) {
	if strings.HasPrefix(id, "u_") {
		return nil, fmt.Errorf("%w: client_id %q begins as the subjects of people do", ErrRefused, id)
	}
	c := &provider.Client{
		ID: id, Name: id, RedirectURIs: anyLoopback,
		GrantTypes:    []string{"authorization_code", "refresh_token", "client_credentials"},
		ResponseTypes: []string{"code"},
		Scopes:        provider.StandardScopes(),
		AuthMethod:    "client_secret_basic",
		PKCEOptional:  true,
	}
	if v := visitOf(ctx); v != nil && v.byClient {
		if !v.credentials {
			c.AuthMethod = "none"
		}
		c.Scopes = append(c.Scopes, v.scopes...)
	}
	return c, nil
}

// Redirect implements provider.Relax.
func (Relax) Redirect(c *provider.Client, uri string) bool { return madeUp(c) && Loopback(uri) }

// Credentials implements provider.Relax.
func (Relax) Credentials(c *provider.Client) bool { return madeUp(c) }

func madeUp(c *provider.Client) bool { return slices.Equal(c.RedirectURIs, anyLoopback) }

// Loopback tells whether a redirect URI is one of this machine for certain: http or https, the host localhost, a name below
// it (RFC 6761 §6.3) or a literal loopback address, any port, any path and query, and nothing that could be registered
// nowhere: user info, a fragment, bytes that must be encoded.
func Loopback(uri string) bool {
	if provider.CheckRedirect(uri) != nil {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" {
		return false
	}
	return (u.Scheme == "http" || u.Scheme == "https") && provider.LoopbackHost(u.Hostname())
}
