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

// Withdrawing a consent ends everything that was issued on its word, at the next request, and agreeing anew revives none of it.
// What another consent or nobody's stands on goes on.
func TestAttack_AK07_WithdrawnConsentEndsTokens(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", AccessToken: "jwt"})
	other := "other:" + w.client(provider.Client{ID: "other"})
	b := w.signIn(w.ada)
	p := params("app", "scope", "openid offline_access", "prompt", "consent")
	answer, e := w.token(auth, codeForm(w.code(b, p)))
	if e != nil {
		t.Fatal(e)
	}
	theirs := w.redeem(other, params("other"))
	waiting := w.code(b, params("app"))
	alive := func(want bool) {
		t.Helper()
		_, info := w.userInfo(answer["access_token"])
		_, refreshed := w.token(auth, refreshForm(answer["refresh_token"]))
		if (info == nil) != want || (refreshed == nil) != want || w.active(auth, answer["access_token"]) != want || w.active(auth, answer["refresh_token"]) != want {
			t.Errorf("want alive %v: userinfo %v, refresh %v", want, info, refreshed)
		}
		if !w.active(other, theirs["access_token"]) {
			t.Error("the other client's token has ended")
		}
	}
	alive(true)
	if err := w.accounts.WithdrawConsent(t.Context(), w.ada.Subject, "app"); err != nil {
		t.Fatal(err)
	}
	alive(false)
	_, e = w.token(auth, codeForm(waiting))
	wantOAuth(t, e, 400, "invalid_grant")
	w.consentStep(b, params("app"))
	again, e := w.token(auth, codeForm(w.code(b, params("app"))))
	if e != nil || !w.active(auth, again["access_token"]) {
		t.Errorf("after agreeing anew: %v", e)
	}
	alive(false)
	if err := w.accounts.WithdrawConsent(t.Context(), w.ada.Subject, "nobody"); err == nil {
		t.Error("withdrawn what was never given")
	}
}

// Agreeing to more is the same consent: what was issued before goes on.
func TestExtendedConsentKeepsTokens(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app"})
	first := w.redeem(auth, params("app"))
	w.redeem(auth, params("app", "scope", "openid email"))
	if !w.active(auth, first["access_token"]) {
		t.Error("the first token has ended")
	}
}
