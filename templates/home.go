package templates

import "time"

// Home is the start page: who is signed in, or (without Person) a way to sign in.
type Home struct {
	Base
	// Person is who is signed in.
	Person *Account
	Groups []string
	// LastSignIn is left out if zero.
	LastSignIn time.Time
	// Sessions is how many sessions the person has. It is left out if zero.
	Sessions int
	// SignIn is the local path of the sign-in page, and SignOut where form#sign-out posts to.
	SignIn, SignOut string
	// Apps are the apps that the person can go to.
	Apps []Tile
	// Links are further local pages.
	Links []Link
}

// Tile is an app that a person can go to.
type Tile struct {
	Client *Client
	// To is where its sign-in begins, or its home page. It is shown only if https.
	To string
}

// Link is a link to a local path.
type Link struct {
	Path string
	Text Text
	// Note says what is to be found there.
	Note Text
}

// Template implements Page.
func (Home) Template() string { return "home" }
