package templates

import "time"

// Deletion asks whether the account is to be deleted, and says what that means: form#delete-form with the field identifier, in which
// its owner types Identifier.
type Deletion struct {
	Self
	Action string
	// Cancel is the local path of the page to go back to.
	Cancel string
	// Identifier is what is to be typed.
	Identifier string
	// Sessions and Apps are how many devices are signed out, and how many apps lose their access.
	Sessions, Apps int
	// Until is until when the account can be kept; zero for not at all.
	Until time.Time
	// Undo tells that its owner can do so by mail.
	Undo    bool
	Problem Text
}

// Template implements Page.
func (Deletion) Template() string { return "account-delete" }

// Deleted says that the account is to be deleted, or with a zero Until, that it is.
type Deleted struct {
	Base
	Until time.Time
	Undo  bool
}

// Template implements Page.
func (Deleted) Template() string { return "deleted" }

// KeepAccount asks whoever follows a mailed link whether the account is to stay: form#keep.
type KeepAccount struct {
	Base
	Action string
	// Link is what was mailed, sent back in the field "link".
	Link   string
	Person *Account
	// Until is until when it can.
	Until time.Time
}

// Template implements Page.
func (KeepAccount) Template() string { return "keep-account" }
