package provider

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"signet/keys"
	"signet/storage"
)

// Registration answers a client's question about its own record (RFC 7592 §2.1). The registration access token is in the header.
// Errors are *Error.
func (p *Provider) Registration(ctx context.Context, r *http.Request, id string) (map[string]any, error) {
	row, err := p.managed(ctx, r, id)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	return p.registrationAnswer(&row.Value, nil, "", ""), nil
}

// managed returns the record that a token manages. A client that is not there, a token that is not its, one that was rotated:
// all are the same refusal.
func (p *Provider) managed(ctx context.Context, r *http.Request, id string) (storage.Row[Client], error) {
	token, err := bearerToken(r)
	if err != nil {
		return storage.Row[Client]{}, err
	}
	if CheckClientID(id) != nil {
		return storage.Row[Client]{}, refuse("E-TOKEN-01")
	}
	row, err := p.clients.Get(ctx, id, 0)
	if ignoreNotFound(err) != nil {
		return row, err
	}
	if !p.manages(&row.Value, token) {
		e := refuse("E-TOKEN-01").got("a token that does not manage this client").because(err)
		e.ClientID = id
		return row, e
	}
	return row, nil
}

// UpdateRegistration replaces what a client says of itself (RFC 7592 §2.2): what the document leaves out is as if it had never
// been said. The registration access token is another afterwards. Errors are *Error.
func (p *Provider) UpdateRegistration(ctx context.Context, r *http.Request, id string, document []byte) (map[string]any, error) {
	answer, err := p.updateRegistration(ctx, r, id, document)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	return answer, nil
}

func (p *Provider) updateRegistration(ctx context.Context, r *http.Request, id string, document []byte) (map[string]any, error) {
	if _, err := p.managed(ctx, r, id); err != nil {
		return nil, err
	}
	m, err := readMetadata(document)
	if err != nil {
		return nil, err
	}
	var after Client
	var secret, token keys.Secret
	err = p.EditClient(asClient(ctx), id, func(c *Client) (err error) {
		presented, err := bearerToken(r)
		if err != nil {
			return err
		}
		if !p.manages(c, presented) { // it may have changed since
			return refuse("E-TOKEN-01")
		}
		secret, token, err = p.replace(ctx, c, m)
		after = *c
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, refuse("E-TOKEN-01").because(err)
	}
	if err != nil {
		return nil, asRegistration(err)
	}
	p.observeEvent(ctx, Event{Kind: "register", Client: id, Name: after.Name, Text: "changed"})
	return p.registrationAnswer(&after, m, secret, token), nil
}

// replace makes of a record what the metadata say. What the operator has said in favour of the client, seeing what it was,
// does not hold for what it has become.
func (p *Provider) replace(ctx context.Context, c *Client, m metadata) (secret, token keys.Secret, err error) {
	before := *c
	if err := p.sameClient(c, m); err != nil {
		return "", "", err
	}
	optional := c.PKCEOptional || c.Public()
	c.forget()
	if err := p.describe(ctx, c, m, extraScopes(&before)); err != nil {
		return "", "", err
	}
	c.PKCEOptional = c.PKCEOptional && optional // the operator may have taken it away
	// The operator may have taken scopes away, too: who wants more than the record has registers anew.
	c.Scopes = slices.DeleteFunc(c.Scopes, func(s string) bool { return !slices.Contains(before.Scopes, s) })
	c.FirstParty, c.Verified = false, false
	if c.Name == "" {
		c.Name = c.ID
	}
	if !containsAll(before.RedirectURIs, c.RedirectURIs) {
		c.Epoch++ // whoever consented did not consent to being sent there
	}
	switch {
	case !c.needsSecret():
		c.Secrets = nil
	case !before.needsSecret() || c.keepsSecret() && !before.keepsSecret(): // of the old one there is at most a hash
		if secret, err = p.newSecret(c, 0); err != nil {
			return "", "", err
		}
	}
	token, err = p.newRegistrationToken(c)
	return secret, token, err
}

// sameClient holds an update to the client that it is for (RFC 7592 §2.2): its id, and its secret if it says one.
func (p *Provider) sameClient(c *Client, m metadata) error {
	id, err := m.text("client_id")
	if err != nil {
		return err
	}
	if id != c.ID {
		return badMetadata("client_id", "it must be the client's own")
	}
	secret, err := m.text("client_secret")
	if err != nil {
		return err
	}
	if secret != "" && p.verifySecret(c, secret) != nil {
		return badMetadata("client_secret", "it must be the one that was issued, or be left out")
	}
	return nil
}

// EndRegistration deletes a client at its own wish (RFC 7592 §2.3); everything issued to it stops. Errors are *Error.
func (p *Provider) EndRegistration(ctx context.Context, r *http.Request, id string) error {
	for range maxRetries {
		row, err := p.managed(ctx, r, id)
		if err != nil {
			return p.refused(ctx, nil, err)
		}
		err = p.removeClient(asClient(ctx), row)
		if err == nil {
			p.observeEvent(ctx, Event{Kind: "register", Client: id, Name: row.Value.Name, Text: "removed"})
			return nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return p.refused(ctx, nil, err)
		}
	}
	return p.refused(ctx, nil, refuse("E-SERVER-02").got("too many changes at once"))
}
