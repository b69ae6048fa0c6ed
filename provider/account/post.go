package account

import (
	"context"
	"maps"

	"signet/storage"
)

// Post takes letters to people. Without one, what needs mail is not offered.
type Post interface {
	// Append appends to a batch that a letter is to be sent: if what it is about happens, it will be sent. It returns what
	// storage does.
	Append(b *storage.Batch, l Letter) error
	// Withdraw takes back at once what waits for an address, but letters of one kind: its owner is deleted.
	Withdraw(ctx context.Context, to, but string) error
}

// Letter is a mail before it has words.
type Letter struct {
	// To is the address, Name how its owner is called, if that is known to be their own word.
	To   string `json:"to"`
	Name string `json:"name,omitempty"`
	// Language is the BCP 47 tag of the language that its reader prefers; empty for the server's.
	Language string `json:"language,omitempty"`
	// Kind is one of the Letter constants: it chooses the words.
	Kind string `json:"kind"`
	// Facts fill the words.
	Facts map[string]string `json:"facts,omitempty"`
}

// Kinds of letters. Those that bring a link have it as a path below the issuer in the fact "path", those that bring a code in
// "code"; "minutes" or "days" says how long either works. Notices of changes have when in "time" (RFC 3339), and if it is known the
// address from which it was done in "address".
const (
	// LetterNone is sent to nobody: it is written where no letter is due, so that it takes as long as one.
	LetterNone = "none"
	// LetterTest is a test of the operator's.
	LetterTest = "test"
	// LetterVerify asks the owner of an address whether it is theirs.
	LetterVerify = "verify"
	// LetterRecover leads to a new password.
	LetterRecover = "recover"
	// LetterCode brings a code to sign in with.
	LetterCode = "code"
	// LetterSignUp finishes a sign-up, LetterInvite begins one, LetterKnown says that there is an account already.
	LetterSignUp = "sign-up"
	LetterInvite = "invite"
	LetterKnown  = "known"

	// LetterPassword says that the password is another, LetterRecovered that it was set by mail.
	LetterPassword  = "password-changed"
	LetterRecovered = "recovered"
	// LetterEmail says to the former address that there is another now ("email").
	LetterEmail = "email-changed"
	// LetterFactorAdded and LetterFactorRemoved say that a way to prove who one is ("factor": totp, passkey, recovery) is new
	// or gone; LetterRecoveryCode that a recovery code was used.
	LetterFactorAdded   = "factor-added"
	LetterFactorRemoved = "factor-removed"
	LetterRecoveryCode  = "recovery-code-used"
	// LetterFactorTries says that somebody who knows the first factor has typed too many wrong codes for the second.
	LetterFactorTries = "factor-tries"

	// LetterLeaving says that the account is to be deleted on a day ("until"), and brings a link that keeps it; LetterRemoval says it
	// without, for what the operator decided; LetterGone that it is deleted, LetterRestored that it stays, LetterExpiring that its
	// time passes with a day ("until").
	LetterLeaving  = "leaving"
	LetterRemoval  = "removal"
	LetterGone     = "gone"
	LetterRestored = "restored"
	LetterExpiring = "expiring"
)

// Notify appends a notice of a sensitive change to a batch, to the person's proved address. Without one, or without mail, it
// appends nothing.
func (a *Accounts) Notify(b *storage.Batch, p *Person, kind string, facts map[string]string) error {
	if p.Email == "" || !p.EmailVerified {
		return nil
	}
	return a.notifyAt(b, p, p.Email, kind, facts)
}

// notifyAt is Notify to a certain address.
func (a *Accounts) notifyAt(b *storage.Batch, p *Person, to, kind string, facts map[string]string) error {
	if a.post == nil {
		return nil
	}
	said := maps.Clone(facts)
	if said == nil {
		said = map[string]string{}
	}
	said["time"] = a.db.Now().UTC().Format("2006-01-02T15:04:05Z07:00")
	return a.post.Append(b, Letter{To: to, Name: p.Name, Language: p.Locale, Kind: kind, Facts: said})
}

// HasPost tells whether people can be written to.
func (a *Accounts) HasPost() bool { return a.post != nil }
