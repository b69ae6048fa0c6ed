package account

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"signet/storage"
)

// passkeyKind says whose a passkey is; its id is the keyed hash of the credential's. It makes credentials unique, and finds the person
// who comes with nothing else.
var passkeyKind = &storage.Kind{Name: "person.passkey"}

type passkeyOwner struct {
	Subject string `json:"sub"`
}

// Passkey is a credential of Web Authentication that one person holds.
type Passkey struct {
	// ID is the credential's, Key its public key in COSE form.
	ID  []byte `json:"id"`
	Key []byte `json:"key"`
	// Name is its owner's word for it.
	Name string `json:"name"`
	// Counter is the newest that it has signed, 0 for one that does not count.
	Counter uint32 `json:"counter,omitempty"`
	// Synced tells that copies of it may be on several devices (backup eligible); that never changes.
	Synced bool `json:"synced,omitempty"`
	// Transports are how browsers reach it.
	Transports []protocol.AuthenticatorTransport `json:"transports,omitempty"`
	// Silent says that it was made beside a password without a question. Its owner may not know of it, and is not asked for it as a
	// second factor: it may be on one of their devices alone.
	Silent bool `json:"silent,omitempty"`
	// Created and Used are in Unix seconds; Used is 0 for never.
	Created int64 `json:"created"`
	Used    int64 `json:"used,omitempty"`
	// Holder is the subject that the device knows, if it is another than the owner's: of an account that became a part of theirs.
	Holder string `json:"holder,omitempty"`
}

const (
	maxPasskeys     = 20
	maxPasskeyName  = 64
	maxCredentialID = 1023 // Web Authentication §7.1 step 25
)

// RelyingParty is what passkeys are bound to. The zero value is a provider without passkeys.
type RelyingParty struct {
	// ID is the host, Origin the scheme, host and port that alone may use them; Name is what people see.
	ID, Origin, Name string
}

func newWebAuthn(rp RelyingParty) (*webauthn.WebAuthn, error) {
	if rp.ID == "" {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: rp.ID, RPDisplayName: rp.Name, RPOrigins: []string{rp.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("account: passkeys: %w", err)
	}
	return w, nil
}

// HasPasskeys tells whether people can have passkeys.
func (a *Accounts) HasPasskeys() bool { return a.webauthn != nil }

// passkeyUser is a person as the library sees them.
type passkeyUser struct {
	person  *Person
	handle  []byte
	factors *Factors
}

// WebAuthnID implements webauthn.User.
func (u *passkeyUser) WebAuthnID() []byte { return u.handle }

// WebAuthnName implements webauthn.User.
func (u *passkeyUser) WebAuthnName() string {
	if u.person.Username != "" {
		return u.person.Username
	}
	return u.person.Email
}

// WebAuthnDisplayName implements webauthn.User.
func (u *passkeyUser) WebAuthnDisplayName() string {
	if u.person.Name != "" {
		return u.person.Name
	}
	return u.WebAuthnName()
}

// WebAuthnCredentials implements webauthn.User.
func (u *passkeyUser) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(u.factors.Passkeys))
	for i, k := range u.factors.Passkeys {
		list[i] = webauthn.Credential{
			ID: k.ID, PublicKey: k.Key, Transport: k.Transports, Flags: webauthn.CredentialFlags{BackupEligible: k.Synced},
			Authenticator: webauthn.Authenticator{SignCount: k.Counter},
		}
	}
	return list
}

func (a *Accounts) passkeyUser(ctx context.Context, p *Person) (*passkeyUser, error) {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	return &passkeyUser{person: p, handle: a.passkeyHandle(p.Subject), factors: f}, nil
}

// passkeyHandle is how authenticators know a person: 64 bytes that say nothing of them (Web Authentication §14.6.1).
func (a *Accounts) passkeyHandle(subject string) []byte {
	return append(a.db.Hash("account.passkey.handle.1", []byte(subject)), a.db.Hash("account.passkey.handle.2", []byte(subject))...)[:64]
}

// passkeyAlgs are what passkeys may sign with.
var passkeyAlgs = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// OfferPasskey begins to make a passkey: options are for navigator.credentials.create, in JSON; challenge has to come back with the
// answer, by a way on which nobody changes it.
func (a *Accounts) OfferPasskey(ctx context.Context, p *Person) (options, challenge []byte, err error) {
	u, err := a.passkeyUser(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	known := webauthn.Credentials(u.WebAuthnCredentials()).CredentialDescriptors()
	creation, session, err := a.webauthn.BeginRegistration(u, webauthn.WithExclusions(known), webauthn.WithCredentialParameters(passkeyAlgs))
	if err != nil {
		return nil, nil, fmt.Errorf("account: passkey: %w", err)
	}
	return pairJSON(creation.Response, session)
}

func pairJSON(options, session any) (first, second []byte, err error) {
	first, err = json.Marshal(options)
	second, err2 := json.Marshal(session)
	return first, second, errors.Join(err, err2)
}

// AddPasskey appends to a batch that a passkey is the person's, if the answer is good for the challenge. Otherwise it is ErrRefused, or
// ErrFactors if they have too many. A passkey that somebody has already fails the batch with storage.ErrConflict.
func (a *Accounts) AddPasskey(ctx context.Context, b *storage.Batch, p *Person, challenge, answer []byte, name string, where map[string]string) error {
	u, err := a.passkeyUser(ctx, p)
	if err != nil {
		return err
	}
	if len(u.factors.Passkeys) >= maxPasskeys {
		return ErrFactors
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return refused(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return refused(err)
	}
	made, err := a.webauthn.CreateCredential(u, session, parsed)
	if err != nil {
		return refused(err)
	}
	return a.keepPasskey(ctx, b, u, made, Passkey{Name: passkeyName(name), Silent: session.Mediation == protocol.MediationConditional}, where)
}

// keepPasskey appends what was made. Whoever makes one knowingly is verified by the device; one that is made silently needs nobody to be
// there (Web Authentication §7.1 step 15), and its use needs it all the more.
func (a *Accounts) keepPasskey(ctx context.Context, b *storage.Batch, u *passkeyUser, made *webauthn.Credential, kept Passkey, where map[string]string) error {
	if len(made.ID) == 0 || len(made.ID) > maxCredentialID || !made.Flags.UserVerified && !kept.Silent {
		return refused(ErrWrongCode)
	}
	key := a.passkeyKey(made.ID)
	if _, err := a.passkeys.Get(ctx, key.ID, 0); !isNotFound(err) {
		return errors.Join(refused(ErrFactors), err)
	}
	if err := a.passkeys.Create(b, key, &passkeyOwner{Subject: u.person.Subject}); err != nil {
		return err
	}
	f := u.factors
	kept.ID, kept.Key, kept.Counter, kept.Synced = made.ID, made.PublicKey, made.Authenticator.SignCount, made.Flags.BackupEligible
	kept.Transports, kept.Created = made.Transport, a.unix()
	f.Passkeys = append(slices.Clone(f.Passkeys), kept)
	a.asRead(b, u.person)
	if err := a.factorNews(ctx, b, u.person, LetterFactorAdded, with(with(where, "factor", FactorPasskey), "label", kept.Name)); err != nil {
		return err
	}
	return a.keepFactors(b, f)
}

// passkeyName makes a name fit to be shown.
func passkeyName(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(name); len(runes) > maxPasskeyName {
		name = string(runes[:maxPasskeyName])
	}
	return name
}

func (a *Accounts) passkeyKey(id []byte) storage.Key {
	return a.passkeys.Key(string(a.db.Hash("account.passkey", id)), 0)
}

var passkeyIDs = base64.RawURLEncoding.Strict()

// find returns the place of a passkey by its ID in base64url.
func (f *Factors) find(id string) int {
	raw, err := passkeyIDs.DecodeString(id)
	if err != nil {
		return -1
	}
	return slices.IndexFunc(f.Passkeys, func(k Passkey) bool { return bytes.Equal(k.ID, raw) })
}

// RenamePasskey appends another name of a passkey to a batch. One that is not theirs is ErrNoFactor.
func (a *Accounts) RenamePasskey(ctx context.Context, b *storage.Batch, p *Person, id, name string) error {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return err
	}
	at := f.find(id)
	if at < 0 {
		return ErrNoFactor
	}
	f.Passkeys = slices.Clone(f.Passkeys)
	f.Passkeys[at].Name = passkeyName(name)
	return a.keepFactors(b, f)
}

// Keep says what a person must not be without: a second factor, because the policy demands one, or a passkey, because passwords are off.
// Mail tells that they get in by mail as well.
type Keep struct{ Second, Passkey, Mail bool }

// RemovePasskey appends to a batch that a passkey is the person's no more. The last way in, and the last second factor where one is
// demanded, is ErrLastFactor.
func (a *Accounts) RemovePasskey(ctx context.Context, b *storage.Batch, p *Person, id string, must Keep, where map[string]string) error {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return err
	}
	at := f.find(id)
	if at < 0 {
		return ErrNoFactor
	}
	gone := f.Passkeys[at]
	f.NoUpgrade = f.NoUpgrade || gone.Silent
	f.Passkeys = slices.Delete(slices.Clone(f.Passkeys), at, at+1)
	if must.Second && !f.Second() || (must.Passkey || p.Password == "" && !must.Mail) && len(f.Passkeys) == 0 {
		return ErrLastFactor
	}
	if !f.Second() {
		f.Recovery = nil
	}
	b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: a.passkeyKey(gone.ID)}, Delete: true})
	a.asRead(b, p)
	if err := a.factorNews(ctx, b, p, LetterFactorRemoved, with(with(where, "factor", FactorPasskey), "label", gone.Name)); err != nil {
		return err
	}
	return a.keepFactors(b, f)
}
