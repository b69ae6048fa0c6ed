package playground

import "signet/templates"

// showPick is the form that begins a run.
func showPick() view {
	v := view{intro: templates.Msg("playground.pick.intro")}
	var options []templates.Option
	for _, f := range flows {
		options = append(options, templates.Option{Value: f.name, Text: templates.Msg("playground.flow." + f.name)})
	}
	v.add(templates.Form{
		ID: "pick", Title: templates.Msg("playground.pick.title"), Intro: templates.Msg("playground.pick.client"), Action: Path,
		Fields: []templates.Input{
			{Name: "flow", Label: templates.Msg("playground.pick.flow"), Options: options},
			{Name: "client", Label: templates.Msg("playground.pick.who"), Help: templates.Msg("playground.pick.who-help"), Options: []templates.Option{
				{Text: templates.Msg("playground.pick.who-typed")}, {Value: clientRegisters, Text: templates.Msg("playground.pick.who-registers")},
			}},
			{Name: "client_id", Label: templates.Literal("client_id"), Value: throwAway.id, Code: true, Help: templates.Msg("playground.pick.id-help")},
			{Name: "client_secret", Label: templates.Literal("client_secret"), Value: throwAway.secret, Code: true, Help: templates.Msg("playground.pick.secret-help")},
			{Name: "method", Label: templates.Msg("playground.pick.method"), Options: methods(), Help: templates.Msg("playground.pick.method-help")},
			{Name: "scope", Label: templates.Literal("scope"), Code: true, Help: templates.Msg("playground.pick.scope-help")},
		},
		Buttons: []templates.Button{{Text: templates.Msg("playground.pick.go")}},
	})
	return v
}

// clientRegisters is the choice of a client that registers itself.
const clientRegisters = "registers"

func methods() []templates.Option {
	var out []templates.Option
	for _, m := range []string{methodBasic, methodPost, methodNone} {
		out = append(out, templates.Option{Value: m, Text: templates.Msg("playground.method." + m)})
	}
	return out
}
