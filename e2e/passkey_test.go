package e2e_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// A person makes a passkey and signs in with it: by the button, by what the browser offers beside the name's field, and beside the
// password.
func TestBrowser_Passkey(t *testing.T) {
	b, provider := person(t, launch(t)), e2e.Development(t)
	device := b.device()
	byPassword(b, provider, "#person")
	b.open(provider.Issuer+"/account/passkey", "#new-passkey")
	b.look("passkey-new")
	b.fill("#name", "Phone")
	b.click("#make-passkey", "#passkeys-section .passkey")
	b.look("passkey-made")
	if got := b.text(".passkey h3"); got != "Phone" {
		t.Fatalf("the passkey is called %q", got)
	}
	// By the button. What the browser offers by itself would come before it, so nobody is there at first.
	b.present(device, false)
	signOut(b, provider)
	b.open(provider.Issuer+"/login", "#use-passkey")
	b.look("passkey-login")
	b.do(chromedp.Click(chromedp.CSS("#use-passkey")))
	b.present(device, true)
	b.do(chromedp.WaitVisible(chromedp.CSS("#person")))
	// By itself.
	signOut(b, provider)
	b.open(provider.Issuer+"/login", "#person")
	// Beside the password.
	b.present(device, false)
	signOut(b, provider)
	byPassword(b, provider, "#passkey-form")
	b.look("passkey-second")
	b.do(chromedp.Click(chromedp.CSS("#use-passkey")))
	b.present(device, true)
	b.do(chromedp.WaitVisible(chromedp.CSS("#person")))
	b.wantQuiet("passkey")
}

// byPassword signs ada in with her password, and waits for an element of what comes next.
func byPassword(b *tab, provider *e2e.Provider, until string) {
	b.t.Helper()
	b.open(provider.Issuer+"/login", "form#login")
	b.fill("#identifier", "ada")
	b.fill("#password", provider.Password)
	b.click("#sign-in", until)
}

func signOut(b *tab, provider *e2e.Provider) {
	b.t.Helper()
	b.open(provider.Issuer+"/", "#sign-out-button")
	b.click("#sign-out-button", "main")
}

// device gives the tab a device that keeps passkeys and verifies its owner.
func (b *tab) device() webauthn.AuthenticatorID {
	b.t.Helper()
	var id webauthn.AuthenticatorID
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		if _, err := cdp.Call(ctx, to, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		added, err := cdp.Call(ctx, to, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		id = added.AuthenticatorID
		return err
	}))
	return id
}

// present says whether somebody touches the device when it asks.
func (b *tab) present(device webauthn.AuthenticatorID, there bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: device, Enabled: there})
		return err
	}))
}

// A person sets an authenticator app up and signs in with a code of it.
func TestBrowser_SecondFactor(t *testing.T) {
	b, provider := person(t, launch(t)), e2e.Development(t)
	byPassword(b, provider, "#person")
	b.open(provider.Issuer+"/account/security/app", "#set-up")
	b.look("app-set-up")
	secret := get[string](b, "document.getElementById('secret').textContent")
	b.fill("#code", codeAt(t, secret, 0))
	b.click("#confirm", "#app")
	b.click("#make-codes", "#codes")
	b.look("app-codes")
	codes := strings.Fields(b.text("#codes"))
	signOut(b, provider)
	byPassword(b, provider, "#code-form")
	b.look("app-code")
	b.fill("#code", codeAt(t, secret, 1))
	b.click("#continue", "#person")
	signOut(b, provider)
	byPassword(b, provider, "#code-form")
	b.do(chromedp.Click(chromedp.CSS("#other-way summary")), chromedp.WaitVisible(chromedp.CSS("#recovery")))
	b.fill("#recovery", codes[0])
	b.click("#use-recovery", "#person")
}

// codeAt is what the app shows, so many steps from now (RFC 6238).
func codeAt(t *testing.T, secret string, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30+steps)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// capable makes of the tab a browser that can make passkeys without a question, and that listens to what it is told of them: Chromium
// without a password manager is neither. What it makes comes from the tab's device.
const capable = `{
  PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
  const create = navigator.credentials.create.bind(navigator.credentials);
  navigator.credentials.create = ({ mediation, ...rest }) => { sessionStorage.mediation = mediation; return create(rest); };
  for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
    PublicKeyCredential[name] = async (about) => { sessionStorage[name] = JSON.stringify(about); };
  }
}`

// After a password the browser makes a passkey on the way, which signs in by itself the next time; and it is told when it is gone.
func TestBrowser_SilentPasskey(t *testing.T) {
	b, provider := person(t, launch(t)), e2e.Development(t)
	device := b.device()
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: capable})
		return err
	}))
	byPassword(b, provider, "#person")
	if got := get[string](b, "sessionStorage.mediation || ''"); got != "conditional" {
		t.Fatalf("made with mediation %q", got)
	}
	b.open(provider.Issuer+"/account/security", "#passkeys-section .passkey")
	b.look("passkey-silent")
	id := get[string](b, "document.querySelector('.passkey').dataset.id")
	if told := get[string](b, "sessionStorage.signalAllAcceptedCredentials + sessionStorage.signalCurrentUserDetails"); !strings.Contains(told, id) || !strings.Contains(told, `"displayName":"Ada Lovelace"`) {
		t.Errorf("told %s", told)
	}
	signOut(b, provider)
	b.open(provider.Issuer+"/login", "#person") // by itself
	// It is taken away, and the browser still has it.
	b.open(provider.Issuer+"/account/security", "#passkeys-section .passkey")
	b.click("#remove-"+id, "#notice")
	if told := get[string](b, "sessionStorage.signalAllAcceptedCredentials"); strings.Contains(told, id) {
		t.Errorf("told %s", told)
	}
	b.present(device, false)
	signOut(b, provider)
	b.open(provider.Issuer+"/login", "#use-passkey")
	b.do(chromedp.Click(chromedp.CSS("#use-passkey")))
	b.present(device, true)
	b.do(chromedp.WaitVisible(chromedp.CSS("#problem")))
	if told := get[string](b, "sessionStorage.signalUnknownCredential || ''"); !strings.Contains(told, id) {
		t.Errorf("told %s of what is nobody's", told)
	}
	b.wantQuiet("silent passkey")
}
