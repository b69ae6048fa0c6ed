package handlers

import (
	"errors"
	"net/http"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

// ownSessions lists where the person is signed in.
func (h *Handlers) ownSessions(w http.ResponseWriter, r *http.Request) error {
	self, v, err := h.self(w, r, sessionsPath, sessionsPath)
	if err != nil {
		return err
	}
	list, err := h.accounts.Sessions.List(r.Context(), v.person.Subject)
	if err != nil {
		return err
	}
	page := templates.Sessions{Self: self, Action: sessionsPath, SignOut: logoutPath}
	for _, s := range list {
		shown := shownSession(s)
		if shown.This = s.SID == v.session.SID; shown.This {
			page.This = shown
			continue
		}
		page.Others = append(page.Others, shown)
	}
	return h.Render(w, r, http.StatusOK, page)
}

func shownSession(s *account.Session) templates.Session {
	browser, system := agentOf(s.Browser)
	return templates.Session{
		Value: s.SID, Browser: browser, System: system, Address: s.Address,
		Since: time.Unix(s.Created, 0).UTC(), LastSeen: time.Unix(s.LastSeen, 0).UTC(),
	}
}

// ownSessionsPosted ends another session of the person, or all others. One that has ended meanwhile is what was wanted.
func (h *Handlers) ownSessionsPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	ctx, sid := r.Context(), r.PostForm.Get("session")
	word := "session"
	switch {
	case r.PostForm.Get("others") == "1":
		word = "sessions"
		err = h.accounts.Sessions.EndAll(ctx, v.person.Subject, v.session.SID)
	case sid == v.session.SID:
		seeOther(w, h.base+logoutPath)
		return nil
	case sid == "":
		return refuseFor("E-REQ-01", "no session")
	default:
		err = h.accounts.Sessions.EndOne(ctx, v.person.Subject, sid)
	}
	if err != nil && !errors.Is(err, account.ErrNoSession) {
		return err
	}
	h.tell(r, provider.Event{Kind: "sign-out", Subject: v.person.Subject, Name: identifierOf(v.person), Text: "from another browser"})
	h.wasDone(w, v, sessionsPath, word)
	return nil
}
