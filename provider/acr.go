package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// Authentication context classes (OIDC Core §2).
const (
	// ACROneFactor is a sign-in with one factor: a password, or a code from one's mailbox.
	ACROneFactor = "1"
	// ACRTwoFactors is one with two, or with a passkey that has verified its owner.
	ACRTwoFactors = "2"
)

// acrRank orders the classes; what is none is 0.
func acrRank(class string) int { return slices.Index([]string{ACROneFactor, ACRTwoFactors}, class) + 1 }

// acrValues are the classes that a sign-in can reach, best last. Discovery announces them.
func (p *Provider) acrValues() []string {
	if p.OffersFactors() || p.accounts.HasPasskeys() {
		return []string{ACROneFactor, ACRTwoFactors}
	}
	return []string{ACROneFactor}
}

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
	if !containsAny(values, p.acrValues()) {
		return refuse("E-ACR-01").got("essential acr %s", strings.Join(values, " ")).allowed("%s", strings.Join(p.acrValues(), " "))
	}
	in.claims.ACR = values
	return nil
}

// weigh finds out which class the sign-in must be of, which is wished for, and whether the person can reach it at once.
func (p *Provider) weigh(ctx context.Context, q *question) error {
	if q.person == nil {
		return nil
	}
	q.demanded = max(acrRank(q.client.RequiredACR), leastRank(q.claims.ACR))
	demanded, err := p.DemandsFactor(ctx, q.person)
	if err != nil {
		return err
	}
	if demanded {
		q.demanded = acrRank(ACRTwoFactors)
	}
	q.offered = acrRank(p.acrValues()[len(p.acrValues())-1])
	q.wished = wishedRank(q.acrValues)
	q.factors = p.OffersFactors()
	if max(q.demanded, q.wished) <= acrRank(q.session.ACR) || !q.factors {
		return nil
	}
	factors, err := p.accounts.Factors(ctx, q.person.Subject)
	if err == nil {
		q.second = factors.Second()
	}
	return err
}

// leastRank is the lowest class among those of which one must be reached.
func leastRank(values []string) int {
	least := 0
	for _, v := range values {
		if rank := acrRank(v); rank > 0 && (least == 0 || rank < least) {
			least = rank
		}
	}
	return least
}

// wishedRank is the first class that is known: wishes come best first.
func wishedRank(values []string) int {
	for _, v := range values {
		if rank := acrRank(v); rank > 0 {
			return rank
		}
	}
	return 0
}

// acrReached tells whether the session's sign-in is of a class that the request, the client or the policy insists on.
func (q *question) acrReached() bool { return acrRank(q.session.ACR) >= q.demanded }

// acrSaid is the class that is told: the one reached, or a lower one if that is what the request insists on.
func (q *question) acrSaid() string {
	if len(q.claims.ACR) == 0 || slices.Contains(q.claims.ACR, q.session.ACR) {
		return q.session.ACR
	}
	said := q.session.ACR
	for _, v := range q.claims.ACR {
		if rank := acrRank(v); rank > 0 && rank <= acrRank(q.session.ACR) {
			said = v
		}
	}
	return said
}

// acrMissing is settled by a new sign-in, where no second factor can mend it, and where anything can; whether that was enough is
// judged when all else is.
func (q *question) acrMissing() bool {
	return !q.acrReached() && q.demanded <= q.offered && !q.factorHelps() && !q.freshLogin()
}

// factorHelps tells whether a second factor beside the sign-in that there is would reach what is wanted.
func (q *question) factorHelps() bool {
	return q.session.ACR == ACROneFactor && q.factors
}

// factorAsked is a sign-in with one factor where two are demanded, or wished for and at hand.
func (q *question) factorAsked() bool {
	if q.person == nil || !q.factorHelps() {
		return false
	}
	two := acrRank(ACRTwoFactors)
	return q.demanded == two || q.wished == two && q.second
}

// RecentSignIn is how old a sign-in may be, in seconds, with which a person changes what they sign in with.
const RecentSignIn = 10 * 60

// setUpStale is a second factor that has to be set up first, which an old sign-in does not entitle to.
func (q *question) setUpStale() bool {
	return q.factorAsked() && !q.second && q.now > q.session.AuthTime+RecentSignIn && !q.freshLogin()
}

// deviceFactorAsked is factorAsked for the request of a device, before anything is answered.
func (p *Provider) deviceFactorAsked(ctx context.Context, q *question) (bool, error) {
	if err := p.weigh(ctx, q); err != nil {
		return false, err
	}
	return q.factorAsked(), nil
}
