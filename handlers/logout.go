package handlers

import (
	"net/http"
	"net/url"

	"signet/provider"
	"signet/templates"
)

// logout is the end session endpoint (OIDC RP-Initiated Logout §2), and the page of whoever wants to sign out here. It asks, or says
// that nobody is signed in. A link on any page could lead here, so only a client that proves to take part in the session ends
// it by GET.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	return h.asked(w, r, params)
}

// asked answers a request to sign out, however it came.
func (h *Handlers) asked(w http.ResponseWriter, r *http.Request, params url.Values) error {
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	e, err := h.provider.EndSessionRequest(r.Context(), params, v.browser())
	if err != nil {
		return err
	}
	if e.Doubt != nil {
		h.note(r, e.Doubt)
	}
	switch {
	case v.person != nil && e.Sure && deliberate(r):
		return h.signOut(w, r, e)
	case v.person != nil:
		return h.askSignOut(w, r, e)
	case e.Sure && e.To() != "":
		seeOther(w, e.To())
		return nil
	}
	return h.signedOut(w, r, e, provider.Ended{})
}

// deliberate tells whether a browser shows what it gets. One that only looks ahead must end nothing.
func deliberate(r *http.Request) bool {
	return r.Method != http.MethodHead && r.Header.Get("Sec-Purpose") == ""
}

// logoutPosted signs out if our own form asks for it. Any other POST (OIDC RP-Initiated Logout §2) is a client's. It usually comes
// from another site, without cookies, and is asked again as a GET, with them; one that has them is answered as it is, so that
// its ID token is in no address.
func (h *Handlers) logoutPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	genuine, err := h.Genuine(r)
	switch {
	case err != nil:
		return err
	case !genuine && v.binding != "":
		r.PostForm.Del(formField)
		return h.asked(w, r, r.PostForm)
	case !genuine:
		return h.askAgain(w, r)
	case r.PostForm.Get("decision") == "stay":
		seeOther(w, h.base+"/")
		return nil
	}
	e, err := h.provider.ResumeEndSession(r.Context(), r.PostForm.Get(requestParam), v.browser())
	if err != nil {
		return err
	}
	return h.signOut(w, r, e)
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

// askSignOut asks the person whether to sign out, and says what comes of it.
func (h *Handlers) askSignOut(w http.ResponseWriter, r *http.Request, e *provider.EndSession) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	told, err := h.provider.Participants(r.Context(), v.browser())
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, logoutPath)
	if err != nil {
		return err
	}
	page := templates.SignOut{
		Base: base, Action: logoutPath, Request: e.Sealed, Client: shownClient(e.Client), Person: shownPerson(v.person), Apps: namesOf(told),
	}
	if page.Redirect, err = backTo(e); err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, page, e.UILocales...)
}

func namesOf(clients []*provider.Client) []string {
	var names []string
	for _, c := range clients {
		names = append(names, c.Name)
	}
	return names
}

// backTo is where the browser goes after a sign-out, or nothing.
func backTo(e *provider.EndSession) (templates.Destination, error) {
	if e.To() == "" {
		return templates.Destination{}, nil
	}
	return templates.ParseDestination(e.To())
}

// signOut ends the browser's session and sends the browser where it was asked to go: at once, or by way of a page that loads the
// frames of those who are told so.
func (h *Handlers) signOut(w http.ResponseWriter, r *http.Request, e *provider.EndSession) error {
	ended, err := h.endSession(w, r, e)
	switch {
	case err != nil:
		return err
	case len(ended.Frames) > 0:
		return h.signedOut(w, r, e, ended)
	case e.To() != "":
		seeOther(w, e.To())
	default:
		seeOther(w, h.base+logoutPath)
	}
	return nil
}

// endSession ends the browser's session, and takes from the browser what it has of it. Only what we keep in it: to clear all cookies would
// clear those of our host's other sites, and the requests of other tabs.
func (h *Handlers) endSession(w http.ResponseWriter, r *http.Request, e *provider.EndSession) (provider.Ended, error) {
	v, err := h.visitor(r)
	if err != nil || v.session == nil {
		return provider.Ended{}, err
	}
	ended, err := h.provider.End(r.Context(), v.browser())
	if err != nil {
		return ended, err
	}
	event := provider.Event{Kind: "sign-out", Subject: v.person.Subject, Name: identifierOf(v.person)}
	if e.Client != nil {
		event.Client = e.Client.ID
	}
	h.tell(r, event)
	v.session, v.person = nil, nil
	w.Header().Set("Clear-Site-Data", `"cache"`)
	h.keepState(w, r)
	return ended, h.sessions.save(w, r, "")
}

// signedOut says that nobody is signed in any more, and goes on to where the browser was asked to go when frames have been loaded.
func (h *Handlers) signedOut(w http.ResponseWriter, r *http.Request, e *provider.EndSession, ended provider.Ended) error {
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	page := templates.SignedOut{Base: base, Client: shownClient(e.Client), Apps: namesOf(ended.Told)}
	if page.Back, err = backTo(e); err != nil {
		return err
	}
	for _, frame := range ended.Frames {
		to, err := templates.ParseDestination(frame)
		if err != nil {
			return err
		}
		page.Frames = append(page.Frames, to)
	}
	if page.Leaving = len(page.Frames) > 0 && !page.Back.IsZero(); !page.Leaving {
		page.SignIn = loginPath
	}
	return h.Render(w, r, http.StatusOK, page, e.UILocales...)
}
