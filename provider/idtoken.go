package provider

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"time"

	"github.com/ory/fosite"

	"signet/provider/account/attribute"
)

// defaultAlg signs what a client's record says nothing about (OIDC Core §15.1).
const defaultAlg = "RS256"

// idTokenStrategy makes ID tokens for fosite's OpenID Connect handler.
type idTokenStrategy struct{ p *Provider }

// GenerateIDToken implements openid.OpenIDConnectTokenStrategy. fosite has put hashes into the session; as it knows only some
// of the hash functions, ours are computed from what the answer holds so far.
func (s idTokenStrategy) GenerateIDToken(ctx context.Context, _ time.Duration, _ fosite.Requester) (string, error) {
	c := callOf(ctx)
	if c.mandate == nil || c.client == nil {
		return "", errNoMandate
	}
	return s.p.issueIDToken(ctx, c, c.mandate, beside(ctx, c))
}

// companions are what an ID token travels with, and vouches for by a hash of each; empty ones are not there.
type companions struct {
	access, code, state string
	// alone tells that there is no access token to ask userinfo with, now or later: the ID token has to say it all
	// (OIDC Core §5.4).
	alone bool
}

// beside finds what the answer holds that fosite is making.
func beside(ctx context.Context, c *call) companions {
	if resp, ok := ctx.Value(fosite.AccessResponseContextKey).(fosite.AccessResponder); ok {
		return companions{access: resp.GetAccessToken()}
	}
	resp, ok := ctx.Value(fosite.AuthorizeResponseContextKey).(fosite.AuthorizeResponder)
	if !ok || c.intent == nil {
		return companions{}
	}
	params := resp.GetParameters()
	return companions{access: params.Get("access_token"), code: params.Get("code"), state: c.intent.state, alone: c.intent.kind.Name == "id_token"}
}

// issueIDToken protects the claims of OIDC Core §2 as the client's record has it.
func (p *Provider) issueIDToken(ctx context.Context, c *call, m *Mandate, with companions) (string, error) {
	person := c.person
	if person == nil {
		var err error
		if person, err = p.accounts.Person(ctx, m.Subject); err != nil {
			return "", err
		}
	}
	var scopes []string
	if c.client.IDTokenClaims || with.alone {
		scopes = m.Scopes
	}
	claims, err := p.personClaims(ctx, attribute.InIDToken, person, c.client, scopes, m.IDTokenClaims)
	if err != nil {
		return "", err
	}
	claims["iss"] = p.issuer
	claims["sub"] = p.subjectFor(c.client, m.Subject)
	claims["aud"] = c.client.ID
	claims["iat"] = c.now.Unix()
	claims["exp"] = c.now.Add(p.lifetimes.idToken(c.client)).Unix()
	claims["auth_time"] = m.AuthTime
	setIf(claims, "nonce", m.Nonce)
	setIf(claims, "acr", m.ACR)
	setIf(claims, "sid", p.sidFor(c.client, m.SID))
	if len(m.AMR) > 0 {
		claims["amr"] = m.AMR
	}
	for name, text := range map[string]string{"at_hash": with.access, "c_hash": with.code, "s_hash": with.state} {
		if text != "" {
			claims[name] = p.halfHash(c.client, text)
		}
	}
	return p.protect(ctx, c.client, c.client.idTokenProtection(), "JWT", claims)
}

func setIf(claims map[string]any, name, value string) {
	if value != "" {
		claims[name] = value
	}
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// halfHash is the left half of the hash of a token, by the hash of the client's ID token algorithm (OIDC Core §3.1.3.6).
func (p *Provider) halfHash(c *Client, token string) string {
	var sum []byte
	switch alg := orDefault(c.IDTokenAlg, defaultAlg); {
	case strings.HasSuffix(alg, "384"):
		h := sha512.Sum384([]byte(token))
		sum = h[:]
	case strings.HasSuffix(alg, "512"), alg == "EdDSA", alg == "Ed25519":
		h := sha512.Sum512([]byte(token))
		sum = h[:]
	default:
		h := sha256.Sum256([]byte(token))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
