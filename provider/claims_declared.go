package provider

import (
	"fmt"
	"slices"

	"signet/provider/account/attribute"
)

// DeclaredScope is a scope of the operator's own: it releases attributes, or means something to an API.
type DeclaredScope struct {
	Name string
	// Title and Why are what people read when they are asked for it.
	Title, Why attribute.Words
}

// Limits of the words of a scope, in characters.
const (
	maxTitle = 100
	maxWhy   = 300
)

// protocolClaims are those of ID tokens themselves (OIDC Core §2), with those that sign-outs and hybrid flows add.
var protocolClaims = []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "acr", "amr", "sid"}

// reservedClaims mean something to those who read a token or an answer, beside protocolClaims and the table's: RFC 7519 §4.1, RFC
// 7662 §2.2, RFC 7800 §3, RFC 8693 §4, RFC 9068 §2.2, OIDC Core §5.6.2 and §7, and their like.
var reservedClaims = []string{
	"nbf", "jti", "azp", "client_id", "scope", "cnf", "act", "may_act", "events", "toe", "txn", "typ", "active", "token_type", "username", "entitlements", "authorization_details",
	"sub_jwk", "sub_id", "_claim_names", "_claim_sources", "vot", "vtm", "attest", "htm", "htu", "ath", "error", "error_description", "response_type", "metadata", "verified_claims",
	"access_token", "refresh_token", "id_token", "expires_in", "state", "code", "mtls", "dpop", "tenant", "trust_chain", "jwks", "jwks_uri",
}

// CheckDeclared judges scopes and attributes of a configuration. Its error names the first that will not do, and why: a claim must
// not pass for one that the protocol or the standard gives a meaning.
func CheckDeclared(attributes *attribute.Set, scopes []DeclaredScope) error {
	known := StandardScopes()
	for _, s := range scopes {
		if why := s.fault(known); why != "" {
			return fmt.Errorf("provider: scope %q: %s", s.Name, why)
		}
		known = append(known, s.Name)
	}
	taken := slices.Concat(protocolClaims, reservedClaims)
	for _, row := range scopeTable {
		for _, c := range row.Claims {
			taken = append(taken, c.Name)
		}
	}
	for _, a := range attributes.All() {
		switch {
		case a.Scope == "":
			continue
		case slices.Contains(taken, a.Claim):
			return fmt.Errorf("provider: attribute %s: claim %q has a meaning already", a.Name, a.Claim)
		case slices.Contains(plainScopes, a.Scope) || !slices.Contains(known, a.Scope):
			return fmt.Errorf("provider: attribute %s: scope %q is neither a standard one with claims nor declared", a.Name, a.Scope)
		}
		taken = append(taken, a.Claim)
	}
	return nil
}

func (s *DeclaredScope) fault(known []string) string {
	switch {
	case scopeFault(s.Name):
		return "allowed are 1 to 256 printable ASCII characters without space, quote and backslash"
	case slices.Contains(known, s.Name):
		return "it is there already"
	}
	for words, most := range map[*attribute.Words]int{&s.Title: maxTitle, &s.Why: maxWhy} {
		if err := words.Check(most); err != nil {
			return err.Error()
		}
	}
	return ""
}

// declareClaims makes this provider's table of scopes: the standard ones, those of the operator, and the attributes that they
// release.
func (p *Provider) declareClaims(scopes []DeclaredScope) error {
	attributes := p.accounts.Attributes()
	if err := CheckDeclared(attributes, scopes); err != nil {
		return err
	}
	p.scopeTable = slices.Clone(scopeTable)
	for _, s := range scopes {
		p.scopeTable = append(p.scopeTable, scopeClaims{Scope: s.Name})
		p.declared = append(p.declared, s)
	}
	for _, a := range attributes.All() {
		i := slices.IndexFunc(p.scopeTable, func(row scopeClaims) bool { return row.Scope == a.Scope })
		if i >= 0 {
			row := &p.scopeTable[i]
			row.Claims = append(row.Claims[:len(row.Claims):len(row.Claims)], p.attributeClaim(a))
		}
	}
	return nil
}

// attributeClaim tells an attribute, unless what is stored of it does not fit it any more.
func (p *Provider) attributeClaim(a *attribute.Attribute) claim {
	return claim{a.Claim, a.In, func(h *holder) (any, bool) {
		v, fits := a.Value(h.Attributes)
		if !fits && h.Attributes[a.Name] != nil {
			p.warnMisfit(a.Name, h.Subject)
		}
		return v, fits
	}}
}

// warnMisfit tells the operator once of each attribute.
func (p *Provider) warnMisfit(name, subject string) {
	if _, told := p.misfits.LoadOrStore(name, true); !told {
		p.log.Warn("what is stored does not fit the attribute any more, and is not told", "attribute", name, "sub", subject)
	}
}

// DeclaredScope returns the operator's words for a scope of their own.
func (p *Provider) DeclaredScope(name string) (DeclaredScope, bool) {
	for _, s := range p.declared {
		if s.Name == name {
			return s, true
		}
	}
	return DeclaredScope{}, false
}

// scopesSupported are all scopes that mean something here (OIDC Discovery §3).
func (p *Provider) scopesSupported() []string {
	scopes := StandardScopes()
	for _, s := range p.declared {
		scopes = append(scopes, s.Name)
	}
	return scopes
}

// claimsSupported are all claims that a person can have, with those of every ID token (OIDC Discovery §3).
func (p *Provider) claimsSupported() []string {
	names := slices.Clone(protocolClaims)
	for _, row := range p.scopeTable {
		for _, c := range row.Claims {
			names = append(names, c.Name)
		}
	}
	return names
}
