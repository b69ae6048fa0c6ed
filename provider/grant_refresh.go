package provider

import (
	"context"
	"slices"

	"github.com/ory/fosite"
)

// refreshHandler is the refresh token grant (RFC 6749 §6, RFC 9700 §4.14). fosite's own looks at reuse before it has
// compared the client, ignores scope, and always rotates; so this one takes its place.
type refreshHandler struct{ p *Provider }

var _ fosite.TokenEndpointHandler = refreshHandler{}

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h refreshHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne("refresh_token")
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (h refreshHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler: whose token, does it live, has it been spent, what is
// asked of it; in this order. Another client's token is simply not found.
func (h refreshHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, text := callOf(ctx), r.GetRequestForm().Get("refresh_token")
	if t, ok := h.p.openRefresh(text); !ok || t.ClientID != c.client.ID {
		return refuse("E-GRANT-01").asFosite()
	}
	t, grant, err := h.p.liveRefresh(ctx, text, c.now.Unix())
	if err != nil {
		return notFoundAsGrant(err)
	}
	c.refresh, c.grant = t, grant
	if !h.mayUse(c) {
		c.refusal.Then = append(c.refusal.Then, dropGrant(t.GrantID, t.GrantExpires))
		if err := h.p.recordReuse(ctx, c); err != nil {
			return err
		}
		return refuse("E-GRANT-01").got("a refresh token that was used before; its grant is revoked").asFosite()
	}
	return h.narrow(c, r)
}

func notFoundAsGrant(err error) error {
	if AsError(err).OAuth == "invalid_grant" {
		return refuse("E-GRANT-01").because(err).asFosite()
	}
	return err
}

// mayUse tells whether the token's generation may be spent: it is the grant's, or the one before it while the grace lasts and
// its successor lies unused. (Had the successor been used, the grant would be two generations on.)
func (h refreshHandler) mayUse(c *call) bool {
	g := &c.grant.Value
	if c.refresh.Generation == g.Generation {
		return true
	}
	grace := int64(h.p.lifetimes.RefreshGrace.Seconds())
	return grace > 0 && c.refresh.Generation+1 == g.Generation && c.now.Unix() <= g.Moved+grace
}

// narrow takes the scope parameter as a wish for less (RFC 6749 §6).
func (h refreshHandler) narrow(c *call, r fosite.AccessRequester) error {
	m := c.grant.Value.Mandate
	if asked := r.GetRequestedScopes(); len(asked) > 0 {
		for _, s := range asked {
			if !slices.Contains(m.Scopes, s) {
				return refuse("E-SCOPE-01").got("%s", s).asFosite()
			}
		}
		m.Scopes = asked
	}
	c.mandate = &m
	if err := checkResources(c, &m); err != nil {
		return err
	}
	r.SetSession(newSession(&m))
	r.SetRequestedScopes(m.Scopes)
	for _, s := range m.Scopes {
		r.GrantScope(s)
	}
	return nil
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h refreshHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	c := callOf(ctx)
	access, err := h.p.issueAccess(ctx, c, c.mandate)
	if err != nil {
		return err
	}
	resp.SetAccessToken(access)
	resp.SetTokenType("bearer")
	resp.SetScopes(r.GetGrantedScopes())
	if err := h.renew(c, resp); err != nil {
		return err
	}
	if !slices.Contains(c.mandate.Scopes, "openid") {
		return nil
	}
	idToken, err := h.p.issueIDToken(ctx, c, c.mandate, companions{access: access})
	resp.SetExtra("id_token", idToken)
	return err
}

// renew answers with a refresh token. A rotating client's moves the grant's generation: spent once, by whoever's batch comes
// first. For the others refreshing only reads; now and then they get a token with a new idle life.
func (h refreshHandler) renew(c *call, resp fosite.AccessResponder) error {
	t, g := c.refresh, c.grant.Value
	if !h.p.rotates(c.client) {
		if c.now.Unix()-t.Issued > (t.Expires-t.Issued)/10 {
			resp.SetExtra("refresh_token", h.p.issueRefresh(c, &g.Mandate, t.Generation))
		}
		return nil
	}
	resp.SetExtra("refresh_token", h.p.issueRefresh(c, &g.Mandate, t.Generation+1))
	if t.Generation != g.Generation {
		return nil // the grace: the same successor again
	}
	g.Generation++
	g.Moved = c.now.Unix()
	if err := h.p.grants.Update(&c.batch, c.grant, &g); err != nil {
		return err
	}
	if h.p.lifetimes.RefreshGrace <= 0 {
		c.batch.Else = append(c.batch.Else, dropGrant(t.GrantID, t.GrantExpires))
		return nil
	}
	c.retry, c.batch.Else = true, nil // to look again takes the same assertion
	return nil
}

// rotates tells whether each use of a refresh token ends it.
func (p *Provider) rotates(c *Client) bool { return c.Public() || c.RotateRefresh || p.rotateAll }

// checkResources takes the resource parameter of a token request as a wish for fewer audiences (RFC 8707 §2.2).
func checkResources(c *call, m *Mandate) error {
	for _, r := range c.resources {
		if !slices.Contains(m.Audience, r) {
			return refuse("E-TARGET-01").got("%s", r).asFosite()
		}
	}
	return nil
}
