package templates

import "time"

// DevMails lists the mails that development mode has caught, newest first.
type DevMails struct {
	Base
	// Back is the local path of the index of development mode.
	Back  string
	Mails []CaughtMail
}

// CaughtMail is a mail that was not sent.
type CaughtMail struct {
	// Path is that of its page, Frame that of its HTML alone; both are local.
	Path, Frame       string
	To, Subject, Text string
	Kind              string
	Date              time.Time
}

// Template implements Page.
func (DevMails) Template() string { return "dev-mails" }

// DevMail shows a caught mail in both its forms.
type DevMail struct {
	Base
	Back string
	Mail CaughtMail
}

// Template implements Page.
func (DevMail) Template() string { return "dev-mail" }

// Policy implements Page: the mail is in a frame.
func (DevMail) Policy() Policy { return Policy{FrameSrc: []string{"'self'"}} }
