package templates

import "time"

// Self is what the pages of a person's own account have in common: form#sign-out aside, each has a menu.
type Self struct {
	Base
	// Person is whose account it is.
	Person *Account
	// Here is the path of the page in the menu, or of the one above it.
	Here string
	Menu []Link
	// Notice says what has just been done; it may be zero.
	Notice Text
	// Known is what the browser is told of the person's passkeys and of their name, in JSON; empty where there is nothing to tell.
	Known string
}

// Overview is the first page of the account: what there is.
type Overview struct {
	Self
	// LastSignIn is when the person proved last who they are.
	LastSignIn time.Time
}

// Template implements Page.
func (Overview) Template() string { return "account-overview" }

// Security is how a person proves who they are.
type Security struct {
	Self
	// HasPassword tells whether there is a password; ChangePassword is the local path where it is set, empty if it cannot be.
	HasPassword    bool
	ChangePassword string
	// Declared tells that an operator's file has the account, which alone can change it.
	Declared bool
	// Action is where the forms of factors post to: the button "change" says what is to be done, the field "id" to which of them.
	Action string
	// SetUpApp is the page that sets an app up; empty where no second factor can be had.
	SetUpApp string
	Factors  []ShownFactor
	// NewPasskey is the page that makes a passkey; empty without passkeys.
	NewPasskey string
	// Codes are new recovery codes, shown this once.
	Codes []string
	// Problem says why nothing was changed; it may be zero.
	Problem Text
}

// Template implements Page.
func (Security) Template() string { return "account-security" }

// NewPassword asks for a new password: form#password with the fields password and again.
type NewPassword struct {
	Self
	Action string
	// Cancel is the local path of the page to go back to.
	Cancel string
	// MinLength is how many characters it has at least.
	MinLength int
	// Problem says why the form is shown again; it may be zero.
	Problem Text
}

// Template implements Page.
func (NewPassword) Template() string { return "account-password" }

// Sessions are the browsers in which a person is signed in: form#sessions with a button "session" for each of the others, and the
// button "others" (value 1) for all of them.
type Sessions struct {
	Self
	Action string
	// SignOut is the local path where this session is ended.
	SignOut string
	This    Session
	Others  []Session
}

// Session is a browser in which a person is signed in.
type Session struct {
	// Value is what a form sends for the session.
	Value string
	// Browser and System are what the browser says of itself; either may be empty.
	Browser, System string
	// Address is where it was when the person signed in; it may be empty.
	Address         string
	Since, LastSeen time.Time
	// This is the one that looks.
	This bool
}

// Name says what kind of browser it is.
func (s Session) Name() Text {
	switch {
	case s.Browser != "" && s.System != "":
		return Msg("self.sessions.browser-on", "browser", s.Browser, "system", s.System)
	case s.Browser != "":
		return Literal(s.Browser)
	case s.System != "":
		return Literal(s.System)
	}
	return Msg("self.sessions.unknown")
}

// Template implements Page.
func (Sessions) Template() string { return "account-sessions" }

// Apps are what a person allowed which app: form#apps with a button "app" for each.
type Apps struct {
	Self
	Action string
	Apps   []App
}

// App is what a person allowed an app.
type App struct {
	Client *Client
	// Gone tells that the app is registered no more.
	Gone   bool
	Scopes []Scope
	Since  time.Time
	// Away tells that it may act while the person is away.
	Away bool
}

// Template implements Page.
func (Apps) Template() string { return "account-apps" }

// NewPasskey asks for the name of a passkey and makes it: form#new-passkey with the field "name".
type NewPasskey struct {
	Self
	Action string
	// Challenge is the local path where a script gets the challenge.
	Challenge string
	// Cancel is the local path of the page to go back to.
	Cancel string
	// Problem says why it was not made; it may be zero.
	Problem Text
}

// Template implements Page.
func (NewPasskey) Template() string { return "account-passkey" }

// Policy implements Page.
func (p NewPasskey) Policy() Policy { return p.Base.Policy().fetching(p.Challenge) }
