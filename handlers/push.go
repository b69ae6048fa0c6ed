package handlers

import (
	"net/http"

	"signet/provider"
	"signet/provider/limit"
)

// push is the pushed authorization request endpoint (RFC 9126 §2). What is pushed is kept for a while, so clients that prove nothing
// are held to a measure.
func (h *Handlers) push(w http.ResponseWriter, r *http.Request) error {
	if key, measured := h.pusher(r); measured {
		if err := h.limits.take(r.Context(), limit.Use{Limit: h.limits.pushes, Key: key}); err != nil {
			return err
		}
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
func (h *Handlers) pusher(r *http.Request) (key limit.Key, measured bool) {
	client, err := h.provider.Client(r.Context(), provider.ClaimedClient(r))
	switch {
	case err != nil:
		return limit.Key{}, false
	case client.Unverified() && client.RegisteredWith == "":
		return clientFrom(r, ""), true
	}
	return clientFrom(r, client.ID), client.Public()
}
