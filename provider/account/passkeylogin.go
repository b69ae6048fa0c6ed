package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"signet/storage"
)

// ErrCloned is a cause of ErrRefused: a passkey has counted backwards, so there may be a copy of it. It works again when it counts on.
var ErrCloned = errors.New("account: passkey counts backwards")

// PasskeyProof is what a passkey has proved.
type PasskeyProof struct {
	Person *Person
	// Verified tells that the device has verified its owner, which makes two factors of one.
	Verified bool
	// Methods are those of RFC 8176 §2.
	Methods []string
}

// AskPasskey begins to ask for a passkey: of the person, or of whoever comes if p is nil; then the device must verify its owner. See
// OfferPasskey for options and challenge.
func (a *Accounts) AskPasskey(ctx context.Context, p *Person) (options, challenge []byte, err error) {
	var assertion *protocol.CredentialAssertion
	var session *webauthn.SessionData
	if p == nil {
		assertion, session, err = a.webauthn.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	} else {
		u, userErr := a.passkeyUser(ctx, p)
		if userErr != nil {
			return nil, nil, userErr
		}
		assertion, session, err = a.webauthn.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationPreferred))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("account: passkey: %w", err)
	}
	return pairJSON(assertion.Response, session)
}

// UsePasskey appends to a batch that a passkey was used, if the answer is good for the challenge, and returns what is proved by it. p is
// whom AskPasskey was called for. Everything else is ErrRefused with its cause; of ErrCloned it returns the person. The batch fails with storage.ErrConflict if the
// person's factors have changed meanwhile.
func (a *Accounts) UsePasskey(ctx context.Context, b *storage.Batch, p *Person, challenge, answer []byte) (PasskeyProof, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return PasskeyProof{}, refused(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return PasskeyProof{}, refused(err)
	}
	u, err := a.passkeyHolder(ctx, p, parsed.RawID)
	if err != nil {
		return PasskeyProof{}, err
	}
	if held := a.heldBy(u, parsed.RawID); held != nil {
		// The device calls its owner by the account that it was made for. Who was asked is bound to the challenge beside.
		u.handle = held
		if p != nil {
			session.UserID = held
		}
	}
	var used *webauthn.Credential
	if p == nil {
		find := func(_, _ []byte) (webauthn.User, error) { return u, nil }
		used, err = a.webauthn.ValidateDiscoverableLogin(find, session, parsed)
	} else {
		used, err = a.webauthn.ValidateLogin(u, session, parsed)
	}
	switch {
	case err != nil:
		return PasskeyProof{}, refused(err)
	case u.person.Barred(a.db.Now()) != nil:
		return PasskeyProof{}, keptOut(u.person, a.db.Now())
	case used.Authenticator.CloneWarning:
		return PasskeyProof{Person: u.person}, refused(ErrCloned)
	}
	return a.passkeyUsed(b, u, used, parsed.Response.AuthenticatorData.Flags.HasUserVerified())
}

// heldBy is the handle that the device of a passkey knows, if it is another than its owner's.
func (a *Accounts) heldBy(u *passkeyUser, id []byte) []byte {
	for _, k := range u.factors.Passkeys {
		if k.Holder != "" && bytes.Equal(k.ID, id) {
			return a.passkeyHandle(k.Holder)
		}
	}
	return nil
}

// passkeyHolder finds the person whose passkey it is: the one who was asked, or who it belongs to.
func (a *Accounts) passkeyHolder(ctx context.Context, p *Person, id []byte) (*passkeyUser, error) {
	if p != nil {
		return a.passkeyUser(ctx, p)
	}
	row, err := a.passkeys.Get(ctx, a.passkeyKey(id).ID, 0)
	if isNotFound(err) {
		return nil, refused(ErrNoFactor)
	}
	if err != nil {
		return nil, err
	}
	p, err = a.people.get(ctx, row.Value.Subject)
	if errors.Is(err, ErrUnknownPerson) {
		return nil, refused(ErrUnknownPerson)
	}
	if err != nil {
		return nil, err
	}
	return a.passkeyUser(ctx, p)
}

func (a *Accounts) passkeyUsed(b *storage.Batch, u *passkeyUser, used *webauthn.Credential, verified bool) (PasskeyProof, error) {
	f := u.factors
	at := slices.IndexFunc(f.Passkeys, func(k Passkey) bool { return bytes.Equal(k.ID, used.ID) })
	if at < 0 {
		return PasskeyProof{}, refused(ErrNoFactor)
	}
	f.Passkeys = slices.Clone(f.Passkeys)
	f.Passkeys[at].Counter, f.Passkeys[at].Used = used.Authenticator.SignCount, a.unix()
	out := PasskeyProof{Person: u.person, Verified: verified, Methods: []string{"hwk"}}
	if f.Passkeys[at].Synced {
		out.Methods = []string{"swk"}
	}
	if verified {
		out.Methods = append(out.Methods, "user")
	}
	return out, a.keepFactors(b, f)
}
