package provider

import (
	"net/url"
	"slices"
	"strings"
)

// caution is a row of the table of what a client's record may say, and better did not.
type caution struct {
	Words   string
	Applies func(c *Client) bool
}

// cautions is the table. None of them is a reason to refuse the record: there are old clients.
var cautions = []caution{
	{"a redirect URI has a parameter that looks like another address: if the application goes there, codes leak with it (RFC 9700 section 4.11.1)", (*Client).redirectsOn},
	{"tokens come by way of the browser, in addresses that histories and logs keep: use response_type code alone (RFC 9700 section 2.1.2)", func(c *Client) bool {
		return slices.ContainsFunc(c.ResponseTypes, func(name string) bool { t, ok := findResponseType(name); return ok && t.Front })
	}},
	{"it may leave PKCE out (RFC 9700 section 2.1.1)", func(c *Client) bool { return c.PKCEOptional }},
	{"its assertions may name other audiences than the issuer alone, and can be replayed by those", func(c *Client) bool {
		return c.AuthMethod == "private_key_jwt" && c.AssertionAudience == "endpoint"
	}},
}

// Cautions are what the record says and better did not, for whoever administers it.
func (c *Client) Cautions() []string {
	var words []string
	for _, row := range cautions {
		if row.Applies(c) {
			words = append(words, row.Words)
		}
	}
	return words
}

// onward are names that applications give to parameters in which they carry an address to go on to.
var onward = []string{"redirect", "redirect_to", "redirect_uri", "redirect_url", "url", "uri", "next", "return", "return_to", "returnto", "continue", "goto", "target", "dest", "destination"}

func (c *Client) redirectsOn() bool {
	return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool {
		u, err := url.Parse(uri)
		if err != nil {
			return false
		}
		for name := range u.Query() {
			if slices.Contains(onward, strings.ToLower(name)) {
				return true
			}
		}
		return false
	})
}
