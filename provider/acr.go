package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// ACROneFactor is the authentication context class of a sign-in with one factor: a password.
const ACROneFactor = "1"

// acrValues are the classes that a sign-in can reach, best last. Discovery announces them.
var acrValues = []string{ACROneFactor}

// readACR reads which classes are wished for (OIDC Core §3.1.2.1). A wish that cannot be met is no reason to refuse.
func (p *Provider) readACR(_ context.Context, in *intent, params url.Values) error {
	in.acrValues = strings.Fields(params.Get("acr_values"))
	if len(in.acrValues) == 0 {
		in.acrValues = in.client.DefaultACRValues
	}
	return nil
}

// readACRClaim takes acr as an essential claim with values for a demand (OIDC Core §5.5.1.1). One that no sign-in here can meet
// is refused before anybody is troubled.
func (p *Provider) readACRClaim(in *intent, ask *claimAsk) error {
	values := ask.texts()
	if len(values) == 0 {
		return nil
	}
	if !ask.Essential {
		in.acrValues = append(slices.Clone(in.acrValues), values...)
		return nil
	}
	if !containsAny(values, acrValues) {
		return refuse("E-ACR-01").got("essential acr %s", strings.Join(values, " ")).allowed("%s", strings.Join(acrValues, " "))
	}
	in.claims.ACR = values
	return nil
}

// acrReached tells whether the session's sign-in is of a class that the request insists on.
func (q *question) acrReached() bool {
	return len(q.claims.ACR) == 0 || slices.Contains(q.claims.ACR, q.session.ACR)
}

// acrMissing is settled by a new sign-in; whether that was enough is judged when all else is.
func (q *question) acrMissing() bool { return !q.acrReached() && !q.freshLogin() }
