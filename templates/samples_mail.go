package templates

func mailSamples() []Sample {
	one := CaughtMail{
		Path: "/dev/mail/1", Frame: "/dev/mail/html/1", To: "ada@example.test", Subject: "Confirm your e-mail address", Kind: "verify", Date: sampleTime,
		Text: "Somebody, probably you, gave this address to Signet.\n\nhttp://localhost:8080/verify/Q4n0p4qu3\n",
	}
	two := one
	two.Path, two.Subject, two.To = "/dev/mail/2", "Set a new password for Signet", "grace@example.test"
	list := DevMails{Base: sampleDev(), Back: "/dev", Mails: []CaughtMail{one, two}}
	none := list
	none.Mails = nil
	return append(mailedSamples(), Sample{"dev-mails", list}, Sample{"dev-mails-none", none}, Sample{"dev-mail", DevMail{Base: sampleDev(), Back: "/dev/mail", Mail: one}})
}

func mailedSamples() []Sample {
	const link = "AQEAc2VhbGVkLWxpbms"
	recover := AskMail{Base: sampleBase(), Errand: ErrandRecover, Action: "/recover", SignIn: "/login"}
	join := AskMail{Base: sampleBase(), Errand: ErrandSignUp, Action: "/signup", SignIn: "/login?request=" + sampleRequest, Request: sampleRequest, Client: sampleClient(), Terms: "https://id.example.com/terms"}
	wrong := join
	wrong.Identifier, wrong.Problem = "ada", Msg("mailed.problem."+"address")
	set := SetPassword{Base: sampleBase(), Action: "/recover/password", Link: link, Identifier: "ada", MinLength: 8}
	weak := set
	weak.Problem = Msg("self.password.problem." + "common")
	finish := SignUp{Base: sampleBase(), Action: "/signup/finish", Link: link, Address: "new@example.org", MinLength: 8, Terms: "https://id.example.com/terms",
		Fields: []SignUpField{{"username", "", "nickname"}, {"given_name", "Ada", "given-name"}, {"family_name", "", "family-name"}}}
	bare := finish
	bare.NoPassword, bare.Terms = true, ""
	taken := finish
	taken.Attributes = sampleAttributes()[:3]
	taken.Problem = Msg("mailed.problem." + "taken")
	all := []Sample{
		{"recover", recover}, {"sign-up-ask", join}, {"sign-up-wrong", wrong}, {"recover-sent", MailSent{Base: sampleBase(), Errand: ErrandRecover, SignIn: "/login"}},
		{"sign-up-sent", MailSent{Base: sampleBase(), Errand: ErrandSignUp, SignIn: "/login?request=" + sampleRequest}},
		{"set-password", set}, {"set-password-weak", weak}, {"sign-up", finish}, {"sign-up-taken", taken}, {"sign-up-no-password", bare},
		{"confirm-address", ConfirmAddress{Base: sampleBase(), Action: "/verify", Link: link, Address: "new@example.org", Person: sampleAda()}},
	}
	email := NewEmail{Self: sampleSelf("/account/profile"), Action: "/account/email", Cancel: "/account/profile", Address: "ada@example.test"}
	wrongEmail := email
	wrongEmail.Problem = Msg("mailed.problem." + "address")
	all = append(all, Sample{"account-email", email}, Sample{"account-email-wrong", wrongEmail})
	all = append(all, mailCodeSamples(link)...)
	for _, o := range MailOutcomes {
		all = append(all, Sample{"mail-" + string(o), MailDone{Base: sampleBase(), Outcome: o, SignIn: "/login"}})
	}
	return all
}

func mailCodeSamples(link string) []Sample {
	code := MailCode{
		Base: sampleBase(), Action: "/login/code", Mailed: sampleRequest, Request: sampleRequest, Client: sampleClient(),
		Redirect: sampleTo("https://orders.example.com/callback"), Minutes: 10, SignIn: "/login?request=" + sampleRequest,
	}
	wrong, throttled, plain := code, code, code
	wrong.Problem, throttled.Problem = FactorWrong, FactorThrottled
	plain.Client, plain.Redirect, plain.Request = nil, Destination{}, ""
	confirm := MailSignIn{Base: sampleBase(), Action: "/login/link", Link: link, Person: sampleAda(), Client: code.Client, Redirect: code.Redirect}
	own := confirm
	own.Client, own.Redirect = nil, Destination{}
	return []Sample{{"mail-code", code}, {"mail-code-wrong", wrong}, {"mail-code-throttled", throttled}, {"mail-code-plain", plain}, {"mail-sign-in", confirm}, {"mail-sign-in-plain", own}}
}
