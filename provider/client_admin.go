package provider

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"signet/keys"
	"signet/storage"
)

// clientTerms lists clients in the order of their names, and finds them by the origins of their pages.
func clientTerms(c *Client) []storage.Term {
	terms := append(originTerms(c), storage.Term{Index: "name", Value: strings.ToLower(c.Name + "\x00" + c.ID), Ordered: true})
	if c.Registered {
		terms = append(terms, registeredTerm)
	}
	return terms
}

// Errors of client administration. They wrap what was got and what would have been allowed.
var (
	// ErrClientInvalid says that a client's record breaks a rule.
	ErrClientInvalid = errors.New("provider: invalid client")
	// ErrClientTaken says that the client_id is in use.
	ErrClientTaken = errors.New("provider: client_id is taken")
	// ErrClientDeclared says that the client comes from a configuration file and is changed there.
	ErrClientDeclared = errors.New("provider: client is declared in a configuration file")
)

// AddClient writes a new client. If its method needs a secret and it has none, one is generated and returned: the only time
// that it is seen. Defaults are filled in: see Client.
func (p *Provider) AddClient(ctx context.Context, c *Client) (secret keys.Secret, err error) {
	if secret, err = p.completeClient(c); err != nil {
		return "", err
	}
	var b storage.Batch
	if err := p.clients.Create(&b, p.clients.Key(c.ID, 0), c); err != nil {
		return "", err
	}
	if err := p.recordClient(ctx, &b, "client.added", c.ID); err != nil {
		return "", err
	}
	err = p.db.Apply(ctx, b)
	if errors.Is(err, storage.ErrConflict) {
		return "", fmt.Errorf("%w: %s", ErrClientTaken, c.ID)
	}
	return secret, err
}

// completeClient makes a new client's record whole and checks it: defaults, id, dates, epoch, and a secret if it needs one.
func (p *Provider) completeClient(c *Client) (secret keys.Secret, err error) {
	c.fillDefaults()
	if c.ID == "" {
		c.ID = strings.ToLower(rand.Text())[:20]
	}
	now := p.db.Now().Unix()
	c.Created, c.Updated = now, now
	if c.Epoch, err = p.firstEpoch(); err != nil {
		return "", err
	}
	if c.needsSecret() && len(c.Secrets) == 0 {
		if secret, err = p.newSecret(c, 0); err != nil {
			return "", err
		}
	}
	return secret, c.check()
}

// firstEpoch is random: a client that takes the id of a removed one must not inherit its tokens and consents, though the two
// were added within one second.
func (p *Provider) firstEpoch() (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(p.rand, b[:])
	return binary.BigEndian.Uint32(b[:]), err
}

// ClientRecord returns a client's record to change, also a disabled one, with the row that EditClient compares.
func (p *Provider) ClientRecord(ctx context.Context, id string) (Client, error) {
	row, err := p.clients.Get(ctx, id, 0)
	return row.Value, err
}

// EditClient changes a client by a function, which may be called again if another change came between. Disabling it, taking
// away a scope, a grant type or an audience, or giving people other names, raises its epoch: what was issued to it stops.
func (p *Provider) EditClient(ctx context.Context, id string, change func(*Client) error) error {
	for range maxRetries {
		err := p.editClient(ctx, id, change)
		if !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("provider: client %s: %w", id, storage.ErrConflict)
}

func (p *Provider) editClient(ctx context.Context, id string, change func(*Client) error) error {
	row, err := p.clients.Get(ctx, id, 0)
	if err != nil {
		return err
	}
	before := row.Value
	after := before
	after.cloneLists()
	if err := change(&after); err != nil {
		return err
	}
	after.ID, after.Created, after.Updated = before.ID, before.Created, p.db.Now().Unix()
	after.fillEncryption()
	after.forgetKept(&before)
	if err := after.check(); err != nil {
		return err
	}
	if narrower(&before, &after) {
		after.Epoch = before.Epoch + 1
	}
	var b storage.Batch
	if err := p.clients.Update(&b, row, &after); err != nil {
		return err
	}
	if err := p.recordClientChange(ctx, &b, &before, &after); err != nil {
		return err
	}
	return p.db.Apply(ctx, b)
}

func (c *Client) cloneLists() {
	for _, list := range []*[]string{&c.RedirectURIs, &c.PostLogoutRedirectURIs, &c.GrantTypes, &c.ResponseTypes, &c.Scopes, &c.Audience, &c.Resources, &c.Groups, &c.Roles, &c.GroupPrefixes,
		&c.Contacts, &c.RequestURIs, &c.DefaultACRValues, &c.WebOrigins} {
		*list = slices.Clone(*list)
	}
	c.Secrets = slices.Clone(c.Secrets)
}

// narrower tells whether something that was issued before may say more than the record now allows.
func narrower(before, after *Client) bool {
	return after.Disabled && !before.Disabled ||
		!containsAll(after.Scopes, before.Scopes) ||
		!containsAll(after.GrantTypes, before.GrantTypes) ||
		!containsAll(after.Audience, before.Audience) ||
		after.AuthMethod != before.AuthMethod ||
		otherSubjects(before, after)
}

// RotateSecret adds a new secret and returns it. The newest of the older ones stays live for keep seconds; others end now.
func (p *Provider) RotateSecret(ctx context.Context, id string, keep int64) (secret keys.Secret, err error) {
	return p.rotateSecret(ctx, id, keep, false)
}

// RotateKeptSecret does the same, and keeps the secret itself, sealed: for a client that is about to change to
// client_secret_jwt, or to an algorithm such as HS256 that takes its secret.
func (p *Provider) RotateKeptSecret(ctx context.Context, id string, keep int64) (secret keys.Secret, err error) {
	return p.rotateSecret(ctx, id, keep, true)
}

func (p *Provider) rotateSecret(ctx context.Context, id string, keep int64, kept bool) (secret keys.Secret, err error) {
	err = p.EditClient(ctx, id, func(c *Client) error {
		if !c.needsSecret() && (!kept || c.Public()) {
			return fmt.Errorf("%w: %s has no secret: its method is %s", ErrClientInvalid, id, c.AuthMethod)
		}
		secret, err = p.makeSecret(c, keep, kept || c.keepsSecret())
		return err
	})
	return secret, err
}

// newSecret puts a new secret before the one that stays for keep seconds.
func (p *Provider) newSecret(c *Client, keep int64) (keys.Secret, error) {
	return p.makeSecret(c, keep, c.keepsSecret())
}

// makeSecret makes a secret that is kept, or not, itself. One that is has 64 characters, which are enough for HS512.
func (p *Provider) makeSecret(c *Client, keep int64, kept bool) (keys.Secret, error) {
	raw := make([]byte, 32)
	if kept {
		raw = make([]byte, 48)
	}
	if _, err := io.ReadFull(p.rand, raw); err != nil {
		return "", err
	}
	secret := base64.RawURLEncoding.EncodeToString(raw)
	p.setSecret(c, secret, keep, kept)
	return keys.Secret(secret), nil
}

func (p *Provider) setSecret(c *Client, secret string, keep int64, kept bool) {
	now := p.db.Now().Unix()
	live := []ClientSecret{{Hash: p.burnHash(secret), Created: now}}
	if kept {
		live[0].Sealed = p.sealSecret(c.ID, secret)
	}
	if keep > 0 && len(c.Secrets) > 0 {
		old := c.Secrets[0]
		old.Expires = now + keep
		live = append(live, old)
	}
	c.Secrets = live
}

// SetSecret gives a client a secret that its owner has chosen, for declared and imported clients; all else of the record is
// there. It must be as hard to guess as a generated one: secrets are kept as a fast keyed hash.
func (p *Provider) SetSecret(c *Client, secret keys.Secret) error {
	if len(secret) < 32 {
		return fmt.Errorf("%w: %s: secret of %d bytes, allowed 32 and more, random", ErrClientInvalid, c.ID, len(secret))
	}
	p.setSecret(c, string(secret), 0, c.keepsSecret())
	return nil
}

// RemoveClient deletes a client. Its tokens stop at once: they have no client any more.
func (p *Provider) RemoveClient(ctx context.Context, id string) error {
	row, err := p.clients.Get(ctx, id, 0)
	if err != nil {
		return err
	}
	return p.removeClient(ctx, row)
}

func (p *Provider) removeClient(ctx context.Context, row storage.Row[Client]) error {
	var b storage.Batch
	p.clients.Delete(&b, row)
	if row.Value.Registered {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: p.registry.usedMarks.Key(row.Value.ID, 0)}, Delete: true})
	}
	if err := p.recordClient(ctx, &b, "client.removed", row.Value.ID); err != nil {
		return err
	}
	err := p.db.Apply(ctx, b)
	if err == nil && row.Value.Registered {
		p.registry.size.Add(-1)
	}
	return err
}

// ListClients returns a page of clients by name, of those whose name begins with prefix, and the cursor of the next page.
func (p *Provider) ListClients(ctx context.Context, prefix, after string, limit int) ([]Client, string, error) {
	rows, next, err := p.clients.List(ctx, &storage.Term{Index: "name", Value: strings.ToLower(prefix), Ordered: true}, after, limit)
	if err != nil {
		return nil, "", err
	}
	list := make([]Client, len(rows))
	for i := range rows {
		list[i] = rows[i].Value
	}
	return list, next, nil
}
