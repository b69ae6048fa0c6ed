package api

import (
	"net/http"

	"signet/provider/account"
)

var consentOperations = []operation{
	{Method: "GET", Path: "/users/{id}/consents", Needs: "users:read", Does: "Lists what a person allowed clients to see", Query: paged, Out: list[account.Consent]{}, Do: (*API).listConsents},
	{Method: "DELETE", Path: "/users/{id}/consents/{client}", Needs: "users:write", Does: "Withdraws a consent, and ends what was issued on its word", Do: (*API).withdrawConsent},
}

func (a *API) listConsents(r *http.Request) (any, error) {
	_, after, limit := window(r)
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	consents, next, err := a.Accounts.Consents.List(r.Context(), person.Subject, after, limit)
	return list[account.Consent]{Items: some(consents), Next: next}, err
}

// withdrawConsent ends what was issued on the consent's word, too.
func (a *API) withdrawConsent(r *http.Request) (any, error) {
	person, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.WithdrawConsent(r.Context(), person.Subject, id(r, "client"))
}
