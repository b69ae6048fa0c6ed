package handlers

import (
	"net/http"
	"slices"

	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

// requestParam carries the sealed request to a page, in its address and in its form.
const requestParam = "request"

// switchParam on a page's address says that the person is not who is signed in.
const switchParam = "switch"

// stepOf reads what a page has to show for the sealed request in the address or the form. Without one it returns nil.
func (h *Handlers) stepOf(w http.ResponseWriter, r *http.Request, name string) (*visitor, *provider.Step, error) {
	v, err := h.bound(w, r)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := sealedIn(r)
	if err != nil || sealed == "" {
		return v, nil, err
	}
	step, err := h.provider.Step(r.Context(), sealed, v.browser(), name)
	if step != nil {
		exchangeOf(r).locales = step.UILocales
	}
	return v, step, err
}

// sealedIn finds the sealed request.
func sealedIn(r *http.Request) (string, error) {
	if !safeMethod(r.Method) {
		return r.PostForm.Get(requestParam), nil
	}
	params, err := query(r)
	if err == nil {
		err = once(params)
	}
	return params.Get(requestParam), err
}

// destination is where a step's answer will go.
func destination(step *provider.Step) templates.Destination {
	if step == nil {
		return templates.Destination{}
	}
	d, err := templates.ParseDestination(step.RedirectURI)
	if err != nil {
		return templates.Destination{}
	}
	return d
}

// clientOf is a step's client as people see it.
func clientOf(step *provider.Step) *templates.Client {
	if step == nil {
		return nil
	}
	return shownClient(step.Client)
}

func shownClient(c *provider.Client) *templates.Client {
	if c == nil {
		return nil
	}
	return &templates.Client{ID: c.ID, Name: c.Name, Trust: trustOf(c), Logo: logoOf(c), Website: c.ClientURI, Policy: c.PolicyURI, Terms: c.TosURI}
}

// trustOf tells who vouches for a client: whoever registered itself, nobody, until an administrator does.
func trustOf(c *provider.Client) templates.Trust {
	switch {
	case c.FirstParty:
		return templates.FirstParty
	case c.Unverified():
		return templates.Unverified
	}
	return templates.Verified
}

// shownPerson is a person as the person sees themselves.
func shownPerson(p *account.Person) *templates.Account {
	if p == nil {
		return nil
	}
	return &templates.Account{Value: p.Subject, Identifier: identifierOf(p), Name: p.Name, Address: p.Email}
}

// identifierOf is what a person can type to sign in.
func identifierOf(p *account.Person) string {
	if p.Username != "" {
		return p.Username
	}
	return p.Email
}

func (h *Handlers) shownScopes(names, granted []string) []templates.Scope {
	out := make([]templates.Scope, 0, len(names))
	for _, name := range names {
		scope := templates.Scope{Name: name, Granted: slices.Contains(granted, name)}
		if declared, ok := h.provider.DeclaredScope(name); ok {
			scope.Title, scope.Why = templates.Words(declared.Title), templates.Words(declared.Why)
		}
		out = append(out, scope)
	}
	return out
}
