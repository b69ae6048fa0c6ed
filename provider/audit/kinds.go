package audit

import "slices"

// Severity says how much an operator should care.
type Severity string

// What went as it should is Info; Notice is what somebody may want to know of; Warning is what should not happen.
const (
	Info    Severity = "info"
	Notice  Severity = "notice"
	Warning Severity = "warning"
)

// Kind is a row of the table of what can be recorded.
type Kind struct {
	// Name never changes: it is in every record.
	Name string
	// What says it in English, for operators. People read the message "audit." and the name.
	What     string
	Severity Severity
	// Own says that the person whom it is about sees it in their account.
	Own bool
}

// kinds is the table.
var kinds = []Kind{
	{"sign-in", "a person signed in", Info, true},
	{"sign-in.failed", "sign-ins were refused", Notice, true},
	{"sign-in.throttled", "sign-ins were held back, after too many had failed", Warning, true},
	{"sign-in.mailed", "a mail to sign in with was asked for", Info, true},
	{"sign-out", "a person signed out", Info, true},
	{"session.ended", "a session was ended", Notice, true},
	{"sessions.ended", "all sessions and grants of a person were ended", Notice, true},

	{"consent.given", "a person allowed a client something", Info, true},
	{"consent.withdrawn", "a person allows a client nothing any more", Info, true},
	{"code.replayed", "a code was used twice; what it had become was revoked", Warning, true},
	{"refresh.reused", "a refresh token was used twice; its grant was revoked", Warning, true},
	{"token.revoked", "a client revoked a token", Info, true},
	{"device.approved", "a person let a device in", Notice, true},
	{"device.denied", "a person turned a device away", Notice, true},

	{"person.added", "a person was added", Info, true},
	{"person.changed", "what is known of a person was changed", Info, true},
	{"person.disabled", "a person was disabled", Notice, true},
	{"person.enabled", "a person was enabled again", Notice, true},
	{"person.locked", "a person was locked", Notice, true},
	{"person.unlocked", "a person was unlocked", Notice, true},
	{"person.expired", "an account's time has passed", Notice, true},
	{"person.leaving", "an account is to be deleted", Warning, true},
	{"person.restored", "an account is not to be deleted after all", Notice, true},
	{"person.merged", "two accounts of one person became one", Notice, true},
	{"person.removed", "a person was removed", Notice, false},
	{"terms.agreed", "a person agreed to the terms", Info, true},
	{"password.set", "a password was set", Notice, true},
	{"email.changed", "an e-mail address was changed", Notice, true},
	{"email.verified", "an e-mail address was proved", Info, true},
	{"factor.added", "a way to prove who one is was added", Notice, true},
	{"factor.removed", "a way to prove who one is was removed", Notice, true},
	{"factor.failed", "proofs beside the password were refused", Notice, true},
	{"factor.cloned", "a passkey counts backwards: there may be a copy of it", Warning, true},
	{"connection.added", "an account with another provider was connected", Notice, true},
	{"connection.removed", "an account with another provider was disconnected", Notice, true},
	{"recovery.asked", "a way back into an account was asked for", Notice, true},
	{"recovery.used", "somebody came back into an account by mail", Notice, true},
	{"recovery.code", "a recovery code was used", Notice, true},
	{"person.exported", "a person took a copy of their data", Notice, true},

	{"group.added", "a group was added", Info, false},
	{"group.changed", "a group was changed", Info, false},
	{"group.removed", "a group was removed", Notice, false},

	{"client.added", "a client was added", Info, false},
	{"client.registered", "a client registered itself", Info, false},
	{"client.changed", "a client was changed", Info, false},
	{"client.removed", "a client was removed", Notice, false},
	{"client.secret", "a client got another secret", Notice, false},
	{"token.initial", "a token to register clients with was made", Notice, false},
	{"token.initial.revoked", "a token to register clients with was revoked", Notice, false},

	{"keys.changed", "the keys of an algorithm changed", Notice, false},
	{"mail.dropped", "letters that waited too long behind too many were dropped", Warning, false},
	{"logout.dropped", "clients that could not be reached will not be told of sign-outs", Warning, false},
	{"data.imported", "people were imported", Notice, false},
}

// Kinds returns the table of what can be recorded.
func Kinds() []Kind { return slices.Clone(kinds) }

// KindOf returns the row of a name.
func KindOf(name string) (Kind, bool) {
	k, ok := byName[name]
	return k, ok
}

var byName = func() map[string]Kind {
	m := make(map[string]Kind, len(kinds))
	for _, k := range kinds {
		m[k.Name] = k
	}
	return m
}()
