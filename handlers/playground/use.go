package playground

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"signet/templates"
)

// deed is what was done last with the tokens.
type deed struct {
	*exchange
	use use
	// signed is the verdict about an answer that is, or should be, a JWT; nil for others.
	signed *verdict
}

// use is something that can be done with tokens.
type use struct {
	name string
	// card groups uses that belong together: a heading, an explanation, a button each.
	card string
	// token picks the token that it needs; without one it cannot be done.
	token func(*tokens) string
	// endpoint is where it is done.
	endpoint func(metadata) string
	// request makes its request.
	request func(p *Playground, ctx context.Context, address, token string, c client) (*http.Request, error)
}

// uses are all of them, in the order of the page.
var allUses = []use{
	{"userinfo", "userinfo", accessOf, func(m metadata) string { return m.UserInfo }, bearerGet},
	{"introspect-access", "introspection", accessOf, introspection, tokenPost("access_token")},
	{"introspect-refresh", "introspection", refreshOf, introspection, tokenPost("refresh_token")},
	{"refresh", "refresh", refreshOf, func(m metadata) string { return m.Token }, refreshPost},
	{"refresh-old", "refresh", oldOf, func(m metadata) string { return m.Token }, refreshPost},
	{"revoke-access", "revocation", accessOf, revocation, tokenPost("access_token")},
	{"revoke-refresh", "revocation", refreshOf, revocation, tokenPost("refresh_token")},
}

// cards are the groups of uses; userinfo and refresh are for flows with a person.
var cards = []struct {
	name   string
	person bool
}{{"userinfo", true}, {"introspection", false}, {"refresh", true}, {"revocation", false}}

func accessOf(t *tokens) string       { return t.Access }
func refreshOf(t *tokens) string      { return t.Refresh }
func oldOf(t *tokens) string          { return t.old }
func introspection(m metadata) string { return m.Introspection }
func revocation(m metadata) string    { return m.Revocation }

// bearerGet asks a resource (RFC 6750 §2.1).
func bearerGet(_ *Playground, ctx context.Context, address, token string, _ client) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("playground: request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// tokenPost names a token to introspection (RFC 7662 §2.1) or revocation (RFC 7009 §2.1).
func tokenPost(hint string) func(*Playground, context.Context, string, string, client) (*http.Request, error) {
	return func(p *Playground, ctx context.Context, address, token string, c client) (*http.Request, error) {
		return p.newPost(ctx, address, url.Values{"token": {token}, "token_type_hint": {hint}}, c)
	}
}

// refreshPost asks for new tokens (RFC 6749 §6).
func refreshPost(p *Playground, ctx context.Context, address, token string, c client) (*http.Request, error) {
	return p.newPost(ctx, address, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, c)
}

// possible tells whether a use has its token and its endpoint.
func (u use) possible(r *run) bool { return u.token(r.tokens) != "" && u.endpoint(r.meta) != "" }

// actUse does what a button says.
func actUse(p *Playground, ctx context.Context, r *run, form url.Values) (string, error) {
	for _, u := range allUses {
		if u.name != form.Get("do") || !u.possible(r) {
			continue
		}
		req, err := u.request(p, ctx, u.endpoint(r.meta), u.token(r.tokens), r.client)
		if err != nil {
			return "", err
		}
		r.deed = &deed{exchange: p.send(req), use: u}
		r.deed.signed = p.judgeUserInfo(ctx, r)
		if u.card == "refresh" {
			p.renew(ctx, r)
		}
		return r.path(stepUse) + "#" + u.card + "-block", nil
	}
	return r.path(stepUse), nil
}

// renew takes over what a refresh has brought. What it leaves out stays as it was (RFC 6749 §6, OIDC Core §12.2).
func (p *Playground) renew(ctx context.Context, r *run) {
	got := p.tokensIn(r.deed.exchange)
	if got == nil {
		return
	}
	before := r.tokens
	x := p.expect(r, got)
	x.subject, x.refreshed, x.asked = before.verdict.subject(), true, false
	got.verdict = p.judge(ctx, r, got, x)
	p.runs.remember(r.browser, got.ID)
	got.old = before.old
	switch got.Refresh {
	case "", before.Refresh:
		got.Refresh = before.Refresh
	default:
		got.old = before.Refresh
	}
	r.tokens = got
}

func showUse(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.use.intro"), next: r.next(stepUse)}
	for _, card := range cards {
		if card.person && !r.flow.person() {
			continue
		}
		v.add(r.card(card.name))
		if r.deed != nil && r.deed.use.card == card.name {
			v.add(r.deed.outcome(p, r)...)
		}
	}
	return v
}

// card is a form with a button for each use that is possible; without one it says why.
func (r *run) card(name string) templates.Block {
	f := templates.Form{ID: name, Title: templates.Msg("playground.use." + name), Intro: templates.Msg("playground.use." + name + "-why"), Action: r.path(stepUse)}
	for _, u := range allUses {
		if u.card == name && u.possible(r) {
			f.Buttons = append(f.Buttons, templates.Button{Name: "do", Value: u.name, Text: templates.Msg("playground.do." + u.name), Quiet: len(f.Buttons) > 0})
		}
	}
	if len(f.Buttons) == 0 {
		f.Intro = templates.Msg("playground.use." + name + "-not")
	}
	return f
}

// outcome shows what came of a deed.
func (d *deed) outcome(p *Playground, r *run) []templates.Block {
	var blocks []templates.Block
	switch {
	case d.problem != "" || d.status >= http.StatusBadRequest:
		if blocks = p.refusal(d.exchange); len(blocks) == 0 {
			blocks = []templates.Block{templates.Notice{State: templates.Bad, Text: templates.Msg("playground.did.refused", "status", d.status)}}
		}
	default:
		blocks = append(blocks, d.praise(r)...)
	}
	return append(blocks, messages("deed", d.exchange)...)
}

// praise explains an answer that is no error.
func (d *deed) praise(r *run) []templates.Block {
	all := d.members()
	said := templates.Notice{State: d.state(all, r), Text: templates.Msg(d.words(all, r))}
	if d.use.card == "refresh" {
		said.Link = templates.Link{Path: r.path(stepAnswer), Text: templates.Msg("playground.use.see")}
	}
	blocks := append([]templates.Block{said}, d.signedBlocks()...)
	if d.use.card == "userinfo" || d.use.card == "introspection" {
		blocks = append(blocks, templates.Fields{ID: "facts", Title: templates.Msg("playground.use.facts"), Rows: rows("claim", all, d.marks(all, r))})
	}
	return blocks
}

// state is whether the answer is what one hopes for.
func (d *deed) state(all []member, r *run) templates.State {
	for _, s := range d.marks(all, r) {
		if s == templates.Bad {
			return templates.Bad
		}
	}
	if d.signed != nil && !d.signed.good() {
		return templates.Bad
	}
	if d.use.card == "introspection" && string(find(all, "active")) != "true" {
		return templates.Warn
	}
	if v := r.tokens.verdict; d.use.card == "refresh" && v != nil && !v.good() {
		return templates.Bad
	}
	return templates.OK
}

// words is the key of what to say about it.
func (d *deed) words(all []member, r *run) string {
	switch {
	case d.signed != nil && !d.signed.good():
		return "playground.did.userinfo-unsigned"
	case d.use.card == "userinfo" && d.marks(all, r)["sub"] == templates.Bad:
		return "playground.did.userinfo-other"
	case d.use.card == "introspection" && string(find(all, "active")) != "true":
		return "playground.did.introspection-inactive"
	}
	return "playground.did." + d.use.name
}

// marks are the outcomes of the checks that a client makes: the sub of userinfo must be that of the ID token (OIDC Core §5.3.2).
func (d *deed) marks(all []member, r *run) map[string]templates.State {
	if d.use.card != "userinfo" || r.tokens.verdict == nil {
		return nil
	}
	return map[string]templates.State{"sub": stateOf(member{value: find(all, "sub")}.text() == r.tokens.verdict.subject())}
}
