package templates

func upstreamSamples() []Sample {
	octocat := ForeignAccount{Source: "GitHub", Name: "Ada Lovelace", Email: "ada@example.com"}
	self := sampleSelf("/account/connections")
	list := Connections{
		Self: self, Action: "/account/connections", Sources: []Source{{"google", "Google"}},
		Connections: []Connection{
			{Value: "a", Foreign: octocat, Since: sampleTime.AddDate(0, -3, 0), Used: sampleTime, Refreshes: true, Said: []Field{{"login", "ada"}, {"company", "Analytical Engines"}}},
			{Value: "b", Foreign: ForeignAccount{Source: "old-directory"}, Since: sampleTime.AddDate(-1, 0, 0), Gone: true},
		},
	}
	last := list
	last.Connections, last.Problem = list.Connections[:1], Msg("self.connections.last")
	none := Connections{Self: self, Action: "/account/connections", Sources: []Source{{"github", "GitHub"}, {"google", "Google"}}}
	return []Sample{
		{"prove-link", ProveLink{Base: sampleBase(), Foreign: octocat, GoOn: "/link/confirm", SignIn: "/login"}},
		{"confirm-link", ConfirmLink{Base: sampleBase(), Action: "/link/confirm", Foreign: octocat, Person: sampleAda(), Redirect: sampleTo("https://orders.example.com/cb")}},
		{"account-connections", list}, {"account-connections-last", last}, {"account-connections-none", none},
	}
}
