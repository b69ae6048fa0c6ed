package handlers

import (
	"encoding/json"
	"net/http"

	"signet/templates"
)

// ownData says what the person can have of their data.
func (h *Handlers) ownData(w http.ResponseWriter, r *http.Request) error {
	self, v, err := h.self(w, r, dataPath, dataPath)
	if err != nil {
		return err
	}
	page := templates.Data{Self: self, Action: dataPath}
	if h.selfDeletion && !v.person.Declared {
		page.Delete = deletePath
	}
	return h.Render(w, r, http.StatusOK, page)
}

// ownDataPosted gives the person a copy of their data, to keep. That they took one is on record before it leaves.
func (h *Handlers) ownDataPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	data, err := h.provider.ExportPerson(r.Context(), v.person)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(append(body, '\n')) // the browser may have gone
	return nil
}
