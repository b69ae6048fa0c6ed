package account

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Upgradable tells whether a passkey may be made for a person beside the password that they have just used, without a question: for who
// has none, and has not taken such a one away.
func (a *Accounts) Upgradable(ctx context.Context, p *Person) (bool, error) {
	if a.webauthn == nil || p.Password == "" {
		return false, nil
	}
	f, err := a.Factors(ctx, p.Subject)
	return err == nil && !f.NoUpgrade && !f.HasPasskey(), err
}

// OfferUpgrade is OfferPasskey for a passkey that the browser makes without a question (Web Authentication Level 3 §5.1.3, conditional
// mediation). AddPasskey takes the answer.
func (a *Accounts) OfferUpgrade(ctx context.Context, p *Person) (options, challenge []byte, err error) {
	u, err := a.passkeyUser(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	known := webauthn.Credentials(u.WebAuthnCredentials()).CredentialDescriptors()
	creation, session, err := a.webauthn.BeginMediatedRegistration(u, protocol.MediationConditional, webauthn.WithExclusions(known), webauthn.WithCredentialParameters(passkeyAlgs),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationPreferred,
		}))
	if err != nil {
		return nil, nil, fmt.Errorf("account: passkey: %w", err)
	}
	return pairJSON(creation.Response, session)
}

// PasskeysKnown is what a browser may be told of a person's passkeys, so that it offers none that is gone, and calls them right
// (Web Authentication Level 3 §5.1.10): the arguments of signalAllAcceptedCredentials and signalCurrentUserDetails in one.
type PasskeysKnown struct {
	RelyingParty string   `json:"rpId"`
	Handle       string   `json:"userId"`
	IDs          []string `json:"allAcceptedCredentialIds"`
	Name         string   `json:"name"`
	DisplayName  string   `json:"displayName"`
}

// PasskeysKnown returns it in JSON; nothing without passkeys. It is for the person alone.
func (a *Accounts) PasskeysKnown(p *Person, f *Factors) (string, error) {
	if a.webauthn == nil {
		return "", nil
	}
	u := &passkeyUser{person: p, handle: a.passkeyHandle(p.Subject), factors: f}
	known := PasskeysKnown{
		RelyingParty: a.webauthn.Config.RPID, Handle: passkeyIDs.EncodeToString(u.handle), IDs: []string{}, Name: u.WebAuthnName(), DisplayName: u.WebAuthnDisplayName(),
	}
	for _, k := range f.Passkeys {
		known.IDs = append(known.IDs, passkeyIDs.EncodeToString(k.ID))
	}
	text, err := json.Marshal(known)
	return string(text), err
}

// PasskeyUnknown is what a browser may be told of a passkey that it has brought and that is nobody's (signalUnknownCredential), in JSON;
// nothing for what is no passkey. answer is what the browser brought.
func (a *Accounts) PasskeyUnknown(answer []byte) string {
	var brought struct {
		ID string `json:"id"`
	}
	if a.webauthn == nil || json.Unmarshal(answer, &brought) != nil {
		return ""
	}
	raw, err := passkeyIDs.DecodeString(brought.ID)
	if err != nil || len(raw) == 0 || len(raw) > maxCredentialID {
		return ""
	}
	text, err := json.Marshal(map[string]string{"rpId": a.webauthn.Config.RPID, "credentialId": brought.ID})
	if err != nil {
		return ""
	}
	return string(text)
}
