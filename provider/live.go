package provider

import (
	"context"
	"errors"

	"github.com/ory/fosite"

	"signet/provider/account"
	"signet/storage"
)

// clientStands tells whether the mandate's client is there, enabled and of the mandate's epoch.
func (p *Provider) clientStands(ctx context.Context, m *Mandate) (bool, error) {
	client, err := p.Client(ctx, m.ClientID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return client.Epoch == m.ClientEpoch, nil
}

// personStands returns the mandate's person and whether they are not kept out, of the mandate's epoch, and may use the client. A
// client that acts for itself needs no person.
func (p *Provider) personStands(ctx context.Context, m *Mandate) (*account.Person, bool, error) {
	if m.Subject == "" {
		return nil, true, nil
	}
	person, err := p.accounts.Person(ctx, m.Subject)
	if errors.Is(err, account.ErrUnknownPerson) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if person.Epoch != m.PersonEpoch || person.Barred(p.db.Now()) != nil {
		return person, false, nil
	}
	client, err := p.Client(ctx, m.ClientID)
	if err != nil {
		return person, false, ignoreNotFound(err)
	}
	admitted, err := p.admits(ctx, client, person)
	return person, admitted, err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// issuedAccess opens an access token that has not expired, be it alive or not.
func (p *Provider) issuedAccess(ctx context.Context, text string, now int64) (*AccessToken, error) {
	t, ok := p.openAccess(ctx, text)
	if !ok || t.Expires <= now {
		return nil, fosite.ErrNotFound
	}
	return t, nil
}

// issuedRefresh opens a refresh token that has not expired, be it alive or not.
func (p *Provider) issuedRefresh(text string, now int64) (*RefreshToken, error) {
	t, ok := p.openRefresh(text)
	if !ok || t.Expires <= now {
		return nil, fosite.ErrNotFound
	}
	return t, nil
}

// liveAccess opens an access token and returns it if all that it stands on stands at now (Unix seconds). A token that does
// not live is fosite.ErrNotFound, whatever the reason: the one who asks is to learn no more.
func (p *Provider) liveAccess(ctx context.Context, text string, now int64) (*AccessToken, error) {
	t, err := p.issuedAccess(ctx, text, now)
	if err != nil {
		return nil, err
	}
	keys := []storage.Key{p.denied.Key(t.ID, t.Expires)}
	if t.GrantID != "" {
		keys = append(keys, p.grants.Key(t.GrantID, t.GrantExpires))
	}
	l, err := p.readLiving(ctx, &t.Mandate, keys...)
	if err != nil {
		return nil, err
	}
	if l.marked || t.GrantID != "" && !l.grant || !l.stands() {
		return nil, fosite.ErrNotFound
	}
	agrees, err := p.subAgrees(ctx, t)
	if err == nil && !agrees {
		err = fosite.ErrNotFound
	}
	return t, err
}

// liveRefresh opens a refresh token and returns it with its grant if both live at now (Unix seconds); otherwise
// fosite.ErrNotFound. It does not ask whose the token is nor whether it has been spent.
func (p *Provider) liveRefresh(ctx context.Context, text string, now int64) (*RefreshToken, storage.Row[Grant], error) {
	t, err := p.issuedRefresh(text, now)
	if err != nil {
		return nil, storage.Row[Grant]{}, err
	}
	grant, err := p.grants.Get(ctx, t.GrantID, t.GrantExpires)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, grant, fosite.ErrNotFound
	}
	if err != nil {
		return nil, grant, err
	}
	l, err := p.readLiving(ctx, &grant.Value.Mandate)
	if err != nil {
		return nil, grant, err
	}
	if !l.stands() {
		return nil, grant, fosite.ErrNotFound
	}
	return t, grant, nil
}
