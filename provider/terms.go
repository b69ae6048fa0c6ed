package provider

import (
	"context"

	"signet/provider/account"
)

// termsOpen tells whether the person still has to agree to the operator's terms. A proof in the request counts beside the record: on
// another node the record may be two seconds old.
func (q *question) termsOpen() bool {
	return q.terms != "" && !q.person.Agreed(q.terms) && !q.proven(StepTerms)
}

// termsOf tells, of a request of no client's page, whether the terms are open, and whether the person has refused them.
func (p *Provider) termsOf(r *Request, person *account.Person) (open, refused bool) {
	proof, answered := r.proof(StepTerms, person.Subject)
	return p.terms != "" && !person.Agreed(p.terms) && !answered, answered && proof.Denied
}

// AnswerTerms adds to a sealed request what the signed-in person said of the operator's terms. That they agree is written first, with
// the time and the version, and holds for all clients; that they don't is an answer to this request alone.
func (p *Provider) AnswerTerms(ctx context.Context, sealed string, b Browser, agree bool) (string, error) {
	r, err := p.openRequest(ctx, sealed, b)
	if err == nil && (b.Person == nil || p.terms == "") {
		err = refuse("E-REQ-07").got("nobody is signed in, or there is nothing to agree to")
	}
	if err == nil && agree {
		err = p.accounts.AgreeNow(ctx, b.Person.Subject, p.terms)
	}
	if err != nil {
		return "", p.refused(ctx, nil, err)
	}
	r.add(Proof{Step: StepTerms, Subject: b.Person.Subject, At: p.db.Now().Unix(), Denied: !agree})
	return p.sealRequest(r, b)
}
