package provider

import (
	"context"
	"slices"

	"signet/keys"
	"signet/provider/outbound"
)

// borrowedSectorFault holds a stranger to what the host of its redirect URIs can see: what comes there proves nothing of whoever
// registered them. By the device grant, or in a logout token, names by which that host knows people would come to them, though
// they speak for no host; the list of a sector is proof that they do.
func (c *Client) borrowedSectorFault() (member, why string) {
	if !c.pairwise() || c.SectorIdentifierURI != "" || len(c.RedirectURIs) == 0 {
		return "", ""
	}
	host := sectorHost(c.RedirectURIs[0])
	switch {
	case host == "":
		return "", ""
	case slices.Contains(c.GrantTypes, GrantDevice):
		return "subject_type", "pairwise for a device with redirect URIs needs sector_identifier_uri"
	case c.BackchannelLogoutURI != "" && sectorHost(c.BackchannelLogoutURI) != host:
		return "backchannel_logout_uri", "pairwise with another host than that of the redirect URIs needs sector_identifier_uri"
	}
	return "", ""
}

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
