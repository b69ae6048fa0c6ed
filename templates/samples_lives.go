package templates

import "time"

// livesSamples are the pages of how an account ends, and of the operator's own texts.
func livesSamples() []Sample {
	later := Deletion{Self: sampleSelf("/account/data"), Action: "/account/delete", Cancel: "/account/data", Identifier: "ada", Sessions: 2, Apps: 3, Until: sampleTime.AddDate(0, 0, 14), Undo: true}
	atOnce, alone := later, later
	atOnce.Until, atOnce.Undo, atOnce.Problem = time.Time{}, false, Msg("self.delete.wrong")
	alone.Undo = false
	text, err := ParseDocument([]byte("# Terms of use\n\nRead **all** of them, or [ask us](mailto:ask@example.com).\nA <b>line</b> goes on.\n\n## What you may do\n\n- come in\n- go out\n\n1. first\n2. second\n\n[Elsewhere](https://example.com/terms), but not [there](javascript:alert(1)).\n"))
	if err != nil {
		panic("templates: sample: " + err.Error())
	}
	changed := AgreeTerms{Base: sampleBase(), Action: "/terms/agree", Request: sampleRequest, Client: sampleClient(), Redirect: sampleTo("https://orders.example.com/callback"), Person: sampleAda(), Read: "/terms", Account: "/account"}
	first := changed
	first.First, first.Client, first.Redirect, first.Read = true, nil, Destination{}, "https://id.example.com/terms"
	return []Sample{
		{"account-delete", later}, {"account-delete-at-once", atOnce}, {"account-delete-alone", alone},
		{"deleted-soon", Deleted{Base: sampleBase(), Until: later.Until, Undo: true}}, {"deleted", Deleted{Base: sampleBase()}},
		{"keep-account", KeepAccount{Base: sampleBase(), Action: "/restore", Link: "AQEAc2VhbGVkLWxpbms", Person: sampleAda(), Until: later.Until}},
		{"agree-terms", changed}, {"agree-terms-first", first},
		{"document", Document{Base: sampleBase(), Name: "terms", Blocks: text}}, {"document-bare", Document{Base: sampleBase(), Name: "privacy", Blocks: text[1:]}},
	}
}
