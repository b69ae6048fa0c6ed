package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/limit"
	"signet/storage"
	"signet/templates"
)

// pendingParam carries a pending sign-in, in the page's address and in its forms.
const pendingParam = "pending"

// codeWrongFactor is the refusal that shows the page of the second factor again.
const codeWrongFactor = "E-LOGIN-03"

// codeEnded is the refusal of a sign-in, or a challenge, that has ended.
const codeEnded = "E-LOGIN-02"

// halfway is somebody who has proved one factor: in a sign-in that is pending, or in a session that is not enough for where
// they want to go.
type halfway struct {
	v    *visitor
	step *provider.Step
	// sealed is the pending sign-in; without one the session counts.
	sealed  string
	pending *provider.Pending
	person  *account.Person
	factors *account.Factors
}

// halfway finds out who is there. It returns nil, and has answered, for those who are not.
func (h *Handlers) halfway(w http.ResponseWriter, r *http.Request) (*halfway, error) {
	v, step, err := h.stepOf(w, r, provider.StepFactor)
	if err != nil {
		return nil, err
	}
	in := &halfway{v: v, step: step, sealed: r.FormValue(pendingParam), person: v.person}
	if in.sealed != "" {
		if in.pending, in.person, err = h.provider.OpenPending(r.Context(), in.sealed, v.browser()); err != nil {
			return nil, err
		}
	}
	switch {
	case in.pending == nil && (step == nil || v.person == nil):
		seeOther(w, h.base+loginPath)
		return nil, errAnswered
	case in.pending == nil && v.session.ACR != provider.ACROneFactor:
		h.back(w, step.Request)
		return nil, errAnswered
	}
	in.factors, err = h.accounts.Factors(r.Context(), in.person.Subject)
	return in, err
}

// provedAt is when the first factor was proved, in Unix seconds.
func (in *halfway) provedAt() int64 {
	if in.pending != nil {
		return in.pending.At
	}
	return in.v.session.AuthTime
}

// methods are those of the first factor.
func (in *halfway) methods() []string {
	if in.pending != nil {
		return in.pending.AMR
	}
	return in.v.session.AMR
}

// factorPage asks for the second factor, or lets somebody who has none set one up.
func (h *Handlers) factorPage(w http.ResponseWriter, r *http.Request) error {
	in, err := h.halfway(w, r)
	if err != nil {
		return err
	}
	return h.showFactor(w, r, http.StatusOK, in, "", "")
}

// showFactor shows the page that fits; setup is a secret that is being set up already.
func (h *Handlers) showFactor(w http.ResponseWriter, r *http.Request, status int, in *halfway, setup string, problem templates.FactorProblem) error {
	base, err := h.Base(w, r, factorPath)
	if err != nil {
		return err
	}
	if in.factors.Second() {
		page := templates.Factor{
			Base: base, Action: factorPath, Pending: in.sealed, Client: clientOf(in.step), Redirect: destination(in.step), Person: shownPerson(in.person),
			App: in.factors.TOTP != nil, Recovery: len(in.factors.Recovery) > 0, Problem: problem, SignIn: loginPath,
		}
		page.Request = requestOf(in.step)
		if in.factors.HasPasskey() && h.accounts.HasPasskeys() {
			page.Passkey = challengePath + "?" + in.query().Encode()
		}
		return h.showStep(w, r, status, page, in.step)
	}
	page, err := h.setUpPage(in.v, in.person, setup)
	if err != nil {
		return err
	}
	page.Base, page.Action, page.Pending, page.Client, page.Redirect = base, factorPath, in.sealed, clientOf(in.step), destination(in.step)
	page.Request, page.Problem, page.Demanded = requestOf(in.step), problem, true
	return h.showStep(w, r, status, page, in.step)
}

func requestOf(step *provider.Step) string {
	if step == nil {
		return ""
	}
	return step.Request
}

// showStep renders a page in the language that the client wishes for.
func (h *Handlers) showStep(w http.ResponseWriter, r *http.Request, status int, page templates.Page, step *provider.Step) error {
	var locales []string
	if step != nil {
		locales = step.UILocales
	}
	return h.Render(w, r, status, page, locales...)
}

// factorPosted takes a second factor, or the confirmation of one that is new, and lets the person in.
func (h *Handlers) factorPosted(w http.ResponseWriter, r *http.Request) error {
	in, err := h.halfway(w, r)
	if err != nil {
		return err
	}
	proved, err := h.secondProof(r, in)
	if err == nil {
		err = h.countSignIn(h.signIn(w, r, in.v, proved))
	}
	if err != nil {
		return h.factorAgain(w, r, in, err)
	}
	return h.letIn(w, r, in)
}

// letIn sends somebody on who has proved enough.
func (h *Handlers) letIn(w http.ResponseWriter, r *http.Request, in *halfway) error {
	if in.step == nil {
		seeOther(w, h.base+"/")
		return nil
	}
	if in.pending == nil {
		h.back(w, in.step.Request)
		return nil
	}
	sealed, err := h.provider.ProveLogin(r.Context(), in.step.Request, in.v.browser(), in.v.person.Subject)
	if err != nil {
		return err
	}
	h.back(w, sealed)
	return nil
}

// secondProof is the proof that a form brings, to be spent in the batch that begins the session. Codes that can be guessed are
// counted for the person, all of them; passkeys and recovery codes cannot, and are always listened to, so that nobody who has
// somebody's password keeps them out.
func (h *Handlers) secondProof(r *http.Request, in *halfway) (proof, error) {
	out := proof{
		person: in.person, at: time.Unix(in.provedAt(), 0), acr: provider.ACRTwoFactors, client: clientID(in.step),
		amr: withMethods(in.methods(), account.MethodOTP, account.MethodMulti),
	}
	network := limit.Use{Limit: h.limits.factors, Key: networkOf(r)}
	if err := h.limits.take(r.Context(), network); err != nil {
		return out, err
	}
	out.proved = func() { h.limits.keeper.GiveBack(network) }
	form, ctx := r.PostForm, r.Context()
	switch {
	case !in.factors.Second():
		out.how = "password and a new app"
		return out, h.newSecond(r, in, &out)
	case form.Get(passkeyParam) != "":
		got, err := h.passkeyProof(r, in.v, in.person)
		if err != nil {
			return out, err
		}
		out.how, out.spend = "password and passkey", got.spend
		out.amr = withMethods(in.methods(), append(slices.DeleteFunc(got.amr, isMulti), account.MethodMulti)...)
	case form.Get("recovery") != "":
		out.how = "password and recovery code"
		out.spend = func(b *storage.Batch) error {
			return wrongFactor(h.accounts.UseRecoveryCode(ctx, b, in.person, form.Get("recovery"), where(r)))
		}
	default:
		out.how = "password and code"
		out.spend = func(b *storage.Batch) error {
			return wrongFactor(h.accounts.TryFactor(ctx, b, in.person, where(r), func(b *storage.Batch) error {
				return h.accounts.UseTOTP(ctx, b, in.person.Subject, form.Get("code"))
			}))
		}
	}
	return out, nil
}

// newSecond lets somebody who has no second factor set one up, with a first one that was proved just now.
func (h *Handlers) newSecond(r *http.Request, in *halfway, out *proof) error {
	if h.db.Now().Unix() > in.provedAt()+provider.RecentSignIn {
		return refuseFor("E-LOGIN-02", "a sign-in that is too old to set up a factor")
	}
	secret, err := h.setUpSecret(r, in.v, in.person)
	if err != nil {
		return err
	}
	code := r.PostForm.Get("code")
	out.spend = func(b *storage.Batch) error {
		return wrongFactor(h.accounts.SetTOTP(r.Context(), b, in.person, secret, code, true, where(r)))
	}
	return nil
}

// withMethods are the methods of two factors, each named once.
func withMethods(first []string, second ...string) []string {
	all := slices.Clone(first)
	for _, m := range second {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

func isMulti(method string) bool { return method == account.MethodMulti }

// query carries who is halfway to where a script asks.
func (in *halfway) query() url.Values {
	query := url.Values{}
	if in.sealed != "" {
		query.Set(pendingParam, in.sealed)
	} else {
		query.Set(requestParam, requestOf(in.step))
	}
	return query
}

func clientID(step *provider.Step) string {
	if step == nil || step.Client == nil {
		return ""
	}
	return step.Client.ID
}

// where are the facts of a notice: from where, and with what, something was done.
func where(r *http.Request) map[string]string {
	return map[string]string{"address": ClientAddr(r).String(), "browser": cutText(r.UserAgent(), maxAgent)}
}

// wrongFactor makes one refusal of every reason why a second factor does not count.
func wrongFactor(err error) error {
	var wait *account.WaitError
	if errors.As(err, &wait) {
		return tooMany(wait.Wait)
	}
	if !errors.Is(err, account.ErrRefused) && !errors.Is(err, account.ErrFactors) {
		return err
	}
	code := codeWrongFactor
	if account.Told(err) != "" {
		code = codeBarred
	}
	e := refuse(code)
	e.Cause = err
	return e
}

// factorCauses are how a refused second factor is told in the trail.
var factorCauses = []struct {
	err  error
	said string
}{
	{account.ErrSpentCode, "code used before"}, {account.ErrCloned, "passkey counts backwards"}, {account.ErrNoFactor, "no such factor"}, {account.ErrWrongCode, "wrong code"},
}

func factorCause(problem templates.FactorProblem, err error) string {
	if problem == templates.FactorThrottled {
		return "too many tries"
	}
	for _, c := range factorCauses {
		if errors.Is(err, c.err) {
			return c.said
		}
	}
	return "not valid"
}

// factorAgain shows the page once more if the person can mend what is wrong. A sign-in that has ended begins anew.
func (h *Handlers) factorAgain(w http.ResponseWriter, r *http.Request, in *halfway, err error) error {
	refusal := explain(err)
	problem, ok := map[string]templates.FactorProblem{codeWrongFactor: templates.FactorWrong, codeThrottled: templates.FactorThrottled}[refusal.Code]
	if !ok {
		return err
	}
	h.trail.Count(r.Context(), audit.Event{Kind: "factor.failed", Subject: in.person.Subject, Facts: map[string]string{audit.FactWhy: factorCause(problem, err)}})
	exchangeOf(r).code = refusal.Code
	h.note(r, refusal)
	h.tell(r, provider.Event{Kind: "refused", Refusal: refusal})
	setRetryAfter(w, err, refusal)
	status := refusal.Status
	if problem == templates.FactorWrong {
		status = http.StatusBadRequest
	}
	if in.factors, err = h.accounts.Factors(r.Context(), in.person.Subject); err != nil {
		return err
	}
	return h.showFactor(w, r, status, in, r.PostForm.Get(setUpParam), problem)
}

// askFactor sends somebody whose first factor was right on to the second.
func (h *Handlers) askFactor(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step, in proof) error {
	if err := h.spendProof(r, &in, func(*storage.Batch) error { return nil }); err != nil {
		return err
	}
	if in.proved != nil {
		in.proved()
	}
	query := url.Values{pendingParam: {h.provider.SealPending(in.person, in.amr, v.browser())}}
	if step != nil {
		query.Set(requestParam, step.Request)
	}
	seeOther(w, h.base+factorPath+"?"+query.Encode())
	return nil
}
