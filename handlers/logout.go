package handlers

import (
	"net/http"

	"signet/provider"
	"signet/storage"
	"signet/templates"
)

// logout asks whether to sign out, or says that nobody is signed in. Asking by GET ends nothing: a link on any page could.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if v.person == nil {
		base, err := h.Base(w, r, "")
		if err != nil {
			return err
		}
		return h.Render(w, r, http.StatusOK, templates.SignedOut{Base: base, SignIn: loginPath})
	}
	base, err := h.Base(w, r, logoutPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.SignOut{Base: base, Action: logoutPath, Person: shownPerson(v.person)})
}

// logoutPosted signs out if our own form asks for it. Any other POST (OIDC RP-Initiated Logout §2) came without cookies and
// is asked again as a GET, with them.
func (h *Handlers) logoutPosted(w http.ResponseWriter, r *http.Request) error {
	genuine, err := h.Genuine(r)
	switch {
	case err != nil:
		return err
	case !genuine:
		return h.askAgain(w, r)
	case r.PostForm.Get("decision") == "stay":
		seeOther(w, h.base+"/")
		return nil
	}
	if err := h.signOut(w, r); err != nil {
		return err
	}
	seeOther(w, h.base+logoutPath)
	return nil
}

func (h *Handlers) askAgain(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	form.Del(formField)
	q := form.Encode()
	if len(q) > maxBounced {
		return refuseFor("E-PAGE-04", "%d bytes", len(q))
	}
	seeOther(w, h.base+logoutPath+"?"+q)
	return nil
}

// signOut ends the browser's session.
func (h *Handlers) signOut(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil || v.session == nil {
		return err
	}
	var b storage.Batch
	if err := h.accounts.Sessions.End(&b, v.session); err != nil {
		return err
	}
	if err := h.db.Apply(r.Context(), b); err != nil {
		return err
	}
	h.tell(r, provider.Event{Kind: "sign-out", Subject: v.person.Subject, Name: identifierOf(v.person)})
	v.session, v.person = nil, nil
	return h.sessions.save(w, r, "")
}
