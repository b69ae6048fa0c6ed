package config

import (
	"net"
	"slices"
	"strings"
)

// Origins of values that nobody wrote.
const (
	byDefault = "default"
	derived   = "derived" // follows from other settings
)

// derive fills in what is left out and follows from other settings.
func (c *Config) derive() {
	if c.Issuer == "" {
		if c.Issuer = localIssuer(c.Server); c.Issuer != "" {
			c.note("issuer")
		}
	}
	for i := range c.Upstreams {
		fill(c, element("upstream", i+1)+".id", &c.Upstreams[i].ID, c.Upstreams[i].Preset)
	}
	for i := range c.Clients {
		c.deriveClient(&c.Clients[i], element("client", i+1)+".")
	}
}

func (c *Config) note(key string) {
	if c.origins != nil {
		c.origins[key] = derived
	}
}

// Defaulted tells whether nobody has said what a setting is.
func (c *Config) Defaulted(key string) bool { return c.origins[key] == byDefault }

// Derived tells whether a setting was left out and follows from others.
func (c *Config) Derived(key string) bool { return c.origins[key] == derived }

// localIssuer is the issuer of a server that only this machine can reach.
func localIssuer(s Server) string {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !isAddress(s.Listen) || port == "0" || !isLoopback(host) {
		return ""
	}
	if s.TLS == "files" {
		return "https://localhost:" + port
	}
	return "http://localhost:" + port
}

// isLoopback tells whether a host means this machine, without asking the network: localhost, a name below it (RFC 6761
// §6.3), or an address of the loopback networks.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (c *Config) deriveClient(cl *Client, prefix string) {
	fill(c, prefix+"name", &cl.Name, cl.ID)
	if cl.AuthMethod == "none" && !cl.Public {
		cl.Public = true
		c.note(prefix + "public")
	}
	fill(c, prefix+"auth_method", &cl.AuthMethod, authMethod(cl))
	if len(cl.RedirectURIs) > 0 || cl.Public {
		fillList(c, prefix+"grant_types", &cl.GrantTypes, "authorization_code", "refresh_token")
		fillList(c, prefix+"scopes", &cl.Scopes, "openid", "profile", "email", "offline_access")
	} else {
		fillList(c, prefix+"grant_types", &cl.GrantTypes, "client_credentials")
	}
	if slices.Contains(cl.GrantTypes, "authorization_code") {
		fillList(c, prefix+"response_types", &cl.ResponseTypes, "code")
	}
	if fill(c, prefix+"access_token_alg", &cl.AccessAlg, cl.IDTokenAlg); takesSecret(cl.AccessAlg) && c.Derived(prefix+"access_token_alg") {
		cl.AccessAlg = "RS256"
	}
	if cl.RotateRefresh == nil {
		rotate := cl.Public || c.Tokens.RotateConfidential
		cl.RotateRefresh = &rotate
		c.note(prefix + "rotate_refresh")
	}
}

// takesSecret tells whether an algorithm signs with a client's secret (RFC 7518 §3.2).
func takesSecret(alg string) bool { return strings.HasPrefix(alg, "HS") }

func authMethod(cl *Client) string {
	switch {
	case cl.Public:
		return "none"
	case (cl.JWKS != "" || cl.JWKSURI != "") && !cl.Secret.IsSet():
		return "private_key_jwt"
	}
	return "client_secret_basic"
}

func fill(c *Config, key string, field *string, value string) {
	if *field == "" && value != "" {
		*field = value
		c.note(key)
	}
}

func fillList(c *Config, key string, field *[]string, values ...string) {
	if *field == nil {
		*field = values
		c.note(key)
	}
}
