package handlers

import (
	"net/http"

	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// emailPath is the page on which people confirm their address, or ask for another.
const emailPath = "/account/email"

// newEmail asks for the address.
func (h *Handlers) newEmail(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	return h.showNewEmail(w, r, http.StatusOK, v.person.Email, templates.Text{})
}

func (h *Handlers) showNewEmail(w http.ResponseWriter, r *http.Request, status int, address string, problem templates.Text) error {
	self, v, err := h.self(w, r, profilePath, emailPath)
	if err != nil {
		return err
	}
	if v.person.Declared {
		return refuse("E-ACCOUNT-01")
	}
	return h.Render(w, r, status, templates.NewEmail{Self: self, Action: emailPath, Cancel: profilePath, Address: address, Problem: problem})
}

// newEmailPosted sends a link to the address. Nothing changes before it is confirmed there; the answer is the same if the address
// is somebody else's.
func (h *Handlers) newEmailPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if v.person.Declared {
		return refuse("E-ACCOUNT-01")
	}
	typed := cutText(r.PostForm.Get("email"), maxIdentifier)
	address, _, err := account.CanonicalEmail(typed)
	if err != nil {
		return h.showNewEmail(w, r, http.StatusBadRequest, typed, templates.Msg("mailed.problem.address"))
	}
	err = h.mail(r, mailForAddress, address, func(b *storage.Batch) error {
		return h.accounts.AskAddress(r.Context(), b, v.person, address, h.language(r).Tag())
	})
	if err != nil {
		return err
	}
	h.wasDone(w, v, profilePath, "email-asked")
	return nil
}
