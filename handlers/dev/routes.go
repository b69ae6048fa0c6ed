package dev

import (
	"net/http"

	"signet/handlers"
)

// Policies of the routes of development mode.
var (
	reading = handlers.Policy{Who: handlers.Anybody, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
)

func (m *Mode) routes(h *handlers.Handlers) []handlers.Route {
	return []handlers.Route{
		{Methods: []string{http.MethodGet}, Path: "/dev/api/status", Audience: handlers.ForClients, Policy: reading, Handler: m.showStatus},
		{Methods: []string{http.MethodGet}, Path: "/dev/api/events", Audience: handlers.ForClients, Policy: reading, Handler: m.showEvents},
	}
}

func (m *Mode) showStatus(w http.ResponseWriter, r *http.Request) error {
	s, err := m.Status(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s)
}

func (m *Mode) showEvents(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"events": m.journal.Last(keptEvents)})
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return writeLine(w, v)
}
