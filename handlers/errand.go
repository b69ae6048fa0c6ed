package handlers

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"signet/provider"
)

// recent is how long after a sign-in people may do what is sensitive.
const recent = 10 * time.Minute

// errandsOf are the pages that only people who are signed in see: to these, and to no other address, a sign-in leads that no
// application asked for.
func errandsOf(routes []Route) map[string]bool {
	errands := map[string]bool{}
	for _, r := range routes {
		personal := r.Policy.Who == SignedIn || r.Policy.Who == SignedInRecently
		if personal && r.Audience.pages() && slices.Contains(r.Methods, http.MethodGet) && !strings.Contains(r.Path, "{") && !r.AtRoot {
			errands[r.Path] = true
		}
	}
	return errands
}

// sendToSignIn sends whoever comes to a page that is not for strangers to the sign-in page, from where they come back.
func (h *Handlers) sendToSignIn(w http.ResponseWriter, r *http.Request) error {
	path := exchangeOf(r).endpoint.Path
	if !h.errands[path] {
		seeOther(w, h.base+loginPath)
		return errAnswered
	}
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	sealed, err := h.provider.Errand(r.Context(), path, v.browser())
	if err != nil {
		return err
	}
	seeOther(w, h.pageOf(provider.StepLogin, sealed))
	return errAnswered
}

// demandRecent lets only those through who have proved a short while ago who they are. What a form said is lost: it has to be said
// by whoever proves it.
func (h *Handlers) demandRecent(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if v.person != nil && h.isRecent(v) {
		return nil
	}
	return h.sendToSignIn(w, r)
}

// isRecent tells whether the visitor's sign-in is.
func (h *Handlers) isRecent(v *visitor) bool {
	return v.session != nil && h.db.Now().Before(time.Unix(v.session.AuthTime, 0).Add(recent))
}

// arrive brings somebody who has signed in to where they were going.
func (h *Handlers) arrive(w http.ResponseWriter, path string) error {
	if !h.errands[path] {
		return refuseFor("E-REQ-07", "an errand to a page that is not there")
	}
	seeOther(w, h.base+path)
	return nil
}
