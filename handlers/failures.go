package handlers

import "net/http"

// guarded is a client's call behind the limit of failed authentications: those of one client from one network. Guesses from there
// hold up nobody elsewhere, or the client could be kept out by whoever knows its name; and secrets are too long to be guessed from
// many places. A request of a network that has not failed costs nothing here.
func (h *Handlers) guarded(call Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if h.limits.clients.Any() {
			if wait := h.limits.clients.Wait(claimedFrom(r)); wait > 0 {
				return tooMany(wait)
			}
		}
		err := call(w, r)
		if err != nil && explain(err).OAuth == "invalid_client" {
			h.limits.clients.Count(r.Context(), claimedFrom(r))
		}
		return err
	}
}
