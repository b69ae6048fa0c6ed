package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"signet/provider/audit"
	"signet/storage"
)

// maxRetries bounds how often a refresh within the grace looks again after losing a race.
const maxRetries = 8

// Token answers a token request (RFC 6749 §3.2) with the members of its JSON answer. r.PostForm has been parsed. What the
// request writes is on disk when Token returns. Errors are *Error.
func (p *Provider) Token(ctx context.Context, r *http.Request) (map[string]any, error) {
	for range maxRetries {
		c := &call{now: p.db.Now()}
		answer, err := p.token(withCall(ctx, c), c, r)
		if c.retry && errors.Is(err, storage.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, p.tokenRefused(ctx, c, err)
		}
		p.observeToken(ctx, c, answer)
		return answer, nil
	}
	return nil, p.refused(ctx, nil, refuse("E-SERVER-02").got("too many refreshes of one grant at once"))
}

func (p *Provider) token(ctx context.Context, c *call, r *http.Request) (map[string]any, error) {
	if err := p.readTokenForm(c, r.PostForm); err != nil {
		return nil, err
	}
	req, err := p.fosite.NewAccessRequest(ctx, r, newSession(nil))
	if err != nil {
		return nil, p.settleRefusal(ctx, c, err)
	}
	if err := p.grantClientsOwn(ctx, c, req); err != nil {
		return nil, p.settleRefusal(ctx, c, err)
	}
	resp, err := p.fosite.NewAccessResponse(ctx, req)
	if err != nil {
		return nil, p.settleRefusal(ctx, c, err)
	}
	if err := p.settle(ctx, c); err != nil {
		return nil, err
	}
	answer := resp.ToMap()
	answer["token_type"] = "Bearer"
	answer["expires_in"] = c.accessExpires - c.now.Unix()
	if answer["scope"] == "" {
		delete(answer, "scope") // a scope has at least one token (RFC 6749 §3.3)
	}
	return answer, nil
}

// readTokenForm checks what must be right before any handler runs.
func (p *Provider) readTokenForm(c *call, form url.Values) error {
	if err := checkRepeats(form); err != nil {
		return err
	}
	c.grantType = form.Get("grant_type")
	if _, ok := p.tokenHandlers[c.grantType]; !ok {
		return refuse("E-GRANT-02").got("%s", c.grantType).allowed("%s", strings.Join(GrantTypes(), " "))
	}
	c.resources = form["resource"]
	return nil
}

// grantClientsOwn grants a client that acts for itself what it asked for; fosite checks it against the client's record.
func (p *Provider) grantClientsOwn(_ context.Context, c *call, req fosite.AccessRequester) error {
	if c.grantType != "client_credentials" {
		return checkResources(c, c.mandate)
	}
	for _, s := range req.GetRequestedScopes() {
		if !slices.Contains(c.client.Scopes, s) || s == "openid" || s == "offline_access" {
			return refuse("E-SCOPE-01").got("%s", s)
		}
		req.GrantScope(s)
	}
	for _, a := range append(req.GetRequestedAudience(), c.resources...) {
		if !slices.Contains(c.client.Audience, a) {
			return refuse("E-TARGET-01").got("%s", a).allowed("%s", strings.Join(c.client.Audience, " "))
		}
		req.GrantAudience(a)
	}
	return nil
}

// settle applies the request's one batch. It is the last thing before the answer.
func (p *Provider) settle(ctx context.Context, c *call) error {
	noted := p.noteUse(c)
	err := p.db.Apply(ctx, c.batch)
	if noted && err != nil {
		p.registry.used.forget(c.client.ID)
	}
	conflict := (*storage.ConflictError)(nil)
	if !errors.As(err, &conflict) {
		return err
	}
	if c.assertion && slices.Contains(conflict.Failed, 0) {
		return authFailed(c.client.ID, errAssertionUsed)
	}
	p.countLostRace(ctx, c, conflict)
	return err
}

// settleRefusal applies what even a refused request leaves behind: a code that met a wrong verifier is spent, a refresh token
// that came a second time has ended its grant. If that cannot be written, that is the error. A fault of ours leaves nothing
// behind: the client may try again.
func (p *Provider) settleRefusal(ctx context.Context, c *call, refusal error) error {
	if AsError(refusal).Status >= http.StatusInternalServerError {
		return refusal
	}
	err := p.db.Apply(ctx, c.refusal)
	if errors.Is(err, storage.ErrFull) {
		err = p.db.Apply(ctx, audit.Without(c.refusal))
	}
	if err == nil || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrPast) {
		return refusal
	}
	return err
}

func (p *Provider) tokenRefused(ctx context.Context, c *call, err error) error {
	e := AsError(err)
	if c.client != nil {
		e.ClientID = c.client.ID
	}
	if e.OAuth != "authorization_pending" { // a device that waits asks every five seconds
		p.observeRefusal(ctx, e)
	}
	return e
}

func (p *Provider) observeToken(ctx context.Context, c *call, answer map[string]any) {
	if p.observe == nil {
		return
	}
	e := Event{Kind: "token", Client: c.client.ID, Text: strings.TrimPrefix(c.grantType, "urn:ietf:params:oauth:grant-type:") + " → " + strings.Join(kindsOf(answer), ", ")}
	if c.mandate != nil {
		e.Subject = c.mandate.Subject
	}
	p.observeEvent(ctx, e)
}

func kindsOf(answer map[string]any) []string {
	var kinds []string
	for _, k := range []string{"access_token", "id_token", "refresh_token"} {
		if _, ok := answer[k]; ok {
			kinds = append(kinds, strings.TrimSuffix(k, "_token"))
		}
	}
	return kinds
}
