package account

import (
	"cmp"
	"context"
	"errors"

	"signet/provider/audit"
	"signet/storage"
)

// AskRecovery appends to a batch that whoever a username or an e-mail address belongs to gets a link to a new password, at their
// proved address. If it belongs to nobody, or to somebody who cannot have one, it appends as much that means nothing: what is
// written, and how long it takes, tells nobody who exists. language is the BCP 47 tag of who asks; a person who has said one of their
// own is written to in that.
func (a *Accounts) AskRecovery(ctx context.Context, b *storage.Batch, identifier, language string) error {
	p, err := a.resolve(ctx, identifier)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return err
	}
	link := sealedLink{Purpose: forRecovery, Email: cut(identifier, maxEmail)}
	letter := Letter{To: "nobody@invalid.example", Language: language, Kind: LetterNone}
	if p != nil && a.recoverable(p) {
		link.Subject, link.Epoch, link.Email = p.Subject, p.Epoch, p.Email
		letter = Letter{To: p.Email, Name: p.Name, Language: cmp.Or(p.Locale, language), Kind: LetterRecover}
	}
	sealed, err := a.links.make(b, link, recoveryLife)
	if err != nil {
		return err
	}
	// Of nobody it is recorded, too: the batch says nothing by its size.
	if err := a.trail.Record(ctx, b, audit.Event{Kind: "recovery.asked", Subject: link.Subject}); err != nil {
		return err
	}
	letter.Facts = map[string]string{"path": linkPath("/recover/password", sealed), "minutes": minutesOf(recoveryLife)}
	return a.post.Append(b, letter)
}

// recoverable tells whether a person may set a new password by mail.
func (a *Accounts) recoverable(p *Person) bool {
	return p.Email != "" && p.EmailVerified && !p.Declared && p.Barred(a.db.Now()) == nil
}

// RecoveryPerson returns whose new password a link is for, or ErrLink. The person is shared: do not write to it.
func (a *Accounts) RecoveryPerson(ctx context.Context, link string) (*Person, error) {
	_, p, err := a.recovery(ctx, link)
	return p, err
}

// recovery reads a link. Another password or address since, or that the person is kept out, has made it worthless.
func (a *Accounts) recovery(ctx context.Context, link string) (*sealedLink, *Person, error) {
	s, p, err := a.ofLink(ctx, link, forRecovery)
	if err != nil {
		return nil, nil, err
	}
	if !a.recoverable(p) || p.Email != s.Email {
		return nil, nil, ErrLink
	}
	return s, p, nil
}

// Recover appends to a batch that a link is used and that its person has a new password, which ends everything that was issued to
// them and takes their connections with other providers away, and a notice of it. facts are those of the notice. It signs nobody in: further factors are asked for as ever. It returns
// ErrLink, a PasswordError or ErrBusy; the batch fails with storage.ErrConflict if the link was used meanwhile.
func (a *Accounts) Recover(ctx context.Context, b *storage.Batch, link, password string, facts map[string]string) (*Person, error) {
	s, p, err := a.recovery(ctx, link)
	if err != nil {
		return nil, err
	}
	after, err := a.ChangePassword(ctx, b, p.Subject, password)
	if err != nil {
		return nil, err
	}
	a.links.spend(b, s)
	// Somebody who had the account for a while may have connected theirs with it: what is not proved anew is gone.
	if err := a.freeConnections(ctx, b, p.Subject); err != nil {
		return nil, err
	}
	if err := a.trail.Record(ctx, b, audit.Event{Kind: "recovery.used", Subject: p.Subject, Actor: p.Subject}); err != nil {
		return nil, err
	}
	return after, a.Notify(b, after, LetterRecovered, facts)
}
