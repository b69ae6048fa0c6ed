package playground

import (
	"net/url"
	"time"

	"signet/templates"
)

// assertionType says that the client's proof is a JWT that it has signed (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// proofLife is how long what a client signs is good for.
const proofLife = time.Minute

// assert adds the client's proof to a form (OIDC Core §9, private_key_jwt). It is for the issuer and good once.
func (p *Playground) assert(form url.Values, c client) error {
	jti, err := p.random(16)
	if err != nil {
		return err
	}
	now := p.clock()
	proof, err := c.key.sign("JWT", map[string]any{
		"iss": c.id, "sub": c.id, "aud": p.issuer, "iat": now.Unix(), "exp": now.Add(proofLife).Unix(), "jti": jti,
	})
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", proof)
	return err
}

// proof takes the client's proof in a form apart.
func proof(form url.Values) []templates.Block {
	raw := form.Get("client_assertion")
	if raw == "" {
		return nil
	}
	header, payload := decode(raw)
	return []templates.Block{templates.Token{
		ID: "assertion", Title: templates.Msg("playground.assertion.title"), Intro: templates.Msg("playground.assertion.why"), Raw: raw, Sent: true,
		Header: rows("proof", members(header), nil), Claims: rows("proof", members(payload), nil),
	}}
}
