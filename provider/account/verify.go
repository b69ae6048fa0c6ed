package account

import (
	"cmp"
	"context"
	"errors"

	"signet/storage"
)

// AskAddress appends to a batch that a person is asked, at an address, whether it is theirs: the one they have, or another that
// they want in its place. Nothing changes before they have confirmed it. If the address is somebody else's, its owner is told so;
// whoever asked learns nothing. language is the BCP 47 tag of who asks, for those who have not said their own. It returns an InvalidError.
func (a *Accounts) AskAddress(ctx context.Context, b *storage.Batch, p *Person, email, language string) error {
	address, _, err := CanonicalEmail(email)
	if err != nil {
		return err
	}
	owner, err := a.resolve(ctx, address)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return err
	}
	sealed, err := a.links.make(b, sealedLink{Purpose: forAddress, Subject: p.Subject, Epoch: p.Epoch, Email: address}, addressLife)
	if err != nil {
		return err
	}
	letter := Letter{To: address, Language: cmp.Or(p.Locale, language), Kind: LetterVerify, Facts: map[string]string{"path": linkPath("/verify", sealed), "minutes": minutesOf(addressLife)}}
	if owner != nil && owner.Subject != p.Subject {
		letter = Letter{To: owner.Email, Language: cmp.Or(owner.Locale, language), Kind: LetterKnown, Facts: map[string]string{"path": "/login"}}
	}
	return a.post.Append(b, letter)
}

// AddressOf returns whom a link would give an address, and the address, or ErrLink.
func (a *Accounts) AddressOf(ctx context.Context, link string) (p *Person, email string, err error) {
	s, p, err := a.address(ctx, link)
	if err != nil {
		return nil, "", err
	}
	return p, s.Email, nil
}

func (a *Accounts) address(ctx context.Context, link string) (*sealedLink, *Person, error) {
	s, p, err := a.ofLink(ctx, link, forAddress)
	if err != nil {
		return nil, nil, err
	}
	if p.Declared || p.Barred(a.db.Now()) != nil {
		return nil, nil, ErrLink
	}
	return s, p, nil
}

// ConfirmAddress appends to a batch that a link is used and that its address is its person's, and proved; the former address, if
// it was, is told. It returns ErrLink, also if the address has become somebody else's meanwhile.
func (a *Accounts) ConfirmAddress(ctx context.Context, b *storage.Batch, link string, facts map[string]string) (*Person, error) {
	s, before, err := a.address(ctx, link)
	if err != nil {
		return nil, err
	}
	after, err := a.Edit(ctx, b, s.Subject, func(p *Person) error {
		p.SetEmail(s.Email, true)
		return nil
	})
	if errors.Is(err, ErrTaken) {
		return nil, ErrLink
	}
	if err != nil {
		return nil, err
	}
	a.links.spend(b, s)
	if before.Email == after.Email || before.Email == "" || !before.EmailVerified {
		return after, nil
	}
	said := map[string]string{"email": after.Email}
	for k, v := range facts {
		said[k] = v
	}
	return after, a.notifyAt(b, before, before.Email, LetterEmail, said)
}
