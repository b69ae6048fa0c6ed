package templates

func deviceSamples() []Sample {
	empty := Device{Base: sampleBase(), Action: "/device"}
	brought, wrong, throttled := empty, empty, empty
	brought.UserCode, brought.Brought = "WDJB-MJHT", true
	wrong.UserCode, wrong.Problem = "WDJB-MJHX", DeviceWrong
	throttled.Problem = DeviceThrottled
	ask := DeviceConsent{
		Base: sampleBase(), Action: "/device/consent", Request: sampleRequest, UserCode: "WDJB-MJHT", Client: sampleClient(), Person: sampleAda(),
		Scopes:  []Scope{{Name: "openid"}, {Name: "profile"}, {Name: "offline_access"}},
		Network: "192.0.2.x", Near: true, Agent: "signet/1.0 (linux)",
	}
	stranger := ask
	stranger.Client, stranger.Near, stranger.Agent, stranger.Minutes = sampleStranger(), false, "", 4
	stranger.Scopes, stranger.Resources = []Scope{{Name: "openid"}, {Name: "orders:write", Title: Literal("Place orders for you")}}, []string{"https://api.example.com/orders"}
	nowhere := ask
	nowhere.Network, nowhere.Minutes, nowhere.Scopes = "", 1, nil
	done := DeviceDone{Base: sampleBase()}
	denied := done
	denied.Denied = true
	return []Sample{
		{"device", empty}, {"device-brought", brought}, {"device-wrong", wrong}, {"device-throttled", throttled},
		{"device-consent", ask}, {"device-consent-unverified", stranger}, {"device-consent-nowhere", nowhere},
		{"device-done", done}, {"device-denied", denied},
	}
}
