package playground

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"signet/templates"
)

// verdict is what was found out about a token of the issuer when it came.
type verdict struct {
	checks []templates.Check
	// states are the outcomes by claim.
	states map[string]templates.State
	// keys is the answer of the issuer's jwks_uri.
	keys *exchange
	// claims are what the token says; nil if it is no token.
	claims *claims
}

// good tells whether nothing is wrong.
func (v *verdict) good() bool {
	return !slices.ContainsFunc(v.checks, func(c templates.Check) bool { return c.State == templates.Bad })
}

// subject is who the token is about.
func (v *verdict) subject() string {
	if v == nil || v.claims == nil {
		return ""
	}
	return v.claims.Subject
}

// claims are those that somebody looks at.
type claims struct {
	Issuer     string   `json:"iss"`
	Subject    string   `json:"sub"`
	Audience   audience `json:"aud"`
	Authorized string   `json:"azp"`
	Expires    float64  `json:"exp"`
	Issued     float64  `json:"iat"`
	AuthTime   float64  `json:"auth_time"`
	Nonce      string   `json:"nonce"`
	ACR        string   `json:"acr"`
	AccessHash string   `json:"at_hash"`
	CodeHash   string   `json:"c_hash"`
	StateHash  string   `json:"s_hash"`
	SID        string   `json:"sid"`
	JTI        string   `json:"jti"`

	Events map[string]json.RawMessage `json:"events"`
	// all are all of them.
	all []member
}

// audience is a string or a list of them (RFC 7519 §4.1.3).
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// examine reads the issuer's keys, and holds a token to them and to rules.
func (p *Playground) examine(ctx context.Context, r *run, token string, rules []rule, x expected) *verdict {
	v := &verdict{states: map[string]templates.State{}, keys: p.get(ctx, r.meta.JWKS)}
	header, payload := decode(token)
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		v.note("shape", templates.Bad)
		return v
	}
	c.all = members(payload)
	v.claims = &c
	_, err := p.library(ctx, r, v.keys)(&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true}).Verify(ctx, token)
	v.signature(header, err)
	x.alg = named(header, "alg")
	for _, rule := range rules {
		if s := rule.check(&c, x); s != "" {
			v.states[rule.claim] = s
			v.note(rule.claim, s)
		}
	}
	return v
}

// library makes verifiers of go-oidc that know the keys just read.
func (p *Playground) library(ctx context.Context, r *run, keys *exchange) func(*oidc.Config) *oidc.IDTokenVerifier {
	ctx = oidc.ClientContext(ctx, &http.Client{Transport: canned{keys}})
	set := oidc.NewRemoteKeySet(ctx, r.meta.JWKS)
	return func(c *oidc.Config) *oidc.IDTokenVerifier {
		c.SupportedSigningAlgs, c.Now = r.meta.Algorithms, p.clock
		return oidc.NewVerifier(p.issuer, set, c)
	}
}

// signature notes whether a key of the issuer has signed the token.
func (v *verdict) signature(header []byte, err error) {
	s := stateOf(err == nil)
	v.checks = append(v.checks, templates.Check{State: s, Text: templates.Msg("playground.check.signature-"+string(s), "kid", named(header, "kid"))})
	v.reason(err)
}

// reason quotes an error of the library.
func (v *verdict) reason(err error) {
	if err != nil {
		v.checks = append(v.checks, templates.Check{State: templates.Bad, Text: templates.Literal(err.Error())})
	}
}

// note adds the outcome of a check.
func (v *verdict) note(name string, s templates.State) {
	v.checks = append(v.checks, templates.Check{State: s, Text: templates.Msg("playground.check." + name + "-" + string(s))})
}

// named is a member of a JSON object as a text.
func named(object []byte, name string) string {
	return member{value: find(members(object), name)}.text()
}

// decode returns header and payload of a JWT (RFC 7519 §3), unverified, or nothing if it is none.
func decode(token string) (header, payload []byte) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || len(members(header)) == 0 {
		return nil, nil
	}
	if payload, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil {
		return nil, nil
	}
	return header, payload
}
