package handlers

import (
	"net/http"
	"net/url"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// withRequest is a page's path with a sealed request.
func withRequest(path, sealed string) string {
	return path + "?" + requestParam + "=" + url.QueryEscape(sealed)
}

// recover asks who has lost their password.
func (h *Handlers) recover(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, recoverPath)
	if err != nil {
		return err
	}
	page := templates.AskMail{Base: base, Errand: templates.ErrandRecover, Action: recoverPath, SignIn: signInFrom(step), Client: clientOf(step)}
	if step != nil {
		page.Request, page.Identifier = step.Request, step.LoginHint
	}
	return h.Render(w, r, http.StatusOK, page)
}

// recoverPosted says that a mail is on its way, whatever was typed.
func (h *Handlers) recoverPosted(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	identifier := r.PostForm.Get("identifier")
	err = h.mail(r, mailForRecovery, identifier, func(b *storage.Batch) error {
		return h.accounts.AskRecovery(r.Context(), b, identifier, h.language(r).Tag())
	})
	if err != nil {
		return err
	}
	return h.mailSent(w, r, templates.ErrandRecover, step)
}

func (h *Handlers) mailSent(w http.ResponseWriter, r *http.Request, errand templates.MailErrand, step *provider.Step) error {
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	base.Return = "" // the page once more would be the form, and a second mail
	return h.Render(w, r, http.StatusOK, templates.MailSent{Base: base, Errand: errand, SignIn: signInFrom(step)})
}

// recoverPassword asks for the new password. It uses nothing up: programs that look at mails follow links.
func (h *Handlers) recoverPassword(w http.ResponseWriter, r *http.Request) error {
	link, err := linkOf(r)
	if err != nil {
		return err
	}
	return h.showRecoverPassword(w, r, http.StatusOK, link, templates.Text{})
}

func (h *Handlers) showRecoverPassword(w http.ResponseWriter, r *http.Request, status int, link string, problem templates.Text) error {
	p, err := h.accounts.RecoveryPerson(r.Context(), link)
	if err != nil {
		return h.orDead(w, r, err)
	}
	base, err := h.Base(w, r, recoverPasswordPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, status, templates.SetPassword{
		Base: base, Action: recoverPasswordPath, Link: link, Identifier: identifierOf(p), MinLength: h.accounts.MinPassword(), Problem: problem,
	})
}

// recoverPasswordPosted sets the new password. It signs nobody in: whoever reads somebody's mail has no second factor by it.
func (h *Handlers) recoverPasswordPosted(w http.ResponseWriter, r *http.Request) error {
	link, password := r.PostForm.Get(linkParam), r.PostForm.Get("password")
	if password != r.PostForm.Get("again") {
		return h.showRecoverPassword(w, r, http.StatusBadRequest, link, templates.Msg("self.password.problem.differ"))
	}
	var person *account.Person
	err := h.spendLink(r, func(b *storage.Batch) (err error) {
		person, err = h.accounts.Recover(r.Context(), b, link, password, noticeFacts(r))
		return err
	})
	if problem, ok := passwordProblem(err); ok {
		return h.showRecoverPassword(w, r, http.StatusBadRequest, link, problem)
	}
	if err != nil {
		return h.orDead(w, r, accountError(err))
	}
	h.tell(r, provider.Event{Kind: "recovered", Subject: person.Subject, Name: identifierOf(person), Text: "new password by mail"})
	return h.mailDone(w, r, http.StatusOK, templates.MailRecovered)
}
