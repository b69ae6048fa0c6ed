package provider

import (
	"context"
	"slices"
	"strings"

	"signet/provider/audit"
	"signet/storage"
)

// recordClient appends what happened to a client's record. Of a change it says which members it touched.
func (p *Provider) recordClient(ctx context.Context, b *storage.Batch, kind, id string, changed ...string) error {
	return p.trail.Record(ctx, b, audit.Event{Kind: kind, ClientID: id, Facts: map[string]string{"changed": strings.Join(changed, " ")}})
}

// recordClientChange appends a change, or nothing if only the date is another.
func (p *Provider) recordClientChange(ctx context.Context, b *storage.Batch, before, after *Client) error {
	if p.trail == nil {
		return nil
	}
	changed := slices.DeleteFunc(audit.Differ(before, after), func(name string) bool { return name == "updated" || name == "epoch" })
	switch {
	case len(changed) == 0:
		return nil
	case slices.Equal(changed, []string{"secrets"}):
		return p.recordClient(ctx, b, "client.secret", after.ID)
	}
	return p.recordClient(ctx, b, "client.changed", after.ID, changed...)
}

// asClient is for what a client does to its own record.
func asClient(ctx context.Context) context.Context {
	o := audit.OriginOf(ctx)
	o.Actor = audit.AClient
	return audit.WithOrigin(ctx, o)
}

// recordReplay notes a second use of a code. The first one that ends the grant is written with that; after it there is nothing left
// to end, and they are only counted.
func (p *Provider) recordReplay(ctx context.Context, c *call, code *Code) error {
	if p.trail == nil {
		return nil
	}
	e := audit.Event{Kind: "code.replayed", Subject: code.Subject, ClientID: code.ClientID, Actor: audit.AClient}
	return p.recordOnce(ctx, &c.refusal, e, p.grants.Key(code.GrantID, code.GrantExpires), true)
}

// recordOnce appends an event if a record is still there, or still absent, and counts it otherwise: to repeat what has been done
// must fill no storage.
func (p *Provider) recordOnce(ctx context.Context, b *storage.Batch, e audit.Event, key storage.Key, present bool) error {
	recs, err := p.db.Get(ctx, key)
	if err != nil {
		return err
	}
	if recs[0].Present() != present {
		p.trail.Count(ctx, e)
		return nil
	}
	return p.trail.Record(ctx, b, e)
}

// recordReuse notes a second use of a refresh token, which ends its grant.
func (p *Provider) recordReuse(ctx context.Context, c *call) error {
	m := &c.grant.Value.Mandate
	return p.trail.Record(ctx, &c.refusal, audit.Event{Kind: "refresh.reused", Subject: m.Subject, ClientID: m.ClientID, Actor: audit.AClient})
}

// countLostRace counts a second use that came at the same moment as the first: its batch has just ended the grant. To spend is the
// first condition of a batch, after that of a client assertion.
func (p *Provider) countLostRace(ctx context.Context, c *call, conflict *storage.ConflictError) {
	spends := 0
	if c.assertion {
		spends = 1
	}
	e := audit.Event{Kind: "code.replayed", Actor: audit.AClient}
	switch {
	case c.mandate == nil || c.retry || !slices.Contains(conflict.Failed, spends):
		return
	case c.code != nil:
	case c.refresh != nil:
		e.Kind = "refresh.reused"
	default:
		return
	}
	e.Subject, e.ClientID = c.mandate.Subject, c.mandate.ClientID
	p.trail.Count(ctx, e)
}

// recordRevoked notes what the revocation endpoint is about to end.
func (p *Provider) recordRevoked(ctx context.Context, c *call) error {
	if p.trail == nil || c.client == nil {
		return nil
	}
	e := audit.Event{Kind: "token.revoked", ClientID: c.client.ID, Actor: audit.AClient}
	switch {
	case c.access != nil:
		e.Subject, e.Facts = c.access.Subject, map[string]string{audit.FactWhy: "access token"}
		return p.recordOnce(ctx, &c.batch, e, p.denied.Key(c.access.ID, c.access.Expires), false)
	case c.refresh != nil:
		e.Facts = map[string]string{audit.FactWhy: "refresh token"}
		return p.recordOnce(ctx, &c.batch, e, p.grants.Key(c.refresh.GrantID, c.refresh.GrantExpires), true)
	}
	return nil
}
