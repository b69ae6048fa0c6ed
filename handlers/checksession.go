package handlers

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"signet/provider"
)

// checkedPage is the one page that other sites may show in a frame (OIDC Session Management §3.2). It shows nothing, and there is
// nothing in it to press: its script answers their frames.
const (
	checkedPage   = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Session</title><script src="%s" data-cookie="%s" defer></script></head></html>`
	checkedPolicy = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors *"
)

// framed is for what other sites show in frames.
var framed = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Shortly, Limit: Unlimited, CrossSite: Refused}

// checkSession serves the page.
func (h *Handlers) checkSession() Handler {
	page := fmt.Sprintf(checkedPage, html.EscapeString(h.base+h.pages.Set.Asset("check-session.js")), html.EscapeString(h.cookies.state))
	return func(w http.ResponseWriter, r *http.Request) error {
		head := w.Header()
		head["Content-Security-Policy"] = []string{checkedPolicy}
		head["Cross-Origin-Resource-Policy"] = []string{"cross-origin"}
		head["Content-Type"] = htmlType
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(page))
		return nil
	}
}

// sessionRoutes are those of a provider whose clients may watch sessions.
func (h *Handlers) sessionRoutes() []Route {
	if !h.provider.ManagesSessions() {
		return nil
	}
	return []Route{{Methods: get, Path: provider.PathCheckSession, Audience: ForMachines, Policy: framed, Handler: h.checkSession()}}
}

// keepState gives the browser, for the script of that page, the state that belongs to who is signed in. Before it the visitor must
// be known.
func (h *Handlers) keepState(w http.ResponseWriter, r *http.Request) {
	v := exchangeOf(r).visitor
	if state := h.provider.BrowserState(v.browser()); state != h.cookies.read(r, h.cookies.state) {
		h.cookies.setState(w, state)
	}
}
