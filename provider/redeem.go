package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/ory/fosite"

	"signet/provider/account"
	"signet/storage"
)

// loadCode opens a code and judges it for the client that has authenticated. The order matters: another client's code is
// simply not found, so that nobody but its client can spend it or end its grant (RFC 6749 §4.1.3).
func (p *Provider) loadCode(ctx context.Context, c *call, text string) error {
	code, err := p.openCode(ctx, text)
	if err != nil {
		return err
	}
	if code == nil || c.client == nil || code.ClientID != c.client.ID || code.Expires <= c.now.Unix() {
		return fosite.ErrNotFound
	}
	live, err := p.readLiving(ctx, &code.Mandate, p.spent.Key(code.ID, code.Expires))
	if err != nil {
		return err
	}
	c.code, c.codeText, c.mandate = code, text, &code.Mandate
	if live.marked {
		c.refusal.Then = append(c.refusal.Then, dropGrant(code.GrantID, code.GrantExpires))
		if err := p.recordReplay(ctx, c, code); err != nil {
			return err
		}
		return fosite.ErrInvalidatedAuthorizeCode
	}
	p.spent.Spend(&c.refusal, code.ID, code.Expires)
	c.refusal.Else = append(c.refusal.Else, dropGrant(code.GrantID, code.GrantExpires))
	if !live.stands() {
		return fosite.ErrNotFound
	}
	c.person = live.who
	c.refreshable = p.refreshes(c.client, c.mandate)
	return nil
}

// grantExpires is when the grant ends that a code becomes. It is settled when the code is made: whoever meets the code a
// second time must find the grant of the first, though the client's record has changed. A grant without refresh tokens ends
// with its last access token; one that does not outlive the browser session ends with it.
func (p *Provider) grantExpires(client *Client, m *Mandate, codeExpires int64) int64 {
	life := p.lifetimes.access(client)
	if p.refreshes(client, m) {
		life = p.lifetimes.refreshMax(client)
	}
	expires := codeExpires + int64(life.Seconds())
	if !m.Offline && m.SessionExpires > 0 {
		expires = min(expires, m.SessionExpires)
	}
	return expires
}

// refreshes tells whether a mandate comes with refresh tokens (OIDC Core §11).
func (p *Provider) refreshes(client *Client, m *Mandate) bool {
	return slices.Contains(client.GrantTypes, "refresh_token") && (m.Offline || client.RefreshAlways)
}

// redeem appends the code's redemption to the request's batch: spend the code and write the grant.
func (p *Provider) redeem(c *call) error {
	p.spent.Spend(&c.batch, c.code.ID, c.code.Expires)
	return p.makeGrant(c)
}

// makeGrant appends to the request's batch that the mandate becomes a grant; if somebody else was first to spend what it comes
// from, the grant ends in the same breath (RFC 6749 §4.1.2).
func (p *Provider) makeGrant(c *call) error {
	grant := Grant{Mandate: *c.mandate, Created: c.now.Unix(), Moved: c.now.Unix()}
	grant.Nonce = ""
	if c.refreshable {
		grant.Generation = 1
	}
	key := p.grants.Key(grant.GrantID, grant.GrantExpires)
	if err := p.grants.Create(&c.batch, key, &grant); err != nil {
		return fmt.Errorf("provider: grant: %w", err)
	}
	c.batch.Else = append(c.batch.Else, dropGrant(grant.GrantID, grant.GrantExpires))
	return p.participate(&c.batch, &grant.Mandate, c.client)
}

// living tells which of a mandate's sources still stand.
type living struct {
	client, person, session, consent bool
	// marked tells whether the first of the extra keys is there, grant whether the second is.
	marked, grant bool
	who           *account.Person
}

// stands tells whether nothing that the mandate depends on has ended.
func (l living) stands() bool { return l.client && l.person && l.session && l.consent }

// readLiving reads, in one round trip, the extra keys and the session and the consent that a mandate depends on, and compares
// the epochs of client and person with what they are now. No clocks are compared.
func (p *Provider) readLiving(ctx context.Context, m *Mandate, extra ...storage.Key) (living, error) {
	n := len(extra)
	keys := extra
	if !m.Offline && m.SessionID != "" {
		keys = append(keys, account.SessionKey(m.SessionID, m.SessionExpires))
	}
	sessions := len(keys)
	if m.Consent != 0 {
		keys = append(keys, account.ConsentKey(m.Subject, m.ClientID, m.Consent))
	}
	recs, err := p.db.Get(ctx, keys...)
	if err != nil {
		return living{}, err
	}
	l := living{
		marked: n > 0 && recs[0].Present(), grant: n > 1 && recs[1].Present(),
		session: allPresent(recs[n:sessions]), consent: allPresent(recs[sessions:]),
	}
	if l.client, err = p.clientStands(ctx, m); err != nil {
		return living{}, err
	}
	l.who, l.person, err = p.personStands(ctx, m)
	return l, err
}

func allPresent(recs []storage.Record) bool {
	return !slices.ContainsFunc(recs, func(r storage.Record) bool { return !r.Present() })
}
