package dev

import (
	"net/http"
	"slices"
	"time"

	"signet/handlers"
	"signet/provider"
	"signet/templates"
)

// pages are the pages of development mode.
type pages struct {
	*Mode
	handlers *handlers.Handlers
}

// shownEvents is how many events the page has, newest first.
const shownEvents = 100

// index shows clock, people and what happened lately.
func (p *pages) index(w http.ResponseWriter, r *http.Request) error {
	if err := p.near(r); err != nil {
		return err
	}
	base, err := p.handlers.Base(w, r, clockPath)
	if err != nil {
		return err
	}
	people, err := p.accountsOf(r.Context())
	if err != nil {
		return err
	}
	return p.handlers.Render(w, r, http.StatusOK, templates.Dev{
		Base: base, Links: p.links(), People: people, Events: shown(p.journal.Last(shownEvents)),
		Clock: templates.Clock{Now: p.clock.Now(), Offset: p.clock.Offset(), Action: clockPath, Steps: []string{"1m", "15m", "1h", "24h", "720h"}},
	})
}

func (p *pages) links() []templates.Link {
	var links []templates.Link
	if p.config.Playground != "" {
		links = append(links, templates.Link{Path: p.config.Playground, Text: templates.Msg("dev.link.playground"), Note: templates.Msg("dev.link.playground-note")})
	}
	return append(links,
		templates.Link{Path: "/.well-known/openid-configuration", Text: templates.Msg("dev.link.discovery"), Note: templates.Msg("dev.link.discovery-note")},
		templates.Link{Path: "/login", Text: templates.Msg("dev.link.login")},
		templates.Link{Path: mailPath, Text: templates.Msg("dev.link.mail"), Note: templates.Msg("dev.link.mail-note")},
		templates.Link{Path: eventsPath, Text: templates.Msg("dev.link.events"), Note: templates.Msg("dev.link.events-note")},
	)
}

// shown are events as the page has them, newest first.
func shown(events []Event) []templates.Event {
	slices.Reverse(events)
	list := make([]templates.Event, 0, len(events))
	for _, e := range events {
		row := templates.Event{Time: e.Time, Kind: e.Kind, Detail: e.Text, Reference: e.Trace}
		if e.Refusal != nil {
			row.Kind, row.Detail, row.Code = e.At, e.What, e.Code
			if e.Got != "" {
				row.Detail += " (" + e.Got + ")"
			}
		}
		if who := e.who(); who != "" {
			row.Detail = who + ": " + row.Detail
		}
		list = append(list, row)
	}
	return list
}

// advance moves the clock and shows the page again.
func (p *pages) advance(w http.ResponseWriter, r *http.Request) error {
	if err := p.near(r); err != nil {
		return err
	}
	by, err := time.ParseDuration(r.PostForm.Get("advance"))
	if err == nil {
		err = p.move(by)
	}
	if err != nil {
		refusal := refuse("E-REQ-01")
		refusal.Got, refusal.Allowed, refusal.Cause = clean("advance="+r.PostForm.Get("advance")), "90s 15m 24h", err
		return refusal
	}
	w.Header().Set("Location", p.base+pagePath)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// near refuses whoever is not on this machine, unless the server was exposed on purpose.
func (m *Mode) near(r *http.Request) error {
	if m.config.Exposed == "" && !handlers.ClientAddr(r).Unmap().IsLoopback() {
		return refuse("E-PAGE-01")
	}
	return nil
}

// refuse makes an error of the catalogue's row with this code.
func refuse(code string) *provider.Error {
	entry, _ := provider.Lookup(code)
	return &provider.Error{Entry: entry}
}
