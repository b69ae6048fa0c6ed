package templates

// Upgrade has the browser make a passkey without a question, by form#upgrade, and goes on at once, whatever comes of it. It is only for
// browsers whose script has said that they can.
type Upgrade struct {
	Base
	Action string
	// Challenge is the local path where a script gets the challenge, Next that of where to go on. Without a challenge the page stays.
	Challenge, Next string
	// Request is the sealed request; it may be empty.
	Request  string
	Redirect Destination
}

// Template implements Page.
func (Upgrade) Template() string { return "upgrade" }

// Policy implements Page: the form may lead straight to the client.
func (p Upgrade) Policy() Policy { return endingAt(p.Redirect).fetching(p.Challenge) }
