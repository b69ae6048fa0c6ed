package templates

// FormPost sends an authorization response as a form (OAuth 2.0 Form Post Response Mode §2). A script submits it; without
// scripts there is the button.
type FormPost struct {
	Base
	// Action is the redirect URI, matched before.
	Action Destination
	// Client is the app to which the answer goes; it may be nil.
	Client *Client
	// Fields is the answer.
	Fields []Field
}

// Template implements Page.
func (FormPost) Template() string { return "form-post" }

// Policy implements Page: the form leads to the client and nowhere else.
func (p FormPost) Policy() Policy { return Policy{FormAction: []string{p.Action.Source()}} }

// Leaving stops before a redirect to a client that nobody vouches for (RFC 9700 §4.11.2).
type Leaving struct {
	Base
	// To is the address, matched before.
	To     Destination
	Client *Client
}

// Template implements Page.
func (Leaving) Template() string { return "leaving" }
