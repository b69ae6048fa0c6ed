package playground

import (
	"context"
	"maps"
	"net/url"

	"signet/templates"
)

// jarmRules are the checks of a signed answer (JARM §2.4). Its state is compared like any other.
var jarmRules = []rule{issRule, audRule, expRule}

// signedAnswer is an answer in one signed parameter.
type signedAnswer struct {
	raw     string
	verdict *verdict
}

// open checks a signed answer and returns the parameters in it.
func (p *Playground) open(ctx context.Context, r *run, raw string) (*signedAnswer, url.Values) {
	a := &signedAnswer{raw, p.examine(ctx, r, raw, jarmRules, expected{issuer: p.issuer, client: r.client.id, now: p.clock()})}
	params := url.Values{}
	_, payload := decode(raw)
	for _, m := range members(payload) {
		if m.name != "aud" && m.name != "exp" {
			params.Add(m.name, m.text())
		}
	}
	return a, params
}

// block shows what was in it; state is how its state compares.
func (a *signedAnswer) block(state templates.State) templates.Token {
	header, payload := decode(a.raw)
	states := maps.Clone(a.verdict.states)
	states["state"] = state
	return templates.Token{
		ID: "jarm", Title: templates.Msg("playground.callback.jarm"), Intro: templates.Msg("playground.callback.jarm-why"), Raw: a.raw, Checks: a.verdict.checks,
		Header: rows("header", members(header), nil), Claims: briefly(rows("reply", members(payload), states)),
	}
}
