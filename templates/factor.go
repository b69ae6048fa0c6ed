package templates

// Factor asks for a second factor: form#code with the field "code" if there is an app, form#recovery with the field "recovery" if
// there are codes left.
type Factor struct {
	Base
	Action string
	// Request is the sealed request, Pending the pending sign-in; each may be empty.
	Request, Pending string
	Client           *Client
	Redirect         Destination
	// Person is who has proved the first factor.
	Person *Account
	// App and Recovery tell what there is.
	App, Recovery bool
	// Passkey is the address, below the issuer's path, where a script gets the challenge for form#passkey-form; empty without passkeys.
	Passkey string
	Problem FactorProblem
	// SignIn is where to begin anew.
	SignIn string
}

// FactorProblem is why a second factor did not count.
type FactorProblem string

// The problems of a second factor.
const (
	FactorWrong     FactorProblem = "wrong"     // wrong, of another time, or used before
	FactorThrottled FactorProblem = "throttled" // too many tries
)

// Template implements Page.
func (Factor) Template() string { return "factor" }

// Policy implements Page: the last factor may lead straight to the client.
func (p Factor) Policy() Policy { return endingAt(p.Redirect).fetching(p.Passkey) }

// Explain says what the problem is.
func (p FactorProblem) Explain() Text { return Msg("factor.problem." + string(p)) }

// SetUpApp shows the secret for an authenticator app, and asks for its first code: form#set-up with the field "code".
type SetUpApp struct {
	Base
	Action           string
	Request, Pending string
	// SetUp is the sealed secret, sent back in the field "setup".
	SetUp    string
	Client   *Client
	Redirect Destination
	Person   *Account
	// Address is the otpauth address that Picture shows, Secret what people type who cannot scan.
	Address, Secret string
	Picture         Picture
	// Demanded tells that nobody gets on without.
	Demanded bool
	// Cancel is the page to go back to; empty if there is none.
	Cancel  string
	Problem FactorProblem
}

// Template implements Page.
func (SetUpApp) Template() string { return "set-up-app" }

// Policy implements Page.
func (p SetUpApp) Policy() Policy { return endingAt(p.Redirect) }

// Picture is a drawing of squares, Size of them wide and high: Path is that of an SVG.
type Picture struct {
	Size int
	Path string
}
