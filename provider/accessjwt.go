package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"signet/keys"
)

// accessType is the "typ" of JWT access tokens (RFC 9068 §2.1). It keeps them apart from ID tokens.
const accessType = "at+jwt"

// accessClaims are the claims of RFC 9068 §2.2. The jti carries what our own endpoints need to judge the token; to everybody
// else it is an opaque name.
type accessClaims struct {
	Iss      string           `json:"iss"`
	Sub      string           `json:"sub"`
	Aud      []string         `json:"aud"`
	Exp      keys.NumericDate `json:"exp"`
	Iat      keys.NumericDate `json:"iat"`
	JTI      string           `json:"jti"`
	ClientID string           `json:"client_id"`
	Scope    string           `json:"scope"`
}

// signAccess makes a JWT access token.
func (p *Provider) signAccess(ctx context.Context, client *Client, t *AccessToken) (string, error) {
	claims := map[string]any{
		"iss":       p.issuer,
		"sub":       p.subOf(client, &t.Mandate),
		"aud":       t.Audience,
		"exp":       t.Expires,
		"iat":       t.Issued,
		"jti":       p.tokenName(t),
		"client_id": t.ClientID,
	}
	setIf(claims, "scope", strings.Join(t.Scopes, " "))
	setIf(claims, "acr", t.ACR)
	if t.AuthTime > 0 {
		claims["auth_time"] = t.AuthTime
	}
	if len(t.AMR) > 0 {
		claims["amr"] = t.AMR
	}
	if err := p.addMembership(ctx, client, t, claims); err != nil {
		return "", err
	}
	return p.signFor(ctx, client, orDefault(client.AccessTokenAlg, defaultAlg), accessType, claims)
}

// tokenName is the jti: the token's own facts, sealed. Of scopes and audience, which the JWT's claims say, it has a hash: whoever has
// a signing key, and a token, still cannot give it others at our own endpoints.
func (p *Provider) tokenName(t *AccessToken) string {
	inner := *t
	inner.Scopes, inner.Audience, inner.AMR = []string{reachOf(t.Scopes, t.Audience)}, nil, nil
	return p.sealer.SealString("token.jti", inner.marshal(), p.binding)
}

// agree tells whether the claims say what the sealed facts in their jti say, and for whom the token is.
func (c *accessClaims) agree(t *AccessToken) bool {
	return int64(c.Exp) == t.Expires && c.ClientID == t.ClientID && len(c.Aud) > 0 &&
		len(t.Scopes) == 1 && t.Scopes[0] == reachOf(strings.Fields(c.Scope), c.Aud)
}

// reachOf is a hash of how far a token goes.
func reachOf(scopes, audience []string) string {
	sum := sha256.Sum256([]byte(strings.Join(scopes, " ") + "\x00" + strings.Join(audience, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// openAccessJWT verifies a JWT access token of ours. The clock is the caller's to ask.
func (p *Provider) openAccessJWT(ctx context.Context, text string) (*AccessToken, bool) {
	if strings.Count(text[:min(len(text), maxToken)], ".") != 2 {
		return nil, false
	}
	opts := keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{accessType}}
	_, payload, err := p.ring.Verify(ctx, text, opts)
	if err != nil {
		return nil, false
	}
	var claims accessClaims
	if keys.DecodeJSON(payload, &claims) != nil || claims.Iss != p.issuer || claims.Sub == "" {
		return nil, false
	}
	plain, err := p.sealer.OpenString("token.jti", claims.JTI, p.binding)
	t := &AccessToken{}
	if err != nil || t.unmarshal(plain) != nil || !claims.agree(t) {
		return nil, false
	}
	t.Scopes, t.Audience, t.Sub = strings.Fields(claims.Scope), claims.Aud, claims.Sub
	return t, true
}
