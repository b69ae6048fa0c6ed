package playground

import (
	"context"

	"signet/templates"
)

// userInfoRules are the checks of a signed UserInfo response (OIDC Core §5.3.2). Its sub is compared like that of a plain one.
var userInfoRules = []rule{issRule, audRule}

// judgeUserInfo checks a UserInfo response that the client's record wants signed. A plain one must not pass for it.
func (p *Playground) judgeUserInfo(ctx context.Context, r *run) *verdict {
	wanted := r.registration != nil && member{value: find(r.registration.record, "userinfo_signed_response_alg")}.text() != ""
	header, _ := decode(string(r.deed.body))
	if r.deed.use.card != "userinfo" || !r.deed.ok() || !wanted && header == nil {
		return nil
	}
	return p.examine(ctx, r, string(r.deed.body), userInfoRules, expected{issuer: p.issuer, client: r.client.id, now: p.clock()})
}

// members are what the answer says: those of its JSON, or of the JWT that it is.
func (d *deed) members() []member {
	if d.signed != nil && d.signed.claims != nil {
		return d.signed.claims.all
	}
	return members(d.body)
}

// signedBlocks show what was found out about a signed answer.
func (d *deed) signedBlocks() []templates.Block {
	if d.signed == nil {
		return nil
	}
	header, _ := decode(string(d.body))
	return []templates.Block{templates.Token{
		ID: "signed", Title: templates.Msg("playground.use.signed"), Intro: templates.Msg("playground.use.signed-why"), Raw: string(d.body),
		Checks: d.signed.checks, Header: rows("header", members(header), nil),
	}}
}
