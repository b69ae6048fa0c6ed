package handlers

import (
	"net/http"
	"time"

	"signet/provider"
	"signet/templates"
)

// maxClientID is how long a client_id may be.
const maxClientID = 128

// ownApps lists what the person allowed which application.
func (h *Handlers) ownApps(w http.ResponseWriter, r *http.Request) error {
	self, v, err := h.self(w, r, appsPath, appsPath)
	if err != nil {
		return err
	}
	list, err := h.provider.Applications(r.Context(), v.person)
	if err != nil {
		return err
	}
	page := templates.Apps{Self: self, Action: appsPath}
	for _, a := range list {
		page.Apps = append(page.Apps, h.shownApp(a))
	}
	return h.Render(w, r, http.StatusOK, page)
}

func (h *Handlers) shownApp(a provider.Application) templates.App {
	app := templates.App{Client: shownClient(a.Client), Gone: a.Client == nil, Since: time.Unix(a.Since, 0).UTC(), Away: a.Away}
	if app.Gone {
		app.Client = &templates.Client{ID: a.ClientID}
	}
	app.Scopes = h.shownScopes(a.Scopes, a.Scopes)
	return app
}

// ownAppsPosted takes back what an application was allowed.
func (h *Handlers) ownAppsPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	id := r.PostForm.Get("app")
	if id == "" || len(id) > maxClientID {
		return refuseFor("E-REQ-01", "app of %d bytes", len(id))
	}
	if err := h.provider.DropApplication(r.Context(), v.person.Subject, id); err != nil {
		return err
	}
	h.tell(r, provider.Event{Kind: "revoke", Client: id, Subject: v.person.Subject, Name: identifierOf(v.person)})
	h.wasDone(w, v, appsPath, "app")
	return nil
}

// tiles are the applications on the start page.
func (h *Handlers) tiles(r *http.Request, v *visitor) ([]templates.Tile, error) {
	list, err := h.provider.Tiles(r.Context(), v.person)
	if err != nil {
		return nil, err
	}
	var tiles []templates.Tile
	for _, t := range list {
		if templates.External(t.To) != "" {
			tiles = append(tiles, templates.Tile{Client: shownClient(t.Client), To: t.To})
		}
	}
	return tiles, nil
}
