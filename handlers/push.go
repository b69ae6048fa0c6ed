package handlers

import (
	"net/http"

	"signet/provider"
)

// push is the pushed authorization request endpoint (RFC 9126 §2). What is pushed is kept for a while, so clients that prove nothing
// are held to a measure.
func (h *Handlers) push(w http.ResponseWriter, r *http.Request) error {
	if h.claimsPublic(r) {
		if wait := h.pushes.wait(r, h.db.Now()); wait > 0 {
			return &waitError{refuse("E-LIMIT-01"), wait}
		}
		h.pushes.count(r, h.db.Now())
	}
	answer, err := h.provider.Push(r.Context(), r)
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusCreated, answer)
	return nil
}

// claimsPublic tells whether a request says that it is of a client without credentials.
func (h *Handlers) claimsPublic(r *http.Request) bool {
	client, err := h.provider.Client(r.Context(), provider.ClaimedClient(r))
	return err == nil && client.Public()
}
