package provider

import (
	"context"
	"errors"
	"slices"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
)

// Step tells a page what it has to show for the sealed request that it was called with.
func (p *Provider) Step(ctx context.Context, sealed string, b Browser, name string) (*Step, error) {
	r, err := p.openRequest(ctx, sealed, b)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	if r.UserCode != "" {
		return p.deviceStep(r, b, name)
	}
	if r.Errand != "" {
		return p.errandStep(r, b, name)
	}
	q, err := p.question(ctx, r, b)
	if err != nil {
		return nil, err
	}
	return p.step(r, b, q, name)
}

// ProveLogin adds to a sealed request that this person has just signed in.
func (p *Provider) ProveLogin(ctx context.Context, sealed string, b Browser, subject string) (string, error) {
	return p.prove(ctx, sealed, b, Proof{Step: StepLogin, Subject: subject})
}

// ProveSelect adds that the signed-in person has chosen to go on as themselves.
func (p *Provider) ProveSelect(ctx context.Context, sealed string, b Browser) (string, error) {
	if b.Person == nil {
		return "", p.refused(ctx, nil, refuse("E-REQ-07").got("nobody is signed in"))
	}
	return p.prove(ctx, sealed, b, Proof{Step: StepSelect, Subject: b.Person.Subject})
}

// ProveDetails adds that the signed-in person has said what they were asked of themselves.
func (p *Provider) ProveDetails(ctx context.Context, sealed string, b Browser) (string, error) {
	if b.Person == nil {
		return "", p.refused(ctx, nil, refuse("E-REQ-07").got("nobody is signed in"))
	}
	return p.prove(ctx, sealed, b, Proof{Step: StepDetails, Subject: b.Person.Subject})
}

// Consent adds what the signed-in person answered. Consent that is to be remembered is written; a public client at an
// address that others could take is asked for again all the same.
func (p *Provider) Consent(ctx context.Context, sealed string, b Browser, allow, remember bool) (string, error) {
	r, q, err := p.open(ctx, sealed, b)
	if err != nil {
		return "", err
	}
	if q.person == nil {
		return "", p.refused(ctx, nil, refuse("E-REQ-07").got("nobody is signed in"))
	}
	if allow && remember {
		if err := p.remember(ctx, q); err != nil {
			return "", p.refused(ctx, nil, err)
		}
	}
	if allow && !remember {
		p.trail.Count(ctx, audit.Event{Kind: "consent.given", Subject: q.person.Subject, ClientID: q.client.ID, Facts: map[string]string{audit.FactWhy: "for this once"}})
	}
	r.add(Proof{Step: StepConsent, Subject: q.person.Subject, At: p.db.Now().Unix(), Denied: !allow, Scopes: slices.Clone(q.asked)})
	return p.sealRequest(r, b)
}

// remember writes the person's consent. Another tab may be writing its own at the same moment: then both are to be kept.
func (p *Provider) remember(ctx context.Context, q *question) error {
	given := account.Consent{Subject: q.person.Subject, ClientID: q.client.ID, ClientEpoch: q.client.Epoch, Scopes: q.asked}
	for range maxRetries {
		var batch storage.Batch
		if err := p.accounts.Consents.Remember(ctx, &batch, given); err != nil {
			return err
		}
		if err := p.db.Apply(ctx, batch); !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return refuse("E-SERVER-02").got("too many answers at once")
}

func (p *Provider) prove(ctx context.Context, sealed string, b Browser, proof Proof) (string, error) {
	r, err := p.openRequest(ctx, sealed, b)
	if err != nil {
		return "", p.refused(ctx, nil, err)
	}
	proof.At = p.db.Now().Unix()
	r.add(proof)
	return p.sealRequest(r, b)
}

func (p *Provider) open(ctx context.Context, sealed string, b Browser) (*Request, *question, error) {
	r, err := p.openRequest(ctx, sealed, b)
	if err == nil && (r.UserCode != "" || r.Errand != "") {
		err = refuse("E-REQ-07").got("a request of no client's page")
	}
	if err != nil {
		return nil, nil, p.refused(ctx, nil, err)
	}
	q, err := p.question(ctx, r, b)
	return r, q, err
}
