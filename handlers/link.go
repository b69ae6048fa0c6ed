package handlers

import (
	"net/http"

	"signet/provider"
	"signet/provider/upstream"
	"signet/storage"
	"signet/templates"
)

// letWait keeps an identity until the person says, and proves, that it is to be connected.
func (h *Handlers) letWait(w http.ResponseWriter, r *http.Request, v *visitor, spent storage.Batch, id *upstream.Identity, request, subject string) error {
	name, err := h.provider.LetWait(&spent, id, request, subject, v.browser())
	if err != nil {
		return err
	}
	if err := h.db.Apply(r.Context(), spent); err != nil {
		return orEnded(err)
	}
	h.cookies.set(w, h.cookies.waiting, name)
	if subject != "" {
		seeOther(w, h.base+linkConfirmPath)
		return nil
	}
	seeOther(w, h.base+linkPath)
	return nil
}

// waiting is the identity that waits in this browser.
func (h *Handlers) waiting(r *http.Request, v *visitor) (*provider.Waiting, error) {
	name := h.cookies.read(r, h.cookies.waiting)
	if name == "" {
		return nil, refuseFor("E-UP-02", "nothing that waits")
	}
	return h.provider.Waiting(r.Context(), name, v.browser())
}

// link says that an account here has the address, and that its owner can connect the other one after signing in.
func (h *Handlers) link(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	waiting, err := h.waiting(r, v)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.ProveLink{Base: base, Foreign: h.shownForeign(waiting.Identity), GoOn: linkConfirmPath, SignIn: loginPath})
}

// confirmLink asks whether the account at the other provider is to be connected with the one here, and names both.
func (h *Handlers) confirmLink(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	waiting, err := h.waiting(r, v)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, linkConfirmPath)
	if err != nil {
		return err
	}
	page := templates.ConfirmLink{Base: base, Action: linkConfirmPath, Foreign: h.shownForeign(waiting.Identity), Person: shownPerson(v.person)}
	step, err := h.stepFor(r, v, waiting.Request)
	if err != nil {
		return err
	}
	page.Redirect = destination(step)
	return h.Render(w, r, http.StatusOK, page)
}

// confirmLinkPosted connects both, or does not, and goes on.
func (h *Handlers) confirmLinkPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	waiting, err := h.waiting(r, v)
	if err != nil {
		return err
	}
	connect := r.PostForm.Get("decision") == "connect"
	var b storage.Batch
	if connect {
		err = h.provider.ConnectWaiting(r.Context(), &b, waiting, v.person)
	} else {
		err = h.provider.EndWaiting(&b, waiting)
	}
	if err == nil {
		err = orEnded(h.db.Apply(r.Context(), b))
	}
	if err != nil {
		return err
	}
	h.cookies.set(w, h.cookies.waiting, "")
	if waiting.Request == "" {
		if connect {
			h.wasDone(w, v, connectionsPath, "connected")
			return nil
		}
		seeOther(w, h.base+connectionsPath)
		return nil
	}
	step, err := h.stepFor(r, v, waiting.Request)
	if err != nil {
		return err
	}
	return h.goOn(w, r, v, step)
}

// shownForeign is somebody at another provider as people see them.
func (h *Handlers) shownForeign(id *upstream.Identity) templates.ForeignAccount {
	name, _ := id.Claims["name"].(string)
	return templates.ForeignAccount{Source: h.sourceName(id.Source), Name: cutText(name, 128), Email: id.Email}
}

// sourceName is what people call a source.
func (h *Handlers) sourceName(id string) string {
	if s, err := h.provider.Upstreams().Source(id); err == nil {
		return s.Name
	}
	return id
}
