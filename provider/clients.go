package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"signet/keys"
	"signet/storage"
)

var clientKind = &storage.Kind{Name: "client", Notify: true}

// maxCachedClients bounds the cache; beyond it an arbitrary client makes room.
const maxCachedClients = 10_000

// clientCache holds decoded clients, shared and never changed, until a notice says that one has.
type clientCache struct {
	mu   sync.RWMutex
	byID map[string]*cachedClient
	// era counts notices. A record that was read before a notice and arrives after it is not kept.
	era uint64
}

type cachedClient struct {
	client *Client
	row    storage.Row[Client]
	jwks   *keys.Set
}

func (c *clientCache) get(id string) (*cachedClient, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byID[id], c.era
}

func (c *clientCache) put(id string, v *cachedClient, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if len(c.byID) >= maxCachedClients {
		for victim := range c.byID {
			delete(c.byID, victim)
			break
		}
	}
	c.byID[id] = v
}

func (c *clientCache) changed(ch storage.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch ch.Kind {
	case "":
		clear(c.byID)
	case clientKind.Name:
		delete(c.byID, ch.ID)
	default:
		return
	}
	c.era++
}

// Client returns an enabled client's record, shared: do not change it. An unknown or disabled one is storage.ErrNotFound.
func (p *Provider) Client(ctx context.Context, id string) (*Client, error) {
	c, err := p.enabledClient(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.client, nil
}

func (p *Provider) enabledClient(ctx context.Context, id string) (*cachedClient, error) {
	c, err := p.cachedClient(ctx, id)
	if err == nil && c.client.Disabled {
		return nil, fmt.Errorf("%w: client is disabled", storage.ErrNotFound)
	}
	return c, err
}

func (p *Provider) cachedClient(ctx context.Context, id string) (*cachedClient, error) {
	if CheckClientID(id) != nil {
		return nil, fmt.Errorf("%w: no such client_id", storage.ErrNotFound)
	}
	cached, era := p.clientCache.get(id)
	if cached != nil {
		return cached, nil
	}
	row, err := p.clients.Get(ctx, id, 0)
	if errors.Is(err, storage.ErrNotFound) && p.relax != nil {
		return p.relaxedClient(ctx, id, err)
	}
	if err != nil {
		return nil, err
	}
	v, err := newCachedClient(row)
	if err != nil {
		return nil, err
	}
	p.clientCache.put(id, v, era)
	return v, nil
}

func newCachedClient(row storage.Row[Client]) (*cachedClient, error) {
	v := &cachedClient{row: row, client: &row.Value}
	if len(row.Value.JWKS) > 0 {
		set, err := keys.ParseJWKS(row.Value.JWKS, keys.Limits{})
		if err != nil {
			return nil, fmt.Errorf("provider: client %s: %w", row.Value.ID, err)
		}
		v.jwks = set
	}
	return v, nil
}

// Relax is what development mode loosens; handlers/dev implements it. In production there is none.
type Relax interface {
	// Client makes up a client that is not registered, or returns an error that becomes "not found".
	Client(ctx context.Context, id string) (*Client, error)
	// Redirect tells whether an unregistered redirect URI will do for this client.
	Redirect(c *Client, uri string) bool
	// Credentials tells whether any credentials will do for this client.
	Credentials(c *Client) bool
	// Origin tells whether scripts of this origin may read what is answered to whatever client.
	Origin(origin string) bool
}

func (p *Provider) relaxedClient(ctx context.Context, id string, notFound error) (*cachedClient, error) {
	made, err := p.relax.Client(ctx, id)
	if err != nil || made == nil {
		return nil, notFound
	}
	return &cachedClient{client: made}, nil
}

// CheckClientID says whether a text can be a client_id: 1 to 128 printable ASCII characters (RFC 6749 appendix A.1). One that
// is registered must not begin with "u_" either, as every person's subject does.
func CheckClientID(id string) error {
	if id == "" || len(id) > 128 {
		return fmt.Errorf("provider: client_id of %d bytes, allowed 1 to 128", len(id))
	}
	for _, b := range []byte(id) {
		if b < 0x20 || b > 0x7e {
			return fmt.Errorf("provider: client_id with byte %#x, allowed printable ASCII", b)
		}
	}
	return nil
}
