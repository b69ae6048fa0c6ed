package templates

func sampleSelf(here string) Self {
	entry := func(path, name string) Link {
		return Link{Path: path, Text: Msg("self.menu." + name), Note: Msg("self.menu." + name + "-note")}
	}
	return Self{Base: sampleBase(), Person: sampleAda(), Here: here, Menu: []Link{
		{Path: "/account", Text: Msg("self.menu.overview")}, entry("/account/profile", "profile"), entry("/account/security", "security"), entry("/account/connections", "connections"), entry("/account/sessions", "sessions"), entry("/account/apps", "apps"), entry("/account/activity", "activity"), entry("/account/data", "data"),
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
	return append(append(append(append(sessionSamples(), appSamples()...), profileSamples()...), activitySamples()...), []Sample{
		{"account", Overview{Self: sampleSelf("/account"), LastSignIn: sampleTime}},
		{"account-security", security}, {"account-security-changed", changed}, {"account-security-declared", declared}, {"account-security-none", none},
		{"account-password", password}, {"account-password-weak", weak},
	}...)
}

func sessionSamples() []Sample {
	only := Sessions{
		Self: sampleSelf("/account/sessions"), Action: "/account/sessions", SignOut: "/logout",
		This: Session{Value: "a", Browser: "Firefox", System: "Linux", Address: "192.0.2.17", Since: sampleTime, LastSeen: sampleTime, This: true},
	}
	more := only
	more.Others = []Session{
		{Value: "b", Browser: "Safari", System: "iPhone", Address: "2001:db8:4860:4860:aaaa:bbbb:cccc:8888", Since: sampleTime.AddDate(0, 0, -9), LastSeen: sampleTime},
		{Value: "c", Since: sampleTime.AddDate(0, 0, -2), LastSeen: sampleTime.AddDate(0, 0, -1)},
	}
	ended := only
	ended.Notice = Msg("done.sessions")
	return []Sample{{"account-sessions", more}, {"account-sessions-only", ended}}
}

func appSamples() []Sample {
	none := Apps{Self: sampleSelf("/account/apps"), Action: "/account/apps"}
	some := none
	some.Apps = []App{
		{Client: sampleClient(), Since: sampleTime, Away: true, Scopes: []Scope{{Name: "openid"}, {Name: "email"}, {Name: "offline_access"}}},
		{Client: sampleStranger(), Since: sampleTime.AddDate(0, -1, 0), Scopes: []Scope{{Name: "openid"}}},
		{Client: &Client{ID: "old-wiki"}, Gone: true, Since: sampleTime.AddDate(-1, 0, 0)},
	}
	return []Sample{{"account-apps", some}, {"account-apps-none", none}}
}

func profileSamples() []Sample {
	good := Profile{
		ChangeEmail: "/account/email",
		Self:        sampleSelf("/account/profile"), Action: "/account/profile", Username: "ada", Email: "ada@example.test", EmailVerified: true,
		Groups: []string{"admins", "staff"},
		Fields: []ProfileGroup{
			{Name: "names", Fields: []ProfileField{
				{Name: "name", Value: "Ada Lovelace", Complete: "name"}, {Name: "nickname", Complete: "nickname"},
			}},
			{Name: "contact", Fields: []ProfileField{
				{Name: "phone_number", Value: "+44 20 7946 0123", Complete: "tel"},
				{Name: "street_address", Value: "12 St James's Square", Complete: "street-address", Long: true},
			}},
		},
	}
	good.Attributes = sampleAttributes()
	wrong := good
	wrong.Attributes = nil
	odd := good
	odd.Attributes = wrongAttributes()
	wrong.EmailVerified, wrong.Groups = false, nil
	wrong.Fields = []ProfileGroup{{Name: "about", Fields: []ProfileField{
		{Name: "website", Value: "javascript:alert(1)", Complete: "url", Problem: Msg("self.profile.wrong." + "url")}, {Name: "birthdate", Complete: "bday"},
	}}}
	declared := good
	declared.Declared = true
	return []Sample{{"account-profile", good}, {"account-profile-wrong", wrong}, {"account-profile-declared", declared}, {"account-profile-odd", odd}}
}

func activitySamples() []Sample {
	none := Activity{Self: sampleSelf("/account/activity")}
	some := none
	some.First, some.Older = "/account/activity", "/account/activity?before=00"
	some.Events = []Happening{
		{Time: sampleTime, What: Msg("audit." + "sign-in"), Times: 1, Browser: Session{Browser: "Firefox", System: "Linux"}.Name(), Address: "192.0.2.17"},
		{Time: sampleTime, What: Msg("audit." + "sign-in-failed"), Times: 7, Address: "2001:db8::1"},
		{Time: sampleTime, What: Msg("audit." + "consent-given"), Times: 1, App: sampleClient()},
		{Time: sampleTime, What: Msg("audit." + "code-replayed"), Times: 1, App: sampleStranger(), Notable: true},
		{Time: sampleTime, What: Msg("audit." + "person-changed"), Times: 1, Operator: true},
	}
	return []Sample{
		{"account-activity", some}, {"account-activity-none", none}, {"account-data", Data{Self: sampleSelf("/account/data"), Action: "/account/data", Delete: "/account/delete"}},
	}
}
