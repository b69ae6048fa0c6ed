package templates

// MailCode waits, in the browser that asked for it, for a code that was mailed, or not: form#code-form with the field "code".
type MailCode struct {
	Base
	Action string
	// Mailed is what the browser keeps until the code comes, sent back in the field "mailed". Request is the sealed request; it may be
	// empty.
	Mailed, Request string
	Client          *Client
	Redirect        Destination
	// Minutes is how long a code lives.
	Minutes int
	// SignIn is where to ask for another.
	SignIn  string
	Problem FactorProblem
}

// Template implements Page.
func (MailCode) Template() string { return "mail-code" }

// Policy implements Page: the code may lead straight to the client.
func (p MailCode) Policy() Policy { return endingAt(p.Redirect) }

// Explain says what the problem is.
func (p MailCode) Explain() Text { return Msg("mailed.code.problem." + string(p.Problem)) }

// MailSignIn asks for one more click of who has opened a mailed link in the browser that asked for it: form#confirm.
type MailSignIn struct {
	Base
	Action string
	Link   string
	// Person is who would be signed in, Client the app to which they are on the way.
	Person   *Account
	Client   *Client
	Redirect Destination
}

// Template implements Page.
func (MailSignIn) Template() string { return "mail-sign-in" }

// Policy implements Page: the button may lead straight to the client.
func (p MailSignIn) Policy() Policy { return endingAt(p.Redirect) }
