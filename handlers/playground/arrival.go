package playground

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signet/templates"
)

// arrival is an answer as it came through the browser.
type arrival struct {
	params url.Values
	// way is how it came: one of the response modes that are not signed.
	way string
	at  time.Time
	// alone tells that no cookie came with it.
	alone bool
}

// fieldFragment holds what the browser has kept to itself: the fragment of the address (see fragment.go).
const fieldFragment = "fragment"

// fieldParked is the handle of an answer that waits for the browser's cookie (see parked.go).
const fieldParked = "parked"

// callback is the redirect URI. Whatever comes is taken out of the address at once.
func (s pages) callback(w http.ResponseWriter, r *http.Request) error {
	browser, err := s.h.Browser(r)
	if err != nil {
		return err
	}
	got, ok := s.arrived(r)
	switch {
	case !ok:
		return s.showFragment(w, r)
	case r.Method == http.MethodPost && browser.Binding == "":
		return s.park(w, got)
	}
	return s.deliver(w, r, browser.Binding, got)
}

// arrived reads an answer. Without any there may still be one in the fragment.
func (s pages) arrived(r *http.Request) (arrival, bool) {
	if r.Method == http.MethodPost {
		if r.PostForm.Has(fieldFragment) {
			return arrival{params: parseFragment(r.PostForm.Get(fieldFragment)), way: byFragment, at: s.clock()}, true
		}
		return arrival{params: r.PostForm, way: byForm, at: s.clock()}, true
	}
	if r.URL.RawQuery == "" {
		return arrival{}, false
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		params = url.Values{}
	}
	if handle := params.Get(fieldParked); handle != "" {
		if got, ok := s.parked.take(handle); ok {
			return got, true
		}
	}
	return arrival{params: params, way: byQuery, at: s.clock()}, true
}

// deliver hands an answer to the browser's run that waits for it.
func (s pages) deliver(w http.ResponseWriter, r *http.Request, browser string, got arrival) error {
	run := s.waiting(browser, stateOfAnswer(got.params))
	if run == nil {
		return s.lost(w, r, "playground.lost.callback")
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	s.receive(r.Context(), run, got)
	return s.goTo(w, run.path(stepCallback))
}

// stateOfAnswer is the state in an answer; that of a signed one is inside (JARM §2.4), and not believed by being found there.
func stateOfAnswer(params url.Values) string {
	if !params.Has("response") {
		return params.Get("state")
	}
	_, payload := decode(params.Get("response"))
	return named(payload, "state")
}

// waiting returns the browser's run that expects this state; if there is none, the one that expects anything, so that it can
// be shown that the state is wrong.
func (p *Playground) waiting(browser, state string) *run {
	var any *run
	for _, r := range p.runs.of(browser) {
		r.mu.Lock()
		sent, want := r.request.sent, r.request.params.Get("state")
		r.mu.Unlock()
		if sent && want == state {
			return r
		}
		if sent && any == nil {
			any = r
		}
	}
	return any
}

// receive takes an answer over. One that came first and is good stays: a second one for the same request, as when a page is
// loaded again, changes nothing, and any other is thrown away where everybody can see it.
func (p *Playground) receive(ctx context.Context, r *run, got arrival) {
	c := p.compare(ctx, r, got)
	switch {
	case !accepted(r):
		r.callback = c
		p.takeFront(ctx, r)
	case c.state != templates.OK:
		r.stray = c
	}
}

// parseFragment reads the parameters in a fragment, or in a whole address that somebody has pasted.
func parseFragment(text string) url.Values {
	if _, after, ok := strings.Cut(text, "#"); ok {
		text = after
	}
	params, err := url.ParseQuery(strings.TrimSpace(text))
	if err != nil {
		return url.Values{}
	}
	return params
}

// showFragment is shown for an answer that the browser keeps to itself. A script sends it on; without scripts a person can.
func (s pages) showFragment(w http.ResponseWriter, r *http.Request) error {
	base, err := s.h.Base(w, r, "")
	if err != nil {
		return err
	}
	return s.h.Render(w, r, http.StatusOK, templates.Playground{
		Base: base, Fragment: true, Steps: sequence(nil, stepCallback), Title: templates.Msg("playground.title.fragment"), Intro: templates.Msg("playground.fragment.intro"),
		Blocks: []templates.Block{templates.Form{
			ID: fieldFragment, Title: templates.Msg("playground.fragment.title"), Intro: templates.Msg("playground.fragment.why"), Action: callbackPath,
			Fields:  []templates.Input{{Name: fieldFragment, Label: templates.Msg("playground.fragment.field"), Code: true, Lines: 4, Help: templates.Msg("playground.fragment.help")}},
			Buttons: []templates.Button{{Text: templates.Msg("playground.fragment.go")}},
		}},
	})
}
