package templates

// MailErrand is what people set out for that leads through their mailbox.
type MailErrand string

// The errands.
const (
	ErrandRecover MailErrand = "recover"
	ErrandSignUp  MailErrand = "sign-up"
	ErrandVerify  MailErrand = "verify"
)

// AskMail asks where to send a link: form#ask with the field identifier, which is an address for a sign-up, and an address or a
// name otherwise.
type AskMail struct {
	Base
	Errand MailErrand
	// Action is the local path that the form posts to, SignIn that of the sign-in page.
	Action, SignIn string
	// Request is the sealed request that the person is on the way with; it may be empty.
	Request string
	// Client is the app to which the person is on the way.
	Client     *Client
	Identifier string
	// Terms is a link to what people agree to who sign up; it may be empty.
	Terms string
	// Problem says why the form is shown again; it may be zero.
	Problem Text
}

// Template implements Page.
func (AskMail) Template() string { return "ask-mail" }

// ReadLink returns Terms as a link, or nothing if it is neither a local path nor https.
func (p AskMail) ReadLink() string { return p.linked(p.Terms) }

// IsSignUp tells whether somebody wants an account.
func (p AskMail) IsSignUp() bool { return p.Errand == ErrandSignUp }

// Heading and Lead are the page's words.
func (p AskMail) Heading() Text { return Msg("mailed." + string(p.Errand) + ".title") }

// Lead says what will happen.
func (p AskMail) Lead() Text { return Msg("mailed."+string(p.Errand)+".lead", "product", p.Product) }

// MailSent says that a mail is on its way, to whoever asked, whether one is or not.
type MailSent struct {
	Base
	Errand MailErrand
	// SignIn is the local path to go on with, with the person's request if they had one.
	SignIn string
}

// Template implements Page.
func (MailSent) Template() string { return "mail-sent" }

// Words say what the mail is for.
func (p MailSent) Words() Text { return Msg("mailed." + string(p.Errand) + ".sent") }

// SetPassword asks for a new password after a mailed link: form#password-form with the fields password and again.
type SetPassword struct {
	Base
	Action string
	// Link is what was mailed, sent back in the field "link".
	Link string
	// Identifier is the person's, for password managers.
	Identifier string
	MinLength  int
	Problem    Text
}

// Template implements Page.
func (SetPassword) Template() string { return "set-password" }

// SignUp asks for what a new account needs: form#sign-up with the fields that are listed, password, again, and terms.
type SignUp struct {
	Base
	Action string
	Link   string
	// Address is the proved one.
	Address string
	Fields  []SignUpField
	// Attributes are what the operator defines and asks for.
	Attributes []AttributeField
	MinLength  int
	// NoPassword leaves the fields password and again out.
	NoPassword bool
	// Terms is a link to what the person agrees to; it may be empty.
	Terms   string
	Problem Text
}

// SignUpField is something that the operator wants to know.
type SignUpField struct {
	Name, Value string
	// Autocomplete is the name of HTML §4.10.18.7 for it.
	Autocomplete string
}

// Label is the field's name for people.
func (f SignUpField) Label() Text { return Msg("mailed.field." + f.Name) }

// Template implements Page.
func (SignUp) Template() string { return "sign-up" }

// ReadLink returns Terms as a link, or nothing if it is neither a local path nor https.
func (p SignUp) ReadLink() string { return p.linked(p.Terms) }

// ConfirmAddress asks for one more click: programs that look at mails follow links, and must not confirm anything.
type ConfirmAddress struct {
	Base
	Action string
	Link   string
	// Address is what would be confirmed, Person whose it would be.
	Address string
	Person  *Account
}

// Template implements Page.
func (ConfirmAddress) Template() string { return "confirm-address" }

// MailOutcome is what came of a mailed link.
type MailOutcome string

// The outcomes. One of them stands for every link that cannot be used.
const (
	MailDead      MailOutcome = "dead"
	MailRecovered MailOutcome = "recovered"
	MailSignedUp  MailOutcome = "signed-up"
	MailConfirmed MailOutcome = "confirmed"
	MailLimited   MailOutcome = "closed"
	MailRestored  MailOutcome = "restored"
	MailElsewhere MailOutcome = "elsewhere" // the link is for the browser that asked for it
)

// MailOutcomes lists all.
var MailOutcomes = []MailOutcome{MailDead, MailRecovered, MailSignedUp, MailConfirmed, MailLimited, MailRestored, MailElsewhere}

// MailDone says what came of a mailed link.
type MailDone struct {
	Base
	Outcome MailOutcome
	// SignIn is the local path of the sign-in page.
	SignIn string
}

// Template implements Page.
func (MailDone) Template() string { return "mail-done" }

// Title is the page's heading.
func (p MailDone) Title() Text { return Msg("mailed.done." + string(p.Outcome) + ".title") }

// Words say it at length.
func (p MailDone) Words() Text { return Msg("mailed.done." + string(p.Outcome) + ".words") }

// Good tells whether it came to what the person wanted.
func (p MailDone) Good() bool {
	return p.Outcome != MailDead && p.Outcome != MailLimited && p.Outcome != MailElsewhere
}

// NewEmail asks for the address that a person has, to confirm it, or for another: form#email-form with the field email.
type NewEmail struct {
	Self
	Action string
	// Cancel is the local path of the page to go back to.
	Cancel  string
	Address string
	Problem Text
}

// Template implements Page.
func (NewEmail) Template() string { return "account-email" }
