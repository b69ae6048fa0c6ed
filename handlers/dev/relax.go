package dev

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"signet/provider"
)

// anyLoopback stands in the records of clients that were made up, where registered ones have their redirect URIs. None of
// these can be registered, so a record that has them was made up here.
var anyLoopback = []string{"http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"}

// Relax makes up clients that nobody has registered. It implements provider.Relax.
//
// A made-up client may use the code flow with refresh tokens, the device grant and client credentials, ask for any scope and any resource,
// introspect every token, and be sent to any address on this machine (see Loopback). At the authorization endpoint it passes
// for a confidential client that may leave PKCE out, so that consent is remembered. What it is shows at the other endpoints:
// with credentials of any kind, whatever they are, it is confidential; without any it is public, its code must have come with
// PKCE and its refresh tokens rotate, as they would in production.
//
// Registered clients keep their record to the letter.
type Relax struct {
	mu sync.Mutex
	// audiences are what each client has asked for: a sealed request that comes back does not say so again.
	audiences map[string][]string
}

var _ provider.Relax = (*Relax)(nil)

// NewRelax returns one that has met nobody yet.
func NewRelax() *Relax { return &Relax{audiences: map[string][]string{}} }

// Client implements provider.Relax.
func (x *Relax) Client(ctx context.Context, id string) (*provider.Client, error) {
	if strings.HasPrefix(id, "u_") {
		return nil, fmt.Errorf("%w: client_id %q begins as the subjects of people do", ErrRefused, id)
	}
	c := &provider.Client{
		ID: id, Name: id, RedirectURIs: anyLoopback,
		GrantTypes:    provider.GrantTypes(),
		ResponseTypes: provider.ResponseTypes(),
		Scopes:        provider.StandardScopes(),
		AuthMethod:    "client_secret_basic",
		PKCEOptional:  true,
		IntrospectAll: true,
	}
	v := visitOf(ctx)
	if v == nil {
		v = &visit{}
	}
	if v.byClient && !v.credentials {
		c.AuthMethod = "none"
	}
	c.Scopes = append(c.Scopes, v.scopes...)
	c.Audience = x.remember(id, v.audiences)
	return c, nil
}

// Bounds of what is remembered. Beyond them a resource is refused as it would be in production.
const (
	maxRemembered = 1000
	maxAudiences  = 20
)

// remember adds what a client asks for to what it has asked for.
func (x *Relax) remember(id string, audiences []string) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	known := x.audiences[id]
	for _, a := range audiences {
		if !slices.Contains(known, a) && len(known) < maxAudiences && len(a) <= maxText {
			known = append(slices.Clip(known), a)
		}
	}
	if len(known) > 0 && (x.audiences[id] != nil || len(x.audiences) < maxRemembered) {
		x.audiences[id] = known
	}
	return known
}

// Redirect implements provider.Relax.
func (*Relax) Redirect(c *provider.Client, uri string) bool { return madeUp(c) && Loopback(uri) }

// Credentials implements provider.Relax.
func (*Relax) Credentials(c *provider.Client) bool { return madeUp(c) }

// Origin implements provider.Relax: pages on this machine may call the provider, whatever client they are.
func (*Relax) Origin(origin string) bool { return Loopback(origin) }

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
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return (u.Scheme == "http" || u.Scheme == "https") && provider.LoopbackHost(u.Hostname())
}
