package handlers

import (
	"encoding/json"
	"net/http"
)

// webFinger says who the issuer of a resource is (RFC 7033, OIDC Discovery §2).
func (h *Handlers) webFinger(w http.ResponseWriter, r *http.Request) error {
	answer, err := h.provider.WebFinger(r.URL.RawQuery)
	if err != nil {
		return err
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = jrdType
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the client may have gone
	return nil
}

var jrdType = []string{"application/jrd+json"}
