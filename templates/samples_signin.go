package templates

const sampleRequest = "AQEAc2VhbGVkLXJlcXVlc3Q"

func loginSamples() []Sample {
	plain := Login{Base: sampleBase(), Action: "/login", Request: sampleRequest}
	client := plain
	client.Recover, client.SignUp = "/recover", "/signup?request="+sampleRequest
	client.Client, client.Redirect = sampleClient(), sampleTo("https://orders.example.com/callback")
	wrong := client
	wrong.Identifier, wrong.Problem = "ada@example.test", LoginWrong
	throttled, stale, again, native, dev := wrong, wrong, client, client, client
	locked, leaving := wrong, wrong
	locked.Problem, locked.Reason, leaving.Problem = LoginLocked, "three devices were stolen from the office.", LoginLeaving
	throttled.Problem, stale.Problem = LoginThrottled, LoginStale
	again.Identifier, again.Reauthenticate = "ada@example.test", true
	native.Client, native.Redirect = sampleStranger(), sampleTo("net.example.photos:/callback")
	dev.Base, dev.People = sampleDev(), samplePeople()
	passkey, alone, unknown := client, client, client
	passkey.Passkey, alone.Passkey, unknown.Passkey = "/login/passkey", "/login/passkey", "/login/passkey"
	alone.NoPassword, unknown.Problem = true, LoginPasskey
	mail, mailAlone, nameless := passkey, alone, client
	mail.ByMail, mailAlone.ByMail, nameless.ByMail, nameless.Problem = true, true, true, LoginNameless
	sources, denied := passkey, wrong
	sources.Sources = []Source{{"github", "GitHub"}, {"google", "Google"}}
	directory, directoryAlone := sources, alone
	directory.Directories, directoryAlone.Directories = []Source{{"staff", "Staff directory"}}, []Source{{"staff", "Staff directory"}}
	denied.Sources, denied.Problem = sources.Sources, LoginDenied
	select1 := SelectAccount{Base: sampleBase(), Action: "/select-account", Request: sampleRequest, Accounts: []Account{*sampleAda()}}
	select2 := select1
	select2.Client, select2.Redirect = client.Client, client.Redirect
	select2.Accounts = samplePeople()[:2]
	return []Sample{
		{"login", plain}, {"login-client", client}, {"login-wrong", wrong}, {"login-throttled", throttled},
		{"login-stale", stale}, {"login-locked", locked}, {"login-leaving", leaving}, {"login-again", again}, {"login-native", native}, {"login-dev", dev}, {"login-passkey", passkey}, {"login-passkey-alone", alone}, {"login-passkey-wrong", unknown},
		{"login-mail", mail}, {"login-mail-alone", mailAlone}, {"login-mail-nameless", nameless},
		{"login-sources", sources}, {"login-directory", directory}, {"login-directory-alone", directoryAlone}, {"login-denied", denied},
		{"select-account", select1}, {"select-account-client", select2},
	}
}

func consentSamples() []Sample {
	first := Consent{
		Base: sampleBase(), Action: "/consent", Request: sampleRequest, Client: sampleClient(),
		Redirect: sampleTo("https://orders.example.com/callback"), Person: sampleAda(), OfferRemember: true, Remember: true,
		Scopes: []Scope{{Name: "openid"}, {Name: "profile"}, {Name: "email"}, {Name: "offline_access"}},
	}
	more := first
	more.Manage = "/account/apps"
	more.Resources = []string{"https://api.example.com/orders"}
	more.Scopes = []Scope{
		{Name: "openid", Granted: true}, {Name: "email", Granted: true}, {Name: "groups"}, {Name: "address"}, {Name: "phone"},
		{Name: "orders:write", Title: Words(map[string]string{"": "Place orders for you", "ar": "تقديم الطلبات نيابة عنك"}), Why: Literal("Up to 100 € a day.")}, {Name: "https://example.com/x"},
	}
	stranger := first
	stranger.Client, stranger.Redirect = sampleStranger(), sampleTo("https://photos.example.net/cb")
	stranger.OfferRemember = false
	imitator := stranger
	imitator.Client = &Client{ID: "x", Name: "Оrders"} // the first letter is Cyrillic
	ours := first
	ours.Client = &Client{ID: "wiki", Name: "Wiki", Trust: FirstParty}
	return []Sample{{"consent", first}, {"consent-more", more}, {"consent-unverified", stranger}, {"consent-first-party", ours}, {"consent-imitator", imitator}}
}

func homeSamples() []Sample {
	in := Home{
		Base: sampleBase(), Person: sampleAda(), Groups: []string{"admins", "staff"}, LastSignIn: sampleTime, Sessions: 2,
		SignOut: "/logout", Links: []Link{{Path: "/playground", Text: Literal("Playground"), Note: Literal("Every step of a sign-in")}},
	}
	in.Links = append([]Link{{Path: "/account", Text: Msg("home.account")}}, in.Links...)
	bare := in
	bare.Groups, bare.Sessions, bare.Links = nil, 1, nil
	out := Home{Base: sampleBase(), SignIn: "/login"}
	apps := bare
	apps.Apps = []Tile{{Client: sampleClient(), To: "https://orders.example.com/"}, {Client: &Client{ID: "wiki", Name: "Wiki of the whole house"}, To: "https://wiki.example.com/in?iss=x"}, {Client: sampleStranger(), To: "https://photos.example.net/"}}
	dev := out
	dev.Base, dev.Links = sampleDev(), in.Links
	return []Sample{{"home", in}, {"home-bare", bare}, {"home-apps", apps}, {"home-signed-out", out}, {"home-dev", dev}}
}

func signOutSamples() []Sample {
	plain := SignOut{Base: sampleBase(), Action: "/logout", Person: sampleAda()}
	asked := plain
	asked.Request, asked.Client, asked.Apps = sampleRequest, sampleClient(), []string{"Orders", "Wiki"}
	asked.Redirect = sampleTo("https://orders.example.com/bye")
	done := SignedOut{Base: sampleBase(), SignIn: "/login"}
	back := done
	back.Client, back.Back, back.Apps = sampleClient(), asked.Redirect, asked.Apps
	host := done
	host.Back = asked.Redirect
	leaving := back
	leaving.Leaving, leaving.SignIn = true, ""
	leaving.Frames = []Destination{sampleTo("https://orders.example.com/front?iss=https%3A%2F%2Fid.example.com&sid=x"), sampleTo("https://wiki.example.com/out")}
	return []Sample{
		{"sign-out", plain}, {"sign-out-client", asked}, {"signed-out", done}, {"signed-out-back", back}, {"signed-out-host", host},
		{"signed-out-leaving", leaving},
	}
}

func errorSamples() []Sample {
	var all []Sample
	for _, k := range ErrorKinds {
		all = append(all, Sample{"error-" + string(k), Error{Base: sampleBase(), Kind: k, Code: "E-REQ-01"}})
	}
	redirect := Error{
		Base: sampleDev(), Kind: ErrorApp, Code: "E-REDIR-01", Client: sampleClient(),
		Diagnosis: &Diagnosis{
			What: "redirect_uri is not registered for this client", Got: "http://localhost:3000/cb",
			Allowed: []string{"http://localhost:3000/callback", "https://orders.example.com/callback"},
			Fix:     "signet client edit orders --add-redirect http://localhost:3000/cb", More: "/docs/errors/E-REDIR-01",
		},
	}
	again := Error{
		Base: sampleBase(), Kind: ErrorExpired, Code: "E-REQ-07", Client: sampleClient(),
		StartAgain: sampleTo("https://orders.example.com/sign-in"),
	}
	home := Error{Base: sampleBase(), Kind: ErrorExpired, Code: "E-REQ-07", SignIn: "/login"}
	signOut := Error{Base: sampleBase(), Kind: ErrorSignOut, Code: "E-LOGOUT-03", Client: sampleClient(), SignOut: "/logout"}
	return append(all, Sample{"error-sign-out-here", signOut}, Sample{"error-redirect-dev", redirect}, Sample{"error-start-again", again}, Sample{"error-sign-in", home})
}

func answerSamples() []Sample {
	post := FormPost{
		Base: sampleBase(), Action: sampleTo("https://orders.example.com/callback"), Client: sampleClient(),
		Fields: []Field{{"code", "SplxlOBeZQQYbYS6WxSbIA"}, {"state", `af0"ifjs<ldkj`}, {"iss", "https://id.example.com"}},
	}
	native := post
	native.Action, native.Client = sampleTo("com.example.orders:/callback?a=b&c=d%20e"), nil
	return []Sample{
		{"form-post", post}, {"form-post-native", native},
		{"leaving", Leaving{Base: sampleBase(), To: sampleTo("https://photos.example.net/cb?error=invalid_scope&state=x"), Client: sampleStranger()}},
		{"leaving-native", Leaving{Base: sampleBase(), To: sampleTo("net.example.photos:/cb?error=invalid_scope")}},
	}
}
