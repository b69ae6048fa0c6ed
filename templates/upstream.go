package templates

import "time"

// Source is a provider that people can sign in with.
type Source struct {
	// ID is what a form sends, Name what its button says.
	ID, Name string
}

// ForeignAccount is somebody at another provider, as the provider describes them.
type ForeignAccount struct {
	// Source is what people call the provider.
	Source string
	// Name and Email are as they are there; either may be empty.
	Name, Email string
}

// ProveLink says that an account here has the address of the one at the other provider: a#go-on leads to where it is connected, after a
// sign-in here.
type ProveLink struct {
	Base
	Foreign ForeignAccount
	// GoOn is the local path, SignIn that of the sign-in page for who does not want to.
	GoOn, SignIn string
}

// Template implements Page.
func (ProveLink) Template() string { return "prove-link" }

// ConfirmLink asks whether an account at another provider is to be connected with the one here: form#confirm-link with the buttons
// "decision" (connect, leave).
type ConfirmLink struct {
	Base
	Action   string
	Foreign  ForeignAccount
	Person   *Account
	Redirect Destination
}

// Template implements Page.
func (ConfirmLink) Template() string { return "confirm-link" }

// Policy implements Page: afterwards the person goes on to the client.
func (p ConfirmLink) Policy() Policy { return endingAt(p.Redirect) }

// Connections are a person's accounts at other providers: form#connections with a button "disconnect" and a button "refresh" for each,
// and form#connect with a button "source" for each provider that there is.
type Connections struct {
	Self
	Action      string
	Connections []Connection
	Sources     []Source
	// Problem says why nothing was changed; it may be zero.
	Problem Text
}

// Connection is an account at another provider that belongs to the person.
type Connection struct {
	// Value is what a form sends for it.
	Value   string
	Foreign ForeignAccount
	// Since and Used are when it was connected, and used last to sign in.
	Since, Used time.Time
	// Said is what the provider said last, as names and values.
	Said []Field
	// Refreshes tells that the provider can be asked again.
	Refreshes bool
	// Gone tells that the provider is not offered any more.
	Gone bool
}

// Template implements Page.
func (Connections) Template() string { return "account-connections" }

// Policy implements Page: connecting leads to another provider.
func (p Connections) Policy() Policy { return Policy{FormAction: []string{"'self'", "https:"}} }
