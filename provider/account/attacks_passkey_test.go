package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"signet/storage"
)

var testParty = virtualwebauthn.RelyingParty{Name: "Signet", ID: "id.example.test", Origin: "https://id.example.test"}

func passkeyWorld(t testing.TB) *world {
	return newWorld(t, func(c *Config) {
		c.RelyingParty = RelyingParty{ID: testParty.ID, Origin: testParty.Origin, Name: testParty.Name}
	})
}

// testKey is a fresh key of a device. The library leaves out zeros at the beginning of coordinates, which no device does.
func testKey() virtualwebauthn.Credential {
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) < 77 {
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return key
}

// make answers an offer with a key; change may spoil the challenge that waits for the answer.
func (w *world) make(t testing.TB, p *Person, key virtualwebauthn.Credential, change func(*webauthn.SessionData)) error {
	t.Helper()
	options, challenge, err := w.OfferPasskey(t.Context(), p)
	noErr(t, err)
	asked, err := virtualwebauthn.ParseAttestationOptions(string(options))
	noErr(t, err)
	var session webauthn.SessionData
	noErr(t, json.Unmarshal(challenge, &session))
	if change != nil {
		change(&session)
	}
	challenge, err = json.Marshal(session)
	noErr(t, err)
	answer := virtualwebauthn.CreateAttestationResponse(testParty, virtualwebauthn.NewAuthenticator(), key, *asked)
	var b storage.Batch
	if err := w.AddPasskey(t.Context(), &b, p, challenge, []byte(answer), "", nil); err != nil {
		return err
	}
	return w.db.Apply(t.Context(), b)
}

// An ID that no credential may have is refused (A-I13).
func TestAttack_AI13_LongIDs(t *testing.T) {
	w := passkeyWorld(t)
	ada := w.add(t, "ada", goodPassword)
	for size, ok := range map[int]bool{1: true, 16: true, maxCredentialID: true, maxCredentialID + 1: false, 4000: false} {
		key := testKey()
		key.ID = bytes.Repeat([]byte{byte(size)}, size)
		if err := w.make(t, ada, key, nil); (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("an ID of %d bytes: %v", size, err)
		}
	}
}

// A key of an algorithm that was not asked for is refused (A-I16).
func TestAttack_AI16_OtherAlgorithms(t *testing.T) {
	w := passkeyWorld(t)
	ada := w.add(t, "ada", goodPassword)
	only := func(alg webauthncose.COSEAlgorithmIdentifier) func(*webauthn.SessionData) {
		return func(s *webauthn.SessionData) {
			s.CredParams = []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: alg}}
		}
	}
	wantErr(t, w.make(t, ada, testKey(), only(webauthncose.AlgEdDSA)), ErrRefused)
	wantErr(t, w.make(t, ada, virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA), only(webauthncose.AlgES256)), ErrRefused)
	noErr(t, w.make(t, ada, testKey(), only(webauthncose.AlgES256)))
	for _, p := range passkeyAlgs {
		if p.Algorithm != webauthncose.AlgES256 && p.Algorithm != webauthncose.AlgEdDSA && p.Algorithm != webauthncose.AlgRS256 {
			t.Errorf("algorithm %d is asked for", p.Algorithm)
		}
	}
}

// FuzzPasskeyAnswer gives whatever to what reads answers of browsers (A-I15): nothing breaks, and nobody gets in.
func FuzzPasskeyAnswer(f *testing.F) {
	w := passkeyWorld(f)
	ada := w.add(f, "ada", goodPassword)
	options, offer, err := w.OfferPasskey(f.Context(), ada)
	noErr(f, err)
	made, err := virtualwebauthn.ParseAttestationOptions(string(options))
	noErr(f, err)
	device, key := virtualwebauthn.NewAuthenticator(), testKey()
	attestation := virtualwebauthn.CreateAttestationResponse(testParty, device, key, *made)
	options, ask, err := w.AskPasskey(f.Context(), nil)
	noErr(f, err)
	asked, err := virtualwebauthn.ParseAssertionOptions(string(options))
	noErr(f, err)
	device.Options.UserHandle = w.passkeyHandle(ada.Subject)
	assertion := virtualwebauthn.CreateAssertionResponse(testParty, device, key, *asked)
	for _, seed := range []string{attestation, assertion, "{}", strings.Repeat("[", 5000), `{"id":"AA","rawId":"AA","type":"public-key","response":{"attestationObject":"oWNmbXRkbm9uZQ"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		var b storage.Batch
		if _, err := w.UsePasskey(t.Context(), &b, nil, ask, answer); !errors.Is(err, ErrRefused) {
			t.Errorf("used: %v", err)
		}
		if err := w.AddPasskey(t.Context(), &b, ada, offer, answer, "", nil); err == nil && string(answer) != attestation {
			var is, was map[string]any
			if json.Unmarshal(answer, &is) != nil || json.Unmarshal([]byte(attestation), &was) != nil || is["id"] != was["id"] {
				t.Errorf("made of %q", answer)
			}
		} else if err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("made: %v", err)
		}
		_ = w.PasskeyUnknown(answer)
	})
}
