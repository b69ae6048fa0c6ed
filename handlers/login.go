package handlers

import (
	"errors"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

// login shows the sign-in page. Whoever comes for no application and is signed in already is sent to the start page.
func (h *Handlers) login(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	if step == nil && v.person != nil {
		seeOther(w, h.base+"/")
		return nil
	}
	page, err := h.loginPage(w, r, v, step)
	if err != nil {
		return err
	}
	return h.showLogin(w, r, http.StatusOK, page, step)
}

// loginPage makes the sign-in page for whoever is there.
func (h *Handlers) loginPage(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) (templates.Login, error) {
	base, err := h.Base(w, r, loginPath)
	if err != nil {
		return templates.Login{}, err
	}
	page := templates.Login{Base: base, Action: loginPath, Client: clientOf(step), Redirect: destination(step), NoPassword: !h.provider.OffersPasswords()}
	if h.accounts.HasPasskeys() {
		page.Passkey, page.Upgrade = challengePath, h.provider.OffersUpgrade()
	}
	if h.dev != nil && h.dev.People != nil {
		if page.People, err = h.dev.People(r.Context()); err != nil {
			return page, err
		}
	}
	h.offerMail(&page, step)
	page.Sources, page.Directories = h.shownSources(), h.shownDirectories()
	if step == nil {
		return page, nil
	}
	page.Request, page.Identifier = step.Request, step.LoginHint
	if v.person != nil && step.Subject == v.person.Subject && r.FormValue(switchParam) == "" {
		page.Reauthenticate, page.Identifier = true, identifierOf(v.person)
	}
	return page, nil
}

// offerMail adds the ways that lead through a mailbox.
func (h *Handlers) offerMail(page *templates.Login, step *provider.Step) {
	sealed := func(path string) string {
		if step == nil {
			return path
		}
		return withRequest(path, step.Request)
	}
	page.ByMail = h.provider.OffersMail()
	if h.accounts.HasPost() && h.provider.OffersPasswords() {
		page.Recover = sealed(recoverPath)
	}
	if h.accounts.HasPost() && h.signUps.byThemselves() {
		page.SignUp = sealed(signUpPath)
	}
}

func (h *Handlers) showLogin(w http.ResponseWriter, r *http.Request, status int, page templates.Login, step *provider.Step) error {
	var locales []string
	if step != nil {
		locales = step.UILocales
	}
	return h.Render(w, r, status, page, locales...)
}

// loginPosted signs somebody in and goes back to /authorize, or to the start page.
func (h *Handlers) loginPosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	if r.PostForm.Get(switchParam) != "" && step != nil {
		seeOther(w, h.pageOf(provider.StepLogin, step.Request)+"&"+switchParam+"=1")
		return nil
	}
	if r.PostForm.Get(byMailParam) != "" && h.provider.OffersMail() {
		return h.mailCode(w, r, v, step)
	}
	if r.PostForm.Get(sourceParam) != "" {
		if err := h.departForSignIn(w, r, v, step); err != nil {
			return h.loginAgain(w, r, v, step, err)
		}
		return nil
	}
	in, err := h.prove(r, v, step)
	if err == nil {
		err = h.admit(w, r, v, step, in)
	}
	if err != nil {
		return h.loginAgain(w, r, v, step, err)
	}
	return nil
}

// admit lets somebody in who has proved who they are, and sends them on, or asks for what is missing.
func (h *Handlers) admit(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step, in proof) error {
	demand := provider.DemandNothing
	if len(in.amr) > 0 && in.acr != provider.ACRTwoFactors { // in development mode nothing is proved
		var err error
		if demand, err = h.provider.AfterPassword(r.Context(), in.person); err != nil {
			return err
		}
	}
	if demand != provider.DemandNothing {
		return h.askFactor(w, r, v, step, in)
	}
	if err := h.signIn(w, r, v, in); err != nil {
		return err
	}
	if h.mayUpgrade(r, in) {
		sealed, err := h.proven(r, v, step)
		if err == nil {
			seeOther(w, h.base+withRequest(upgradePath, sealed))
		}
		return err
	}
	return h.goOn(w, r, v, step)
}

// proven is the request on whose way somebody has just signed in, with the proof of it; empty without one.
func (h *Handlers) proven(r *http.Request, v *visitor, step *provider.Step) (string, error) {
	if step == nil {
		return "", nil
	}
	return h.provider.ProveLogin(r.Context(), step.Request, v.browser(), v.person.Subject)
}

// goOn brings somebody who has just signed in to where they were going.
func (h *Handlers) goOn(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) error {
	sealed, err := h.proven(r, v, step)
	if err != nil {
		return err
	}
	seeOther(w, h.base+onward(sealed))
	return nil
}

// loginAgain shows the page once more if the person can mend what is wrong, with the same words for a wrong name, a wrong
// password and an account that may not sign in.
func (h *Handlers) loginAgain(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step, err error) error {
	problem, ok := loginProblem(err)
	if !ok {
		return err
	}
	page, pageErr := h.loginPage(w, r, v, step)
	if pageErr != nil {
		return pageErr
	}
	page.Problem, page.Reason = problem, lockedWhy(err)
	if problem == templates.LoginPasskey && errors.Is(err, account.ErrNoFactor) {
		page.Unknown = h.accounts.PasskeyUnknown([]byte(r.PostForm.Get(passkeyParam)))
	}
	if !page.Reauthenticate {
		page.Identifier = cutText(r.PostForm.Get("identifier"), maxIdentifier)
	}
	refusal := explain(err)
	exchangeOf(r).code = refusal.Code
	h.note(r, refusal)
	h.tell(r, provider.Event{Kind: "refused", Refusal: refusal})
	setRetryAfter(w, err, refusal)
	status := refusal.Status
	if problem != templates.LoginThrottled {
		status = http.StatusBadRequest // 401 would need a challenge that browsers know, 403 would say that nothing helps
	}
	return h.showLogin(w, r, status, page, step)
}

// maxIdentifier is what the page's field takes.
const maxIdentifier = 256

func loginProblem(err error) (templates.LoginProblem, bool) {
	switch explain(err).Code {
	case codeWrongLogin:
		return templates.LoginWrong, true
	case codeThrottled:
		return templates.LoginThrottled, true
	case codeEnded:
		return templates.LoginStale, true
	case codeWrongFactor:
		return templates.LoginPasskey, true
	case codeBarred:
		return map[account.State]templates.LoginProblem{
			account.StateLocked: templates.LoginLocked, account.StateExpired: templates.LoginExpired, account.StateLeaving: templates.LoginLeaving,
		}[account.Told(explain(err).Cause)], true
	}
	problem, ok := upstreamProblems[explain(err).Code]
	return problem, ok
}

// upstreamProblems are what went wrong with another provider, as people are told.
var upstreamProblems = map[string]templates.LoginProblem{
	"E-UP-01": templates.LoginNoAnswer, "E-UP-03": templates.LoginDenied, "E-UP-04": templates.LoginNoAnswer, "E-UP-05": templates.LoginNoAnswer,
	"E-UP-06": templates.LoginNotOurs, "E-UP-07": templates.LoginNoAccount, "E-UP-08": templates.LoginTaken, "E-UP-11": templates.LoginNotFresh,
}

// lockedWhy is what the operator says to a person who is locked and has proved who they are.
func lockedWhy(err error) string {
	var barred *account.BarredError
	if errors.As(explain(err).Cause, &barred) {
		return barred.Person.Locked
	}
	return ""
}
