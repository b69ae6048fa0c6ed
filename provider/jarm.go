package provider

import (
	"context"
	"net/url"
)

// jarmLife is how long a signed authorization response is good for, in seconds: JARM §2.1 recommends ten minutes at the most.
const jarmLife = 5 * 60

// envelop makes the answer of an authorization request from its parameters: as they are, or, if the request wants it, as one
// signed parameter (JARM §2.3).
func (p *Provider) envelop(ctx context.Context, in *intent, params url.Values) (*Answer, error) {
	params.Set("iss", p.issuer)
	if in.state != "" {
		params.Set("state", in.state)
	}
	answer := &Answer{ClientID: in.client.ID, RedirectURI: in.redirectURI, Mode: in.mode, Params: params}
	if !in.jarm {
		return answer, nil
	}
	claims := map[string]any{}
	for name := range params {
		claims[name] = params.Get(name)
	}
	claims["iss"], claims["aud"], claims["exp"] = p.issuer, in.client.ID, p.db.Now().Unix()+jarmLife
	response, err := p.protectAuthorization(ctx, in.client, claims)
	answer.Params = url.Values{"response": {response}}
	return answer, err
}

// protectAuthorization protects an authorization response as the client's record has it (JARM §3).
func (p *Provider) protectAuthorization(ctx context.Context, client *Client, claims map[string]any) (string, error) {
	return p.protect(ctx, client, client.authorizationProtection(), "JWT", claims)
}
