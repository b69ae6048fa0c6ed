package playground

import (
	"net/url"
	"time"

	"signet/templates"
)

// codeLife is how long codes are good at most; RFC 6749 §4.1.2 would let them live for ten times as long.
const codeLife = time.Minute

// callback is what came back through the browser.
type callback struct {
	params url.Values
	at     time.Time
	// state and iss tell how they compare with what was expected.
	state, iss templates.State
}

// good tells whether a client may go on with it.
func (c *callback) good() bool {
	return c.state == templates.OK && c.iss != templates.Bad && c.params.Get("code") != "" && c.params.Get("error") == ""
}

// waiting returns the browser's run that expects this state; if there is none, the one that expects anything, so that it can
// be shown that the state is wrong.
func (p *Playground) waiting(browser, state string) *run {
	var any *run
	for _, r := range p.runs.of(browser) {
		r.mu.Lock()
		sent, want := r.request.sent, r.request.params.Get("state")
		r.mu.Unlock()
		if sent && want == state {
			return r
		}
		if sent && any == nil {
			any = r
		}
	}
	return any
}

// receive takes an answer over. One that came first and is good stays: a second one for the same request, as when a page is
// loaded again, changes nothing, and any other is thrown away where everybody can see it.
func (r *run) receive(params url.Values, now time.Time) {
	c := r.compare(params, now)
	switch {
	case !accepted(r):
		r.callback = c
	case c.state != templates.OK:
		r.stray = c
	}
}

// compare holds an answer to the request (RFC 6749 §10.12, RFC 9207 §2.4).
func (r *run) compare(params url.Values, now time.Time) *callback {
	got, want := params["state"], r.request.params
	same := len(got) == 1 && got[0] == want.Get("state") || len(got) == 0 && !want.Has("state")
	c := &callback{params: params, at: now, state: stateOf(same), iss: templates.Warn}
	if issuer := params.Get("iss"); issuer != "" || r.meta.NamesIssuer {
		c.iss = stateOf(issuer == r.meta.Issuer)
	}
	return c
}

func showCallback(p *Playground, r *run) view {
	c := r.callback
	v := view{intro: templates.Msg("playground.callback.intro")}
	v.add(c.verdict())
	v.add(c.refusal(p)...)
	v.add(templates.Fields{ID: "answer", Title: templates.Msg("playground.callback.parameters"), Rows: r.callbackRows(c)})
	if r.stray != nil {
		v.add(
			templates.Notice{ID: "stray", State: templates.Bad, Text: templates.Msg("playground.callback.stray")},
			templates.Fields{ID: "stray-answer", Rows: r.callbackRows(r.stray)},
		)
	}
	if !c.good() {
		v.add(restart(r))
		return v
	}
	left := max(0, int((codeLife - p.clock().Sub(c.at)).Seconds()))
	if r.attempt == nil {
		v.add(templates.Token{
			ID: "code", Title: templates.Msg("playground.callback.code"), Intro: templates.Msg("playground.callback.code-why"),
			Raw: c.params.Get("code"), Left: left, Lifetime: int(codeLife.Seconds()),
		})
	}
	v.next = r.next(stepCallback)
	return v
}

// verdict sums up.
func (c *callback) verdict() templates.Notice {
	switch {
	case c.state != templates.OK:
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.callback.forged")}
	case c.iss == templates.Bad:
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.callback.mixed")}
	case c.params.Get("error") != "":
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.callback.refused")}
	case c.params.Get("code") == "":
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.callback.empty")}
	}
	return templates.Notice{State: templates.OK, Text: templates.Msg("playground.callback.good")}
}

// refusal explains an error. One that is not for us is not explained.
func (c *callback) refusal(p *Playground) []templates.Block {
	if c.state != templates.OK || c.params.Get("error") == "" {
		return nil
	}
	return []templates.Block{p.explain(c.params.Get("error"), c.params.Get("error_uri"))}
}

// callbackRows explains what came, and names what was missed.
func (r *run) callbackRows(c *callback) []templates.Row {
	var rows []templates.Row
	for _, name := range sortedNames("answer", c.params) {
		for _, value := range c.params[name] {
			row := templates.Row{Name: name, Value: brief(value), Meaning: meaning("answer", name)}
			switch name {
			case "state":
				row.State, row.Meaning = c.state, compared("state", c.state)
			case "iss":
				row.State, row.Meaning = c.iss, compared("iss", c.iss)
			}
			rows = append(rows, row)
		}
	}
	if !c.params.Has("state") && r.request.params.Has("state") {
		rows = append(rows, templates.Row{Name: "state", State: templates.Bad, Meaning: templates.Msg("playground.callback.no-state")})
	}
	if !c.params.Has("iss") {
		rows = append(rows, templates.Row{Name: "iss", State: c.iss, Meaning: templates.Msg("playground.callback.no-iss")})
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
