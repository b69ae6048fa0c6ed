package templates

import "strings"

// Login asks who somebody is: form#login with identifier and password, and in development mode form#people with a button
// for each person.
type Login struct {
	Base
	// Action is the local path the forms post to.
	Action string
	// Request is the sealed request, sent back in the field "request". It may be empty.
	Request string
	// Client is the app to which the person is on the way. Without one they sign in to the provider itself.
	Client *Client
	// Redirect is where the form may end.
	Redirect Destination
	// Identifier is what was typed before, or login_hint.
	Identifier string
	// Reauthenticate asks the person who is signed in to prove it again: the identifier is shown and fixed. The button
	// "switch" (value 1) of the same form says that they are somebody else.
	Reauthenticate bool
	// Problem is why the form is shown again. Reason is why the account is locked, in the operator's words.
	Problem LoginProblem
	Reason  string
	// Recover and SignUp are local paths for who has forgotten the password, and for who has no account; they may be empty.
	Recover, SignUp string
	// Passkey is the local path where a script gets the challenge for form#passkey-form; empty without passkeys. NoPassword leaves
	// form#login out.
	Passkey    string
	NoPassword bool
	// Upgrade says that a script may tell, in the field "upgrade" of form#login, that the browser makes passkeys without a question. Unknown
	// is what the browser is told, in JSON, of a passkey that is nobody's.
	Upgrade bool
	Unknown string
	// ByMail adds the button "mail" (value 1) of form#login, which asks for a mailed code.
	ByMail bool
	// Sources are the other providers that people can sign in with: form#sources with a button "source" for each.
	Sources []Source
	// Directories judge the same name and password as form#login: a button "source" of it for each.
	Directories []Source
	// People are offered in form#people (button "person", value Account.Value). For development mode only.
	People []Account
}

// LoginProblem is why a sign-in did not succeed.
type LoginProblem string

// The problems of a sign-in. One message stands for a wrong name, a wrong password and an account that may not sign in, so
// that nobody learns which accounts exist.
const (
	LoginWrong     LoginProblem = "wrong"
	LoginThrottled LoginProblem = "throttled" // too many tries
	LoginPasskey   LoginProblem = "passkey"   // a passkey that is not known here, or was not verified
	LoginStale     LoginProblem = "stale"     // the form was too old, or from another browser
	LoginNameless  LoginProblem = "nameless"  // a mail was asked for, but not for whom

	// These are of a sign-in with another provider.
	LoginDenied    LoginProblem = "denied"     // it did not let the person in
	LoginNoAnswer  LoginProblem = "no-answer"  // it does not answer, or not rightly
	LoginNotOurs   LoginProblem = "not-ours"   // the address is in no domain that may come
	LoginNoAccount LoginProblem = "no-account" // there is no account, and none is made
	LoginNotFresh  LoginProblem = "not-fresh"  // it did not ask the person anew
	LoginTaken     LoginProblem = "taken"      // the account there belongs to another person here

	// These are shown to nobody but people who have proved that the account is theirs.
	LoginLocked  LoginProblem = "locked" // with Login.Reason
	LoginExpired LoginProblem = "expired"
	LoginLeaving LoginProblem = "leaving"
)

// AsksPassword tells whether form#login has a password.
func (p Login) AsksPassword() bool { return !p.NoPassword || len(p.Directories) > 0 }

// Template implements Page.
func (Login) Template() string { return "login" }

// Policy implements Page: signing in may lead straight to the client.
func (p Login) Policy() Policy {
	return endingAt(p.Redirect).departing(len(p.Sources) > 0).fetching(p.Passkey)
}

// Explain says what the problem is.
func (p LoginProblem) Explain() Text { return Msg("login.problem." + string(p)) }

// Explain says what the problem is, with the operator's words where there are some.
func (p Login) Explain() Text {
	if p.Problem == LoginLocked {
		return Msg("login.problem.locked", "reason", strings.TrimRight(p.Reason, "."))
	}
	return p.Problem.Explain()
}

// SelectAccount asks which account to continue with (prompt=select_account): form#select with a button "account" for each,
// and the button "other" (value 1) for a sign-in with another one.
type SelectAccount struct {
	Base
	Action   string
	Request  string
	Client   *Client
	Redirect Destination
	Accounts []Account
}

// Template implements Page.
func (SelectAccount) Template() string { return "select-account" }

// Policy implements Page.
func (p SelectAccount) Policy() Policy { return endingAt(p.Redirect) }
