package playground

import (
	"net/http"

	"github.com/gorilla/mux"

	"signet/handlers"
)

// What the provider calls at the client of a run, below clientPath: addresses that the client has registered.
const (
	clientPath = Path + "/client/{handle}"
	objectPath = "/request-object"
	frontPath  = "/front-channel-logout"
	backPath   = "/back-channel-logout"
)

// clientAddress is one of these addresses.
func (p *Playground) clientAddress(r *run, path string) string {
	return p.origin + p.base + Path + "/client/" + r.handle + path
}

// calledRoutes are the addresses. Nobody with a cookie comes there: what tells a run's client is the handle, which the provider
// has from its registration.
func (s pages) calledRoutes() []handlers.Route {
	document := handlers.Policy{Who: handlers.Anybody, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
	return []handlers.Route{
		{Methods: []string{http.MethodGet}, Path: clientPath + objectPath, Audience: handlers.ForMachines, Policy: document, Handler: s.serveObject},
		{Methods: []string{http.MethodGet}, Path: clientPath + frontPath, Audience: handlers.ForMachines, Policy: document, Handler: s.frontCalled},
		{Methods: []string{http.MethodPost}, Path: clientPath + backPath, Audience: handlers.ForClients, Policy: document, Handler: s.backCalled},
	}
}

// called is the run whose client an address names, or nil.
func (s pages) called(r *http.Request) *run { return s.runs.byHandle(mux.Vars(r)["handle"]) }

// nothing answers where there is none.
func (pages) nothing(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNotFound)
	return nil
}
