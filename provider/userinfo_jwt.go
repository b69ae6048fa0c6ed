package provider

import (
	"context"
	"encoding/json"
	"maps"
)

// userInfoType is the media type of userinfo answers that are not plain JSON (OIDC Core §5.3.2).
const userInfoType = "application/jwt"

// userInfoReply is the answer to a client: signed if its record names an algorithm, then encrypted if it names one for that.
func (p *Provider) userInfoReply(ctx context.Context, client *Client, claims map[string]any) (reply Reply, err error) {
	reply.Members = claims
	how := client.userInfoProtection()
	switch {
	case how.sign != "":
		reply.JWT, err = p.protect(ctx, client, how, "JWT", p.addressed(claims, client.ID))
	case how.encrypt != "":
		reply.JWT, err = p.encryptClaims(ctx, client, how, claims)
	default:
		return reply, nil
	}
	reply.Type = userInfoType
	return reply, err
}

// addressed are the claims with who says them, and to whom.
func (p *Provider) addressed(claims map[string]any, clientID string) map[string]any {
	out := maps.Clone(claims)
	out["iss"], out["aud"] = p.issuer, clientID
	return out
}

// encryptClaims encrypts claims that are not signed: the plaintext is the JSON itself.
func (p *Provider) encryptClaims(ctx context.Context, client *Client, how protection, claims map[string]any) (string, error) {
	plain, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	return p.encryptFor(ctx, client, how.encrypt, how.content, "", plain)
}
