package api

import (
	"net/http"

	"signet/provider/account"
)

// listFactors lists what a person proves who they are with, beside the password. It tells no secret.
func (a *api) listFactors(r *http.Request) (any, error) {
	p, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	factors, err := a.Accounts.Factors(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	return list[account.Factor]{Items: some(factors.List())}, nil
}

// resetFactors takes them all away, and ends everything that was issued to the person.
func (a *api) resetFactors(r *http.Request) (any, error) {
	return nil, a.Accounts.ResetFactors(r.Context(), id(r, "id"))
}
