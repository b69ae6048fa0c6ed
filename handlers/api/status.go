package api

import "net/http"

var statusOperations = []operation{
	{Method: "GET", Path: "/status", Needs: "system:read", Does: "Tells which server answers", Out: Status{}, Do: (*API).status},
}

// Status tells which server answered.
type Status struct {
	Version string `json:"version"`
	Issuer  string `json:"issuer"`
}

func (a *API) status(*http.Request) (any, error) {
	return Status{Version: a.Version, Issuer: a.Provider.Issuer()}, nil
}
