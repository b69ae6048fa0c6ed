package provider

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// relIssuer asks who the issuer of a resource is (OIDC Discovery §2).
const relIssuer = "http://openid.net/specs/connect/1.0/issuer"

// maxResource bounds the resource of a question, in bytes.
const maxResource = 1024

// JRD answers a question about a resource (RFC 7033 §4.4).
type JRD struct {
	Subject string    `json:"subject"`
	Links   []JRDLink `json:"links"`
}

// JRDLink is a link of a JRD (RFC 7033 §4.4.4).
type JRDLink struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// WebFinger says who the issuer of a resource is, from a raw query (RFC 7033 §4.2, OIDC Discovery §2): acct:ada@host, or a URL on
// the host. Every name at a host of the issuer's has the same answer, whether there is such a person or not. Errors are *Error.
func (p *Provider) WebFinger(rawQuery string) (*JRD, error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, refuse("E-REQ-01").because(err)
	}
	asked := query["resource"]
	if len(asked) != 1 || asked[0] == "" || len(asked[0]) > maxResource {
		return nil, refuse("E-REQ-01").got("%d resources", len(asked)).allowed("one resource of at most %d bytes", maxResource)
	}
	if !p.speaksFor(asked[0]) {
		return nil, refuse("E-FINGER-01").got("%.300s", asked[0])
	}
	answer := &JRD{Subject: asked[0], Links: []JRDLink{}}
	if rels := query["rel"]; len(rels) == 0 || slices.Contains(rels, relIssuer) {
		answer.Links = append(answer.Links, JRDLink{Rel: relIssuer, Href: p.issuer})
	}
	return answer, nil
}

// speaksFor tells whether the issuer is that of a resource: an address at one of its domains, or a URL on its host.
func (p *Provider) speaksFor(resource string) bool {
	if address, ok := cutScheme(resource, "acct:"); ok {
		at := strings.LastIndexByte(address, '@')
		return at > 0 && slices.Contains(p.domains, strings.ToLower(address[at+1:]))
	}
	u, err := url.Parse(resource)
	if err != nil || u.Scheme != "https" && u.Scheme != p.scheme || u.Opaque != "" {
		return false
	}
	host := strings.ToLower(withPort(u))
	return host == p.host || u.Port() == "" && slices.Contains(p.domains, strings.ToLower(u.Hostname()))
}

// cutScheme cuts a scheme off, whatever its case (RFC 3986 §3.1).
func cutScheme(uri, scheme string) (rest string, ok bool) {
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return uri, false
	}
	return uri[len(scheme):], true
}

// withPort is a URL's host with the port, also where it goes without saying.
func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// place notes where the provider is: the issuer's scheme and host, and the domains whose resources it speaks for.
func (p *Provider) place(issuer *url.URL, domains []string) {
	p.scheme, p.host = issuer.Scheme, strings.ToLower(withPort(issuer))
	for _, domain := range append([]string{issuer.Hostname()}, domains...) {
		p.domains = append(p.domains, strings.ToLower(domain))
	}
}
