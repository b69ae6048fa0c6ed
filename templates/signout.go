package templates

import "slices"

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

// SignedOut says that the session has ended. Its heading (#signed-out) is the same sentence each time. It loads the frames
// (OIDC Front-Channel Logout §2), which are not seen.
type SignedOut struct {
	Base
	// Client and Back are the app that asked and the way back to it; either may be empty.
	Client *Client
	Back   Destination
	// Leaving goes to Back when the frames have loaded, or after a few seconds.
	Leaving bool
	// Frames are addresses of the apps that are told by loading them.
	Frames []Destination
	// Apps are the names of the apps that were told.
	Apps []string
	// SignIn is the local path of the sign-in page; it may be empty.
	SignIn string
}

// Template implements Page.
func (SignedOut) Template() string { return "signed-out" }

// BackTo names where Back leads: the app, or its host.
func (p SignedOut) BackTo() string {
	if p.Client != nil {
		return p.Client.Display()
	}
	return p.Back.Host()
}

// Policy implements Page: it names the origins of the frames, and no others.
func (p SignedOut) Policy() Policy {
	policy := Policy{FormAction: []string{"'self'"}}
	for _, f := range p.Frames {
		if source := f.Source(); !slices.Contains(policy.FrameSrc, source) {
			policy.FrameSrc = append(policy.FrameSrc, source)
		}
	}
	return policy
}
