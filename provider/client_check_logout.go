package provider

import (
	"fmt"
	"net/url"
	"slices"
)

// logoutFault judges where a client wants to be told that a session has ended.
func (c *Client) logoutFault() string {
	if uri := c.BackchannelLogoutURI; uri != "" {
		if why := fetchFault(uri); why != "" {
			return "backchannel_logout_uri: " + why
		}
	}
	uri := c.FrontchannelLogoutURI
	if uri == "" {
		return ""
	}
	if why := fetchFault(uri); why != "" {
		return "frontchannel_logout_uri: " + why
	}
	// What is loaded in a frame of ours must be the client's own (OIDC Front-Channel Logout §2).
	if !slices.ContainsFunc(c.RedirectURIs, func(redirect string) bool { return sameOrigin(uri, redirect) }) {
		return fmt.Sprintf("frontchannel_logout_uri %q: scheme, host and port must be those of a redirect URI", uri)
	}
	return ""
}

// sameOrigin compares origins (RFC 6454 §5). Ports of this machine's loopback addresses are free, as they are in redirect URIs.
func sameOrigin(a, b string) bool {
	u, errU := url.Parse(a)
	v, errV := url.Parse(b)
	if errU != nil || errV != nil || u.Scheme != v.Scheme || u.Hostname() != v.Hostname() {
		return false
	}
	return originOf(u) == originOf(v) || u.Scheme == "http" && LoopbackHost(u.Hostname())
}

// originOf writes an origin as browsers do: without the port that goes without saying.
func originOf(u *url.URL) string {
	host := u.Host
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = host[:len(host)-len(port)-1]
	}
	return u.Scheme + "://" + host
}
