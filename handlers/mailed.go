package handlers

import (
	"errors"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// Paths of the pages that lead through a mailbox. Those that mailed links lead to are named by provider/account.
const (
	recoverPath         = "/recover"
	recoverPasswordPath = "/recover/password"
	verifyPath          = "/verify"
	signUpPath          = "/signup"
	finishSignUpPath    = "/signup/finish"
	restorePath         = "/restore"
)

// linkParam carries a mailed link: in the query, which no log has, and in the form.
const linkParam = "link"

// mailRoutes are the pages that lead through a mailbox, where there is mail.
func (h *Handlers) mailRoutes() []Route {
	if !h.accounts.HasPost() {
		return nil
	}
	return append(h.mailCodeRoutes(), []Route{
		{Methods: get, Path: recoverPath, Audience: ForFlow, Policy: page, Handler: h.recover},
		{Methods: post, Path: recoverPath, Audience: ForFlow, Policy: entryForm, Handler: h.recoverPosted},
		{Methods: get, Path: recoverPasswordPath, Audience: ForPeople, Policy: page, Handler: h.recoverPassword},
		{Methods: post, Path: recoverPasswordPath, Audience: ForPeople, Policy: entryForm, Handler: h.recoverPasswordPosted},
		{Methods: get, Path: verifyPath, Audience: ForPeople, Policy: page, Handler: h.verify},
		{Methods: post, Path: verifyPath, Audience: ForPeople, Policy: entryForm, Handler: h.verifyPosted},
		{Methods: get, Path: restorePath, Audience: ForPeople, Policy: page, Handler: h.restore},
		{Methods: post, Path: restorePath, Audience: ForPeople, Policy: entryForm, Handler: h.restorePosted},
		{Methods: get, Path: emailPath, Audience: ForPeople, Policy: sensitivePage, Handler: h.newEmail},
		{Methods: post, Path: emailPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.newEmailPosted},
		{Methods: get, Path: signUpPath, Audience: ForFlow, Policy: page, Handler: h.signUp},
		{Methods: post, Path: signUpPath, Audience: ForFlow, Policy: entryForm, Handler: h.signUpPosted},
		{Methods: get, Path: finishSignUpPath, Audience: ForPeople, Policy: page, Handler: h.finishSignUp},
		{Methods: post, Path: finishSignUpPath, Audience: ForPeople, Policy: entryForm, Handler: h.finishSignUpPosted},
	}...)
}

// mail writes what asks for a mail. Whoever asks too often gets the same answer, and no mail: an answer of its own would tell
// which accounts somebody else has asked for, and a mailbox must not be filled.
func (h *Handlers) mail(r *http.Request, errand mailErrand, identifier string, fill func(*storage.Batch) error) error {
	key, err := h.accounts.AccountKey(r.Context(), identifier)
	if err != nil {
		return err
	}
	if h.limits.keeper.Take(r.Context(), h.limits.mails.uses(r, h.knownDevice(r), errand, key)...) > 0 {
		return nil
	}
	var b storage.Batch
	if err := fill(&b); err != nil {
		return err
	}
	return h.db.Apply(r.Context(), b)
}

// spendLink writes what uses a link. If something came between, it is tried once more: a link that was used by then is refused.
func (h *Handlers) spendLink(r *http.Request, fill func(*storage.Batch) error) error {
	for try := 0; ; try++ {
		var b storage.Batch
		if err := fill(&b); err != nil {
			return err
		}
		err := h.db.Apply(r.Context(), b)
		if try > 0 || !errors.Is(err, storage.ErrConflict) {
			return accountError(err)
		}
	}
}

// linkOf is the mailed link in the address.
func linkOf(r *http.Request) (string, error) {
	params, err := query(r)
	if err == nil {
		err = once(params)
	}
	return params.Get(linkParam), err
}

// signInFrom is the sign-in page with the request that somebody is on the way with.
func signInFrom(step *provider.Step) string {
	if step == nil {
		return loginPath
	}
	return withRequest(loginPath, step.Request)
}

// mailDone says what came of a link.
func (h *Handlers) mailDone(w http.ResponseWriter, r *http.Request, status int, outcome templates.MailOutcome) error {
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	if !safeMethod(r.Method) {
		base.Return = "" // a link that was used would be shown as a dead one
	}
	return h.Render(w, r, status, templates.MailDone{Base: base, Outcome: outcome, SignIn: loginPath})
}

// orDead shows the page for links that cannot be used, if that is what is wrong.
func (h *Handlers) orDead(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, account.ErrLink) {
		return h.mailDone(w, r, http.StatusBadRequest, templates.MailDead)
	}
	return err
}

// passwordProblem is why a new password is refused, in words; false if that is not what is wrong.
func passwordProblem(err error) (templates.Text, bool) {
	var weak *account.PasswordError
	if !errors.As(err, &weak) {
		return templates.Text{}, false
	}
	return templates.Msg("self.password.problem." + weak.Reason), true
}

// noticeFacts are what a notice says of where something was done.
func noticeFacts(r *http.Request) map[string]string {
	return map[string]string{"address": ClientAddr(r).String()}
}
