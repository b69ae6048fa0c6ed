package playground

import (
	"context"
	"net/url"
	"slices"
	"time"

	"signet/templates"
)

// codeLife is how long codes are good at most; RFC 6749 §4.1.2 would let them live for ten times as long.
const codeLife = time.Minute

// callback is what came back through the browser, and how it compares with what was expected.
type callback struct {
	arrival
	// raw are the parameters as they came; params, if the answer was signed, are those in it.
	raw    url.Values
	signed *signedAnswer
	// state, iss and way are outcomes; signature is one if the answer is or should be signed.
	state, iss, wayState, signature templates.State
	// missing are the parameters that were promised.
	missing []string
	// front are tokens that came with it.
	front *tokens
	// hybrid tells that they came beside a code, which must not be used if they are not good.
	hybrid bool
}

// good tells whether a client may go on with it.
func (c *callback) good() bool {
	return slices.Contains(goodOutcomes, c.outcome())
}

// The outcomes: those with which a client goes on, and the others.
var (
	goodOutcomes = []string{"good", "good-front", "good-none"}
	badOutcomes  = []string{"forged", "mixed", "unsigned", "refused", "empty", "missing", "beside"}
)

// outcome is the worst that can be said about it, or the best.
func (c *callback) outcome() string {
	switch {
	case c.state != templates.OK:
		return "forged"
	case c.iss == templates.Bad:
		return "mixed"
	case c.signature == templates.Bad:
		return "unsigned"
	case c.params.Get("error") != "":
		return "refused"
	case slices.Equal(c.missing, []string{"code"}):
		return "empty"
	case len(c.missing) > 0:
		return "missing"
	case c.hybrid && c.front.verdict != nil && !c.front.verdict.good():
		return "beside"
	case c.params.Get("code") != "":
		return "good"
	case c.front != nil:
		return "good-front"
	}
	return "good-none"
}

// compare holds an answer to the request (RFC 6749 §10.12, RFC 9207 §2.4, JARM §2.4).
func (p *Playground) compare(ctx context.Context, r *run, got arrival) *callback {
	c := &callback{arrival: got, raw: got.params}
	way, signed := r.request.mode()
	if got.params.Has("response") {
		c.signed, c.params = p.open(ctx, r, got.params.Get("response"))
		c.signature = stateOf(c.signed.verdict.good())
	} else if signed {
		c.signature = templates.Bad
	}
	state, want := c.params["state"], r.request.params
	c.state = stateOf(len(state) == 1 && state[0] == want.Get("state") || len(state) == 0 && !want.Has("state"))
	c.iss = templates.Warn
	if issuer := c.params.Get("iss"); issuer != "" || r.meta.NamesIssuer {
		c.iss = stateOf(issuer == r.meta.Issuer)
	}
	c.wayState = templates.OK
	if got.way != way {
		c.wayState = templates.Warn
	}
	c.missing = r.request.missing(c.params)
	p.compareTokens(ctx, r, c)
	return c
}

// compareTokens looks at tokens in the answer; not at those of somebody else's.
func (p *Playground) compareTokens(ctx context.Context, r *run, c *callback) {
	if c.state != templates.OK || c.params.Get("error") != "" {
		return
	}
	if c.front = frontTokens(c.params, c.at); c.front == nil {
		return
	}
	code := c.params.Get("code")
	c.hybrid = code != ""
	p.judgeFront(ctx, r, c.front, code)
}

func showCallback(p *Playground, r *run) view {
	c := r.callback
	v := view{intro: templates.Msg("playground.callback.intro")}
	v.add(c.verdict())
	v.add(c.refusal(p)...)
	v.add(r.fetchedNote()...)
	v.add(r.arrivalFields(c))
	if c.signed != nil {
		v.add(c.signed.block(c.state))
	}
	if r.stray != nil {
		v.add(
			templates.Notice{ID: "stray", State: templates.Bad, Text: templates.Msg("playground.callback.stray")},
			templates.Fields{ID: "stray-answer", Rows: r.callbackRows(r.stray)},
		)
	}
	if c.hybrid {
		v.add(p.frontBlocks(c.front)...)
	}
	if !c.good() {
		v.add(restart(r))
		return v
	}
	left := max(0, int((codeLife - p.clock().Sub(c.at)).Seconds()))
	if code := c.params.Get("code"); code != "" && r.attempt == nil {
		v.add(templates.Token{
			ID: "code", Title: templates.Msg("playground.callback.code"), Intro: templates.Msg("playground.callback.code-why"),
			Raw: code, Left: left, Lifetime: int(codeLife.Seconds()),
		})
	}
	v.next = r.next(stepCallback)
	return v
}

// verdict sums up.
func (c *callback) verdict() templates.Notice {
	return templates.Notice{State: stateOf(c.good()), Text: templates.Msg("playground.callback." + c.outcome())}
}

// refusal explains an error. One that is not for us is not explained.
func (c *callback) refusal(p *Playground) []templates.Block {
	if c.state != templates.OK || c.params.Get("error") == "" {
		return nil
	}
	return []templates.Block{p.explain(c.params.Get("error"), c.params.Get("error_uri"))}
}

// arrivalFields show what came and how.
func (r *run) arrivalFields(c *callback) templates.Fields {
	how := templates.Row{Name: "response_mode", Value: c.way, State: c.wayState, Meaning: templates.Msg("playground.callback.by-" + c.way)}
	switch {
	case c.wayState != templates.OK:
		how.Meaning = templates.Msg("playground.callback.by-other")
	case c.alone:
		how.Meaning = templates.Msg("playground.callback.by-site")
	}
	return templates.Fields{ID: "answer", Title: templates.Msg("playground.callback.parameters"), Rows: append([]templates.Row{how}, r.callbackRows(c)...)}
}

// callbackRows explains what came, and names what was missed.
func (r *run) callbackRows(c *callback) []templates.Row {
	var rows []templates.Row
	for _, name := range sortedNames("reply", c.raw) {
		for _, value := range c.raw[name] {
			row := templates.Row{Name: name, Value: brief(value), Meaning: meaning("reply", name)}
			switch {
			case name == "state":
				row.State, row.Meaning = c.state, compared("state", c.state)
			case name == "iss":
				row.State, row.Meaning = c.iss, compared("iss", c.iss)
			case name == "response":
				row.State = c.signature
			case r.request.uncalled(name):
				row.State, row.Meaning = templates.Warn, templates.Msg("playground.callback.uncalled")
			}
			rows = append(rows, row)
		}
	}
	return append(rows, r.missedRows(c)...)
}

// missedRows name what should have come.
func (r *run) missedRows(c *callback) []templates.Row {
	var rows []templates.Row
	if !c.params.Has("state") && r.request.params.Has("state") {
		rows = append(rows, templates.Row{Name: "state", State: templates.Bad, Meaning: templates.Msg("playground.callback.no-state")})
	}
	if !c.params.Has("iss") {
		rows = append(rows, templates.Row{Name: "iss", State: c.iss, Meaning: templates.Msg("playground.callback.no-iss")})
	}
	if c.signed == nil && c.signature == templates.Bad {
		rows = append(rows, templates.Row{Name: "response", State: templates.Bad, Meaning: templates.Msg("playground.callback.no-response")})
	}
	if c.params.Get("error") == "" {
		for _, name := range c.missing {
			rows = append(rows, templates.Row{Name: name, State: templates.Bad, Meaning: templates.Msg("playground.callback.no-promised")})
		}
	}
	return rows
}

// compared says how a value compares with what was expected.
func compared(name string, s templates.State) templates.Text {
	return templates.Msg("playground.compared." + name + "-" + string(s))
}

// restart is a form that begins again with the same client.
func restart(r *run) templates.Form {
	return templates.Form{
		ID: "restart", Action: r.path(stepRequest), Intro: templates.Msg("playground.restart.why"),
		Buttons: []templates.Button{{Name: "do", Value: "fresh", Text: templates.Msg("playground.restart.go"), Quiet: true}},
	}
}
