package api

import (
	"net/http"

	"signet/provider/account"
)

var factorOperations = []operation{
	{Method: "GET", Path: "/users/{id}/factors", Needs: "users:read", Does: "Lists what a person proves who they are with, beside the password", Out: list[account.Factor]{}, Do: (*API).listFactors},
	{Method: "DELETE", Path: "/users/{id}/factors", Needs: "users:write", Does: "Takes a person's factors away, and ends what was issued for them", Do: (*API).resetFactors},
}

// listFactors lists what a person proves who they are with, beside the password. It tells no secret.
func (a *API) listFactors(r *http.Request) (any, error) {
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
func (a *API) resetFactors(r *http.Request) (any, error) {
	p, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.ResetFactors(r.Context(), p.Subject)
}
