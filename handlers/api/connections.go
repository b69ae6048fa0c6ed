package api

import (
	"net/http"

	"signet/provider/account"
)

var connectionOperations = []operation{
	{Method: "GET", Path: "/users/{id}/connections", Needs: "users:read", Does: "Lists a person's accounts at other providers, with what these said", Out: list[account.Connection]{}, Do: (*API).listConnections},
	{Method: "DELETE", Path: "/users/{id}/connections", Needs: "users:write", Does: "Takes all of a person's accounts at other providers away", Do: (*API).removeConnections},
}

// removeConnections ends what was issued for the person, too.
func (a *API) removeConnections(r *http.Request) (any, error) {
	person, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.RemoveConnections(r.Context(), person.Subject)
}

func (a *API) listConnections(r *http.Request) (any, error) {
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	connections, err := a.Accounts.Connections(r.Context(), person.Subject)
	return list[account.Connection]{Items: some(connections)}, err
}
