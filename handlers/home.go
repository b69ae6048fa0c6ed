package handlers

import (
	"net/http"
	"time"

	"signet/templates"
)

// home is the start page: who is signed in, or a way to sign in.
func (h *Handlers) home(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	target := ""
	if v.person != nil {
		target = logoutPath
	}
	base, err := h.Base(w, r, target)
	if err != nil {
		return err
	}
	page := templates.Home{Base: base, Person: shownPerson(v.person), SignIn: loginPath, SignOut: logoutPath}
	if v.person != nil {
		sessions, err := h.accounts.Sessions.List(r.Context(), v.person.Subject)
		if err != nil {
			return err
		}
		if page.Apps, err = h.tiles(r, v); err != nil {
			return err
		}
		if page.Groups, err = h.accounts.GroupsOf(r.Context(), v.person); err != nil {
			return err
		}
		page.Sessions = len(sessions)
		page.Links = []templates.Link{{Path: accountPath, Text: templates.Msg("home.account")}}
		page.LastSignIn = time.Unix(v.session.AuthTime, 0).UTC()
	}
	return h.Render(w, r, http.StatusOK, page)
}
