package provider

import "context"

// An errand is a request of no application: somebody wants to go to a page of their own here, and has to sign in, or sign in
// anew, before. It travels through the pages as every request does.

// maxErrand is how long the path of a page may be, in bytes.
const maxErrand = 256

// Errand begins one: it returns a sealed request to go to the sign-in page with. Once somebody has signed in, /authorize names
// path again, in Outcome.Errand. The caller answers for the path: it must be one of its own pages, and never come from outside.
func (p *Provider) Errand(ctx context.Context, path string, b Browser) (string, error) {
	if path == "" || len(path) > maxErrand {
		return "", p.refused(ctx, nil, refuse("E-REQ-01").got("a path of %d bytes", len(path)))
	}
	r, err := p.newRequest(ctx, nil)
	if err != nil {
		return "", p.refused(ctx, nil, err)
	}
	r.Errand = path
	return p.sealRequest(r, b)
}

// decideErrand is decide for such a request: whoever has signed in since it began may go on.
func (p *Provider) decideErrand(ctx context.Context, r *Request, b Browser) (Outcome, error) {
	if b.Session != nil && b.Session.AuthTime >= r.At {
		return Outcome{Errand: r.Errand}, nil
	}
	step, err := p.errandStep(r, b, StepLogin)
	if err != nil {
		return Outcome{}, p.refused(ctx, nil, err)
	}
	return Outcome{Step: step}, nil
}

// errandStep is Step for such a request.
func (p *Provider) errandStep(r *Request, b Browser, name string) (*Step, error) {
	if name != StepLogin && name != StepFactor && name != StepSignUp {
		return nil, refuse("E-REQ-07").got("an errand at the page of %s", name)
	}
	sealed, err := p.sealRequest(r, b)
	if err != nil {
		return nil, err
	}
	s := &Step{Name: name, Request: sealed, Fresh: true}
	if b.Person != nil {
		s.Subject = b.Person.Subject
	}
	return s, nil
}
