package provider

import (
	"encoding/json"
	"maps"
	"slices"

	"signet/keys"
	"signet/provider/patch"
)

// statementClaims are the claims of a software statement that say whose it is and how long it is good (RFC 7591 §2.3).
type statementClaims struct {
	Iss string            `json:"iss"`
	Exp *keys.NumericDate `json:"exp"`
	Iat *keys.NumericDate `json:"iat"`
	Nbf *keys.NumericDate `json:"nbf"`
}

// withStatement puts what a software statement says in the place of what the registrant says (RFC 7591 §2.3). A client that came
// with a statement cannot be changed without one of the same issuer, or it could say what the statement kept it from saying.
func (p *Provider) withStatement(c *Client, m metadata) (metadata, error) {
	if _, ok := m["software_statement"]; !ok {
		if c.SoftwareIssuer != "" {
			return nil, refuse("E-REG-02").got("no software statement, from a client that registered with one")
		}
		return m, nil
	}
	text, err := m.text("software_statement")
	if err != nil {
		return nil, err
	}
	issuer, claims, err := p.openStatement(text)
	if err != nil {
		return nil, err
	}
	if c.SoftwareIssuer != "" && c.SoftwareIssuer != issuer {
		return nil, refuse("E-REG-03").got("another issuer's statement")
	}
	c.SoftwareIssuer = issuer
	said := maps.Clone(m)
	for name, value := range claims {
		if settable(name, SetByRegistrant) == nil || name == "scope" {
			said[name] = value
		}
	}
	return said, nil
}

// openStatement verifies a software statement by the keys of the issuer that it names, if that is one that the operator believes.
// It names no key of its own, and there is always a signature: see keys.ParseUnverified.
func (p *Provider) openStatement(text string) (issuer string, claims metadata, err error) {
	u, err := keys.ParseUnverified(text, keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{"", "JWT"}})
	if err != nil {
		return "", nil, refuse("E-REG-02").because(err)
	}
	var facts statementClaims
	if err := keys.DecodeJSON(u.Payload, &facts); err != nil {
		return "", nil, refuse("E-REG-02").because(err)
	}
	i := slices.IndexFunc(p.registry.Software, func(s SoftwareIssuer) bool { return s.Issuer == facts.Iss && facts.Iss != "" })
	if i < 0 {
		return "", nil, refuse("E-REG-03").got("issuer %q", facts.Iss)
	}
	if err := u.Verify(p.registry.Software[i].Keys); err != nil {
		return "", nil, refuse("E-REG-02").because(err)
	}
	now := keys.NumericDate(p.db.Now().Unix())
	if facts.Exp != nil && *facts.Exp <= now || facts.Nbf != nil && *facts.Nbf > now+clockLeeway || facts.Iat != nil && *facts.Iat > now+clockLeeway {
		return "", nil, refuse("E-REG-02").got("a statement that has ended or has not begun")
	}
	if err := json.Unmarshal(u.Payload, &claims); err != nil {
		return "", nil, refuse("E-REG-02").because(err)
	}
	maps.DeleteFunc(claims, func(_ string, value json.RawMessage) bool { return patch.IsNull(value) })
	return facts.Iss, claims, nil
}
