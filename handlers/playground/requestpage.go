package playground

import (
	"slices"
	"strings"

	"signet/templates"
)

func showRequest(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.request.intro")}
	sends, err := p.outgoing(r)
	if err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	if r.request.sent {
		v.add(templates.Notice{State: templates.Warn, Text: templates.Msg("playground.request.sent")})
	}
	if r.request.params.Get("redirect_uri") != p.redirectURI() {
		v.add(templates.Notice{State: templates.Warn, Text: templates.Msg("playground.request.elsewhere")})
	}
	v.add(r.request.warning()...)
	v.add(r.request.claimsProblem()...)
	v.add(sends...)
	v.add(r.request.expectations())
	if r.request.asks("code") {
		v.add(r.request.pkce())
	}
	v.add(r.requestForm(p.runs.remembered(r.browser) != ""), r.claimsForm())
	return v
}

// pkce shows what stays with the app.
func (q *request) pkce() templates.Fields {
	return templates.Fields{ID: "verifier", Title: templates.Msg("playground.request.verifier"), Rows: []templates.Row{
		{Name: "code_verifier", Value: q.verifier, Meaning: templates.Msg("playground.request.verifier-why")},
		{Name: "code_challenge", Value: challenge(q.verifier), Meaning: templates.Msg("playground.request.challenge-why"),
			State: stateOf(q.params.Get("code_challenge") == challenge(q.verifier))},
	}}
}

// goForm sends the request as it is.
func (r *run) goForm() templates.Form {
	f := templates.Form{
		ID: "go", Intro: templates.Msg("playground.way.go-" + r.request.way), Action: r.path(stepRequest),
		Buttons: []templates.Button{{Name: "do", Value: "go", Text: r.goText("playground.request.go")}},
	}
	if r.request.object != nil && !r.request.pushes() {
		f.Buttons = append(f.Buttons, templates.Button{Name: "do", Value: "forge", Text: templates.Msg("playground.object.forge"), Quiet: true})
	}
	return f
}

// goText is what the button says: a pushed request does not go to the provider with the browser.
func (r *run) goText(usual string) templates.Text {
	if r.request.pushes() {
		return templates.Msg("playground.next.push")
	}
	return templates.Msg(usual)
}

// requestForm takes the request apart: each parameter is explained and can be changed.
func (r *run) requestForm(hint bool) templates.Form {
	f := templates.Form{
		ID: "request", Title: templates.Msg("playground.request.change"), Intro: templates.Msg("playground.request.change-why"), Action: r.path(stepRequest),
		Beside: true, Buttons: []templates.Button{
			{Name: "do", Value: "go", Text: r.goText("playground.request.go-changed")},
			{Name: "do", Value: "show", Text: templates.Msg("playground.request.show"), Quiet: true},
			{Name: "do", Value: "fresh", Text: templates.Msg("playground.request.fresh"), Quiet: true},
		},
	}
	f.Fields = append(f.Fields, r.wayInput())
	for _, name := range requestParams {
		f.Fields = append(f.Fields, r.requestInput(name, hint))
	}
	f.Fields = append(f.Fields, templates.Input{
		Name: "more", Label: templates.Msg("playground.request.more"), Value: r.moreParams(), Lines: 3, Code: true, Help: templates.Msg("playground.request.more-help"),
	})
	return f
}

// requestInput is the field of a parameter.
func (r *run) requestInput(name string, hint bool) templates.Input {
	value := r.request.params.Get(name)
	in := templates.Input{Name: "p." + name, Label: templates.Literal(name), Value: value, Code: true, Help: meaning("param", name)}
	switch name {
	case "response_type":
		in.Options = options(value, r.responseTypes())
	case "response_mode":
		in.Options = options(value, r.responseModes())
	case "prompt":
		in.Options = options(value, r.prompts())
	case "id_token_hint":
		in.Value, in.Options = hintOptions(value, hint)
	case "claims":
		in.Value, in.Lines = indented(value), 6
	}
	return in
}

// prompts are the values of prompt that can be picked.
func (r *run) prompts() []string {
	known := r.meta.Prompts
	if len(known) == 0 {
		known = []string{"none", "login", "consent", "select_account"}
	}
	return append([]string{""}, known...)
}

// options are values to choose from, and the present one if it is none of them.
func options(value string, all []string) []templates.Option {
	if !slices.Contains(all, value) {
		all = append(slices.Clone(all), value)
	}
	var out []templates.Option
	for _, choice := range all {
		text := templates.Literal(choice)
		if choice == "" {
			text = templates.Msg("playground.request.unsent")
		}
		out = append(out, templates.Option{Value: choice, Text: text})
	}
	return out
}

// hintOptions offer the ID token of the last run. last tells whether there is one.
func hintOptions(value string, last bool) (string, []templates.Option) {
	out := []templates.Option{{Text: templates.Msg("playground.request.unsent")}}
	if last {
		out = append(out, templates.Option{Value: hintLast, Text: templates.Msg("playground.request.hint-last")})
	}
	if value == "" {
		return "", out
	}
	return hintKeep, append(out, templates.Option{Value: hintKeep, Text: templates.Msg("playground.request.hint-keep")})
}

// moreParams are those without a field, a line each.
func (r *run) moreParams() string {
	var b strings.Builder
	for _, name := range sortedNames("param", r.request.params) {
		values := r.request.params[name]
		if known(requestParams, name) {
			values = values[1:]
		}
		for _, value := range values {
			b.WriteString(name + "=" + value + "\n")
		}
	}
	return b.String()
}
