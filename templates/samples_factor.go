package templates

import "time"

func factorSamples() []Sample {
	ask := Factor{
		Base: sampleBase(), Action: "/login/mfa", Pending: sampleRequest, Request: sampleRequest, Client: sampleClient(),
		Redirect: sampleTo("https://orders.example.com/callback"), Person: sampleAda(), App: true, Recovery: true, SignIn: "/login",
	}
	wrong, throttled, plain := ask, ask, ask
	wrong.Problem, throttled.Problem = FactorWrong, FactorThrottled
	plain.Client, plain.Redirect, plain.Recovery, plain.Request = nil, Destination{}, false, ""
	key := ask
	key.Passkey, key.App = "/login/passkey?pending="+sampleRequest, false
	both := ask
	both.Passkey = key.Passkey
	setUp := SetUpApp{
		Base: sampleBase(), Action: "/account/security/app", SetUp: sampleRequest, Person: sampleAda(), Cancel: "/account/security",
		Address: "otpauth://totp/Signet:ada?issuer=Signet&secret=JBSWY3DPEHPK3PXP", Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Picture: samplePicture(),
	}
	demanded, mistaken := setUp, setUp
	demanded.Action, demanded.Pending, demanded.Demanded, demanded.Cancel = "/login/mfa", sampleRequest, true, ""
	demanded.Client, demanded.Redirect = ask.Client, ask.Redirect
	mistaken.Problem = FactorWrong
	upgrade := Upgrade{Base: sampleBase(), Action: "/login/upgrade", Next: "/authorize?continue=" + sampleRequest, Request: sampleRequest, Redirect: ask.Redirect}
	return append([]Sample{
		{"login-upgrade", upgrade}, {"factor", ask}, {"factor-wrong", wrong}, {"factor-throttled", throttled}, {"factor-plain", plain}, {"factor-passkey", key}, {"factor-both", both},
		{"set-up-app", setUp}, {"set-up-app-demanded", demanded}, {"set-up-app-wrong", mistaken},
	}, securityFactorSamples()...)
}

func securityFactorSamples() []Sample {
	bare := Security{Self: sampleSelf("/account/security"), HasPassword: true, ChangePassword: "/account/password", Action: "/account/security", SetUpApp: "/account/security/app"}
	full := bare
	full.Factors = []ShownFactor{
		{Kind: "totp", Created: sampleTime.Add(-90 * 24 * time.Hour), Used: sampleTime},
		{Kind: "recovery", Left: 7, Created: sampleTime.Add(-90 * 24 * time.Hour)},
	}
	codes := full
	codes.Codes = []string{"mzxw-6ytb-oi2d-gnjv-gy3d-onzr", "gezd-gnbv-gy3t-qojq-gezd-gnbv"}
	full.NewPasskey = "/account/passkey"
	keys := full
	keys.Factors = append([]ShownFactor{
		{Kind: "passkey", ID: "AQEA", Name: "Phone", Created: sampleTime.Add(-24 * time.Hour), Used: sampleTime},
		{Kind: "passkey", ID: "AQEB", Created: sampleTime},
	}, full.Factors...)
	codes.NewPasskey = full.NewPasskey
	making := NewPasskey{Self: sampleSelf("/account/security"), Action: "/account/passkey", Challenge: "/account/passkey/challenge", Cancel: "/account/security"}
	refused := making
	refused.Problem = Msg("self.passkey.refused")
	last := full
	last.Problem = Msg("self.factor.problem.last")
	return []Sample{{"account-security-offer", bare}, {"account-security-factors", full}, {"account-security-codes", codes}, {"account-security-last", last}, {"account-security-passkeys", keys},
		{"account-passkey", making}, {"account-passkey-refused", refused}}
}

// samplePicture has the shape of a code's corner, and says nothing.
func samplePicture() Picture {
	return Picture{Size: 15, Path: "M4 4h7v7h-7zM5 5v5h5v-5zM6 6h3v3h-3z"}
}
