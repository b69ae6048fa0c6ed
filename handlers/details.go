package handlers

import (
	"errors"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/account/attribute"
	"signet/templates"
)

// details asks somebody on the way to an application for attributes that everybody is asked for.
func (h *Handlers) details(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepDetails)
	if err != nil {
		return err
	}
	missing := h.missingOf(v.person)
	if len(missing) == 0 {
		return h.detailsDone(w, r, v, step)
	}
	return h.showDetails(w, r, http.StatusOK, v, step, attributeFields(missing, r, v.person, true))
}

// missingOf are the attributes that a person is asked for. What the configuration says of a person, they cannot.
func (h *Handlers) missingOf(person *account.Person) []*attribute.Attribute {
	if person.Declared {
		return nil
	}
	return h.accounts.Attributes().Missing(person.Attributes)
}

func (h *Handlers) showDetails(w http.ResponseWriter, r *http.Request, status int, v *visitor, step *provider.Step, fields []templates.AttributeField) error {
	base, err := h.Base(w, r, detailsPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, status, templates.Details{
		Base: base, Action: detailsPath, Request: step.Request, Client: clientOf(step), Person: shownPerson(v.person), Attributes: fields,
	}, step.UILocales...)
}

// detailsPosted takes what was asked for, all of it or nothing.
func (h *Handlers) detailsPosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.personStep(w, r, provider.StepDetails)
	if err != nil {
		return err
	}
	missing := h.missingOf(v.person)
	fields := attributeFields(missing, r, v.person, true)
	if !allSaid(fields, r) {
		return h.showDetails(w, r, http.StatusBadRequest, v, step, fields)
	}
	if len(missing) > 0 {
		_, err = h.accounts.EditPerson(r.Context(), v.person.Subject, func(p *account.Person) error {
			h.accounts.SayAttributes(p, saidAttributes(missing, r))
			return nil
		})
	}
	if errors.Is(err, account.ErrInvalidProfile) { // another configuration came between
		return h.showDetails(w, r, http.StatusBadRequest, v, step, fields)
	}
	if err != nil {
		return accountError(err)
	}
	return h.detailsDone(w, r, v, step)
}

// detailsDone goes on.
func (h *Handlers) detailsDone(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) error {
	sealed, err := h.provider.ProveDetails(r.Context(), step.Request, v.browser())
	if err != nil {
		return err
	}
	h.back(w, sealed)
	return nil
}
