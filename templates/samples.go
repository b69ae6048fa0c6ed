package templates

import "time"

// Sample is a page in one of its states, for the preview and for the tests.
type Sample struct {
	Name string
	Page Page
}

// Samples returns every page in every state that it has.
func Samples() []Sample {
	var all []Sample
	for _, group := range [][]Sample{
		loginSamples(), factorSamples(), consentSamples(), deviceSamples(), homeSamples(), signOutSamples(), errorSamples(), answerSamples(), playgroundSamples(),
		devSamples(), mailSamples(),
		selfSamples(), detailsSamples(), livesSamples(), upstreamSamples(),
	} {
		all = append(all, group...)
	}
	return all
}

func sampleBase() Base {
	return Base{
		Product: "Signet", Reference: "9a10f3c2", Help: "/help", Terms: "/terms", Privacy: "/privacy", Return: "/login?request=" + sampleRequest, CSRF: Field{Name: "csrf", Value: "b3BlbiBzZXNhbWU"},
	}
}

func sampleDev() Base {
	b := sampleBase()
	b.Dev = true
	return b
}

// sampleTime is the time of all samples.
var sampleTime = time.Date(2026, 11, 20, 12, 4, 31, 0, time.UTC)

func sampleClient() *Client {
	return &Client{
		ID: "orders", Name: "Orders", Trust: Verified, Website: "https://orders.example.com/",
		Logo: "/logo/b3JkZXJz", Policy: "https://orders.example.com/privacy", Terms: "https://orders.example.com/terms",
	}
}

func sampleStranger() *Client {
	return &Client{ID: "https://photos.example.net/client.json", Name: "Photo Printer 3000", Trust: Unverified}
}

// sampleTo returns a destination that is known to be good.
func sampleTo(uri string) Destination {
	d, err := ParseDestination(uri)
	if err != nil {
		panic("templates: sample: " + err.Error())
	}
	return d
}

func sampleAda() *Account {
	return &Account{Value: "ada", Identifier: "ada", Name: "Ada Lovelace", Address: "ada@example.test"}
}

func samplePeople() []Account {
	return []Account{
		{Value: "ada", Identifier: "ada", Name: "Ada Lovelace", Address: "ada@example.test", Note: "admin; groups admins, staff"},
		{Value: "grace", Identifier: "grace", Name: "Grace Hopper", Address: "grace@example.test", Note: "group staff; has MFA"},
		{Value: "linus", Identifier: "linus", Name: "Linus", Address: "linus@example.test", Note: "e-mail not verified"},
		{Value: "mary", Identifier: "mary", Name: "Mary Shelley", Address: "mary@example.test", Note: "disabled"},
	}
}
