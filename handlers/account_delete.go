package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// deletionRoutes are the page on which people have their account deleted, where they may.
func (h *Handlers) deletionRoutes() []Route {
	if !h.selfDeletion {
		return nil
	}
	return []Route{
		{Methods: get, Path: deletePath, Audience: ForPeople, Policy: sensitivePage, Handler: h.deletion},
		{Methods: post, Path: deletePath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.deletionPosted},
	}
}

// deletion says what happens if the account is deleted.
func (h *Handlers) deletion(w http.ResponseWriter, r *http.Request) error {
	return h.showDeletion(w, r, http.StatusOK, templates.Text{})
}

func (h *Handlers) showDeletion(w http.ResponseWriter, r *http.Request, status int, problem templates.Text) error {
	self, v, err := h.self(w, r, dataPath, deletePath)
	if err != nil {
		return err
	}
	if v.person.Declared {
		return refuse("E-ACCOUNT-01")
	}
	sessions, err := h.accounts.Sessions.List(r.Context(), v.person.Subject)
	if err != nil {
		return err
	}
	apps, err := h.provider.Applications(r.Context(), v.person)
	if err != nil {
		return err
	}
	return h.Render(w, r, status, templates.Deletion{
		Self: self, Action: deletePath, Cancel: dataPath, Identifier: identifierOf(v.person), Sessions: len(sessions), Apps: len(apps),
		Until: h.until(h.db.Now().Add(h.accounts.Grace())), Undo: h.accounts.CanUndo(v.person), Problem: problem,
	})
}

// until is the end of the grace, or zero if there is none.
func (h *Handlers) until(end time.Time) time.Time {
	if h.accounts.Grace() == 0 {
		return time.Time{}
	}
	return end.UTC()
}

// deletionPosted has the account deleted, if its owner has typed its name. It is good for nothing from the answer on.
func (h *Handlers) deletionPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if !isNameOf(v.person, r.PostForm.Get("identifier")) {
		return h.showDeletion(w, r, http.StatusBadRequest, templates.Msg("self.delete.wrong"))
	}
	subject, ctx := v.person.Subject, r.Context()
	var left *account.Person
	err = h.changeFactors(r, func(b *storage.Batch) (err error) {
		left, err = h.accounts.Leave(ctx, b, subject, where(r))
		return err
	})
	if err != nil {
		return accountError(err)
	}
	if h.accounts.Grace() == 0 {
		if err := h.provider.RemovePerson(ctx, subject); err != nil && !errors.Is(err, account.ErrUnknownPerson) {
			return err
		}
	}
	h.tell(r, provider.Event{Kind: "deleted", Subject: subject, Name: identifierOf(left), Text: "asked to be deleted"})
	if err := h.sessions.save(w, r, ""); err != nil {
		return err
	}
	v.session, v.person = nil, nil
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.Deleted{Base: base, Until: h.until(time.Unix(left.Leaving.Ends, 0)), Undo: h.accounts.CanUndo(left)})
}

// isNameOf tells whether somebody typed the user name or the address of a person.
func isNameOf(p *account.Person, typed string) bool {
	typed = strings.TrimSpace(typed)
	return typed != "" && (strings.EqualFold(typed, p.Username) || strings.EqualFold(typed, p.Email))
}

// restore asks whoever follows the link of a deletion whether the account is to stay. It uses nothing up.
func (h *Handlers) restore(w http.ResponseWriter, r *http.Request) error {
	link, err := linkOf(r)
	if err != nil {
		return err
	}
	p, err := h.accounts.Leaver(r.Context(), link)
	if err != nil {
		return h.orDead(w, r, err)
	}
	base, err := h.Base(w, r, restorePath)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.KeepAccount{
		Base: base, Action: restorePath, Link: link, Person: shownPerson(p), Until: time.Unix(p.Leaving.Ends, 0).UTC(),
	})
}

// restorePosted keeps the account. Its owner signs in as ever after: whoever reads somebody's mail is not in it by that.
func (h *Handlers) restorePosted(w http.ResponseWriter, r *http.Request) error {
	var kept *account.Person
	err := h.spendLink(r, func(b *storage.Batch) (err error) {
		kept, err = h.accounts.Restore(r.Context(), b, r.PostForm.Get(linkParam), where(r))
		return err
	})
	if err != nil {
		return h.orDead(w, r, err)
	}
	h.tell(r, provider.Event{Kind: "restored", Subject: kept.Subject, Name: identifierOf(kept), Text: "the account stays"})
	return h.mailDone(w, r, http.StatusOK, templates.MailRestored)
}
