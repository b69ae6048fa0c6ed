package handlers

import (
	"net/http"

	"signet/provider"
	"signet/templates"
)

// agreePath is the page that asks to agree to the operator's terms.
const agreePath = "/terms/agree"

// Paths of the operator's own texts, below the issuer's path.
const (
	TermsPath   = "/terms"
	PrivacyPath = "/privacy"
)

// documentRoutes are the pages with the operator's own texts, where there are some, and the one that asks to agree.
func (h *Handlers) documentRoutes() []Route {
	routes := []Route{
		{Methods: get, Path: agreePath, Audience: ForFlow, Policy: page, Handler: h.agree},
		{Methods: post, Path: agreePath, Audience: ForFlow, Policy: form, Handler: h.agreePosted},
	}
	for _, d := range []struct {
		path, name string
		blocks     []templates.DocumentBlock
	}{{TermsPath, "terms", h.pages.TermsText}, {PrivacyPath, "privacy", h.pages.PrivacyText}} {
		if len(d.blocks) > 0 {
			routes = append(routes, Route{Methods: get, Path: d.path, Audience: ForPeople, Policy: page, Handler: h.document(d.name, d.blocks)})
		}
	}
	return routes
}

// document shows a text of the operator's.
func (h *Handlers) document(name string, blocks []templates.DocumentBlock) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		base, err := h.Base(w, r, "")
		if err != nil {
			return err
		}
		return h.Render(w, r, http.StatusOK, templates.Document{Base: base, Name: name, Blocks: blocks})
	}
}

// agree asks the person to agree to the operator's terms.
func (h *Handlers) agree(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepTerms)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, agreePath)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.AgreeTerms{
		Base: base, Action: agreePath, Request: step.Request, Client: clientOf(step), Redirect: destination(step), Person: shownPerson(v.person),
		Read: h.signUps.Terms, First: v.person.Terms == nil, Account: accountPath,
	}, step.UILocales...)
}

// agreePosted takes the answer.
func (h *Handlers) agreePosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepTerms)
	if err != nil {
		return err
	}
	decision := r.PostForm.Get("decision")
	if decision != "agree" && decision != "refuse" {
		return refuseFor("E-REQ-01", "decision %.20q", decision)
	}
	sealed, err := h.provider.AnswerTerms(r.Context(), step.Request, v.browser(), decision == "agree")
	if err != nil {
		return err
	}
	h.back(w, sealed)
	return nil
}
