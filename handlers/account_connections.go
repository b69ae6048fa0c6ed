package handlers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/upstream"
	"signet/storage"
	"signet/templates"
)

// connections lists the accounts at other providers with which the person signs in.
func (h *Handlers) connections(w http.ResponseWriter, r *http.Request) error {
	return h.showConnections(w, r, http.StatusOK, templates.Text{})
}

func (h *Handlers) showConnections(w http.ResponseWriter, r *http.Request, status int, problem templates.Text) error {
	self, v, err := h.self(w, r, connectionsPath, connectionsPath)
	if err != nil {
		return err
	}
	list, err := h.accounts.Connections(r.Context(), v.person.Subject)
	if err != nil {
		return err
	}
	page := templates.Connections{Self: self, Action: connectionsPath, Problem: problem}
	for _, c := range list {
		page.Connections = append(page.Connections, h.shownConnection(c))
	}
	for _, s := range h.shownSources() {
		if !slices.ContainsFunc(list, func(c account.Connection) bool { return c.Source == s.ID }) {
			page.Sources = append(page.Sources, s)
		}
	}
	return h.Render(w, r, status, page)
}

func (h *Handlers) shownConnection(c account.Connection) templates.Connection {
	source, err := h.provider.Upstreams().Source(c.Source)
	out := templates.Connection{
		Value: connectionValue(c.Foreign), Foreign: templates.ForeignAccount{Source: h.sourceName(c.Source), Name: c.Name, Email: c.Email},
		Since: time.Unix(c.Created, 0).UTC(), Gone: err != nil, Refreshes: err == nil && source.KeepTokens,
	}
	if c.Used > 0 {
		out.Used = time.Unix(c.Used, 0).UTC()
	}
	for _, said := range provider.Said(c.Extra) {
		out.Said = append(out.Said, templates.Field{Name: said[0], Value: said[1]})
	}
	return out
}

// connectionValue is what a form sends for a connection.
func connectionValue(f account.Foreign) string {
	text, err := json.Marshal(f)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// maxConnectionValue is what such a value has at most.
const maxConnectionValue = 4 << 10

func readConnection(value string) (f account.Foreign, err error) {
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil || len(value) > maxConnectionValue {
		return f, refuseFor("E-REQ-01", "a connection of %d bytes", len(value))
	}
	return f, nil
}

// connectionsPosted connects, disconnects or refreshes.
func (h *Handlers) connectionsPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if source := r.PostForm.Get(sourceParam); source != "" {
		return h.depart(w, r, v, source, "", upstream.Carried{Purpose: tripLink, Subject: v.person.Subject})
	}
	if value := r.PostForm.Get("refresh"); value != "" {
		return h.refreshConnection(w, r, v, value)
	}
	return h.disconnect(w, r, v, r.PostForm.Get("disconnect"))
}

func (h *Handlers) disconnect(w http.ResponseWriter, r *http.Request, v *visitor, value string) error {
	f, err := readConnection(value)
	if err != nil {
		return err
	}
	var after func(context.Context)
	err = h.changeFactors(r, func(b *storage.Batch) (err error) {
		after, err = h.provider.Disconnect(r.Context(), b, v.person, f)
		return err
	})
	switch {
	case errors.Is(err, account.ErrLastFactor):
		return h.showConnections(w, r, http.StatusConflict, templates.Msg("self.connections.last"))
	case errors.Is(err, account.ErrNoConnection):
		seeOther(w, h.base+connectionsPath)
		return nil
	case err != nil:
		return accountError(err)
	}
	after(r.Context())
	h.wasDone(w, v, connectionsPath, "disconnected")
	return nil
}

func (h *Handlers) refreshConnection(w http.ResponseWriter, r *http.Request, v *visitor, value string) error {
	f, err := readConnection(value)
	if err != nil {
		return err
	}
	err = h.changeFactors(r, func(b *storage.Batch) error { return h.provider.RefreshConnection(r.Context(), b, v.person, f) })
	if errors.Is(err, account.ErrNoConnection) {
		seeOther(w, h.base+connectionsPath)
		return nil
	}
	if refusal := (*provider.Error)(nil); errors.As(err, &refusal) {
		h.note(r, refusal)
		return h.showConnections(w, r, http.StatusConflict, templates.Msg("login.problem.no-answer"))
	}
	if err != nil {
		return err
	}
	h.wasDone(w, v, connectionsPath, "refreshed")
	return nil
}
