package provider_test

import (
	"net/url"
	"testing"

	"signet/provider"
	"signet/storage"
)

// consentStep brings a signed-in person to the consent page of a client.
func (w *world) consentStep(b provider.Browser, p url.Values) *provider.Step {
	w.t.Helper()
	out, err := w.Authorize(w.t.Context(), p, b)
	if err != nil || out.Step == nil || out.Step.Name != provider.StepConsent {
		w.t.Fatalf("want the consent page, got %+v %v", out, err)
	}
	return out.Step
}

// A consent is for this person, this client, these scopes, and this client as it is.
func TestAttack_AK04_ConsentIsNotReusedForMore(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	w.client(provider.Client{ID: "other"})
	b, eve := w.signIn(w.ada), w.signIn(w.person("eve"))
	w.code(b, params("app", "scope", "openid email"))
	if out, err := w.Authorize(t.Context(), params("app", "scope", "email openid"), b); err != nil || out.Answer == nil {
		t.Fatalf("%+v %v", out, err)
	}
	w.consentStep(b, params("app", "scope", "openid email profile"))
	w.consentStep(b, params("other", "scope", "openid"))
	w.consentStep(eve, params("app", "scope", "openid email"))
	if err := w.RemoveClient(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	w.client(provider.Client{ID: "app"})
	w.consentStep(b, params("app", "scope", "openid email"))
	w.code(b, params("app", "scope", "openid email"))
	narrow := func(c *provider.Client) error { c.Scopes = []string{"openid", "email"}; return nil }
	if err := w.EditClient(t.Context(), "app", narrow); err != nil {
		t.Fatal(err)
	}
	w.consentStep(b, params("app", "scope", "openid email"))
}

// A proof in a request is of the person who was there; who comes after them has proved nothing.
func TestAttack_AJ02_ProofsAreOfOnePerson(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	ada, eve := w.signIn(w.ada), w.signIn(w.person("eve"))
	eve.Binding = ada.Binding
	step := w.consentStep(ada, params("app", "scope", "openid email"))
	sealed, err := w.Consent(t.Context(), step.Request, ada, true, false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.Resume(t.Context(), sealed, eve); err != nil || out.Step == nil || out.Step.Name != provider.StepConsent {
		t.Errorf("the next person inherits a consent: %+v %v", out, err)
	}
	if out, err := w.Resume(t.Context(), sealed, ada); err != nil || out.Answer == nil {
		t.Errorf("%+v %v", out, err)
	}
}

// Who says no on the page has said no, though they said yes in another window meanwhile. No is not for ever: going back to
// the page and saying yes is a yes.
func TestAttack_AJ18_NoIsNo(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	b := w.signIn(w.ada)
	step := w.consentStep(b, params("app"))
	w.code(b, params("app"))
	denied, err := w.Consent(t.Context(), step.Request, b, false, true)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(t.Context(), denied, b)
	if out.Answer != nil || told(err).Get("error") != "access_denied" {
		t.Errorf("denied, and got %+v %v", out, err)
	}
	allowed, err := w.Consent(t.Context(), denied, b, true, false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = w.Resume(t.Context(), allowed, b); err != nil || out.Answer == nil {
		t.Errorf("allowed after all: %+v %v", out, err)
	}
}

// A form that is sent twice is one consent, not a fault.
func TestConsentSentTwiceAtOnce(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	b := w.signIn(w.ada)
	step := w.consentStep(b, params("app"))
	twin := w.consentStep(b, params("app", "scope", "openid email"))
	w.tap.before = func(storage.Batch) {
		w.tap.before = nil
		if _, err := w.Consent(t.Context(), twin.Request, b, true, true); err != nil {
			t.Error("the twin:", err)
		}
	}
	sealed, err := w.Consent(t.Context(), step.Request, b, true, true)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.Resume(t.Context(), sealed, b); err != nil || out.Answer == nil {
		t.Errorf("%+v %v", out, err)
	}
	if out, err := w.Authorize(t.Context(), params("app", "scope", "openid email"), b); err != nil || out.Answer == nil {
		t.Errorf("the twin's consent is lost: %+v %v", out, err)
	}
}

// A client at an address that any program on the device could take is asked about each time.
func TestAttack_AK05_NoSilentConsentForImpersonators(t *testing.T) {
	w := newStillWorld(t, nil)
	uris := []string{"com.example.app:/cb", "http://127.0.0.1/cb", "http://localhost/cb", callback}
	w.client(provider.Client{ID: "native", AuthMethod: "none", RedirectURIs: uris})
	b := w.signIn(w.ada)
	for _, uri := range uris {
		w.code(b, params("native", "redirect_uri", uri))
		out, err := w.Authorize(t.Context(), params("native", "redirect_uri", uri), b)
		if err != nil || (out.Step != nil) != (uri != callback) {
			t.Errorf("%s: %+v %v", uri, out, err)
		}
	}
}
