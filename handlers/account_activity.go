package handlers

import (
	"errors"
	"net/http"
	"strings"

	"signet/provider/audit"
	"signet/storage"
	"signet/templates"
)

const (
	// beforeParam on the page's address is the last record of the page before.
	beforeParam = "before"
	// activityPage is how many records a page shows.
	activityPage = 50
)

// activity shows what happened to the person's account, the newest first.
func (h *Handlers) activity(w http.ResponseWriter, r *http.Request) error {
	self, v, err := h.self(w, r, activityPath, "")
	if err != nil {
		return err
	}
	params, err := query(r)
	if err == nil {
		err = once(params)
	}
	if err != nil {
		return err
	}
	records, err := h.trail.OfSubject(r.Context(), v.person.Subject, params.Get(beforeParam), activityPage)
	if errors.Is(err, storage.ErrInvalid) {
		return refuseFor("E-REQ-01", "%s that is no record", beforeParam)
	}
	if err != nil {
		return err
	}
	page := templates.Activity{Self: self, First: activityPath}
	if !params.Has(beforeParam) {
		page.First = ""
	}
	for i := range records {
		page.Events = append(page.Events, h.shownRecord(r, v, &records[i]))
	}
	if len(records) == activityPage {
		page.Older = activityPath + "?" + beforeParam + "=" + records[len(records)-1].Text()
	}
	return h.Render(w, r, http.StatusOK, page)
}

// shownRecord is a record as the person whom it is about sees it.
func (h *Handlers) shownRecord(r *http.Request, v *visitor, record *audit.Record) templates.Happening {
	shown := templates.Happening{
		Time: record.Time, What: templates.Msg("audit." + strings.ReplaceAll(record.Kind, ".", "-")), Times: max(record.Count, 1), Address: record.Address,
		Operator: record.Actor == audit.Operator,
	}
	if kind, ok := audit.KindOf(record.Kind); ok {
		shown.Notable = kind.Severity == audit.Warning
	}
	browser, system := agentOf(record.Agent)
	if browser != "" || system != "" {
		shown.Browser = templates.Session{Browser: browser, System: system}.Name()
	}
	if record.ClientID != "" {
		shown.App = &templates.Client{ID: record.ClientID}
		if client, err := h.provider.Client(r.Context(), record.ClientID); err == nil {
			shown.App = shownClient(client)
		}
	}
	return shown
}
