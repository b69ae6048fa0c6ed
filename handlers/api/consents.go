package api

import (
	"net/http"

	"signet/provider/account"
)

func (a *api) listConsents(r *http.Request) (any, error) {
	_, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	consents, next, err := a.Accounts.Consents.List(r.Context(), person.Subject, after, limit)
	return list[account.Consent]{Items: some(consents), Next: next}, err
}

// withdrawConsent ends what was issued on the consent's word, too.
func (a *api) withdrawConsent(r *http.Request) (any, error) {
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.WithdrawConsent(r.Context(), person.Subject, id(r, "client"))
}
