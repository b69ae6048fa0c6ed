package templates

import "time"

// Activity is what happened to a person's account.
type Activity struct {
	Self
	Events []Happening
	// First and Older are local paths of other pages of the list; either may be empty.
	First, Older string
}

// Happening is something that happened.
type Happening struct {
	Time time.Time
	What Text
	// Times is how often, within the minute.
	Times int
	// Notable is what should not happen.
	Notable bool
	// App is the app that took part; it may be nil.
	App *Client
	// Browser and Address are from where it was done; either may be empty.
	Browser Text
	Address string
	// Operator tells that an operator did it.
	Operator bool
}

// Template implements Page.
func (Activity) Template() string { return "account-activity" }

// Data is what a person can have of their data: form#export downloads a copy.
type Data struct {
	Self
	Action string
	// Delete is the local path of the page where the account is deleted; empty where it cannot be.
	Delete string
}

// Template implements Page.
func (Data) Template() string { return "account-data" }
