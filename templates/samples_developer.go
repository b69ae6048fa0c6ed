package templates

import "time"

const sampleToken = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzLTIwMjYtMTEifQ." +
	"eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjgwODAiLCJzdWIiOiJhZGEiLCJhdWQiOiJwbGF5Z3JvdW5kIn0.c2lnbmF0dXJl"

func playgroundSamples() []Sample {
	request := Playground{
		Base: sampleDev(), Steps: sampleSteps(2), Title: Literal("Request"),
		Intro:  Literal("This is what the app sends the browser to. Every parameter can be changed."),
		Blocks: []Block{sampleFields(), sampleForm(), sampleNotice(Warn)},
	}
	answer := Playground{
		Base: sampleDev(), Steps: sampleSteps(6), Title: Literal("Answer"),
		Blocks: []Block{sampleNotice(OK), sampleMessage(), sampleTokenBlock(), Token{
			ID: "access-token", Title: Literal("Access token"), Intro: Literal("The key to the APIs."), Raw: "sgt_at_Q4n0p4qu3", Left: 851, Lifetime: 900,
		}, Token{ID: "assertion", Title: Literal("Assertion"), Raw: sampleToken, Sent: true}, Notice{
			ID: "refused", State: Bad, Text: Literal("The provider refuses."), Link: Link{Path: "/docs/errors/E-GRANT-01", Text: Literal("Read more")},
		}, Message{ID: "request", Title: Literal("HTTP request"), Raw: "GET / HTTP/1.1\r\n\r\n", Folded: true}, sampleNotice("")},
		Next: Link{Path: "/playground/run?step=7", Text: Literal("Use it")},
	}
	fragment := Playground{
		Base: sampleDev(), Steps: sampleSteps(4), Title: Literal("Fragment"), Fragment: true,
		Blocks: []Block{Form{ID: "fragment", Action: "/playground/callback", Fields: []Input{{Name: "fragment", Label: Literal("Fragment"), Lines: 4}}, Buttons: []Button{{Text: Literal("Go on")}}}},
	}
	return []Sample{{"playground-request", request}, {"playground-answer", answer}, {"playground-fragment", fragment}}
}

func sampleSteps(current int) []Step {
	names := []string{"Pick", "Discovery", "Request", "At the provider", "Callback", "Token request", "Answer", "Use it", "Sign out"}
	steps := make([]Step, len(names))
	for i, name := range names {
		steps[i] = Step{Name: Literal(name), State: StepTodo}
		if i <= current {
			steps[i].State, steps[i].Link = StepDone, "/playground/run?step="+string(rune('0'+i))
		}
	}
	steps[current].State = StepCurrent
	return steps
}

func sampleFields() Fields {
	return Fields{ID: "parameters", Title: Literal("Parameters"), Rows: []Row{
		{Name: "response_type", Value: "code", Meaning: Literal("The app wants a code that it exchanges for tokens."), State: OK},
		{Name: "redirect_uri", Value: "http://localhost:8080/playground/callback", Meaning: Literal("Where the answer goes.")},
		{Name: "code_challenge_method", Value: "plain", Meaning: Literal("Should be S256."), State: Bad},
		{Name: "state", Value: "xyz\u202ecod.exe", Meaning: Literal("Comes back unchanged."), State: Warn},
	}}
}

func sampleForm() Form {
	return Form{
		ID: "request", Title: Literal("Change it"), Intro: Literal("Then send it."), Action: "/playground/send",
		Fields: []Input{
			{Name: "scope", Label: Literal("scope"), Value: "openid email", Help: Literal("Names with blanks between."), Code: true},
			{Name: "prompt", Label: Literal("prompt"), Value: "login", Help: Literal("Whether to ask again."), Options: []Option{
				{"", Literal("not sent")}, {"login", Literal("login")}, {"consent", Literal("consent")},
			}},
			{Name: "claims", Label: Literal("claims"), Value: "{}", Lines: 4, Code: true, Help: Literal("JSON.")},
			{Name: "note", Label: Literal("Note"), Lines: 2},
		},
		Beside: true, Hidden: []Field{{"run", "r1"}},
		Buttons: []Button{
			{Name: "do", Value: "send", Text: Literal("Send")}, {Name: "do", Value: "again", Text: Literal("Send again"), Quiet: true},
		},
	}
}

func sampleMessage() Message {
	return Message{
		ID: "response", Title: Literal("HTTP answer"),
		Raw: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n{\n  \"token_type\": \"Bearer\",\n" +
			"  \"expires_in\": 900,\n  \"id_token\": \"" + sampleToken + "\"\n}\n",
	}
}

func sampleTokenBlock() Token {
	return Token{
		ID: "id-token", Title: Literal("ID token"), Raw: sampleToken, Left: 3000, Lifetime: 3600,
		Header: []Row{{Name: "alg", Value: "RS256", Meaning: Literal("How it is signed.")}, {Name: "kid", Value: "rs-2026-11"}},
		Claims: []Row{
			{Name: "iss", Value: "http://localhost:8080", Meaning: Literal("Who made it."), State: OK},
			{Name: "aud", Value: "playground", Meaning: Literal("For whom it is."), State: OK},
		},
		Checks: []Check{{OK, Literal("The signature fits the key rs-2026-11.")}, {Bad, Literal("nonce is not what was sent.")}},
	}
}

func sampleNotice(s State) Notice {
	return Notice{State: s, Text: Literal("Something to know about this step.")}
}

func devSamples() []Sample {
	idle := Dev{Base: sampleDev(), Clock: Clock{Now: sampleTime}}
	busy := Dev{
		Base: sampleDev(), Clock: Clock{Now: sampleTime, Offset: 26 * time.Hour, Action: "/dev/clock", Steps: []string{"1m", "1h", "24h"}},
		Links: []Link{
			{Path: "/playground", Text: Literal("Playground"), Note: Literal("Every step of a sign-in")},
			{Path: "/.well-known/openid-configuration", Text: Literal("Discovery")},
		},
		People: samplePeople(),
		Events: []Event{
			{Time: sampleTime, Kind: "sign-in", Detail: "ada: password skipped (dev)", Reference: "7f3c"},
			{Time: sampleTime.Add(time.Second), Kind: "authorize", Detail: "my-app: redirect_uri is not registered", Code: "E-REDIR-01", Reference: "9a10"},
		},
	}
	return []Sample{{"dev", busy}, {"dev-idle", idle}}
}
