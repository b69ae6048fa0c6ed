package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"signet/storage"
)

// DeclareClients makes the declared clients those of a configuration: adds and changes them, writes nothing that is so
// already, and removes declared ones that the configuration no longer has. A client of the same id that was not declared is
// ErrClientTaken.
func (p *Provider) DeclareClients(ctx context.Context, clients []Client) error {
	wanted := map[string]bool{}
	for i := range clients {
		wanted[clients[i].ID] = true
		if err := p.declareClient(ctx, &clients[i]); err != nil {
			return err
		}
	}
	return p.dropUndeclared(ctx, wanted)
}

func (p *Provider) declareClient(ctx context.Context, c *Client) error {
	c.Declared = true
	c.fillDefaults()
	known, err := p.ClientRecord(ctx, c.ID)
	if errors.Is(err, storage.ErrNotFound) {
		_, err := p.AddClient(ctx, c)
		if errors.Is(err, ErrClientTaken) {
			return nil // another node declared it just now
		}
		return err
	}
	if err != nil {
		return err
	}
	if !known.Declared {
		return fmt.Errorf("%w: %s: the configuration declares it, but it was added by hand; remove one of the two", ErrClientTaken, c.ID)
	}
	if same(c.asStored(&known), known) {
		return nil
	}
	return p.EditClient(ctx, c.ID, func(now *Client) error {
		*now = c.asStored(now)
		return nil
	})
}

// same compares clients as they are stored: an empty list is no list.
func same(a, b Client) bool {
	left, err := json.Marshal(a)
	if err != nil {
		return false
	}
	right, err := json.Marshal(b)
	return err == nil && bytes.Equal(left, right)
}

// asStored is the declared client with what only the record knows. A secret that is the same keeps its date, and its sealed
// form, which looks different each time.
func (c *Client) asStored(known *Client) Client {
	wanted := *c
	wanted.Epoch, wanted.Created, wanted.Updated = known.Epoch, known.Created, known.Updated
	if len(wanted.Secrets) == 1 && len(known.Secrets) > 0 && string(wanted.Secrets[0].Hash) == string(known.Secrets[0].Hash) {
		secret := known.Secrets[0]
		if len(wanted.Secrets[0].Sealed) == 0 || len(secret.Sealed) == 0 {
			secret.Sealed = wanted.Secrets[0].Sealed
		}
		wanted.Secrets = []ClientSecret{secret}
	}
	return wanted
}

func (p *Provider) dropUndeclared(ctx context.Context, wanted map[string]bool) error {
	for after := ""; ; {
		clients, next, err := p.ListClients(ctx, "", after, 200)
		if err != nil {
			return err
		}
		for _, c := range clients {
			if c.Declared && !wanted[c.ID] {
				if err := p.RemoveClient(ctx, c.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
					return err
				}
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}
