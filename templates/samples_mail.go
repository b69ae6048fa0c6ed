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
	return []Sample{{"dev-mails", list}, {"dev-mails-none", none}, {"dev-mail", DevMail{Base: sampleDev(), Back: "/dev/mail", Mail: one}}}
}
