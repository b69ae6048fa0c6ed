package handlers

import (
	"net/http"

	"signet/provider"
	"signet/templates"
)

// consent asks the person whether the client may have what it asks for.
func (h *Handlers) consent(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepConsent)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, consentPath)
	if err != nil {
		return err
	}
	to := destination(step)
	// A public client at an address that any program on the device could take is asked for each time (RFC 8252 §8.6).
	lasting := !step.Client.Public() || to.Scheme() == "https"
	return h.Render(w, r, http.StatusOK, templates.Consent{
		Base: base, Action: consentPath, Request: step.Request, Client: clientOf(step), Redirect: to,
		Person: shownPerson(v.person), Scopes: h.shownScopes(step.Scopes, step.Granted), OfferRemember: lasting, Remember: lasting, Manage: appsPath,
	}, step.UILocales...)
}

// consentPosted takes the answer. What was asked stands in the sealed request; no other field of the form is read.
func (h *Handlers) consentPosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepConsent)
	if err != nil {
		return err
	}
	decision := r.PostForm.Get("decision")
	if decision != "allow" && decision != "deny" {
		return refuseFor("E-REQ-01", "decision %.20q", decision)
	}
	sealed, err := h.provider.Consent(r.Context(), step.Request, v.browser(), decision == "allow", r.PostForm.Get("remember") == "1")
	if err != nil {
		return err
	}
	h.back(w, sealed)
	return nil
}
