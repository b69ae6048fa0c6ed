package provider

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// pagesFault holds the addresses of what people are shown, or sent to, to https: what a picture or a page of terms says must
// come from who it is said to come from.
func (c *Client) pagesFault() string {
	for _, page := range []struct{ name, uri string }{
		{"client_uri", c.ClientURI}, {"logo_uri", c.LogoURI}, {"policy_uri", c.PolicyURI}, {"tos_uri", c.TosURI}, {"initiate_login_uri", c.InitiateLoginURI},
	} {
		if page.uri == "" {
			continue
		}
		if !isHTTPS(page.uri) {
			return page.name + " must be https"
		}
		if why := redirectFault(page.uri); why != "" {
			return page.name + ": " + why
		}
	}
	return ""
}

// fetchedFault judges what is fetched: the keys and the list of a sector.
func (c *Client) fetchedFault() string {
	for _, fetched := range []struct{ name, uri string }{{"jwks_uri", c.JWKSURI}, {"sector_identifier_uri", c.SectorIdentifierURI}} {
		if fetched.uri == "" {
			continue
		}
		if why := fetchFault(fetched.uri); why != "" {
			return fetched.name + ": " + why
		}
	}
	if len(c.JWKS) > 0 && c.JWKSURI != "" {
		return "jwks and jwks_uri exclude each other (RFC 7591 section 2)"
	}
	return ""
}

// fetchFault tells why an address cannot be one to fetch from, whatever it will turn out to be: https, or http on this machine,
// which the operator must have allowed.
func fetchFault(uri string) string {
	if why := redirectFault(uri); why != "" {
		return why
	}
	if u, err := url.Parse(uri); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "use https"
	}
	return ""
}

// kindFault judges what kind of application it is, and of subject. A web application's addresses are web addresses, and what a
// browser gets in a fragment must not go to a host that anybody can be (OIDC Registration §2).
func (c *Client) kindFault() string {
	switch {
	case !slices.Contains([]string{"", "web", "native"}, c.ApplicationType):
		return fmt.Sprintf("application_type %q, allowed web, native", c.ApplicationType)
	case !slices.Contains(append(subjectTypes, ""), c.SubjectType):
		return fmt.Sprintf("subject_type %q, allowed %s", c.SubjectType, strings.Join(subjectTypes, ", "))
	case c.DefaultMaxAge != nil && *c.DefaultMaxAge < 0:
		return "default_max_age must be 0 or more seconds"
	case len(c.Contacts) > 10 || slices.ContainsFunc(c.Contacts, notALine):
		return "contacts must be at most 10 addresses, each on one line of at most 256 bytes"
	case notALine(c.SoftwareID) || notALine(c.SoftwareVersion):
		return "software_id and software_version must be on one line of at most 256 bytes"
	}
	if c.ApplicationType != "web" {
		return ""
	}
	for _, uri := range c.RedirectURIs {
		u, err := url.Parse(uri)
		switch {
		case err != nil || u.Scheme != "https" && u.Scheme != "http":
			return fmt.Sprintf("redirect URI %q: application_type web allows https, private schemes are for native", uri)
		case c.frontChannel() && (u.Scheme != "https" || LoopbackHost(u.Hostname())):
			return fmt.Sprintf("redirect URI %q: the implicit grant of a web application needs https on a host of its own", uri)
		}
	}
	return ""
}

// frontChannel tells whether tokens come to it through the browser.
func (c *Client) frontChannel() bool {
	return slices.ContainsFunc(c.ResponseTypes, func(t string) bool { return slices.ContainsFunc(strings.Fields(t), isTokenWord) })
}

func isTokenWord(word string) bool { return word == "token" || word == "id_token" }

func notALine(s string) bool {
	return len(s) > 256 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
