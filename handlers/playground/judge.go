package playground

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"signet/templates"
)

// verdict is what was found out about an ID token when it came.
type verdict struct {
	checks []templates.Check
	// states are the outcomes by claim.
	states map[string]templates.State
	// keys is the answer of the issuer's jwks_uri.
	keys *exchange
	// nonce and subject are what the token says, for those that come after it.
	nonce, subject string
}

// good tells whether nothing is wrong.
func (v *verdict) good() bool {
	return !slices.ContainsFunc(v.checks, func(c templates.Check) bool { return c.State == templates.Bad })
}

// idClaims are the claims that a client must look at (OIDC Core §3.1.3.7).
type idClaims struct {
	Issuer     string   `json:"iss"`
	Subject    string   `json:"sub"`
	Audience   audience `json:"aud"`
	Authorized string   `json:"azp"`
	Expires    float64  `json:"exp"`
	Issued     float64  `json:"iat"`
	AuthTime   float64  `json:"auth_time"`
	Nonce      string   `json:"nonce"`
	AccessHash string   `json:"at_hash"`
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

// expected is what an ID token is held to.
type expected struct {
	issuer, client string
	now            time.Time
	// nonce is what was sent; subject is set for a token that came by refresh.
	nonce, subject string
	// asked tells whether the request demands auth_time.
	asked bool
	// hashFits tells whether at_hash fits the access token.
	hashFits bool
}

// leeway is how much clocks may differ.
const leeway = time.Minute

// rules are the checks of claims. A rule that does not apply returns no state.
var rules = []struct {
	claim string
	check func(c *idClaims, x expected) templates.State
}{
	{"iss", func(c *idClaims, x expected) templates.State { return stateOf(c.Issuer == x.issuer) }},
	{"aud", func(c *idClaims, x expected) templates.State { return stateOf(slices.Contains(c.Audience, x.client)) }},
	{"azp", func(c *idClaims, x expected) templates.State {
		if c.Authorized == "" && len(c.Audience) < 2 {
			return ""
		}
		return stateOf(c.Authorized == x.client)
	}},
	{"exp", func(c *idClaims, x expected) templates.State {
		return stateOf(x.now.Before(time.Unix(int64(c.Expires), 0)))
	}},
	{"iat", func(c *idClaims, x expected) templates.State {
		return stateOf(c.Issued > 0 && x.now.Add(leeway).After(time.Unix(int64(c.Issued), 0)))
	}},
	{"nonce", func(c *idClaims, x expected) templates.State {
		if c.Nonce == "" && (x.nonce == "" || x.subject != "") {
			return ""
		}
		return stateOf(c.Nonce == x.nonce)
	}},
	{"at_hash", func(c *idClaims, x expected) templates.State {
		if c.AccessHash == "" {
			return ""
		}
		return stateOf(x.hashFits)
	}},
	{"auth_time", func(c *idClaims, x expected) templates.State {
		if !x.asked {
			return ""
		}
		return stateOf(c.AuthTime > 0)
	}},
	{"sub", func(c *idClaims, x expected) templates.State {
		if x.subject == "" {
			return stateOf(c.Subject != "")
		}
		return stateOf(c.Subject == x.subject)
	}},
}

func stateOf(good bool) templates.State {
	if good {
		return templates.OK
	}
	return templates.Bad
}

// judge checks the ID token of a token response; before is the response that a refresh replaces, or nil. Without an ID token
// there is no verdict.
func (p *Playground) judge(ctx context.Context, r *run, t, before *tokens) *verdict {
	if t.ID == "" {
		return nil
	}
	v := &verdict{states: map[string]templates.State{}, keys: p.get(ctx, r.meta.JWKS)}
	_, payload := decode(t.ID)
	var claims idClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		v.note("shape", templates.Bad)
		return v
	}
	v.nonce, v.subject = claims.Nonce, claims.Subject
	x := expected{issuer: p.issuer, client: r.client.id, now: p.clock(), nonce: r.request.params.Get("nonce"), asked: r.request.params.Has("max_age")}
	if before != nil && before.verdict != nil {
		x.subject = before.verdict.subject
	}
	library := p.library(ctx, r, v.keys)
	signed, err := library(&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true}).Verify(ctx, t.ID)
	v.signature(t.ID, err)
	if err == nil {
		x.hashFits = signed.VerifyAccessToken(t.Access) == nil
	}
	for _, rule := range rules {
		if s := rule.check(&claims, x); s != "" {
			v.states[rule.claim] = s
			v.note(rule.claim, s)
		}
	}
	_, err = library(&oidc.Config{ClientID: r.client.id}).Verify(ctx, t.ID)
	v.note("library", stateOf(err == nil))
	v.reason(err)
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
func (v *verdict) signature(token string, err error) {
	header, _ := decode(token)
	kid := member{value: find(members(header), "kid")}.text()
	if err == nil {
		v.checks = append(v.checks, templates.Check{State: templates.OK, Text: templates.Msg("playground.check.signature-ok", "kid", kid)})
		return
	}
	v.checks = append(v.checks, templates.Check{State: templates.Bad, Text: templates.Msg("playground.check.signature-bad", "kid", kid)})
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
