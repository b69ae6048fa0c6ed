package handlers

import (
	"net/http"

	"signet/provider"
)

// push is the pushed authorization request endpoint (RFC 9126 §2). What is pushed is kept for a while, so clients that prove nothing
// are held to a measure.
func (h *Handlers) push(w http.ResponseWriter, r *http.Request) error {
	if s, measured := h.pusher(r); measured {
		if wait := h.pushes.waitOf(s, h.db.Now()); wait > 0 {
			return &waitError{refuse("E-LIMIT-01"), wait}
		}
		h.pushes.countOf(s, h.db.Now())
	}
	answer, err := h.provider.Push(r.Context(), r)
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusCreated, answer)
	return nil
}

// pusher tells whether a request is measured, and with which others: with those of the same client, if that has no credentials. A
// client that anybody could register has some, but they prove nothing, and there can be many: all of a network are one.
func (h *Handlers) pusher(r *http.Request) (s source, measured bool) {
	client, err := h.provider.Client(r.Context(), provider.ClaimedClient(r))
	switch {
	case err != nil:
		return source{}, false
	case client.Unverified() && client.RegisteredWith == "":
		return source{network: networkOf(r)}, true
	}
	return source{networkOf(r), client.ID}, client.Public()
}
