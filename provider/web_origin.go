package provider

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"signet/storage"
)

// originIndex finds clients by the origins of their pages.
const originIndex = "origin"

// maxOrigins bounds the origins of one client: each is an entry of an index.
const maxOrigins = 25

// origins are those whose scripts may read what is answered to the client (CORS): those that its record names and, of a client
// without credentials, those of its https redirect URIs: what comes back to a page, that page redeems.
func (c *Client) origins() []string {
	all := slices.Clone(c.WebOrigins)
	if c.Public() {
		for _, uri := range c.RedirectURIs {
			if u, err := url.Parse(uri); err == nil && u.Scheme == "https" {
				all = append(all, strings.ToLower(originOf(u)))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// originTerms finds an enabled client by its origins.
func originTerms(c *Client) []storage.Term {
	if c.Disabled {
		return nil
	}
	var terms []storage.Term
	for _, origin := range c.origins() {
		terms = append(terms, storage.Term{Index: originIndex, Value: origin})
	}
	return terms
}

// webOriginsFault holds origins to the spelling of browsers (RFC 6454 §6.2), with which they are compared byte for byte.
func (c *Client) webOriginsFault() string {
	for _, origin := range c.WebOrigins {
		if !isOrigin(origin) {
			return fmt.Sprintf("web_origins %q, allowed https://host, with a port unless it is 443, in lower case and without a path; http on a loopback host", origin)
		}
	}
	all := c.origins()
	if len(all) > maxOrigins {
		return fmt.Sprintf("%d origins among web_origins and the redirect URIs of a public client, allowed %d", len(all), maxOrigins)
	}
	if i := slices.IndexFunc(all, func(origin string) bool { return len(origin) > storage.MaxIndexValue }); i >= 0 {
		return fmt.Sprintf("origin of %d bytes, allowed %d", len(all[i]), storage.MaxIndexValue)
	}
	return ""
}

// isOrigin tells whether a text is an origin that a client may have, as a browser writes it.
func isOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || origin != originOf(u) || origin != strings.ToLower(origin) || strings.ContainsAny(origin, "*\\ ") || strings.HasSuffix(origin, ":") {
		return false
	}
	return redirectFault(origin) == "" && (u.Scheme == "https" || u.Scheme == "http" && LoopbackHost(u.Hostname()))
}

// OriginMay tells whether scripts of an origin, the value of a request's header Origin, may read what is answered to a client.
// Where no client is known, as in a preflight, it must be an origin of any client.
func (p *Provider) OriginMay(ctx context.Context, origin, clientID string) bool {
	if !isOrigin(origin) || len(origin) > storage.MaxIndexValue {
		return false
	}
	if p.relax != nil && p.relax.Origin(origin) {
		return true
	}
	if client, err := p.Client(ctx, clientID); err == nil {
		return slices.Contains(client.origins(), origin)
	}
	return p.someClientHas(ctx, origin)
}

// someClientHas looks for a client that has an origin. If it cannot look, there is none.
func (p *Provider) someClientHas(ctx context.Context, origin string) bool {
	rows, _, err := p.clients.List(ctx, &storage.Term{Index: originIndex, Value: origin}, "", 1)
	return err == nil && len(rows) > 0
}
