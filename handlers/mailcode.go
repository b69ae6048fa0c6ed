package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/limit"
	"signet/storage"
	"signet/templates"
)

// Paths of signing in by mail: where the code is typed, and where the mailed link leads, which provider/account names too.
const (
	codePath       = "/login/code"
	signInLinkPath = "/login/link"
)

const (
	// byMailParam of the sign-in form asks for a mailed code in place of the password.
	byMailParam = "mail"
	// mailedParam carries what a browser keeps that has asked for a code, in the page's address and in its form.
	mailedParam = "mailed"
	// ceremonyMailed is the kind of what it keeps.
	ceremonyMailed = "mailed code"
)

// mailCodeRoutes are the pages of signing in by mail, where that is offered.
func (h *Handlers) mailCodeRoutes() []Route {
	if !h.provider.OffersMail() {
		return nil
	}
	return []Route{
		{Methods: get, Path: codePath, Audience: ForFlow, Policy: page, Handler: h.codePage},
		{Methods: post, Path: codePath, Audience: ForFlow, Policy: entryForm, Handler: h.codePosted},
		{Methods: get, Path: signInLinkPath, Audience: ForFlow, Policy: page, Handler: h.signInLink},
		{Methods: post, Path: signInLinkPath, Audience: ForFlow, Policy: entryForm, Handler: h.signInLinkPosted},
	}
}

// browserTag tells a browser from all others in what is mailed, without its cookie.
func (h *Handlers) browserTag(v *visitor) []byte {
	return h.db.Hash("handlers.mailed", []byte(v.binding))
}

// mailCode mails a code to whoever the name belongs to, and goes to the page that waits for it: the same one, whether there is somebody.
func (h *Handlers) mailCode(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) error {
	identifier := cutText(r.PostForm.Get("identifier"), maxIdentifier)
	if identifier == "" {
		return h.loginNameless(w, r, v, step)
	}
	code, err := h.accounts.NewCode(r.Context(), identifier, h.browserTag(v), h.language(r).Tag())
	if err != nil {
		return err
	}
	err = h.mail(r, mailForCode, identifier, func(b *storage.Batch) error { return h.accounts.MailCode(r.Context(), b, code, requestOf(step)) })
	if err != nil {
		return err
	}
	state, err := code.State()
	if err != nil {
		return err
	}
	sealed, err := h.provider.SealCeremony(ceremonyMailed, "", state, account.CodeLife, v.browser())
	if err != nil {
		return err
	}
	query := url.Values{mailedParam: {sealed}}
	if step != nil {
		query.Set(requestParam, step.Request)
	}
	seeOther(w, h.base+codePath+"?"+query.Encode())
	return nil
}

// loginNameless shows the sign-in page again to who wants a mail and has not said for whom.
func (h *Handlers) loginNameless(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) error {
	page, err := h.loginPage(w, r, v, step)
	if err != nil {
		return err
	}
	page.Problem = templates.LoginNameless
	return h.showLogin(w, r, http.StatusBadRequest, page, step)
}

// codePage waits for the code.
func (h *Handlers) codePage(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	if r.FormValue(mailedParam) == "" {
		seeOther(w, h.base+signInFrom(step))
		return nil
	}
	return h.showCode(w, r, http.StatusOK, step, "")
}

func (h *Handlers) showCode(w http.ResponseWriter, r *http.Request, status int, step *provider.Step, problem templates.FactorProblem) error {
	base, err := h.Base(w, r, codePath)
	if err != nil {
		return err
	}
	return h.showStep(w, r, status, templates.MailCode{
		Base: base, Action: codePath, Mailed: r.FormValue(mailedParam), Request: requestOf(step), Client: clientOf(step), Redirect: destination(step),
		Minutes: int(account.CodeLife / time.Minute), SignIn: signInFrom(step), Problem: problem,
	}, step)
}

// codePosted takes the code, and lets its owner in.
func (h *Handlers) codePosted(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	in, err := h.codeProof(r, v, step)
	if h.countSignIn(err) == nil {
		err = h.admit(w, r, v, step, in)
	}
	if err != nil {
		return h.codeAgain(w, r, v, step, err)
	}
	return nil
}

// codeProof is the proof of a mailed code, to be spent in the batch that begins the session. A wrong one is counted before anybody is
// told that it is wrong.
func (h *Handlers) codeProof(r *http.Request, v *visitor, step *provider.Step) (proof, error) {
	ctx, out := r.Context(), proof{client: clientID(step), how: "mailed code", amr: []string{account.MethodOTP}}
	kept, err := h.provider.OpenCeremony(ceremonyMailed, "", r.PostForm.Get(mailedParam), v.browser())
	if err != nil {
		return out, err
	}
	try, err := h.accounts.TryCode(ctx, kept.Data)
	if err != nil {
		return out, wrongFactor(err)
	}
	network := limit.Use{Limit: h.limits.factors, Key: networkOf(r)}
	if err := h.limits.take(ctx, limit.Use{Limit: h.limits.mailCodes, Key: try.Key}, network); err != nil {
		return out, err
	}
	typed := r.PostForm.Get("code")
	if out.person, err = h.judgeCode(r, kept.Data, typed); err != nil {
		h.trail.Count(ctx, audit.Event{Kind: "sign-in.failed", Subject: try.Subject, Facts: map[string]string{audit.FactWhy: "wrong mailed code"}})
		return out, err
	}
	out.spend = func(b *storage.Batch) error {
		_, err := h.accounts.UseCode(ctx, b, kept.Data, typed)
		return wrongFactor(err)
	}
	out.proved = func() {
		h.limits.mailCodes.Forget(try.Key)
		h.limits.keeper.GiveBack(network)
		h.mailProved(r, out.person)
	}
	return out, nil
}

// mailProved frees somebody of the limit of mailed codes who has shown that they read them.
func (h *Handlers) mailProved(r *http.Request, p *account.Person) {
	if key, err := h.accounts.AccountKey(r.Context(), p.Email); err == nil {
		uses := h.limits.mails.uses(r, h.knownDevice(r), mailForCode, key)
		uses[0].Limit.Forget(uses[0].Key)
		h.limits.keeper.GiveBack(uses[1:]...)
	}
}

// judgeCode finds out whose code it is. Wrong ones that come at the same moment are counted one after the other.
func (h *Handlers) judgeCode(r *http.Request, state []byte, typed string) (*account.Person, error) {
	for range 4 * changeTries {
		var b storage.Batch
		person, err := h.accounts.UseCode(r.Context(), &b, state, typed)
		if !errors.Is(err, account.ErrRefused) {
			return person, err
		}
		if applied := h.db.Apply(r.Context(), b); applied == nil {
			return nil, wrongFactor(err)
		} else if !errors.Is(applied, storage.ErrConflict) {
			return nil, applied
		}
	}
	return nil, refuseFor("E-SERVER-02", "too many codes at once")
}

// codeAgain shows the page once more if the person can mend what is wrong, or the sign-in page if this has taken too long.
func (h *Handlers) codeAgain(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step, err error) error {
	refusal := explain(err)
	problem, ok := map[string]templates.FactorProblem{codeWrongFactor: templates.FactorWrong, codeThrottled: templates.FactorThrottled}[refusal.Code]
	if !ok {
		return h.loginAgain(w, r, v, step, err)
	}
	exchangeOf(r).code = refusal.Code
	h.note(r, refusal)
	h.tell(r, provider.Event{Kind: "refused", Refusal: refusal})
	setRetryAfter(w, err, refusal)
	status := refusal.Status
	if problem == templates.FactorWrong {
		status = http.StatusBadRequest
	}
	return h.showCode(w, r, status, step, problem)
}
