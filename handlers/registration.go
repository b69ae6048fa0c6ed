package handlers

import (
	"mime"
	"net/http"

	"github.com/gorilla/mux"

	"signet/provider"
	"signet/provider/limit"
)

// routesOfRegistration are there while clients may register themselves.
func (h *Handlers) routesOfRegistration() []Route {
	if !h.provider.CanRegister() {
		return nil
	}
	const one = provider.PathRegister + "/{client}"
	return []Route{
		{Methods: post, Path: provider.PathRegister, Audience: ForBearers, Policy: registration, RawBody: true, Handler: h.register},
		{Methods: get, Path: one, Audience: ForBearers, Policy: registration, Handler: h.registered},
		{Methods: []string{http.MethodPut}, Path: one, Audience: ForBearers, Policy: registration, RawBody: true, Handler: h.registerAgain},
		{Methods: []string{http.MethodDelete}, Path: one, Audience: ForBearers, Policy: registration, RawBody: true, Handler: h.unregister},
	}
}

var registration = Policy{Who: Bearers, CSRF: NothingToForge, Cache: Never, Limit: Failures, CrossSite: MayPost}

// register is the client registration endpoint (RFC 7591 §3). Whoever brings a token has been let in by the operator, as often as
// the token says; everybody else is let in so often and no more.
func (h *Handlers) register(w http.ResponseWriter, r *http.Request) error {
	document, err := h.readMetadata(w, r)
	if err != nil {
		return err
	}
	if r.Header.Get("Authorization") == "" {
		if err := h.registrationAllowed(r, limit.Use{Limit: h.limits.allRegistrations, Key: everybody}); err != nil {
			return err
		}
	}
	answer, err := h.provider.Register(r.Context(), r, document)
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusCreated, answer)
	return nil
}

// registered is the client configuration endpoint, read (RFC 7592 §2.1).
func (h *Handlers) registered(w http.ResponseWriter, r *http.Request) error {
	answer, err := h.provider.Registration(r.Context(), r, mux.Vars(r)["client"])
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusOK, answer)
	return nil
}

// registerAgain is the same endpoint, written (RFC 7592 §2.2).
func (h *Handlers) registerAgain(w http.ResponseWriter, r *http.Request) error {
	document, err := h.readMetadata(w, r)
	if err != nil {
		return err
	}
	if err := h.registrationAllowed(r); err != nil {
		return err
	}
	answer, err := h.provider.UpdateRegistration(r.Context(), r, mux.Vars(r)["client"], document)
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusOK, answer)
	return nil
}

// unregister is the same endpoint, deleted (RFC 7592 §2.3).
func (h *Handlers) unregister(w http.ResponseWriter, r *http.Request) error {
	if err := h.provider.EndRegistration(r.Context(), r, mux.Vars(r)["client"]); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// registrationAllowed counts a registration or a change of one, or refuses it: those of one network, and with others of all together.
func (h *Handlers) registrationAllowed(r *http.Request, others ...limit.Use) error {
	return h.limits.take(r.Context(), append(others, limit.Use{Limit: h.limits.registrations, Key: networkOf(r)})...)
}

// readMetadata reads a body that must be JSON.
func (h *Handlers) readMetadata(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || len(r.Header["Content-Type"]) != 1 {
		return nil, refuseFor("E-PAGE-03", "%.100s", r.Header.Get("Content-Type"))
	}
	body, err := readBody(w, r, h.maxBody)
	return []byte(body), err
}
