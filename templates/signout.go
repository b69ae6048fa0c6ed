package templates

// SignOut asks whether to sign out (OIDC RP-Initiated Logout §2): form#sign-out with the buttons "decision" sign-out and stay.
type SignOut struct {
	Base
	Action  string
	Request string
	// Client is the app that asks; it may be nil.
	Client *Client
	Person *Account
	// Redirect is where the form may end.
	Redirect Destination
	// Apps are the names of the apps that will be told.
	Apps []string
}

// Template implements Page.
func (SignOut) Template() string { return "sign-out" }

// Policy implements Page.
func (p SignOut) Policy() Policy { return endingAt(p.Redirect) }

// SignedOut says that the session has ended. Its heading (#signed-out) is the same sentence each time.
type SignedOut struct {
	Base
	// Client and Back are the app that asked and the way back to it; either may be empty.
	Client *Client
	Back   Destination
	// Apps are the names of the apps that were told.
	Apps []string
	// SignIn is the local path of the sign-in page; it may be empty.
	SignIn string
}

// Template implements Page.
func (SignedOut) Template() string { return "signed-out" }
