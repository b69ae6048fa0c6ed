package account

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"signet/provider/audit"
	"signet/storage"
)

// triesKind counts what was typed for a mailed code, and says that it was used; its id is the code's. Its version moves on with each
// try, so that of any number of tries at once none is judged that is not counted.
var triesKind = &storage.Kind{Name: "mailed.tries", Passing: true}

// codeTries is what has come of a mailed code.
type codeTries struct {
	Wrong int  `json:"n,omitempty"`
	Spent bool `json:"s,omitempty"`
}

const (
	// CodeLife is how long a mailed code can be used.
	CodeLife = 10 * time.Minute
	// codeDigits are what people type without thinking of case, script or keyboard: one of 10^8, of which few may be tried.
	codeDigits = 8
	codeModulo = 100_000_000
	// codeWrong is how many wrong codes end the right one.
	codeWrong = 5
)

// MailedCode is a code to sign in with, before it is mailed.
type MailedCode struct {
	state  codeState
	letter Letter
}

// codeState is what the browser keeps that asked for a code: sealed, as it holds the code itself.
type codeState struct {
	sealedLink
	Code string `json:"c"`
}

// NewCode makes a code for whoever a username or an e-mail address belongs to, if they have a proved address; for everybody else it makes
// one that signs nobody in, and takes as long. browser is what tells the browser from all others that asks for it; language is the BCP 47 tag of
// its page, for people who have not said their own.
func (a *Accounts) NewCode(ctx context.Context, identifier string, browser []byte, language string) (*MailedCode, error) {
	p, err := a.resolve(ctx, identifier)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return nil, err
	}
	c := &MailedCode{letter: Letter{To: "nobody@invalid.example", Language: language, Kind: LetterNone}}
	c.state.sealedLink = sealedLink{Purpose: forSignIn, Email: a.nobodys(identifier), Browser: browser}
	if p != nil && a.mailable(p) {
		c.state.Subject, c.state.Epoch, c.state.Email = p.Subject, p.Epoch, p.Email
		c.letter = Letter{To: p.Email, Name: p.Name, Language: cmp.Or(p.Locale, language), Kind: LetterCode}
	}
	if c.state.Code, err = a.newCode(); err != nil {
		return nil, err
	}
	return c, a.links.begin(&c.state.sealedLink, CodeLife)
}

// nobodys stands for an identifier in a code that signs nobody in: one for all its spellings, as somebody's spellings are one.
func (a *Accounts) nobodys(identifier string) string {
	look, err := a.canonical(identifier)
	if err != nil {
		return ""
	}
	return hex.EncodeToString([]byte(look.key.ID))
}

// mailable tells whether a person may sign in by mail.
func (a *Accounts) mailable(p *Person) bool {
	return p.Email != "" && p.EmailVerified && p.Barred(a.db.Now()) == nil
}

// newCode draws a code, each with the same chance.
func (a *Accounts) newCode() (string, error) {
	const whole = 1 << 32 / codeModulo * codeModulo
	for {
		var raw [4]byte
		if _, err := io.ReadFull(a.rand, raw[:]); err != nil {
			return "", fmt.Errorf("account: mailed code: %w", err)
		}
		if n := binary.BigEndian.Uint32(raw[:]); n < whole {
			return fmt.Sprintf("%0*d", codeDigits, n%codeModulo), nil
		}
	}
}

// stateSize is in bytes, more than what is kept of somebody.
const stateSize = 768

// State is what the browser that asked has to bring back with the code. It holds the code: it has to be sealed. It is as long for nobody
// as for somebody.
func (c *MailedCode) State() ([]byte, error) {
	state, err := json.Marshal(&c.state)
	return append(state, bytes.Repeat([]byte(" "), max(stateSize-len(state), 0))...), err
}

// MailCode appends to a batch that a code is the newest of its owner, and a letter that brings it, with a link for the same browser.
// request is where they were going; it may be empty.
func (a *Accounts) MailCode(ctx context.Context, b *storage.Batch, c *MailedCode, request string) error {
	if err := a.links.count(b, &c.state.sealedLink, request); err != nil {
		return err
	}
	sealed, err := a.links.seal(&c.state.sealedLink)
	if err != nil {
		return err
	}
	if err := a.trail.Record(ctx, b, audit.Event{Kind: "sign-in.mailed", Subject: c.state.Subject}); err != nil {
		return err
	}
	letter, code := c.letter, c.state.Code
	letter.Facts = map[string]string{"code": code[:codeDigits/2] + " " + code[codeDigits/2:], "path": linkPath("/login/link", sealed), "minutes": minutesOf(CodeLife)}
	return a.post.Append(b, letter)
}

// CodeTry is whose code somebody is about to type.
type CodeTry struct {
	// Key counts tries, of somebody who exists as of nobody, in whatever browsers; those of codes that a newer one has replaced, or that
	// were never mailed, are counted apart, so that they delay nobody who has one that counts. Subject is empty for nobody.
	Key     AccountKey
	Subject string
}

// TryCode tells whose code is to be typed, or ErrRefused if there is none any more: it was used, has run out, or too many wrong ones were
// typed. One that a newer one has replaced is tried as any other, and is wrong: that there is a newer one would tell that two names are
// one person's.
func (a *Accounts) TryCode(ctx context.Context, state []byte) (CodeTry, error) {
	s, err := readCode(state)
	if err != nil {
		return CodeTry{}, err
	}
	kind := "mailed code"
	switch _, _, err := a.links.alive(ctx, &s.sealedLink); {
	case errors.Is(err, errReplaced):
		kind = "replaced code"
	case err != nil:
		return CodeTry{}, err
	}
	return CodeTry{Key: a.accountKey(kind, s.whose()), Subject: s.Subject}, nil
}

func readCode(state []byte) (*codeState, error) {
	s := &codeState{}
	if err := json.Unmarshal(state, s); err != nil || s.Purpose != forSignIn {
		return nil, refused(ErrWrongCode)
	}
	return s, nil
}

// UseCode appends to a batch that a mailed code is used, and returns whose it is. A wrong one is ErrRefused, and the batch then counts
// it: it has to be applied before anybody is told. The batch fails with storage.ErrConflict if the same code was tried meanwhile: then
// begin again.
func (a *Accounts) UseCode(ctx context.Context, b *storage.Batch, state []byte, typed string) (*Person, error) {
	s, err := readCode(state)
	if err != nil {
		return nil, err
	}
	_, tries, replaced := a.links.alive(ctx, &s.sealedLink)
	if replaced != nil && !errors.Is(replaced, errReplaced) {
		return nil, replaced
	}
	p, err := a.mailedPerson(ctx, &s.sealedLink)
	if err == nil {
		err = replaced
	}
	if err != nil && !errors.Is(err, ErrRefused) {
		return nil, err
	}
	right := subtle.ConstantTimeCompare([]byte(typedCode(typed)), []byte(s.Code)) == 1
	if err == nil && right {
		return p, a.links.move(b, tries, codeTries{Wrong: tries.Value.Wrong, Spent: true})
	}
	if err == nil {
		err = refused(ErrWrongCode)
	}
	if moved := a.links.move(b, tries, codeTries{Wrong: tries.Value.Wrong + 1}); moved != nil {
		return nil, moved
	}
	return nil, err
}

// mailedPerson is whose code or link it is, as they are now; another password or address since, or that they are kept out, is ErrRefused,
// and nobody is told which: the code may be a wrong one.
func (a *Accounts) mailedPerson(ctx context.Context, s *sealedLink) (*Person, error) {
	subject := s.Subject
	if subject == "" {
		subject = nobody // as many reads as for somebody
	}
	row, err := a.people.fresh(ctx, subject)
	if errors.Is(err, ErrUnknownPerson) {
		return nil, refused(ErrUnknownPerson)
	}
	if err != nil {
		return nil, err
	}
	p := ofRow(row)
	if !a.mailable(p) || p.Epoch != s.Epoch || p.Email != s.Email {
		return nil, refused(ErrSpentCode)
	}
	return p, nil
}

// errReplaced is a cause of ErrRefused: the code does not count, as a newer one does or as it was never mailed.
var errReplaced = errors.New("account: not the newest code")

// alive returns what is known of a code that can still be used, or ErrRefused; of one that was replaced, too, for it to be counted.
func (l *links) alive(ctx context.Context, s *sealedLink) (newest, storage.Row[codeTries], error) {
	none := storage.Row[codeTries]{Key: l.tries.Key(s.ID, s.Expires)}
	if s.Expires <= l.db.Now().Unix() {
		return newest{}, none, refused(ErrSpentCode)
	}
	records, err := l.db.Get(ctx, l.newest.Key(l.owner(s), 0), none.Key)
	if err != nil {
		return newest{}, none, err
	}
	first, err := l.newest.Decode(records[0])
	if err != nil && !isNotFound(err) {
		return newest{}, none, err
	}
	var replaced error
	if err != nil || first.Value.ID != s.ID {
		replaced = refused(errReplaced)
	}
	tries, err := l.tries.Decode(records[1])
	switch {
	case isNotFound(err):
		return first.Value, none, replaced
	case err == nil && (tries.Value.Spent || tries.Value.Wrong >= codeWrong):
		err = refused(ErrSpentCode)
	case err == nil:
		err = replaced
	}
	return first.Value, tries, err
}

// move appends that a code's tries are others than they were read as.
func (l *links) move(b *storage.Batch, was storage.Row[codeTries], to codeTries) error {
	if was.Version == 0 {
		return l.tries.Create(b, was.Key, &to)
	}
	return l.tries.Update(b, was, &to)
}
