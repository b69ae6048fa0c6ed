package provider

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
)

// subjectTypes are announced in discovery (OIDC Core §8).
var subjectTypes = []string{"public", "pairwise"}

// pairwise tells whether the client knows people by names that clients of other sectors do not know (OIDC Core §8.1).
func (c *Client) pairwise() bool { return c.SubjectType == "pairwise" }

// subjectFor is the sub by which a client knows a person: the same for ever and for all clients of a sector, and of no use to
// others. Like every subject it begins so that no client_id can be taken for it.
func (p *Provider) subjectFor(c *Client, subject string) string {
	if !c.pairwise() || subject == "" {
		return subject
	}
	return "u_" + p.pairwiseName("subject.pairwise", c, subject)
}

// sidFor is the sid by which a client knows a session. It is of its sector alone, too: one sid everywhere would tell which subjects
// of which sectors are one person.
func (p *Provider) sidFor(c *Client, sid string) string {
	if !c.pairwise() || sid == "" {
		return sid
	}
	return p.pairwiseName("session.pairwise", c, sid)
}

func (p *Provider) pairwiseName(purpose string, c *Client, name string) string {
	return base64.RawURLEncoding.EncodeToString(p.sealer.Hash(purpose, []byte(c.sector()+"\x00"+name)))
}

// subOf is the sub of a token: the person as the token's client knows them, or the client that acts for itself.
func (p *Provider) subOf(c *Client, m *Mandate) string {
	return orDefault(p.subjectFor(c, m.Subject), m.ClientID)
}

// subAgrees tells whether the sub of a JWT is the one that its sealed facts lead to.
func (p *Provider) subAgrees(ctx context.Context, t *AccessToken) (bool, error) {
	if t.Sub == "" {
		return true, nil
	}
	client, err := p.Client(ctx, t.ClientID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	return t.Sub == p.subOf(client, &t.Mandate), nil
}

// sector is what clients share whose names for people are the same: the host of the sector identifier, or of the redirect URIs. A
// client whose addresses are of no host of its own, on a device or with a scheme of its own, is a sector of itself.
func (c *Client) sector() string {
	if c.SectorIdentifierURI != "" {
		if u, err := url.Parse(c.SectorIdentifierURI); err == nil {
			return strings.ToLower(u.Hostname())
		}
	}
	for _, uri := range c.RedirectURIs {
		if host := sectorHost(uri); host != "" {
			return host
		}
	}
	return "client " + c.ID // no host has a space in it
}

// sectorHost is the host that an address belongs to, or nothing.
func sectorHost(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || LoopbackHost(u.Hostname()) {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// sectorFault demands a sector identifier where the addresses do not say by themselves which sector it is (OIDC Core §8.1). One
// address of another host would be enough to learn by what name that host knows people.
func (c *Client) sectorFault() string {
	if !c.pairwise() || c.SectorIdentifierURI != "" {
		return ""
	}
	for _, uri := range c.RedirectURIs {
		if sectorHost(uri) != sectorHost(c.RedirectURIs[0]) {
			return "subject_type pairwise with redirect URIs of several hosts needs sector_identifier_uri"
		}
	}
	return ""
}

// otherSubjects tells whether a change of the record changes by what names the client knows people.
func otherSubjects(before, after *Client) bool {
	return before.pairwise() != after.pairwise() || after.pairwise() && before.sector() != after.sector()
}
