package templates

func sampleSelf(here string) Self {
	entry := func(path, name string) Link {
		return Link{Path: path, Text: Msg("self.menu." + name), Note: Msg("self.menu." + name + "-note")}
	}
	return Self{Base: sampleBase(), Person: sampleAda(), Here: here, Menu: []Link{
		{Path: "/account", Text: Msg("self.menu.overview")}, entry("/account/security", "security"),
	}}
}

func selfSamples() []Sample {
	security := Security{Self: sampleSelf("/account/security"), HasPassword: true, ChangePassword: "/account/password"}
	changed := security
	changed.Notice = Msg("done.password")
	declared := security
	declared.ChangePassword, declared.Declared = "", true
	none := security
	none.HasPassword = false
	password := NewPassword{Self: sampleSelf("/account/security"), Action: "/account/password", Cancel: "/account/security", MinLength: 8}
	weak := password
	weak.Problem = Msg("self.password.problem." + "common")
	return []Sample{
		{"account", Overview{Self: sampleSelf("/account"), LastSignIn: sampleTime}},
		{"account-security", security}, {"account-security-changed", changed}, {"account-security-declared", declared}, {"account-security-none", none},
		{"account-password", password}, {"account-password-weak", weak},
	}
}
