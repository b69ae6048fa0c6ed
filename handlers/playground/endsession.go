package playground

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"signet/templates"
)

// signedOutPath is where the browser comes back to after a sign-out.
const signedOutPath = Path + "/signed-out"

// ending is how a run's sign-in ends (OIDC RP-Initiated Logout).
type ending struct {
	params url.Values
	sent   bool
	// back is what the browser came back with, or nil; state tells how it compares.
	back  url.Values
	state templates.State
	// calls are those of the provider, the last one at the end; over tells that one of them was good.
	calls []call
	over  bool
	// seen are the names of logout tokens that were taken.
	seen map[string]bool
}

// endParams are the parameters of a request to sign out, in the order of the page (OIDC RP-Initiated Logout §2).
var endParams = []string{"id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales"}

// leaving tells whether the browser was sent to sign out.
func leaving(r *run) bool { return r.ending.sent || len(r.ending.calls) > 0 }

// departs is the page with the form that the browser posts to the provider to sign out. It is beside the sequence.
var departs = step{stepDepart, leaving, never, showDepart, nil}

// signedOutURI is the address of signedOutPath.
func (p *Playground) signedOutURI() string { return p.origin + p.base + signedOutPath }

// prepareEnd fills the request in, once.
func (p *Playground) prepareEnd(r *run) error {
	e := &r.ending
	if e.params != nil {
		return nil
	}
	state, err := p.random(16)
	if err != nil {
		return err
	}
	e.params = url.Values{"post_logout_redirect_uri": {p.signedOutURI()}, "state": {state}, "client_id": {r.client.id}}
	if r.tokens != nil && r.tokens.ID != "" {
		e.params.Set("id_token_hint", r.tokens.ID)
	}
	return nil
}

// actSignOut takes the form over and sends the browser off: by a form if there is a token to carry.
func actSignOut(p *Playground, _ context.Context, r *run, form url.Values) (string, error) {
	if err := p.prepareEnd(r); err != nil {
		return "", err
	}
	e := &r.ending
	params := url.Values{}
	for _, name := range endParams {
		value := form.Get("p." + name)
		if name == "id_token_hint" && value != "" {
			value = r.hintToEnd()
		}
		if value != "" {
			params.Set(name, value)
		}
	}
	e.params = params
	if form.Get("do") != "go" || r.meta.EndSession == "" {
		return r.path(stepSignOut), nil
	}
	e.sent, e.back = true, nil
	if params.Has("id_token_hint") {
		return r.path(stepDepart), nil
	}
	u, err := url.Parse(r.meta.EndSession)
	if err != nil {
		return "", fmt.Errorf("playground: end_session_endpoint: %w", err)
	}
	u.RawQuery = params.Encode()
	return u.String(), nil
}

// hintToEnd is the run's ID token.
func (r *run) hintToEnd() string {
	if r.tokens == nil {
		return ""
	}
	return r.tokens.ID
}

func showDepart(p *Playground, r *run) view {
	return p.carry(r.meta.EndSession, r.ending.params, templates.Msg("playground.carry.hint"))
}

// showSignOut leads to where the session at the provider is ended.
func showSignOut(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.sign-out.intro")}
	if r.meta.EndSession == "" {
		v.add(templates.Notice{
			State: templates.Warn, Text: templates.Msg("playground.sign-out.unnamed"), Link: templates.Link{Path: "/logout", Text: templates.Msg("playground.sign-out.go")},
		})
		v.next = templates.Link{Path: Path, Text: templates.Msg("playground.lost.again")}
		return v
	}
	if err := p.prepareEnd(r); err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	v.add(r.toldNotice(), r.signOutForm())
	if leaving(r) {
		v.next = r.next(stepSignOut)
	}
	return v
}

// toldNotice says whether this client will be told of the end.
func (r *run) toldNotice() templates.Notice {
	said := "untold"
	if r.registration != nil && (r.meta.FrontLogout || r.meta.BackLogout) {
		said = "told"
	}
	return templates.Notice{Text: templates.Msg("playground.sign-out." + said)}
}

func (r *run) signOutForm() templates.Form {
	f := templates.Form{
		ID: "end", Title: templates.Msg("playground.sign-out.request"), Intro: templates.Msg("playground.sign-out.why"), Action: r.path(stepSignOut), Beside: true,
		Buttons: []templates.Button{{Name: "do", Value: "go", Text: templates.Msg("playground.sign-out.go")}},
	}
	for _, name := range endParams {
		value := r.ending.params.Get(name)
		in := templates.Input{Name: "p." + name, Label: templates.Literal(name), Value: value, Code: true, Help: meaning("end", name)}
		if name == "id_token_hint" {
			in.Options = []templates.Option{{Text: templates.Msg("playground.request.unsent")}}
			in.Value = ""
			if r.hintToEnd() != "" {
				in.Options = append(in.Options, templates.Option{Value: hintLast, Text: templates.Msg("playground.sign-out.hint")})
			}
			if value != "" {
				in.Value = hintLast
			}
		}
		f.Fields = append(f.Fields, in)
	}
	return f
}

// signedOut is where the browser comes back to.
func (s pages) signedOut(w http.ResponseWriter, r *http.Request) error {
	browser, err := s.h.Browser(r)
	if err != nil {
		return err
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		params = url.Values{}
	}
	for _, run := range s.runs.of(browser.Binding) {
		if done := s.comeBack(run, params); done {
			return s.goTo(w, run.path(stepEnded))
		}
	}
	return s.lost(w, r, "playground.lost.signed-out")
}

// comeBack takes the browser back into the run that sent it off. One that expects another state shows so.
func (s pages) comeBack(r *run, params url.Values) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.ending
	if !e.sent || e.back != nil {
		return false
	}
	e.back, e.state = params, stateOf(params.Get("state") == e.params.Get("state"))
	return true
}
