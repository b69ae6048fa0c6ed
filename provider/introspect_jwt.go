package provider

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// introspectionType is the media type of signed introspection answers, and their "typ" (RFC 9701 §5). It keeps them from being
// taken for any other token.
const introspectionType = "token-introspection+jwt"

// wantsJWT tells whether an introspection request asks for a signed answer (RFC 9701 §4): with a preference over JSON, or as
// good.
func wantsJWT(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	q := preference(accept, "application/"+introspectionType)
	return q > 0 && q >= preference(accept, "application/json")
}

// preference is the weight of exactly this media type in an Accept header (RFC 9110 §12.5.1), 0 if it is not named.
func preference(accept, mediaType string) float64 {
	for item := range strings.SplitSeq(accept, ",") {
		name, params, err := mime.ParseMediaType(item)
		if err != nil || name != mediaType {
			continue
		}
		q, given := params["q"]
		if !given {
			return 1
		}
		if weight, err := strconv.ParseFloat(q, 64); err == nil && weight >= 0 && weight <= 1 {
			return weight
		}
	}
	return 0
}

// introspectionReply is the answer about a token to the client that asks. Signed, the facts stand below a member of their own,
// also the one fact that a token is none of the asker's business; beside them are the asker and the time, and nothing that an
// access token or an ID token must have (RFC 9701 §5).
func (p *Provider) introspectionReply(ctx context.Context, r *http.Request, c *call, facts map[string]any) (Reply, error) {
	if !wantsJWT(r) {
		return Reply{Members: facts}, nil
	}
	claims := map[string]any{"iss": p.issuer, "aud": c.client.ID, "iat": c.now.Unix(), "token_introspection": facts}
	text, err := p.protect(ctx, c.client, c.client.introspectionProtection(), introspectionType, claims)
	return Reply{Members: facts, JWT: text, Type: "application/" + introspectionType}, err
}
