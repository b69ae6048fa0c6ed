package playground

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"signet/handlers"
	"signet/templates"
)

// Path is where the playground begins, below the issuer's path.
const Path = "/playground"

// Paths below the issuer's.
const (
	callbackPath = Path + "/callback"
	runPath      = Path + "/run"
	stepRoute    = runPath + "/{run}/{step}"
)

// pages are the playground's pages on a server.
type pages struct {
	*Playground
	h *handlers.Handlers
}

// Routes is for handlers.Config.Extra.
func (p *Playground) Routes(h *handlers.Handlers) []handlers.Route {
	page := handlers.Policy{Who: handlers.Anybody, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
	// A sign-in in the middle of a run must not spoil its forms: so EntryToken.
	form, fromAnywhere := page, page
	form.CSRF = handlers.EntryToken
	// Answers come from the provider's pages; what tells forged ones apart is their state.
	fromAnywhere.CrossSite = handlers.MayPost
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	s := pages{p, h}
	return append(s.calledRoutes(), []handlers.Route{
		{Methods: get, Path: Path, Audience: handlers.ForPeople, Policy: page, Handler: s.pick},
		{Methods: post, Path: Path, Audience: handlers.ForPeople, Policy: form, Handler: s.picked},
		{Methods: get, Path: callbackPath, Audience: handlers.ForPeople, Policy: page, Handler: s.callback},
		{Methods: post, Path: callbackPath, Audience: handlers.ForPeople, Policy: fromAnywhere, Handler: s.callback},
		{Methods: get, Path: signedOutPath, Audience: handlers.ForPeople, Policy: page, Handler: s.signedOut},
		{Methods: get, Path: stepRoute, Audience: handlers.ForPeople, Policy: page, Handler: s.show},
		{Methods: post, Path: stepRoute, Audience: handlers.ForPeople, Policy: form, Handler: s.act},
	}...)
}

// pick shows the form that begins a run.
func (s pages) pick(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, Path, nil, stepPick, showPick())
}

// picked begins a run by reading discovery.
func (s pages) picked(w http.ResponseWriter, r *http.Request) error {
	browser, err := s.h.Browser(r)
	if err != nil {
		return err
	}
	run, err := s.newRun(browser.Binding, flowNamed(r.PostForm.Get("flow")), r.PostForm)
	if err != nil {
		return err
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	s.discover(r.Context(), run)
	return s.goTo(w, run.path(stepDiscovery))
}

// find returns this browser's run that the address names, or nil.
func (s pages) find(r *http.Request) (*run, error) {
	browser, err := s.h.Browser(r)
	if err != nil {
		return nil, err
	}
	return s.runs.get(browser.Binding, mux.Vars(r)["run"]), nil
}

// show shows a step.
func (s pages) show(w http.ResponseWriter, r *http.Request) error {
	run, err := s.find(r)
	if err != nil {
		return err
	}
	if run == nil {
		return s.lost(w, r, "playground.lost.run")
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	step := run.step(mux.Vars(r)["step"])
	if step == nil || step.show == nil {
		return s.lost(w, r, "playground.lost.step")
	}
	if !step.open(run) {
		return s.goTo(w, run.path(run.latest()))
	}
	v := step.show(s.Playground, run)
	target := stepRoute
	if v.leads {
		target = ""
	}
	return s.render(w, r, http.StatusOK, target, run, step.name, v)
}

// act does what a step's form asks, and sends the browser to where the outcome is shown.
func (s pages) act(w http.ResponseWriter, r *http.Request) error {
	run, err := s.find(r)
	if err != nil {
		return err
	}
	if run == nil {
		return s.lost(w, r, "playground.lost.run")
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	step := run.step(mux.Vars(r)["step"])
	if step == nil || step.act == nil || !step.open(run) {
		return s.goTo(w, run.path(run.latest()))
	}
	to, err := step.act(s.Playground, r.Context(), run, r.PostForm)
	if err != nil {
		return err
	}
	return s.goTo(w, to)
}

// lost is shown where there is nothing to show.
func (s pages) lost(w http.ResponseWriter, r *http.Request, why string) error {
	v := view{next: templates.Link{Path: Path, Text: templates.Msg("playground.lost.again")}}
	v.add(templates.Notice{State: templates.Bad, Text: templates.Msg(why)})
	return s.render(w, r, http.StatusNotFound, "", nil, "lost", v)
}

// render shows a view. target is the route to which its forms post.
func (s pages) render(w http.ResponseWriter, r *http.Request, status int, target string, run *run, name string, v view) error {
	base, err := s.h.Base(w, r, target)
	if err != nil {
		return err
	}
	return s.h.Render(w, r, status, templates.Playground{
		Base: base, Steps: sequence(run, name), Title: templates.Msg("playground.title." + name), Intro: v.intro, Blocks: v.blocks, Next: v.next,
	})
}

// goTo sends the browser on: to a path below the issuer's, or to an address.
func (s pages) goTo(w http.ResponseWriter, to string) error {
	if strings.HasPrefix(to, "/") {
		to = s.base + to
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
