package handlers

import (
	"net/http"

	"signet/storage"
	"signet/templates"
)

// verify asks whether an address should be an account's. It uses nothing up.
func (h *Handlers) verify(w http.ResponseWriter, r *http.Request) error {
	link, err := linkOf(r)
	if err != nil {
		return err
	}
	p, address, err := h.accounts.AddressOf(r.Context(), link)
	if err != nil {
		return h.orDead(w, r, err)
	}
	base, err := h.Base(w, r, verifyPath)
	if err != nil {
		return err
	}
	shown := shownPerson(p)
	shown.Address = ""
	return h.Render(w, r, http.StatusOK, templates.ConfirmAddress{Base: base, Action: verifyPath, Link: link, Address: address, Person: shown})
}

// verifyPosted gives the account its address.
func (h *Handlers) verifyPosted(w http.ResponseWriter, r *http.Request) error {
	err := h.spendLink(r, func(b *storage.Batch) error {
		_, err := h.accounts.ConfirmAddress(r.Context(), b, r.PostForm.Get(linkParam), noticeFacts(r))
		return err
	})
	if err != nil {
		return h.orDead(w, r, err)
	}
	return h.mailDone(w, r, http.StatusOK, templates.MailConfirmed)
}
