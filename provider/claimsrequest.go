package provider

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"signet/keys"
	"signet/provider/account/attribute"
)

// maxClaimsRequest is the longest claims parameter in bytes. What it asks for travels in codes and tokens.
const maxClaimsRequest = 4 << 10

// claimsRequest is what the claims parameter asks for by name (OIDC Core §5.5). What nobody here can answer is left out.
type claimsRequest struct {
	// UserInfo and IDToken are names of claims about the person.
	UserInfo, IDToken []string
	// ACR are the values of which one is essential; empty if none is.
	ACR []string
}

// claimAsk is how one claim is asked for (OIDC Core §5.5.1). null is an ask without conditions.
type claimAsk struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

// readClaims reads the claims parameter, and gathers what the person has to consent to: a claim asked for by name counts as
// its scope.
func (p *Provider) readClaims(_ context.Context, in *intent, params url.Values) error {
	in.asked = slices.Clone(in.scopes)
	text := params.Get("claims")
	if text == "" {
		return nil
	}
	if len(text) > maxClaimsRequest {
		return refuse("E-REQ-01").got("claims of %d bytes", len(text)).allowed("%d bytes", maxClaimsRequest)
	}
	var asks struct {
		UserInfo map[string]*claimAsk `json:"userinfo"`
		IDToken  map[string]*claimAsk `json:"id_token"`
	}
	if err := keys.DecodeJSON([]byte(text), &asks); err != nil {
		return refuse("E-REQ-01").got("claims that are not as OpenID Connect Core section 5.5 has them").because(err)
	}
	in.claims.UserInfo = p.knownClaims(in, attribute.InUserInfo, asks.UserInfo)
	in.claims.IDToken = p.knownClaims(in, attribute.InIDToken, asks.IDToken)
	for _, list := range []map[string]*claimAsk{asks.UserInfo, asks.IDToken} {
		if sub := list["sub"].texts(); len(sub) == 1 && in.hintSubject == "" {
			in.hintSubject = sub[0]
		}
	}
	return p.readACRClaim(in, asks.IDToken["acr"])
}

// knownClaims keeps the names of claims that the client may ask for, in a settled order, and adds their scopes to what is asked.
func (p *Provider) knownClaims(in *intent, place attribute.Place, asks map[string]*claimAsk) []string {
	var names []string
	for name := range asks {
		scope, ok := p.scopeOfClaim(place, name)
		if !ok || !p.mayAsk(in.client, scope) {
			continue
		}
		names = append(names, name)
		if !slices.Contains(in.asked, scope) {
			in.asked = append(in.asked, scope)
		}
	}
	slices.Sort(names)
	slices.Sort(in.asked[len(in.scopes):])
	return names
}

// texts are the values that are asked for, as far as they are texts.
func (a *claimAsk) texts() []string {
	if a == nil {
		return nil
	}
	values := a.Values
	if len(a.Value) > 0 {
		values = append(slices.Clone(values), a.Value)
	}
	var out []string
	for _, raw := range values {
		var s string
		if json.Unmarshal(raw, &s) == nil && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// scopeOfClaim is the scope that releases a claim about a person at a place.
func (p *Provider) scopeOfClaim(place attribute.Place, name string) (string, bool) {
	for _, row := range p.scopeTable {
		if slices.ContainsFunc(row.Claims, func(c claim) bool { return c.Name == name && c.toldIn(place) }) {
			return row.Scope, true
		}
	}
	return "", false
}
