package playground

import (
	"context"
	"net/url"

	"signet/templates"
)

// actEnded asks whether anybody is signed in still: a request that must not show a page says so.
func actEnded(p *Playground, _ context.Context, r *run, _ url.Values) (string, error) {
	if err := p.refresh(r); err != nil {
		return "", err
	}
	r.request.params.Set("prompt", "none")
	r.request.way = wayPlain
	return p.leave(r, false)
}

// showEnded shows how the sign-in has ended: where the browser went, and who called.
func showEnded(_ *Playground, r *run) view {
	e := &r.ending
	v := view{intro: templates.Msg("playground.ended.intro")}
	v.add(e.verdict())
	if e.back != nil {
		v.add(templates.Fields{ID: "back", Title: templates.Msg("playground.ended.back"), Rows: e.backRows()})
	}
	v.add(r.callBlocks(channelBack)...)
	v.add(r.callBlocks(channelFront)...)
	v.add(templates.Form{
		ID: "ask", Title: templates.Msg("playground.ended.ask"), Intro: templates.Msg("playground.ended.ask-why"), Action: r.path(stepEnded),
		Buttons: []templates.Button{{Name: "do", Value: "ask", Text: templates.Msg("playground.ended.ask-go"), Quiet: true}},
	})
	v.next = templates.Link{Path: Path, Text: templates.Msg("playground.lost.again")}
	return v
}

// verdict sums up.
func (e *ending) verdict() templates.Notice {
	switch {
	case e.back == nil && e.over:
		return templates.Notice{State: templates.OK, Text: templates.Msg("playground.ended.called")}
	case e.back == nil:
		return templates.Notice{State: templates.Warn, Text: templates.Msg("playground.ended.away")}
	case e.state != templates.OK:
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.ended.forged")}
	}
	return templates.Notice{State: templates.OK, Text: templates.Msg("playground.ended.good")}
}

// backRows are what the browser came back with.
func (e *ending) backRows() []templates.Row {
	var rows []templates.Row
	for _, name := range sortedNames("end", e.back) {
		row := templates.Row{Name: name, Value: brief(e.back.Get(name))}
		if name == "state" {
			row.State, row.Meaning = e.state, compared("state", e.state)
		}
		rows = append(rows, row)
	}
	if !e.back.Has("state") && e.params.Has("state") {
		rows = append(rows, templates.Row{Name: "state", State: templates.Bad, Meaning: templates.Msg("playground.callback.no-state")})
	}
	return rows
}
