package provider

import (
	"fmt"
	"slices"
	"strings"

	"signet/keys"
)

// fillDefaults are those of RFC 7591 §2, with PKCE and code as the only response type.
func (c *Client) fillDefaults() {
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	if len(c.GrantTypes) == 0 {
		c.GrantTypes = []string{"authorization_code", "refresh_token"}
	}
	if len(c.ResponseTypes) == 0 && slices.Contains(c.GrantTypes, "authorization_code") {
		c.ResponseTypes = []string{"code"}
	}
	if c.Scopes == nil && (slices.Contains(c.GrantTypes, "authorization_code") || slices.Contains(c.GrantTypes, GrantDevice)) {
		c.Scopes = StandardScopes()
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	c.fillEncryption()
}

// check is the one validator of a client's final state, whatever way it came about.
func (c *Client) check() error {
	for _, rule := range []func(*Client) string{
		(*Client).idFault, (*Client).nameFault, (*Client).methodFault, (*Client).typesFault, (*Client).scopesFault, (*Client).algFault, (*Client).requestsFault, (*Client).lifeFault,
		(*Client).pagesFault, (*Client).fetchedFault, (*Client).kindFault, (*Client).sectorFault, (*Client).logoutFault, (*Client).keptFault, (*Client).encryptionFault, (*Client).webOriginsFault, (*Client).acrFault, (*Client).rolesFault,
	} {
		if why := rule(c); why != "" {
			return fmt.Errorf("%w: %s: %s", ErrClientInvalid, c.ID, why)
		}
	}
	for _, uri := range append(slices.Clone(c.RedirectURIs), c.PostLogoutRedirectURIs...) {
		if err := CheckRedirect(uri); err != nil {
			return fmt.Errorf("%w: %s: redirect URI %q: %s", ErrClientInvalid, c.ID, uri, redirectFault(uri))
		}
	}
	return nil
}

func (c *Client) idFault() string {
	if err := CheckClientID(c.ID); err != nil {
		return err.Error()
	}
	if strings.HasPrefix(c.ID, "u_") {
		return "a client_id must not begin with u_, which begins the subjects of people"
	}
	return ""
}

func (c *Client) nameFault() string {
	if len(c.Name) > 256 || strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "client_name must have at most 256 bytes and no control characters"
	}
	return ""
}

func (c *Client) methodFault() string {
	switch {
	case !slices.Contains(authMethodNames(), c.AuthMethod):
		return fmt.Sprintf("token_endpoint_auth_method %q, allowed %s", c.AuthMethod, strings.Join(authMethodNames(), ", "))
	case c.AuthMethod == "private_key_jwt" && len(c.JWKS) == 0 && c.JWKSURI == "":
		return "private_key_jwt needs jwks or jwks_uri"
	case c.showsSecret() && len(c.Secrets) == 0:
		return c.AuthMethod + " needs a secret"
	case c.Public() && slices.Contains(c.GrantTypes, "client_credentials"):
		return "client_credentials needs a client that can authenticate"
	case c.Public() && c.PKCEOptional:
		return "a public client cannot leave PKCE out"
	}
	if len(c.JWKS) > 0 {
		if _, err := keys.ParseJWKS(c.JWKS, keys.Limits{}); err != nil {
			return "jwks: " + err.Error()
		}
	}
	return ""
}

func (c *Client) typesFault() string {
	for _, g := range c.GrantTypes {
		if !slices.Contains(GrantTypes(), g) {
			return fmt.Sprintf("grant type %q, allowed %s", g, strings.Join(GrantTypes(), ", "))
		}
	}
	if why := c.responseTypeFault(); why != "" {
		return why
	}
	if (len(c.ResponseTypes) > 0 || slices.Contains(c.GrantTypes, "authorization_code")) && len(c.RedirectURIs) == 0 {
		return "authorization_code and implicit need a redirect URI"
	}
	return ""
}

// scopesFault holds scopes to the characters of RFC 6749 §3.3.
func (c *Client) scopesFault() string {
	for _, s := range slices.Concat(c.Scopes, c.Audience, c.Resources) {
		if scopeFault(s) {
			return fmt.Sprintf("scope or audience %q, allowed 1 to 256 printable ASCII characters without space, quote and backslash", s)
		}
	}
	return ""
}

func scopeFault(s string) bool {
	bad := func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r > '~' }
	return s == "" || len(s) > 256 || strings.ContainsFunc(s, bad)
}

func (c *Client) acrFault() string {
	if c.RequiredACR != "" && acrRank(c.RequiredACR) == 0 {
		return fmt.Sprintf("required_acr %q, allowed %s, %s", c.RequiredACR, ACROneFactor, ACRTwoFactors)
	}
	return ""
}

func (c *Client) lifeFault() string {
	l := c.Lifetimes
	for name, v := range map[string]int64{"access": l.Access, "id_token": l.IDToken, "refresh_idle": l.RefreshIdle, "refresh_max": l.RefreshMax} {
		if v < 0 || v > 10*365*24*3600 {
			return fmt.Sprintf("lifetime %s of %d s, allowed 0 to 10 years", name, v)
		}
	}
	return ""
}
