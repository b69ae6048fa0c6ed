package account

import (
	"context"
	"crypto/subtle"
	"errors"

	"signet/storage"
)

// SignInLink is what a mailed link to sign in leads to.
type SignInLink struct {
	Person *Person
	// Request is where they were going; it may be empty.
	Request string
	// Here tells that this is the browser that asked for it. Elsewhere it signs nobody in: who is led to open a link that somebody else
	// has asked for must not let them in, nor be let into what they were going to.
	Here bool

	tries storage.Row[codeTries]
}

// SignInLink reads a mailed link to sign in. One that cannot be used is ErrLink.
func (a *Accounts) SignInLink(ctx context.Context, link string, browser []byte) (SignInLink, error) {
	s, err := a.links.unseal(link, forSignIn)
	if err != nil {
		return SignInLink{}, err
	}
	found, tries, err := a.links.alive(ctx, s)
	if err != nil {
		return SignInLink{}, orLink(err)
	}
	p, err := a.mailedPerson(ctx, s)
	if err != nil {
		return SignInLink{}, orLink(err)
	}
	here := len(browser) > 0 && subtle.ConstantTimeCompare(browser, s.Browser) == 1
	return SignInLink{Person: p, Request: found.Request, Here: here, tries: tries}, nil
}

func orLink(err error) error {
	if errors.Is(err, ErrRefused) {
		return ErrLink
	}
	return err
}

// UseSignInLink appends to a batch that a mailed link, and its code, are used. In another browser than the one that asked it is ErrLink,
// as is one that cannot be used. The batch fails with storage.ErrConflict if code or link were tried meanwhile: then begin again.
func (a *Accounts) UseSignInLink(ctx context.Context, b *storage.Batch, link string, browser []byte) (*Person, error) {
	in, err := a.SignInLink(ctx, link, browser)
	if err != nil {
		return nil, err
	}
	if !in.Here {
		return nil, ErrLink
	}
	return in.Person, a.links.move(b, in.tries, codeTries{Wrong: in.tries.Value.Wrong, Spent: true})
}
