package account

import (
	"cmp"
	"context"
	"errors"

	"signet/storage"
)

// AskSignUp appends to a batch that an address gets a link to make an account with it, or, if it has one, a letter that says so.
// Whoever asks learns nothing of which. language is the BCP 47 tag of the reader's. It returns an InvalidError.
func (a *Accounts) AskSignUp(ctx context.Context, b *storage.Batch, email, language string) error {
	letter := Letter{Language: language, Kind: LetterSignUp, Facts: map[string]string{"minutes": minutesOf(signUpLife)}}
	sealed, owner, err := a.askSignUp(ctx, b, email, sealedLink{Purpose: forSignUp}, &letter)
	if err != nil {
		return err
	}
	if owner != nil {
		letter = Letter{To: owner.Email, Language: cmp.Or(owner.Locale, language), Kind: LetterKnown, Facts: map[string]string{"path": "/login"}}
		return a.post.Append(b, letter)
	}
	letter.Facts["path"] = linkPath("/signup/finish", sealed)
	return a.post.Append(b, letter)
}

// Invite appends to a batch that an address is invited to make an account. It returns an InvalidError, or a TakenError if the
// address has one: whoever invites administers people.
func (a *Accounts) Invite(ctx context.Context, b *storage.Batch, email, language string) error {
	letter := Letter{Language: language, Kind: LetterInvite, Facts: map[string]string{"days": "7"}}
	sealed, owner, err := a.askSignUp(ctx, b, email, sealedLink{Purpose: forSignUp, Invited: true}, &letter)
	if err != nil {
		return err
	}
	if owner != nil {
		return &TakenError{Field: "email", Value: letter.To}
	}
	letter.Facts["path"] = linkPath("/signup/finish", sealed)
	return a.post.Append(b, letter)
}

// InviteNow is Invite at once.
func (a *Accounts) InviteNow(ctx context.Context, email, language string) error {
	return a.retry(ctx, func(b *storage.Batch) error { return a.Invite(ctx, b, email, language) })
}

// askSignUp makes a link for an address, whoever it belongs to.
func (a *Accounts) askSignUp(ctx context.Context, b *storage.Batch, email string, s sealedLink, letter *Letter) (sealed string, owner *Person, err error) {
	if s.Email, _, err = CanonicalEmail(email); err != nil {
		return "", nil, err
	}
	letter.To = s.Email
	if owner, err = a.resolve(ctx, s.Email); err != nil && !errors.Is(err, ErrUnknownPerson) {
		return "", nil, err
	}
	life := signUpLife
	if s.Invited {
		life = inviteLife
	}
	sealed, err = a.links.make(b, s, life)
	return sealed, owner, err
}

// SignUpAddress returns the address that a link makes an account for, and whether it is an invitation, or ErrLink.
func (a *Accounts) SignUpAddress(ctx context.Context, link string) (address string, invited bool, err error) {
	s, err := a.signUp(ctx, link)
	if err != nil {
		return "", false, err
	}
	return s.Email, s.Invited, nil
}

func (a *Accounts) signUp(ctx context.Context, link string) (*sealedLink, error) {
	s, err := a.links.open(ctx, link, forSignUp)
	if err != nil {
		return nil, err
	}
	_, err = a.resolve(ctx, s.Email)
	switch {
	case err == nil:
		return nil, ErrLink
	case !errors.Is(err, ErrUnknownPerson):
		return nil, err
	}
	return s, nil
}

// SignUp appends to a batch that a link is used and that its address is a new person's, and proved. Of p it takes username,
// profile, terms, and the attributes that people may say themselves. It returns ErrLink, a TakenError for the username, an InvalidError, a PasswordError or ErrBusy; the batch fails
// with storage.ErrConflict if the link was used, or a name taken, meanwhile.
func (a *Accounts) SignUp(ctx context.Context, b *storage.Batch, link string, p Person, password string) (*Person, error) {
	return a.signUpAs(ctx, b, link, p, password, a.policy.check)
}

// SignUpWithoutPassword is SignUp where people sign in without one.
func (a *Accounts) SignUpWithoutPassword(ctx context.Context, b *storage.Batch, link string, p Person) (*Person, error) {
	return a.signUpAs(ctx, b, link, p, "", func(string, *Person) error { return nil })
}

func (a *Accounts) signUpAs(ctx context.Context, b *storage.Batch, link string, p Person, password string, check func(string, *Person) error) (*Person, error) {
	s, err := a.signUp(ctx, link)
	if err != nil {
		return nil, err
	}
	made := Person{Username: p.Username, Profile: p.Profile, Terms: p.Terms, Attributes: a.ownAttributes(p.Attributes)}
	made.PhoneVerified = false
	made.SetEmail(s.Email, true)
	if err := check(password, &made); err != nil {
		return nil, err
	}
	// Who may not have the name is told before a hash is computed.
	var look storage.Batch
	if _, err := a.Add(ctx, &look, made, ""); err != nil {
		return nil, err
	}
	added, err := a.Add(ctx, b, made, password)
	if err != nil {
		return nil, err
	}
	a.links.spend(b, s)
	b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: a.links.newest.Key(a.links.owner(s), 0)}, Delete: true})
	return added, nil
}

// TakeInvitation tells whether an invitation waits for an address, and appends to a batch that it is used up: whoever has
// proved in another way that the address is theirs needs it no more.
func (a *Accounts) TakeInvitation(ctx context.Context, b *storage.Batch, email string) (bool, error) {
	address, _, err := CanonicalEmail(email)
	if err != nil {
		return false, nil
	}
	row, err := a.links.newest.Get(ctx, a.links.owner(&sealedLink{Purpose: forSignUp, Email: address}), 0)
	if isNotFound(err) || err == nil && !row.Value.Invited {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a.links.newest.Delete(b, row)
	return true, nil
}
