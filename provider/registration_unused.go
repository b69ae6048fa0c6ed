package provider

import (
	"context"
	"errors"
	"sync"

	"signet/provider/audit"
	"signet/storage"
)

// usedKind marks the clients that registered themselves and that somebody has used.
var usedKind = &storage.Kind{Name: "used"}

// unusedLife is how long, in seconds, a client that anybody could register may wait for its first grant.
const unusedLife = 24 * 3600

// usedClients remembers which clients are known to be used, so that the marker is not written again and again.
type usedClients struct {
	mu  sync.Mutex
	ids map[string]bool
}

// first tells whether a client has not been seen before.
func (u *usedClients) first(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ids[id] {
		return false
	}
	if len(u.ids) >= maxCachedClients || u.ids == nil {
		u.ids = map[string]bool{}
	}
	u.ids[id] = true
	return true
}

// forget lets the next request say it again.
func (u *usedClients) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.ids, id)
}

// noteUse appends to a request's batch that its client is in use, and tells whether it did: it was granted something. What a
// client can do all by itself, push a request or begin as a device, is no use, or strangers could keep what they register. The
// marker has no condition: that two requests are a client's first is no reason for one to fail.
func (p *Provider) noteUse(c *call) bool {
	granted := c.mandate != nil || c.grantType != ""
	if c.client == nil || !c.client.Registered || !granted || !p.registry.used.first(c.client.ID) {
		return false
	}
	c.batch.Then = append(c.batch.Then, p.registry.usedMarks.Mark(c.client.ID, 0))
	return true
}

// RemoveUnused removes clients that anybody could register and that nobody has used within a day, and counts those that there
// are. It is called now and then. Clients that came with an initial access token stay, and those that the operator vouches for.
func (p *Provider) RemoveUnused(ctx context.Context) (removed int, err error) {
	if p.registry.Policy != RegistrationOpen {
		return 0, nil
	}
	n := int64(0)
	err = p.eachRegistered(ctx, func(rows []storage.Row[Client]) error {
		gone, err := p.removeUnused(ctx, rows)
		removed += gone
		return err
	}, &n)
	if err == nil {
		p.registry.size.Store(n - int64(removed))
		p.registry.counted.Store(true)
	}
	return removed, err
}

func (p *Provider) removeUnused(ctx context.Context, rows []storage.Row[Client]) (removed int, err error) {
	before := p.db.Now().Unix() - unusedLife
	for _, row := range rows {
		c := &row.Value
		if c.Created > before || c.RegisteredWith != "" || c.Verified || c.FirstParty {
			continue
		}
		var b storage.Batch
		p.clients.Delete(&b, row)
		if err := p.recordClient(audit.WithOrigin(ctx, audit.Origin{Actor: audit.System}), &b, "client.removed", c.ID); err != nil {
			return removed, err
		}
		b.If = append(b.If, storage.Condition{Key: p.registry.usedMarks.Key(c.ID, 0)})
		switch err := p.db.Apply(ctx, b); {
		case err == nil:
			removed++
		case !errors.Is(err, storage.ErrConflict): // it is in use, or has just changed
			return removed, err
		}
	}
	return removed, nil
}
