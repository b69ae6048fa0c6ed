package handlers

import (
	"net/http"

	"signet/provider"
	"signet/templates"
)

// selectAccount asks whether to go on as who is signed in (prompt=select_account, OIDC Core §3.1.2.1).
func (h *Handlers) selectAccount(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepSelect)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, selectPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.SelectAccount{
		Base: base, Action: selectPath, Request: step.Request, Client: clientOf(step), Redirect: destination(step),
		Accounts: []templates.Account{*shownPerson(v.person)},
	}, step.UILocales...)
}

// selectPosted takes the choice. Whoever does not choose the account that is signed in goes to sign in with another.
func (h *Handlers) selectPosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepSelect)
	if err != nil {
		return err
	}
	if r.PostForm.Get("account") != v.person.Subject {
		seeOther(w, h.pageOf(provider.StepLogin, step.Request)+"&"+switchParam+"=1")
		return nil
	}
	sealed, err := h.provider.ProveSelect(r.Context(), step.Request, v.browser())
	if err != nil {
		return err
	}
	h.back(w, sealed)
	return nil
}

// personStep is stepOf for pages that mean nothing without a request and without a person. Without a person it goes back to
// /authorize, which knows what to do.
func (h *Handlers) personStep(w http.ResponseWriter, r *http.Request, name string) (*visitor, *provider.Step, error) {
	v, step, err := h.stepOf(w, r, name)
	switch {
	case err != nil:
		return nil, nil, err
	case step == nil:
		return nil, nil, refuseFor("E-REQ-07", "no %s", requestParam)
	case v.person == nil:
		h.back(w, step.Request)
		return nil, nil, errAnswered
	}
	return v, step, nil
}
