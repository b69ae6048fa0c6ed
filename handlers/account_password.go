package handlers

import (
	"errors"
	"net/http"
	"time"

	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// newPassword asks for another password.
func (h *Handlers) newPassword(w http.ResponseWriter, r *http.Request) error {
	return h.showNewPassword(w, r, http.StatusOK, templates.Text{})
}

func (h *Handlers) showNewPassword(w http.ResponseWriter, r *http.Request, status int, problem templates.Text) error {
	self, v, err := h.self(w, r, securityPath, passwordPath)
	if err != nil {
		return err
	}
	if v.person.Declared {
		return refuse("E-ACCOUNT-01")
	}
	page := templates.NewPassword{Self: self, Action: passwordPath, Cancel: securityPath, MinLength: h.accounts.MinPassword(), Problem: problem}
	return h.Render(w, r, status, page)
}

// newPasswordPosted sets the password. It ends everything that was issued to the person, save this browser's session, which goes on
// under a new token.
func (h *Handlers) newPasswordPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	password := r.PostForm.Get("password")
	if password != r.PostForm.Get("again") {
		return h.showNewPassword(w, r, http.StatusBadRequest, templates.Msg("self.password.problem.differ"))
	}
	err = h.changePassword(w, r, v, password)
	var weak *account.PasswordError
	switch {
	case errors.As(err, &weak):
		return h.showNewPassword(w, r, http.StatusBadRequest, templates.Msg("self.password.problem."+weak.Reason))
	case err != nil:
		return accountError(err)
	}
	h.wasDone(w, v, securityPath, "password")
	return nil
}

// changePassword writes the new password, the session that goes on, and the letter that tells of it, in one batch.
func (h *Handlers) changePassword(w http.ResponseWriter, r *http.Request, v *visitor, password string) error {
	var b storage.Batch
	ctx := r.Context()
	person, err := h.accounts.ChangePassword(ctx, &b, v.person.Subject, password)
	if err != nil {
		return err
	}
	token, session, err := h.accounts.Sessions.Begin(&b, person, account.SignIn{
		AMR: v.session.AMR, ACR: v.session.ACR, AuthTime: time.Unix(v.session.AuthTime, 0), Browser: r.UserAgent(),
		Address: ClientAddr(r).String(), Replaces: v.session,
	})
	if err != nil {
		return err
	}
	facts := map[string]string{"address": ClientAddr(r).String(), "browser": cutText(r.UserAgent(), maxAgent)}
	if err := h.accounts.Notify(&b, person, account.LetterPassword, facts); err != nil {
		return err
	}
	if err := h.db.Apply(ctx, b); err != nil {
		return err
	}
	v.session, v.person = session, person
	h.keepState(w, r)
	return h.sessions.save(w, r, token)
}

// maxAgent is how much of a browser's name goes into a letter.
const maxAgent = 200

// accountError makes a refusal of what the account package says no to, for the pages of a person's own account.
func accountError(err error) error {
	code := ""
	switch {
	case errors.Is(err, account.ErrDeclared):
		code = "E-ACCOUNT-01"
	case errors.Is(err, account.ErrBusy), errors.Is(err, storage.ErrConflict):
		code = "E-SERVER-02"
	default:
		return err
	}
	e := refuse(code)
	e.Cause = err
	return e
}
