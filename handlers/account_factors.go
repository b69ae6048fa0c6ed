package handlers

import (
	"errors"
	"net/http"
	"time"

	"signet/provider/account"
	"signet/storage"
	"signet/templates"
)

// security is how the person proves who they are.
func (h *Handlers) security(w http.ResponseWriter, r *http.Request) error {
	return h.showSecurity(w, r, http.StatusOK, nil, templates.Text{})
}

// showSecurity shows the page with new recovery codes, which it does once, or with what went wrong.
func (h *Handlers) showSecurity(w http.ResponseWriter, r *http.Request, status int, codes []string, problem templates.Text) error {
	self, v, err := h.self(w, r, securityPath, securityPath)
	if err != nil {
		return err
	}
	factors, err := h.accounts.Factors(r.Context(), v.person.Subject)
	if err != nil {
		return err
	}
	page := templates.Security{
		Self: self, HasPassword: v.person.Password != "", Declared: v.person.Declared, Action: securityPath, Codes: codes, Problem: problem,
	}
	if !v.person.Declared {
		page.ChangePassword = passwordPath
	}
	if h.provider.OffersFactors() {
		page.SetUpApp = appPath
	}
	if h.accounts.HasPasskeys() {
		page.NewPasskey = passkeyPath
	}
	if page.Known, err = h.accounts.PasskeysKnown(v.person, factors); err != nil {
		return err
	}
	for _, f := range factors.List() {
		page.Factors = append(page.Factors, shownFactor(f))
	}
	if len(codes) > 0 {
		page.Return = "" // they are shown once
	}
	return h.Render(w, r, status, page)
}

func shownFactor(f account.Factor) templates.ShownFactor {
	out := templates.ShownFactor{Kind: f.Kind, ID: f.ID, Name: f.Name, Left: f.Left, Created: time.Unix(f.Created, 0).UTC()}
	if f.Used > 0 {
		out.Used = time.Unix(f.Used, 0).UTC()
	}
	return out
}

// securityPosted changes with what the person signs in, if they have just proved who they are.
func (h *Handlers) securityPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	var codes []string
	err = h.changeFactors(r, func(b *storage.Batch) error {
		codes, err = h.factorChange(r, b, v.person)
		return err
	})
	switch {
	case errors.Is(err, account.ErrLastFactor):
		return h.showSecurity(w, r, http.StatusConflict, nil, templates.Msg("self.factor.problem.last"))
	case err != nil && !errors.Is(err, account.ErrNoFactor):
		return accountError(err)
	case len(codes) > 0:
		return h.showSecurity(w, r, http.StatusOK, codes, templates.Text{})
	}
	if r.PostForm.Get("change") == "rename-passkey" {
		seeOther(w, h.base+securityPath)
		return nil
	}
	h.wasDone(w, v, securityPath, "factor-removed")
	return nil
}

// factorChange appends what the form asks for.
func (h *Handlers) factorChange(r *http.Request, b *storage.Batch, p *account.Person) ([]string, error) {
	demanded, err := h.provider.DemandsFactor(r.Context(), p)
	if err != nil {
		return nil, err
	}
	switch r.PostForm.Get("change") {
	case "remove-app":
		return nil, h.accounts.RemoveTOTP(r.Context(), b, p, demanded, where(r))
	case "remove-passkey":
		return nil, h.accounts.RemovePasskey(r.Context(), b, p, r.PostForm.Get("id"), h.mustKeep(p, demanded), where(r))
	case "rename-passkey":
		return nil, h.accounts.RenamePasskey(r.Context(), b, p, r.PostForm.Get("id"), r.PostForm.Get("name"))
	case "recovery-codes":
		return h.accounts.NewRecoveryCodes(r.Context(), b, p)
	}
	return nil, refuseFor("E-REQ-01", "change %.64q", r.PostForm.Get("change"))
}

// mustKeep is what a person must not be without. Somebody gets in by mail whose address is proved.
func (h *Handlers) mustKeep(p *account.Person, demanded bool) account.Keep {
	byMail := h.provider.OffersMail() && p.EmailVerified
	return account.Keep{Second: demanded, Passkey: !h.provider.OffersPasswords() && !byMail, Mail: byMail}
}

// changeTries is how often a change is begun again that another one has overtaken.
const changeTries = 4

// changeFactors applies what change appends to a batch, again from fresh reads if something came between.
func (h *Handlers) changeFactors(r *http.Request, change func(*storage.Batch) error) error {
	var err error
	for range changeTries {
		var b storage.Batch
		if err := change(&b); err != nil {
			return err
		}
		if err = h.db.Apply(r.Context(), b); !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return err
}

// factorRoutes are the pages on which second factors are set up, where they can be had.
func (h *Handlers) factorRoutes() []Route {
	var routes []Route
	if h.accounts.HasPasskeys() {
		routes = append(routes,
			Route{Methods: get, Path: passkeyPath, Audience: ForPeople, Policy: sensitivePage, Handler: h.passkeyPage},
			Route{Methods: post, Path: passkeyPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.passkeyPosted},
			Route{Methods: get, Path: newChallengePath, Audience: ForPeople, Policy: sensitivePage, Handler: h.newPasskeyChallenge})
	}
	if !h.provider.OffersFactors() {
		return routes
	}
	return append(routes, []Route{
		{Methods: get, Path: appPath, Audience: ForPeople, Policy: sensitivePage, Handler: h.securityApp},
		{Methods: post, Path: appPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.securityAppPosted},
	}...)
}

// passkeyPage asks for the name of a new passkey.
func (h *Handlers) passkeyPage(w http.ResponseWriter, r *http.Request) error {
	return h.showNewPasskey(w, r, http.StatusOK, templates.Text{})
}

func (h *Handlers) showNewPasskey(w http.ResponseWriter, r *http.Request, status int, problem templates.Text) error {
	self, _, err := h.self(w, r, securityPath, passkeyPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, status, templates.NewPasskey{
		Self: self, Action: passkeyPath, Challenge: newChallengePath, Cancel: securityPath, Problem: problem,
	})
}

// passkeyPosted keeps a new passkey.
func (h *Handlers) passkeyPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	err = h.newPasskey(r, v)
	switch {
	case errors.Is(err, account.ErrRefused), errors.Is(err, account.ErrFactors):
		return h.showNewPasskey(w, r, http.StatusBadRequest, templates.Msg("self.passkey.refused"))
	case err != nil:
		return accountError(err)
	}
	h.wasDone(w, v, securityPath, "factor-added")
	return nil
}

// securityApp shows the secret of a new authenticator app to whoever has just signed in.
func (h *Handlers) securityApp(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	return h.showSetUp(w, r, http.StatusOK, v, "", "")
}

func (h *Handlers) showSetUp(w http.ResponseWriter, r *http.Request, status int, v *visitor, setup string, problem templates.FactorProblem) error {
	page, err := h.setUpPage(v, v.person, setup)
	if err != nil {
		return err
	}
	if page.Base, err = h.Base(w, r, appPath); err != nil {
		return err
	}
	page.Action, page.Problem, page.Cancel = appPath, problem, securityPath
	return h.Render(w, r, status, page)
}

// securityAppPosted takes the first code of a new app: only then it counts.
func (h *Handlers) securityAppPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	secret, err := h.setUpSecret(r, v, v.person)
	if err != nil {
		return err
	}
	err = h.changeFactors(r, func(b *storage.Batch) error {
		return h.accounts.SetTOTP(r.Context(), b, v.person, secret, r.PostForm.Get("code"), false, where(r))
	})
	if errors.Is(err, account.ErrRefused) {
		return h.showSetUp(w, r, http.StatusBadRequest, v, r.PostForm.Get(setUpParam), templates.FactorWrong)
	}
	if err != nil {
		return accountError(err)
	}
	h.wasDone(w, v, securityPath, "factor-added")
	return nil
}
