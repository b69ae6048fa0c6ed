package provider

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"

	"signet/provider/logout"
	"signet/storage"
)

const (
	// logoutTokenLife is in seconds: OIDC Back-Channel Logout §2.4 recommends two minutes at the most.
	logoutTokenLife = 2 * 60
	// logoutEvent names what a logout token tells (OIDC Back-Channel Logout §2.4).
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

// messenger tells clients that a session has ended.
type messenger struct{ p *Provider }

// Address implements logout.Messenger.
func (t messenger) Address(ctx context.Context, clientID string) (string, error) {
	client, err := t.p.Client(ctx, clientID)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return client.BackchannelLogoutURI, nil
}

// Send implements logout.Messenger: it posts a logout token, made for this attempt (OIDC Back-Channel Logout §2.5).
func (t messenger) Send(ctx context.Context, address string, d logout.Delivery) (int, error) {
	client, err := t.p.Client(ctx, d.ClientID)
	if err != nil {
		return 0, err
	}
	token, err := t.p.logoutToken(ctx, client, d)
	if err != nil {
		return 0, err
	}
	status, err := t.p.outbound.PostForm(ctx, address, url.Values{"logout_token": {token}})
	t.p.observeEvent(ctx, Event{Kind: "logout", Client: client.ID, Subject: d.Subject, Text: told(status, err)})
	return status, err
}

func told(status int, err error) string {
	switch {
	case err != nil:
		return "not told: " + err.Error()
	case status == 200 || status == 204:
		return "told"
	}
	return "told, and refused"
}

// logoutToken makes a logout token (OIDC Back-Channel Logout §2.4). It names the session always: without sid a client would have to
// end all sessions of the person.
func (p *Provider) logoutToken(ctx context.Context, client *Client, d logout.Delivery) (string, error) {
	id, err := p.randomID()
	if err != nil {
		return "", err
	}
	now := p.db.Now().Unix()
	return p.protectLogout(ctx, client, map[string]any{
		"iss": p.issuer, "aud": client.ID, "sub": p.subjectFor(client, d.Subject), "sid": p.sidFor(client, d.SID), "iat": now, "exp": now + logoutTokenLife,
		"jti": base64.RawURLEncoding.EncodeToString([]byte(id)), "events": map[string]any{logoutEvent: struct{}{}},
	})
}

// protectLogout signs and encrypts a logout token as the client's ID tokens are (OIDC Back-Channel Logout §2.4).
func (p *Provider) protectLogout(ctx context.Context, client *Client, claims map[string]any) (string, error) {
	return p.protect(ctx, client, client.idTokenProtection(), "logout+jwt", claims)
}

// TellClients tells clients of ended sessions until the context ends. Every node of a provider should.
func (p *Provider) TellClients(ctx context.Context) { p.outbox.Run(ctx) }

// TellClientsNow tells once what is due, and returns when that is done.
func (p *Provider) TellClientsNow(ctx context.Context) error { return p.outbox.Pass(ctx) }

// Deliveries returns how it stands with what a client is to be told.
func (p *Provider) Deliveries(ctx context.Context, clientID string) (logout.State, error) {
	if _, err := p.clients.Get(ctx, clientID, 0); err != nil {
		return logout.State{}, err
	}
	return p.outbox.State(ctx, clientID)
}
