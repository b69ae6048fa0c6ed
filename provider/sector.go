package provider

import (
	"context"
	"slices"

	"signet/keys"
	"signet/provider/outbound"
)

// checkSector fetches the list of a sector and sees that all addresses of the client are on it (OIDC Registration §5): whoever
// speaks for the sector's host has then agreed.
func (p *Provider) checkSector(ctx context.Context, c *Client) error {
	if c.SectorIdentifierURI == "" {
		return nil
	}
	answer, err := p.outbound.Get(ctx, c.SectorIdentifierURI, outbound.Want{MaxBytes: 64 << 10})
	if err != nil {
		return refuse("E-REG-05").because(err)
	}
	var list []string
	if err := keys.DecodeJSON(answer.Body, &list); err != nil || list == nil {
		return refuse("E-REG-06").got("no JSON list of texts").because(err)
	}
	for _, uri := range c.RedirectURIs {
		if !slices.Contains(list, uri) {
			return refuse("E-REG-06").got("a list without %s", uri)
		}
	}
	return nil
}
