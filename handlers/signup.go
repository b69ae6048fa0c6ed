package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
	"signet/storage"
	"signet/templates"
)

// SignUpMode is who may make an account.
type SignUpMode string

// The modes. The zero value is closed.
const (
	SignUpClosed SignUpMode = "closed"
	// SignUpInvite is for who has been sent a link by an operator.
	SignUpInvite SignUpMode = "invite"
	// SignUpDomain is for who has an address in one of the domains, or an invitation.
	SignUpDomain SignUpMode = "domain"
	SignUpOpen   SignUpMode = "open"
)

// SignUp says who may make an account, and what they are asked.
type SignUp struct {
	Mode SignUpMode
	// Domains are those of SignUpDomain, in lower-case ASCII.
	Domains []string
	// Required are what a new person has to say, by the names of Person.Patch; see SignUpFields.
	Required []string
	// Network is how many accounts may be made from one network; zero sets no limit.
	Network Rate
	// Terms is an https link to what they agree to; it may be empty.
	Terms string
}

// SignUpFields are what a new person can be asked, with the name of each in HTML's autocomplete.
var SignUpFields = map[string]string{
	"username": "nickname", "name": "name", "given_name": "given-name", "family_name": "family-name", "nickname": "nickname", "phone_number": "tel", "birthdate": "bday",
}

// byThemselves tells whether people may begin a sign-up by themselves.
func (s SignUp) byThemselves() bool { return s.Mode == SignUpOpen || s.Mode == SignUpDomain }

// allows tells whether an address may have an account.
func (s SignUp) allows(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return s.Mode == SignUpOpen || s.Mode == SignUpDomain && slices.Contains(s.Domains, domain)
}

// admits tells whether an address may have an account by a link that was mailed to it. What counts is who may when the link is used: one
// that was mailed when everybody could is good for nothing once only the invited can.
func (s SignUp) admits(address string, invited bool) bool {
	return s.allows(address) || invited && s.Mode != SignUpClosed && s.Mode != ""
}

// signUp asks for the address of somebody who wants an account.
func (h *Handlers) signUp(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.stepOf(w, r, provider.StepSignUp)
	if err != nil {
		return err
	}
	hint := ""
	if step != nil {
		hint = step.LoginHint
	}
	return h.showSignUp(w, r, http.StatusOK, step, hint, templates.Text{})
}

func (h *Handlers) showSignUp(w http.ResponseWriter, r *http.Request, status int, step *provider.Step, address string, problem templates.Text) error {
	if !h.signUps.byThemselves() {
		return h.mailDone(w, r, http.StatusForbidden, templates.MailLimited)
	}
	base, err := h.Base(w, r, signUpPath)
	if err != nil {
		return err
	}
	page := templates.AskMail{
		Base: base, Errand: templates.ErrandSignUp, Action: signUpPath, SignIn: signInFrom(step), Client: clientOf(step), Identifier: address,
		Terms: h.signUps.Terms, Problem: problem,
	}
	if step != nil {
		page.Request = step.Request
	}
	return h.Render(w, r, status, page)
}

// signUpPosted sends a link to the address. Whether it has an account already, its owner alone is told.
func (h *Handlers) signUpPosted(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.stepOf(w, r, provider.StepSignUp)
	if err != nil {
		return err
	}
	typed := cutText(r.PostForm.Get("identifier"), maxIdentifier)
	address, _, err := account.CanonicalEmail(typed)
	if err != nil {
		return h.showSignUp(w, r, http.StatusBadRequest, step, typed, templates.Msg("mailed.problem.address"))
	}
	if !h.signUps.byThemselves() || !h.signUps.allows(address) {
		return h.showSignUp(w, r, http.StatusBadRequest, step, typed, templates.Msg("mailed.problem.domain"))
	}
	language := h.language(r).Tag()
	err = h.mail(r, mailForAddress, address, func(b *storage.Batch) error { return h.accounts.AskSignUp(r.Context(), b, address, language) })
	if err != nil {
		return err
	}
	return h.mailSent(w, r, templates.ErrandSignUp, step)
}

// finishSignUp asks for the rest.
func (h *Handlers) finishSignUp(w http.ResponseWriter, r *http.Request) error {
	link, err := linkOf(r)
	if err != nil {
		return err
	}
	return h.showFinish(w, r, http.StatusOK, link, templates.Text{})
}

// signUpAddress is the address that a link makes an account for, if it may have one. It returns errAnswered, and has answered, if not.
func (h *Handlers) signUpAddress(w http.ResponseWriter, r *http.Request, link string) (string, error) {
	address, invited, err := h.accounts.SignUpAddress(r.Context(), link)
	switch {
	case h.signUps.Mode == SignUpClosed || h.signUps.Mode == "" || err == nil && !h.signUps.admits(address, invited):
		err = h.mailDone(w, r, http.StatusForbidden, templates.MailLimited)
	case err != nil:
		err = h.orDead(w, r, err)
	default:
		return address, nil
	}
	if err == nil {
		err = errAnswered
	}
	return "", err
}

func (h *Handlers) showFinish(w http.ResponseWriter, r *http.Request, status int, link string, problem templates.Text) error {
	address, err := h.signUpAddress(w, r, link)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, finishSignUpPath)
	if err != nil {
		return err
	}
	page := templates.SignUp{
		Base: base, Action: finishSignUpPath, Link: link, Address: address, MinLength: h.accounts.MinPassword(), NoPassword: !h.provider.OffersPasswords(), Terms: h.signUps.Terms, Problem: problem,
	}
	for _, name := range h.signUps.Required {
		page.Fields = append(page.Fields, templates.SignUpField{Name: name, Value: cutText(r.PostForm.Get(name), maxIdentifier), Autocomplete: SignUpFields[name]})
	}
	page.Attributes = attributeFields(h.accounts.Attributes().Required(), r, nil, true)
	return h.Render(w, r, status, page)
}

// finishSignUpPosted makes the account. Its owner signs in as ever after.
func (h *Handlers) finishSignUpPosted(w http.ResponseWriter, r *http.Request) error {
	link := r.PostForm.Get(linkParam)
	again := func(key string) error {
		return h.showFinish(w, r, http.StatusBadRequest, link, templates.Msg(key))
	}
	if _, err := h.signUpAddress(w, r, link); err != nil {
		return err
	}
	newcomer, problem := h.newcomer(r)
	switch {
	case problem != "":
		return again("mailed.problem." + problem)
	case r.PostForm.Get("password") != r.PostForm.Get("again"):
		return again("self.password.problem.differ")
	}
	made := limit.Use{Limit: h.limits.signUps, Key: networkOf(r)}
	if err := h.limits.take(r.Context(), made); err != nil {
		return err
	}
	var added *account.Person
	err := h.spendLink(r, func(b *storage.Batch) (err error) {
		if h.provider.OffersPasswords() {
			added, err = h.accounts.SignUp(r.Context(), b, link, newcomer, r.PostForm.Get("password"))
		} else {
			added, err = h.accounts.SignUpWithoutPassword(r.Context(), b, link, newcomer)
		}
		return err
	})
	if err != nil {
		h.limits.keeper.GiveBack(made)
	}
	if text, ok := passwordProblem(err); ok {
		return h.showFinish(w, r, http.StatusBadRequest, link, text)
	}
	if key := nameProblem(err); key != "" {
		return again("mailed.problem." + key)
	}
	if err != nil {
		return h.orDead(w, r, accountError(err))
	}
	h.tell(r, provider.Event{Kind: "sign-up", Subject: added.Subject, Name: identifierOf(added), Text: "made an account"})
	return h.mailDone(w, r, http.StatusOK, templates.MailSignedUp)
}

// newcomer is what somebody says of themselves, as far as they are asked; else why it will not do.
func (h *Handlers) newcomer(r *http.Request) (p account.Person, problem string) {
	said := map[string]string{}
	for _, name := range h.signUps.Required {
		if said[name] = strings.TrimSpace(r.PostForm.Get(name)); said[name] == "" {
			return p, "missing"
		}
	}
	if h.signUps.Terms != "" && r.PostForm.Get("terms") == "" {
		return p, "terms"
	}
	if h.signUps.Terms != "" {
		p.Terms = &account.Agreement{Version: h.termsVersion, At: h.db.Now().Unix()}
	}
	document, err := json.Marshal(said)
	if err == nil {
		err = p.Patch(document)
	}
	asked := h.accounts.Attributes().Required()
	if err != nil || !allSaid(attributeFields(asked, r, nil, true), r) {
		return p, "field"
	}
	p.Attributes = h.accounts.Attributes().Say(nil, saidAttributes(asked, r))
	if p.Locale == "" {
		p.Locale = h.language(r).Tag() // of this page, and so of the mails to come
	}
	return p, ""
}

// nameProblem tells which of a newcomer's answers cannot be taken, or nothing.
func nameProblem(err error) string {
	switch {
	case errors.Is(err, account.ErrTaken):
		return "taken"
	case errors.Is(err, account.ErrInvalidName):
		return "username"
	case errors.Is(err, account.ErrInvalidProfile):
		return "field"
	}
	return ""
}
