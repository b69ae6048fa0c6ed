package handlers

import (
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// visitor is the browser that a request comes from.
type visitor struct {
	binding string
	session *account.Session
	person  *account.Person
}

func (v *visitor) browser() provider.Browser {
	return provider.Browser{Binding: v.binding, Session: v.session, Person: v.person}
}

// visitor finds out who a request comes from, once.
func (h *Handlers) visitor(r *http.Request) (*visitor, error) {
	x := exchangeOf(r)
	if x.visitor != nil {
		return x.visitor, nil
	}
	v := &visitor{binding: h.cookies.binding(r)}
	var err error
	if v.session, v.person, err = h.sessions.load(r); err != nil {
		return nil, err
	}
	h.touch(r, v.session)
	x.visitor = v
	return v, nil
}

// touch notes now and then that a session is in use. If that cannot be written, the session ends earlier and nothing else.
func (h *Handlers) touch(r *http.Request, session *account.Session) {
	if session == nil {
		return
	}
	var b storage.Batch
	due, err := h.accounts.Sessions.Touch(&b, session)
	if err == nil && due {
		err = h.db.Apply(r.Context(), b)
	}
	if err != nil {
		h.log.LogAttrs(r.Context(), slog.LevelWarn, "session not noted", slog.String("ref", Reference(r)), slog.String("err", err.Error()))
	}
}

// bound is visitor, and gives a browser its cookie if it has none.
func (h *Handlers) bound(w http.ResponseWriter, r *http.Request) (*visitor, error) {
	v, err := h.visitor(r)
	if err != nil || v.binding != "" {
		return v, err
	}
	v.binding, err = h.cookies.newBinding(w)
	return v, err
}

// Browser is who a request comes from: the browser, and the session and person in it, if any. It is for page routes.
func (h *Handlers) Browser(r *http.Request) (provider.Browser, error) {
	v, err := h.visitor(r)
	if err != nil {
		return provider.Browser{}, err
	}
	return v.browser(), nil
}

// demandPerson lets only those through who are signed in, and sends the others to where they can.
func (h *Handlers) demandPerson(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil || v.person != nil {
		return err
	}
	return h.sendToSignIn(w, r)
}

// formField is the name of the field that carries a form's token.
const formField = "form_token"

const purposeForm = "handlers.form"

// formToken is proof that a form was given to this browser for this target. It names the session too, unless the form is
// one that is shown before anyone has signed in.
func (h *Handlers) formToken(v *visitor, target string, entry bool) string {
	session := ""
	if v.session != nil && !entry {
		session = v.session.ID
	}
	sum := h.db.Hash(purposeForm, []byte(v.binding+"\x00"+target+"\x00"+session))
	return base64.RawURLEncoding.EncodeToString(sum)
}

// Genuine tells whether a POST comes from this site and carries the token of a form that this browser was given for this
// route.
func (h *Handlers) Genuine(r *http.Request) (bool, error) {
	v, err := h.visitor(r)
	if err != nil || v.binding == "" || h.origins.Check(r) != nil {
		return false, err
	}
	e := exchangeOf(r).endpoint
	want := h.formToken(v, e.Path, e.Policy.CSRF == EntryToken)
	return subtle.ConstantTimeCompare([]byte(r.PostForm.Get(formField)), []byte(want)) == 1, nil
}

// seeOther sends a browser on by GET, which is what 303 means whatever the method was (RFC 9110 §15.4.4).
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
