package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// clientRules judge how the members of one declared client go together. A rule returns the name of the wrong member and
// the problem, or ""; it is silent if one of the members that it is about has a problem of its own.
var clientRules = []struct {
	rule  func(*Client) (member string, p Problem)
	about []string
}{
	{checkAuth, []string{"public", "auth_method", "secret", "jwks", "jwks_uri"}},
	{checkSecretLength, []string{"secret"}},
	{checkClientKeys, []string{"jwks"}},
	{checkRedirecting, []string{"redirect_uris", "grant_types"}},
	{checkGrants, []string{"grant_types", "public"}},
	{checkResponseTypes, []string{"response_types", "grant_types"}},
	{checkRotation, []string{"rotate_refresh", "public"}},
	{checkSecretAlg, []string{"id_token_alg", "secret"}},
}

func (l *loader) checkClients() {
	seen := map[string]string{}
	for i := range l.config.Clients {
		c := &l.config.Clients[i]
		at := element("client", i+1)
		l.checkID(at+".id", c.ID, isClientID(c.ID), "1 to 128 visible ASCII characters", c.ID, seen)
		l.checkRedirects(at+".redirect_uris", c.RedirectURIs)
		l.checkRedirects(at+".post_logout_redirect_uris", c.PostLogout)
		l.checkScopes(at+".scopes", c.Scopes)
		l.checkRepeats(at, reflect.ValueOf(c).Elem(), "client")
		l.checkMembers(at+".", c)
	}
}

func (l *loader) checkMembers(at string, c *Client) {
	for _, r := range clientRules {
		about := make([]string, len(r.about))
		for i, member := range r.about {
			about[i] = at + member
		}
		if member, p := r.rule(c); member != "" {
			l.wrong(at+member, p, about...)
		}
	}
}

// checkID judges the name by which an object is known; fold is what must be unique.
func (l *loader) checkID(key, id string, ok bool, allowed, fold string, seen map[string]string) {
	switch first, taken := seen[fold]; {
	case id == "":
		l.wrong(key, Problem{Got: "is not set", Allowed: allowed, Fix: "give it one"})
	case !ok:
		l.wrong(key, Problem{Got: "got " + shorten(id), Allowed: allowed, Fix: "choose another"})
	case taken:
		l.wrong(key, Problem{Got: "got " + shorten(id) + ", which " + first + " has too", Allowed: "each once", Fix: "rename one of them"})
	default:
		seen[fold] = key
	}
}

func isClientID(id string) bool {
	return len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// checkRedirects reports every unfit URI of a list.
func (l *loader) checkRedirects(key string, uris []string) {
	if l.failed[key] {
		return
	}
	for _, uri := range uris {
		if why := redirectFault(uri); why != "" {
			l.refuse(key, l.origin(key), Problem{Got: "got " + describeURL(uri) + ", " + why,
				Allowed: "https, http on a loopback host, or a private scheme with a dot; no fragment, no wildcard",
				Fix:     "write the exact URI that the client sends"})
		}
	}
}

func (l *loader) checkScopes(key string, scopes []string) {
	for _, s := range scopes {
		// RFC 6749 §3.3: visible ASCII without the quote and the backslash.
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			l.wrong(key, Problem{Got: "got " + shorten(s), Allowed: "scope names without spaces, quotes and backslashes", Fix: "write one name a list item"})
		}
	}
}

// checkRepeats finds values that stand twice in one list of an object.
func (l *loader) checkRepeats(at string, v reflect.Value, kind string) {
	for _, n := range schema.child(kind).children {
		list, isList := v.Field(n.field).Interface().([]string)
		for i, value := range list {
			if isList && slices.Contains(list[:i], value) {
				l.wrong(at+"."+n.name, Problem{Got: shorten(value) + " stands there twice", Fix: "keep one of them"})
			}
		}
	}
}

func usesSecret(c *Client) bool { return strings.HasPrefix(c.AuthMethod, "client_secret_") }

func checkAuth(c *Client) (string, Problem) {
	switch {
	case c.Public && c.AuthMethod != "none":
		return "auth_method", Problem{Got: "got " + quote(c.AuthMethod) + " for a public client", Allowed: "none", Fix: "remove public or auth_method"}
	case c.Public && c.Secret.IsSet():
		return "secret", Problem{Got: "is set for a public client, which cannot keep it", Fix: "remove the secret, or public = true"}
	case usesSecret(c) && !c.Secret.IsSet():
		return "secret", Problem{Got: "is not set, and auth_method is " + c.AuthMethod, Allowed: "at least 32 characters", Fix: `write secret = { file = "/path/of/the/secret" }, or public = true`}
	case c.AuthMethod == "private_key_jwt" && c.JWKS == "" && c.JWKSURI == "":
		return "jwks", Problem{Got: "is not set, and auth_method is private_key_jwt", Allowed: "a JSON Web Key Set", Fix: "write the client's public keys"}
	}
	return "", Problem{}
}

// leastSecret is what a client secret must have: it is kept as a fast hash, so it has to be as hard to guess as a random one.
const leastSecret = 32

func checkSecretLength(c *Client) (string, Problem) {
	if !c.Secret.IsSet() || len(c.Secret.Reveal()) >= leastSecret {
		return "", Problem{}
	}
	return "secret", Problem{Got: "is too short", Allowed: "at least 32 characters", Fix: "make one with: openssl rand -base64 32"}
}

// checkClientKeys holds jwks to RFC 7517 §5 and lets no private member in.
func checkClientKeys(c *Client) (string, Problem) {
	if c.JWKS == "" {
		return "", Problem{}
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	allowed := `{"keys":[…]} with public keys`
	if err := json.Unmarshal([]byte(c.JWKS), &set); err != nil || len(set.Keys) == 0 {
		return "jwks", Problem{Got: "is not a JSON Web Key Set with keys", Allowed: allowed, Fix: "copy the client's JWKS document"}
	}
	for _, key := range set.Keys {
		if _, isText := key["kty"].(string); !isText {
			return "jwks", Problem{Got: "has a key without kty", Allowed: allowed, Fix: "copy the client's JWKS document"}
		}
		for _, member := range []string{"d", "p", "q", "k"} {
			if key[member] != nil {
				return "jwks", Problem{Got: "has a private or secret key", Allowed: allowed, Fix: "publish the public part alone, and replace that key"}
			}
		}
	}
	return "", Problem{}
}

func checkRedirecting(c *Client) (string, Problem) {
	for _, grant := range []string{"authorization_code", "implicit"} {
		if slices.Contains(c.GrantTypes, grant) && len(c.RedirectURIs) == 0 {
			return "redirect_uris", Problem{Got: "is not set, and the client uses " + grant, Allowed: "at least one", Fix: `write redirect_uris = ["https://app.example.com/callback"]`}
		}
	}
	return "", Problem{}
}

func checkGrants(c *Client) (string, Problem) {
	has := func(grant string) bool { return slices.Contains(c.GrantTypes, grant) }
	switch {
	case len(c.GrantTypes) == 0:
		return "grant_types", Problem{Got: "is empty", Allowed: "at least one", Fix: "remove it for the usual ones"}
	case c.Public && has("client_credentials"):
		return "grant_types", Problem{Got: "has client_credentials for a public client", Allowed: "confidential clients only (RFC 6749 §4.4)", Fix: "remove client_credentials, or give the client a secret"}
	case has("refresh_token") && len(c.GrantTypes) == 1:
		return "grant_types", Problem{Got: "has refresh_token alone", Allowed: "a grant that issues the first token beside it", Fix: "add authorization_code"}
	}
	return "", Problem{}
}

// checkResponseTypes pairs response types with grants as OpenID Connect Registration 1.0 §2 does.
func checkResponseTypes(c *Client) (string, Problem) {
	needs := map[string]string{"code": "authorization_code", "token": "implicit", "id_token": "implicit"}
	for _, responseType := range c.ResponseTypes {
		for word := range strings.FieldsSeq(responseType) {
			if grant := needs[word]; grant != "" && !slices.Contains(c.GrantTypes, grant) {
				return "response_types", Problem{Got: quote(responseType) + " needs the grant " + grant, Allowed: "response types of the client's grants", Fix: "add " + grant + " to grant_types, or remove it here"}
			}
		}
	}
	return "", Problem{}
}

// checkSecretAlg: HS256 and its like need a secret that both sides have.
func checkSecretAlg(c *Client) (string, Problem) {
	if takesSecret(c.IDTokenAlg) && !c.Secret.IsSet() {
		return "id_token_alg", Problem{Got: "got " + quote(c.IDTokenAlg) + " for a client without a secret", Allowed: "RS256, or another that takes no secret", Fix: `write id_token_alg = "RS256"`}
	}
	return "", Problem{}
}

// checkRotation: RFC 9700 §4.14.2 wants refresh tokens of public clients rotated.
func checkRotation(c *Client) (string, Problem) {
	if c.Public && c.RotateRefresh != nil && !*c.RotateRefresh {
		return "rotate_refresh", Problem{Got: "got false for a public client", Allowed: "true", Fix: "remove it"}
	}
	return "", Problem{}
}
