package provider

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"signet/keys"
	"signet/provider/audit"
	"signet/storage"
)

var initialKind = &storage.Kind{Name: "initial"}

// InitialToken is the record of an initial access token (RFC 7591 §1.2): with it so many clients can be registered until it ends.
type InitialToken struct {
	// ID names it; it is not the token.
	ID string `json:"id"`
	// Note is for the operator.
	Note string `json:"note,omitempty"`
	// Scopes are what clients registered with it may ask for beside the standard ones.
	Scopes []string `json:"scopes,omitempty"`
	// Uses is how many clients can still be registered with it.
	Uses int64 `json:"uses"`
	// Created and Expires are in Unix seconds.
	Created int64 `json:"created"`
	Expires int64 `json:"expires"`
	// Hash is the keyed hash of the token.
	Hash []byte `json:"hash,omitempty"`
}

// Limits of an initial access token.
const (
	maxInitialUses = 1_000_000
	maxInitialLife = 366 * 24 * 3600
)

// ErrInitialToken says that an initial access token cannot be made so.
var ErrInitialToken = errors.New("provider: initial access token")

// CreateInitialToken makes an initial access token and returns its text, the only time that it is seen. Uses, Expires, Scopes and
// Note are the caller's.
func (p *Provider) CreateInitialToken(ctx context.Context, t InitialToken) (keys.Secret, InitialToken, error) {
	t.Created = p.db.Now().Unix()
	switch {
	case t.Uses < 1 || t.Uses > maxInitialUses:
		return "", t, fmt.Errorf("%w: %d uses, allowed 1 to %d", ErrInitialToken, t.Uses, maxInitialUses)
	case t.Expires <= t.Created || t.Expires > t.Created+maxInitialLife:
		return "", t, fmt.Errorf("%w: it must end within 366 days", ErrInitialToken)
	case notALine(t.Note):
		return "", t, fmt.Errorf("%w: the note must be one line of at most 256 bytes", ErrInitialToken)
	}
	if why := (&Client{Scopes: t.Scopes}).scopesFault(); why != "" || len(t.Scopes) > maxScopes {
		return "", t, fmt.Errorf("%w: %s", ErrInitialToken, orDefault(why, "too many scopes"))
	}
	t.ID = strings.ToLower(rand.Text())[:12]
	text, err := p.randomToken(prefixInitial + t.ID + "_")
	if err != nil {
		return "", t, err
	}
	t.Hash = p.initialHash(text)
	var b storage.Batch
	if err := p.registry.initials.Create(&b, p.registry.initials.Key(t.ID, t.Expires), &t); err != nil {
		return "", t, err
	}
	if err := p.trail.Record(ctx, &b, audit.Event{Kind: "token.initial", Facts: map[string]string{"token": t.ID}}); err != nil {
		return "", t, err
	}
	return keys.Secret(text), t, p.db.Apply(ctx, b)
}

func (p *Provider) initialHash(text string) []byte {
	return p.sealer.Hash("registration.initial", []byte(text))
}

// ListInitialTokens returns a page of the tokens that can still be used, without their hashes, and the cursor of the next page.
func (p *Provider) ListInitialTokens(ctx context.Context, after string, limit int) ([]InitialToken, string, error) {
	rows, next, err := p.registry.initials.List(ctx, nil, after, limit)
	list := make([]InitialToken, len(rows))
	for i := range rows {
		list[i] = rows[i].Value
		list[i].Hash = nil
	}
	return list, next, err
}

// RevokeInitialToken ends a token at once. Clients that were registered with it stay. An unknown one is storage.ErrNotFound.
func (p *Provider) RevokeInitialToken(ctx context.Context, id string) error {
	for range maxRetries {
		row, err := p.registry.initials.Get(ctx, id, 0)
		if err != nil {
			return err
		}
		var b storage.Batch
		p.registry.initials.Delete(&b, row)
		if err := p.trail.Record(ctx, &b, audit.Event{Kind: "token.initial.revoked", Facts: map[string]string{"token": id}}); err != nil {
			return err
		}
		if err = p.db.Apply(ctx, b); !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: too many uses at once", storage.ErrConflict)
}

// admitted tells whether whoever sent the request may register a client, and with which initial access token; its row is empty
// if registration is open and none was sent. One that was sent must be good all the same.
func (p *Provider) admitted(ctx context.Context, r *http.Request) (storage.Row[InitialToken], error) {
	var none storage.Row[InitialToken]
	if !p.CanRegister() {
		return none, refuse("E-PAGE-01")
	}
	if p.registry.Policy == RegistrationOpen && r.Header.Get("Authorization") == "" {
		return none, nil
	}
	text, err := bearerToken(r)
	if err != nil {
		return none, err
	}
	id, _, ok := strings.Cut(strings.TrimPrefix(text, prefixInitial), "_")
	if !ok || !strings.HasPrefix(text, prefixInitial) || id == "" || len(text) > 128 {
		return none, refuse("E-TOKEN-01").got("no initial access token")
	}
	row, err := p.registry.initials.Get(ctx, id, 0)
	if ignoreNotFound(err) != nil {
		return none, err
	}
	if !hmac.Equal(p.initialHash(text), row.Value.Hash) || row.Value.Uses < 1 {
		return none, refuse("E-TOKEN-01").got("an initial access token that is unknown, used up, expired or revoked").because(err)
	}
	return row, nil
}

// useInitial appends one use to a batch. The last one ends the token.
func (p *Provider) useInitial(b *storage.Batch, row storage.Row[InitialToken]) error {
	if row.Value.Uses == 1 {
		p.registry.initials.Delete(b, row)
		return nil
	}
	after := row.Value
	after.Uses--
	return p.registry.initials.Update(b, row, &after)
}
