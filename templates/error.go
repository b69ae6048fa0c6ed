package templates

// Error tells a person that something cannot go on: what it means for them, and (#error-code, #reference) what to tell others.
// The sentence #stopped is the same on every error page.
type Error struct {
	Base
	// Kind chooses the words.
	Kind ErrorKind
	// Code is the stable code, "E-REDIR-01". It may be empty.
	Code string
	// Client is the app to blame or to go back to; it may be nil.
	Client *Client
	// StartAgain is where the person can begin anew: the client's own page to start a sign-in, if its record has one.
	StartAgain Destination
	// SignIn is the local path of the sign-in page, offered if nothing else is. It may be empty.
	SignIn string
	// SignOut is the local path of the page that signs out, offered before everything else. It may be empty.
	SignOut string
	// Diagnosis is for the developer. It is shown in development mode only.
	Diagnosis *Diagnosis
}

// Diagnosis is what a developer needs to mend a request.
type Diagnosis struct {
	// What is the mistake in one sentence.
	What string
	// Got is what came, and Allowed what would have been accepted. They are shown as text, never as links.
	Got     string
	Allowed []string
	// Fix is what to do: a sentence or a command.
	Fix string
	// More is the local path of the code's documentation. It may be empty.
	More string
}

// ErrorKind is what an error means for a person. Each has the messages error.<kind>.title and .words.
type ErrorKind string

// The kinds of errors.
const (
	ErrorApp         ErrorKind = "app"         // an app sent what cannot be accepted
	ErrorRequest     ErrorKind = "request"     // the browser sent what cannot be understood
	ErrorExpired     ErrorKind = "expired"     // a sign-in took too long, or was finished already
	ErrorBrowser     ErrorKind = "browser"     // it began in another browser, or cookies are off
	ErrorSignOut     ErrorKind = "sign-out"    // an app asked to sign out, and made a mistake
	ErrorForbidden   ErrorKind = "forbidden"   // the person may not do this
	ErrorNotFound    ErrorKind = "not-found"   // no such page
	ErrorMethod      ErrorKind = "method"      // the page exists, but not for this method
	ErrorThrottled   ErrorKind = "throttled"   // too many requests
	ErrorTooLarge    ErrorKind = "too-large"   // the request is too large
	ErrorUnavailable ErrorKind = "unavailable" // the server cannot answer now
	ErrorServer      ErrorKind = "server"      // the server made a mistake
)

// ErrorKinds lists all kinds of errors.
var ErrorKinds = []ErrorKind{
	ErrorApp, ErrorRequest, ErrorExpired, ErrorBrowser, ErrorSignOut, ErrorForbidden, ErrorNotFound, ErrorMethod, ErrorThrottled,
	ErrorTooLarge, ErrorUnavailable, ErrorServer,
}

// Title is the page's heading.
func (k ErrorKind) Title() Text { return Msg("error." + string(k) + ".title") }

// Words is what the person should know and do.
func (k ErrorKind) Words() Text { return Msg("error." + string(k) + ".words") }

// Template implements Page.
func (Error) Template() string { return "error" }
