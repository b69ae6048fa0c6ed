package provider

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"signet/provider/account"
	"signet/storage"
)

// Application is a client as one of its people sees it: what they allowed it.
type Application struct {
	ClientID string
	// Client is nil if it is there no more, or disabled.
	Client *Client
	// Scopes are what the person allowed, sorted.
	Scopes []string
	// Since is when they agreed last, in Unix seconds.
	Since int64
	// Away tells that it holds a grant which outlives sessions: it may act while the person is away (OIDC Core §11).
	Away bool
}

const (
	applicationPage = 200
	// maxApplications bounds what is listed, of consents and of grants each.
	maxApplications = 2000
)

// Applications are what a person allowed, by the clients' names: by consent, or by a grant that outlives sessions. Grants of other
// kinds end with their session and are not listed.
func (p *Provider) Applications(ctx context.Context, person *account.Person) ([]Application, error) {
	found := map[string]*Application{}
	consents, err := p.ConsentsOf(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	for _, c := range consents {
		client, err := p.Client(ctx, c.ClientID)
		if ignoreNotFound(err) != nil {
			return nil, err
		}
		if client == nil || client.Epoch == c.ClientEpoch {
			found[c.ClientID] = &Application{ClientID: c.ClientID, Client: client, Scopes: c.Scopes, Since: c.GrantedAt}
		}
	}
	grants, err := p.offlineGrants(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		if err := p.addGrant(ctx, found, &g.Value); err != nil {
			return nil, err
		}
	}
	list := make([]Application, 0, len(found))
	for _, a := range found {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b Application) int { return cmp.Compare(a.sortKey(), b.sortKey()) })
	return list, nil
}

func (a Application) sortKey() string {
	if a.Client == nil {
		return a.ClientID
	}
	return strings.ToLower(a.Client.Name + "\x00" + a.ClientID)
}

// addGrant adds what a grant allows, if it still does.
func (p *Provider) addGrant(ctx context.Context, found map[string]*Application, g *Grant) error {
	live, err := p.readLiving(ctx, &g.Mandate)
	if err != nil || !live.stands() {
		return err
	}
	client, err := p.Client(ctx, g.ClientID)
	if err != nil {
		return ignoreNotFound(err)
	}
	a := found[g.ClientID]
	if a == nil {
		a = &Application{ClientID: g.ClientID, Client: client, Since: g.Created}
		found[g.ClientID] = a
	}
	a.Away = true
	a.Scopes = append(slices.Clone(a.Scopes), g.Scopes...)
	slices.Sort(a.Scopes)
	a.Scopes = slices.Compact(a.Scopes)
	return nil
}

// ConsentsOf are all that a person has consented to, whatever became of the clients.
func (p *Provider) ConsentsOf(ctx context.Context, subject string) ([]account.Consent, error) {
	var all []account.Consent
	for after, more := "", true; more && len(all) < maxApplications; {
		page, next, err := p.accounts.Consents.List(ctx, subject, after, applicationPage)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		after, more = next, next != ""
	}
	return all, nil
}

// offlineGrants are a person's grants that outlive sessions, living or not.
func (p *Provider) offlineGrants(ctx context.Context, subject string) ([]storage.Row[Grant], error) {
	var all []storage.Row[Grant]
	for after, more := "", true; more && len(all) < maxApplications; {
		rows, next, err := p.grants.List(ctx, &storage.Term{Index: "subject", Value: subject}, after, applicationPage)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		after, more = next, next != ""
	}
	return all, nil
}

// DropApplication takes back at once, in one batch, all that a person allowed a client: the consent, what was issued on its word, and
// the grants that outlive sessions. That there is nothing to take back is no error.
func (p *Provider) DropApplication(ctx context.Context, subject, clientID string) error {
	for range maxRetries {
		var b storage.Batch
		if err := p.accounts.Consents.TakeBack(ctx, &b, subject, clientID); err != nil {
			return p.refused(ctx, nil, err)
		}
		grants, err := p.offlineGrants(ctx, subject)
		if err != nil {
			return p.refused(ctx, nil, err)
		}
		for _, g := range grants {
			if g.Value.ClientID == clientID {
				b.Then = append(b.Then, dropGrant(g.ID, g.Expires))
			}
		}
		err = p.db.Apply(ctx, b)
		switch {
		case errors.Is(err, storage.ErrConflict):
			continue
		case err != nil:
			return p.refused(ctx, nil, err)
		}
		return nil
	}
	return p.refused(ctx, nil, refuse("E-SERVER-02").got("too many answers at once"))
}

// Tile is a client that a person can go to from here.
type Tile struct {
	Client *Client
	// To is where its sign-in begins (OIDC Core §4), or its home page.
	To string
}

// maxTiles bounds how many clients are looked at beside those that the person has used.
const maxTiles = 200

// Tiles are the clients to offer a person, by name: those that they may use and for which the operator vouches, and those that they have
// allowed something. A client that has registered itself is not put before people who never chose it.
func (p *Provider) Tiles(ctx context.Context, person *account.Person) ([]Tile, error) {
	offered, _, err := p.ListClients(ctx, "", "", maxTiles)
	if err != nil {
		return nil, err
	}
	found := map[string]*Client{}
	for i, c := range offered {
		if !c.Disabled && !c.Unverified() {
			found[c.ID] = &offered[i]
		}
	}
	consents, err := p.ConsentsOf(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	for _, consent := range consents {
		if c, err := p.Client(ctx, consent.ClientID); err == nil && c.Epoch == consent.ClientEpoch {
			found[c.ID] = c
		} else if ignoreNotFound(err) != nil {
			return nil, err
		}
	}
	var tiles []Tile
	for _, c := range found {
		admitted, err := p.admits(ctx, c, person)
		if err != nil {
			return nil, err
		}
		if to := p.entrance(c); to != "" && admitted {
			tiles = append(tiles, Tile{Client: c, To: to})
		}
	}
	slices.SortFunc(tiles, func(a, b Tile) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Client.Name), strings.ToLower(b.Client.Name)), cmp.Compare(a.Client.ID, b.Client.ID))
	})
	return tiles, nil
}

// entrance is where a client's sign-in begins, with our issuer so that it comes back (OIDC Core §4), or its home page.
func (p *Provider) entrance(c *Client) string {
	if c.InitiateLoginURI == "" {
		return c.ClientURI
	}
	a := Answer{RedirectURI: c.InitiateLoginURI, Mode: "query", Params: url.Values{"iss": {p.issuer}}}
	return a.URL()
}
