package handlers

import (
	"net/http"
	"strings"

	"signet/provider"
	"signet/templates"
)

// failPage answers a person: at the client, if the refusal is meant for it, or with a page that says what to do.
func (h *Handlers) failPage(w http.ResponseWriter, r *http.Request, e *provider.Error) {
	if err := h.answerRefusal(w, r, e); err != nil {
		refusal := refuse("E-SERVER-01")
		refusal.Cause = err
		h.note(r, refusal)
		http.Error(w, refusal.Description+", reference "+Reference(r), refusal.Status)
	}
}

// answerRefusal sends the browser on to the client only if somebody vouches for the client, or the person has been asked.
func (h *Handlers) answerRefusal(w http.ResponseWriter, r *http.Request, e *provider.Error) error {
	switch {
	case e.Answer == nil, e.Answer.Unvouched && e.Answer.Mode == "form_post":
		return h.renderError(w, r, e)
	case e.Answer.Unvouched:
		return h.askToLeave(w, r, e)
	}
	return h.deliver(w, r, e.Answer)
}

// askToLeave shows where the answer would go, and lets the person decide (RFC 9700 §4.11.2).
func (h *Handlers) askToLeave(w http.ResponseWriter, r *http.Request, e *provider.Error) error {
	to, err := templates.ParseDestination(e.Answer.URL())
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, e.Status, templates.Leaving{Base: base, To: to, Client: shownClient(h.blamed(r, e))})
}

func (h *Handlers) renderError(w http.ResponseWriter, r *http.Request, e *provider.Error) error {
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	page := templates.Error{Base: base, Kind: errorKind(r, e), Code: e.Code}
	if client := h.blamed(r, e); client != nil {
		page.Client = shownClient(client)
		if website := templates.External(client.ClientURI); website != "" {
			page.StartAgain, err = templates.ParseDestination(website)
		}
	}
	if page.Kind == templates.ErrorSignOut {
		page.SignOut = logoutPath
	}
	if page.Kind == templates.ErrorBrowser || page.Kind == templates.ErrorExpired {
		page.SignIn = loginPath
	}
	if h.dev != nil && e.Status < http.StatusInternalServerError {
		page.Diagnosis = h.dev.diagnosis(e)
	}
	if err != nil {
		return err
	}
	return h.Render(w, r, e.Status, page)
}

// blamed is the client that a refusal is about, if people should see it. That it cannot be read just now is no reason to
// show no page.
func (h *Handlers) blamed(r *http.Request, e *provider.Error) *provider.Client {
	if e.ClientID == "" || e.Status >= http.StatusInternalServerError {
		return nil
	}
	client, err := h.provider.Client(r.Context(), e.ClientID)
	if err != nil {
		return nil
	}
	return client
}

// kindsByCode are the refusals whose words do not follow from their status.
var kindsByCode = map[string]templates.ErrorKind{
	"E-REQ-07":   templates.ErrorExpired,
	"E-REQ-08":   templates.ErrorExpired,
	"E-LOGIN-02": templates.ErrorExpired,
	"E-FORM-01":  templates.ErrorBrowser,
	"E-UP-02":    templates.ErrorExpired,
	"E-UP-05":    templates.ErrorUnavailable,
}

var kindsByStatus = map[int]templates.ErrorKind{
	http.StatusForbidden:             templates.ErrorForbidden,
	http.StatusNotFound:              templates.ErrorNotFound,
	http.StatusMethodNotAllowed:      templates.ErrorMethod,
	http.StatusRequestEntityTooLarge: templates.ErrorTooLarge,
	http.StatusTooManyRequests:       templates.ErrorThrottled,
	http.StatusServiceUnavailable:    templates.ErrorUnavailable,
}

// errorKind chooses the words. What is wrong with a request to /authorize or /logout is the application's doing.
func errorKind(r *http.Request, e *provider.Error) templates.ErrorKind {
	if kind, ok := kindsByCode[e.Code]; ok {
		return kind
	}
	if kind, ok := kindsByStatus[e.Status]; ok {
		return kind
	}
	switch {
	case e.Status >= http.StatusInternalServerError:
		return templates.ErrorServer
	case exchangeOf(r).endpoint.Path == logoutPath:
		return templates.ErrorSignOut
	case exchangeOf(r).endpoint.Path == authorizePath || e.ClientID != "":
		return templates.ErrorApp
	}
	return templates.ErrorRequest
}

// diagnosis is what a developer sees.
func (d *Dev) diagnosis(e *provider.Error) *templates.Diagnosis {
	shown := &templates.Diagnosis{What: e.Why, Got: e.Got, Allowed: strings.Fields(e.Allowed), Fix: e.Fix, More: docsPath + e.Code}
	if shown.Fix == "" {
		shown.Fix = e.Remedy
	}
	if d.Fix != nil {
		shown.Fix = d.Fix(e)
	}
	return shown
}
