package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/keys"
)

// assertionType is the only client_assertion_type (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxAssertionLife bounds how far ahead an assertion may end, in seconds, and so how long its jti is remembered. Libraries of
// clients that keep to the older rules let it end in an hour, whatever they are told.
const (
	maxAssertionLife      = 5 * 60
	maxOlderAssertionLife = 60 * 60
)

// clockLeeway is how far another machine's clock may be ahead, in seconds.
const clockLeeway = 10

// assertionAlgs are announced in discovery: those of private_key_jwt, then those of client_secret_jwt.
func assertionAlgs() []string { return slices.Concat(keys.Algorithms(), keys.SecretAlgorithms()) }

// assertionAlgs are the algorithms that the client's record may name, by its method.
func (c *Client) assertionAlgs() []string {
	switch c.AuthMethod {
	case "private_key_jwt":
		return keys.Algorithms()
	case "client_secret_jwt":
		return keys.SecretAlgorithms()
	}
	return assertionAlgs()
}

// assertionClaims are the claims of RFC 7523 §3. aud may be a string or a list of one.
type assertionClaims struct {
	Iss string            `json:"iss"`
	Sub string            `json:"sub"`
	Aud json.RawMessage   `json:"aud"`
	JTI string            `json:"jti"`
	Exp *keys.NumericDate `json:"exp"`
	Iat *keys.NumericDate `json:"iat"`
	Nbf *keys.NumericDate `json:"nbf"`
}

// assertionOptions take any type: there was none for assertions until lately.
func assertionOptions(algs []string) keys.VerifyOptions {
	return keys.VerifyOptions{Algorithms: algs, Types: []string{"", "JWT", "client-authentication+jwt"}}
}

// assertionClientID reads the claimed client before anything is verified: only to find the keys to verify with.
func assertionClientID(_ *http.Request, form url.Values) (string, bool) {
	if form.Get("client_assertion_type") != assertionType {
		return "", false
	}
	u, err := keys.ParseUnverified(form.Get("client_assertion"), assertionOptions(assertionAlgs()))
	if err != nil {
		return "", false
	}
	var claims assertionClaims
	if keys.DecodeJSON(u.Payload, &claims) != nil || claims.Iss == "" || claims.Iss != claims.Sub {
		return "", false
	}
	if form.Has("client_id") && form.Get("client_id") != claims.Iss {
		return "", false
	}
	return claims.Iss, true
}

// takesSecret tells whether an assertion says that it is made with a shared secret, before anything is verified. Which method
// that is must be settled by the assertion, not by the client's record: the record then has to agree.
func takesSecret(form url.Values) bool {
	_, err := keys.ParseUnverified(form.Get("client_assertion"), assertionOptions(keys.SecretAlgorithms()))
	return err == nil
}

func hasSecretAssertion(r *http.Request, form url.Values) bool {
	return hasAssertion(r, form) && takesSecret(form)
}

func hasKeyAssertion(r *http.Request, form url.Values) bool {
	return hasAssertion(r, form) && !takesSecret(form)
}

// verifyKeyAssertion judges a private_key_jwt assertion (OIDC Core §9): by the client's public keys, and nothing else.
func verifyKeyAssertion(p *Provider, ctx context.Context, cached *cachedClient, r *http.Request, form url.Values) error {
	return p.verifyAssertion(ctx, cached, r, form, keys.Algorithms())
}

// verifySecretAssertion judges a client_secret_jwt assertion (OIDC Core §9): by the client's kept secrets, and nothing else.
func verifySecretAssertion(p *Provider, ctx context.Context, cached *cachedClient, r *http.Request, form url.Values) error {
	return p.verifyAssertion(ctx, cached, r, form, keys.SecretAlgorithms())
}

// verifyAssertion judges an assertion. Its jti is spent by the request's batch, and by its refusal too: an assertion is good for
// one request, whatever becomes of it.
func (p *Provider) verifyAssertion(ctx context.Context, cached *cachedClient, r *http.Request, form url.Values, algs []string) error {
	client := cached.client
	if client.AssertionAlg != "" {
		algs = []string{client.AssertionAlg}
	}
	_, payload, err := p.verifyByClient(ctx, cached, form.Get("client_assertion"), assertionOptions(algs))
	if err != nil {
		return authFailed(client.ID, err)
	}
	var claims assertionClaims
	if err := keys.DecodeJSON(payload, &claims); err != nil {
		return authFailed(client.ID, err)
	}
	if why := p.assertionFault(client, r, &claims); why != "" {
		return authFailed(client.ID, errors.New(why)).fix("%s", why)
	}
	return p.spendAssertion(ctx, client, &claims)
}

// assertionLife goes with the rule for aud: who is held to the issuer's name alone is held to a short life, too.
func (c *Client) assertionLife() keys.NumericDate {
	if c.AssertionAudience == "endpoint" {
		return maxOlderAssertionLife
	}
	return maxAssertionLife
}

func (p *Provider) assertionFault(client *Client, r *http.Request, c *assertionClaims) string {
	now := keys.NumericDate(p.db.Now().Unix())
	switch {
	case c.Iss != client.ID || c.Sub != client.ID:
		return "iss and sub must both be the client_id"
	case client.AssertionAudience == "endpoint" && !p.namesEndpoint(c.Aud, r):
		return "aud must have the issuer or the endpoint"
	case client.AssertionAudience != "endpoint" && !p.isIssuer(c.Aud):
		return "aud must be the issuer, as a single value"
	case c.Exp == nil || *c.Exp <= now:
		return "exp is missing or past"
	case *c.Exp > now+client.assertionLife()+clockLeeway:
		return fmt.Sprintf("exp must be at most %d minutes ahead", client.assertionLife()/60)
	case c.Iat != nil && *c.Iat > now+clockLeeway, c.Nbf != nil && *c.Nbf > now+clockLeeway:
		return "iat or nbf lies in the future"
	case c.JTI == "" || len(c.JTI) > 128:
		return "jti must have 1 to 128 bytes"
	}
	return ""
}

// isIssuer accepts the issuer's name alone: an assertion that also names somebody else could be replayed by them.
func (p *Provider) isIssuer(aud json.RawMessage) bool {
	var one string
	if json.Unmarshal(aud, &one) == nil {
		return one == p.issuer
	}
	var list []string
	return json.Unmarshal(aud, &list) == nil && len(list) == 1 && list[0] == p.issuer
}

// namesEndpoint also accepts the address that was called, or the token endpoint's, and lists that have one of them, as OpenID
// Connect Core §9 and RFC 7523 §3 did. It is for clients that cannot do otherwise: what they send to another server, and that
// names us too, can be replayed by it.
func (p *Provider) namesEndpoint(aud json.RawMessage, r *http.Request) bool {
	var list []string
	if json.Unmarshal(aud, &list) != nil {
		list = make([]string, 1)
		if json.Unmarshal(aud, &list[0]) != nil {
			return false
		}
	}
	called := strings.TrimSuffix(p.issuer, p.basePath) + r.URL.Path
	return !slices.Contains(list, "") && slices.ContainsFunc(list, func(a string) bool { return a == p.issuer || a == p.issuer+PathToken || a == called })
}

// spendAssertion lets the assertion be used once, whatever becomes of the request: by its batch, also one that loses a race
// for something else, or by its refusal. A replay is found by reading; a race is settled when the batch is applied, where it
// is the first condition.
func (p *Provider) spendAssertion(ctx context.Context, client *Client, claims *assertionClaims) error {
	id := string(p.sealer.Hash("client.assertion", []byte(client.ID+"\x00"+claims.JTI)))
	recs, err := p.db.Get(ctx, p.spent.Key(id, int64(*claims.Exp)))
	if err != nil {
		return err
	}
	if recs[0].Present() {
		return authFailed(client.ID, errAssertionUsed)
	}
	c := callOf(ctx)
	c.assertion = true
	p.spent.Spend(&c.batch, id, int64(*claims.Exp))
	mark := p.spent.Mark(id, int64(*claims.Exp))
	c.batch.Else = append(c.batch.Else, mark)
	c.refusal.Then = append(c.refusal.Then, mark)
	c.refusal.Else = append(c.refusal.Else, mark)
	return nil
}

var errAssertionUsed = errors.New("the assertion was used before")
