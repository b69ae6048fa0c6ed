package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"signet/provider/account"
	"signet/provider/logout"
	"signet/storage"
)

// told tells whether a client wants to know of the end of a session.
func (c *Client) told() bool { return c.BackchannelLogoutURI != "" || c.FrontchannelLogoutURI != "" }

// participate appends to a batch that a client, which is given tokens for a mandate, takes part in the mandate's session. The
// batch then fails if the session has been ended: whoever ended it has already told those who took part by then.
func (p *Provider) participate(b *storage.Batch, m *Mandate, client *Client) error {
	if !client.told() || m.SessionID == "" || m.SessionExpires <= p.db.Now().Unix() {
		return nil
	}
	b.If = append(b.If, account.NotEnded(m.SessionID))
	return p.outbox.Join(b, logout.Participant{SID: m.SID, ClientID: client.ID}, m.SessionExpires)
}

// participants are the clients that will be told of a session's end, in the order of their names.
func (p *Provider) participants(ctx context.Context, sid string) ([]*Client, error) {
	ids, err := p.outbox.Of(ctx, sid)
	if err != nil {
		return nil, err
	}
	var clients []*Client
	for _, id := range ids {
		client, err := p.Client(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if client.told() {
			clients = append(clients, client)
		}
	}
	slices.SortFunc(clients, func(a, b *Client) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return clients, nil
}
