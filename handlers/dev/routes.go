package dev

import (
	"net/http"

	"signet/handlers"
)

// Paths of development mode below the issuer's.
const (
	pagePath     = "/dev"
	clockPath    = "/dev/clock"
	statusPath   = "/dev/api/status"
	eventsPath   = "/dev/api/events"
	apiClockPath = "/dev/api/clock"
	peoplePath   = "/dev/api/people"
	failuresPath = "/dev/api/failures"
)

// Policies of the routes of development mode. Its JSON is for programs on this machine; a browser may call it from the
// server's own pages only, and a form cannot.
var (
	calling = handlers.Policy{Who: handlers.Anybody, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
	looking = calling
	posting = handlers.Policy{Who: handlers.Anybody, CSRF: handlers.FormToken, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
)

// routes are what the provider has beside in development mode.
func (m *Mode) routes(h *handlers.Handlers) []handlers.Route {
	p := &pages{Mode: m, handlers: h}
	routes := []handlers.Route{
		{Methods: []string{http.MethodGet}, Path: pagePath, Audience: handlers.ForPeople, Policy: looking, Handler: p.index},
		{Methods: []string{http.MethodPost}, Path: clockPath, Audience: handlers.ForPeople, Policy: posting, Handler: p.advance},
	}
	routes = append(routes, p.mailRoutes()...)
	for _, c := range m.calls() {
		routes = append(routes, handlers.Route{
			Methods: []string{c.method}, Path: c.path, Audience: handlers.ForClients, Policy: calling, RawBody: true, Handler: m.answer(c),
		})
	}
	return routes
}
