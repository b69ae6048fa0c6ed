package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"

	"github.com/ory/fosite"

	"signet/storage"
)

// deviceHandler is the device grant (RFC 8628 §3.4). fosite's own does not pace polls, and on a second use of a code revokes
// what does not exist; so this one takes its place.
type deviceHandler struct{ p *Provider }

var _ fosite.TokenEndpointHandler = deviceHandler{}

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h deviceHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne(GrantDevice)
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (h deviceHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler: whose code, has it ended, is it the device that began, what
// did the person say; in this order. Another client's code is simply not found.
func (h deviceHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form := callOf(ctx), r.GetRequestForm()
	code, ok := h.p.openDevice(form.Get("device_code"))
	switch {
	case !ok || code.ClientID != c.client.ID || code.ClientEpoch != c.client.Epoch:
		return refuse("E-GRANT-01").asFosite()
	case code.Expires <= c.now.Unix():
		return refuse("E-DEVICE-03").asFosite()
	}
	row, err := h.p.deviceOf(ctx, code)
	if errors.Is(err, storage.ErrNotFound) {
		return refuse("E-GRANT-01").because(err).asFosite()
	}
	if err != nil {
		return err
	}
	if !code.provedBy(form.Get("code_verifier")) {
		if err := h.p.spendDevice(&c.refusal, row); err != nil {
			return err
		}
		return refuse("E-PKCE-02").asFosite()
	}
	return h.judge(ctx, c, r, row)
}

// provedBy tells whether the verifier is that of the code's challenge. Whoever began without PKCE must not bring one (RFC 9700
// §2.1.1).
func (c *deviceCode) provedBy(verifier string) bool {
	if c.Challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return hmac.Equal([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.Challenge))
}

// spendDevice appends to a batch that the device code is of no use any more.
func (p *Provider) spendDevice(b *storage.Batch, row storage.Row[device]) error {
	spent := row.Value
	spent.State = deviceSpent
	return p.devices.Update(b, row, &spent)
}

// judge answers by what the person said. A code that comes a second time has been stolen or its answer was lost: either way
// its grant ends.
func (h deviceHandler) judge(ctx context.Context, c *call, r fosite.AccessRequester, row storage.Row[device]) error {
	switch d := &row.Value; d.State {
	case devicePending:
		if h.p.polls.tooSoon(d.ID, c.now, row.Expires) {
			return refuse("E-DEVICE-02").asFosite()
		}
		return refuse("E-DEVICE-01").asFosite()
	case deviceApproved:
		return h.redeem(ctx, c, r, row)
	case deviceDenied:
		return refuse("E-DEVICE-04").asFosite()
	default:
		if d.GrantID != "" {
			c.refusal.Then = append(c.refusal.Then, dropGrant(d.GrantID, d.GrantExpires))
		}
		return refuse("E-GRANT-01").got("a device code that was used before").asFosite()
	}
}

// redeem appends to the request's batch that the code is spent and its grant begins. What the person granted must still stand:
// they may have been disabled, or have left the client's groups, since they approved.
func (h deviceHandler) redeem(ctx context.Context, c *call, r fosite.AccessRequester, row storage.Row[device]) error {
	m := row.Value.Mandate
	if err := checkResources(c, &m); err != nil {
		return err
	}
	live, err := h.p.readLiving(ctx, &m)
	if err != nil {
		return err
	}
	if !live.stands() {
		if err := h.p.spendDevice(&c.refusal, row); err != nil {
			return err
		}
		return refuse("E-GRANT-01").got("a device whose person, session or client is gone").asFosite()
	}
	c.mandate, c.person, c.refreshable = &m, live.who, h.p.refreshes(c.client, &m)
	if err := h.p.spendDevice(&c.batch, row); err != nil {
		return err
	}
	r.SetSession(newSession(&m))
	r.SetRequestedScopes(m.Scopes)
	for _, s := range m.Scopes {
		r.GrantScope(s)
	}
	return h.p.makeGrant(c)
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h deviceHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	c := callOf(ctx)
	access, err := h.p.issueAccess(ctx, c, c.mandate)
	if err != nil {
		return err
	}
	resp.SetAccessToken(access)
	resp.SetTokenType("bearer")
	resp.SetScopes(r.GetGrantedScopes())
	if c.refreshable {
		resp.SetExtra("refresh_token", h.p.issueRefresh(c, c.mandate, 1))
	}
	if !slices.Contains(c.mandate.Scopes, "openid") {
		return nil
	}
	idToken, err := h.p.issueIDToken(ctx, c, c.mandate, companions{access: access})
	resp.SetExtra("id_token", idToken)
	return err
}
