package handlers

import (
	"errors"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// signInLink asks, in the browser that asked for the mail, whether to sign in. In any other browser it says where to go: whoever is led
// to open a link for which somebody else has asked lets nobody in by that. It uses nothing up: programs that look at mails follow links.
func (h *Handlers) signInLink(w http.ResponseWriter, r *http.Request) error {
	link, err := linkOf(r)
	if err != nil {
		return err
	}
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	in, err := h.accounts.SignInLink(r.Context(), link, h.browserTag(v))
	if err != nil {
		return h.orDead(w, r, err)
	}
	return h.showSignInLink(w, r, v, link, in)
}

func (h *Handlers) showSignInLink(w http.ResponseWriter, r *http.Request, v *visitor, link string, in account.SignInLink) error {
	if !in.Here {
		return h.mailDone(w, r, http.StatusOK, templates.MailElsewhere)
	}
	base, err := h.Base(w, r, signInLinkPath)
	if err != nil {
		return err
	}
	step := h.stepOfLink(r, v, in)
	return h.showStep(w, r, http.StatusOK, templates.MailSignIn{
		Base: base, Action: signInLinkPath, Link: link, Person: shownPerson(in.Person), Client: clientOf(step), Redirect: destination(step),
	}, step)
}

// stepOfLink is where somebody was going when they asked for a mail, or nil if that is over: then they are signed in all the same.
func (h *Handlers) stepOfLink(r *http.Request, v *visitor, in account.SignInLink) *provider.Step {
	if in.Request == "" {
		return nil
	}
	step, err := h.provider.Step(r.Context(), in.Request, v.browser(), provider.StepLogin)
	if err != nil {
		return nil
	}
	return step
}

// signInLinkPosted lets in who has pressed the button.
func (h *Handlers) signInLinkPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	link, tag := r.PostForm.Get(linkParam), h.browserTag(v)
	found, err := h.accounts.SignInLink(r.Context(), link, tag)
	if err != nil {
		return h.orDead(w, r, err)
	}
	if !found.Here {
		return h.mailDone(w, r, http.StatusOK, templates.MailElsewhere)
	}
	step := h.stepOfLink(r, v, found)
	in := proof{person: found.Person, client: clientID(step), how: "mailed link", amr: []string{account.MethodOTP}}
	in.spend = func(b *storage.Batch) error {
		_, err := h.accounts.UseSignInLink(r.Context(), b, link, tag)
		return err
	}
	in.proved = func() { h.mailProved(r, found.Person) }
	err = h.admit(w, r, v, step, in)
	if errors.Is(err, account.ErrLink) {
		return h.orDead(w, r, err)
	}
	return h.countSignIn(err)
}
