package handlers

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"signet/provider"
	"signet/templates"
)

// Paths of the page on which a browser makes a passkey without a question, on the way from the sign-in page.
const (
	upgradePath          = "/login/upgrade"
	upgradeChallengePath = "/login/upgrade/challenge"
)

// upgradeParam of the sign-in form says that the browser can do so; a script fills it in.
const upgradeParam = "upgrade"

func (h *Handlers) upgradeRoutes() []Route {
	if !h.provider.OffersUpgrade() {
		return nil
	}
	return []Route{
		{Methods: get, Path: upgradePath, Audience: ForFlow, Policy: page, Handler: h.upgrade},
		{Methods: post, Path: upgradePath, Audience: ForFlow, Policy: sensitiveForm, Handler: h.upgradePosted},
		{Methods: get, Path: upgradeChallengePath, Audience: ForFlow, Policy: sensitivePage, Handler: h.upgradeChallenge},
	}
}

// mayUpgrade tells whether somebody who has just signed in goes by the page of the passkey. A fault of ours is no reason to hold them up.
func (h *Handlers) mayUpgrade(r *http.Request, in proof) bool {
	if !in.upgrade || !h.provider.OffersUpgrade() {
		return false
	}
	ok, err := h.accounts.Upgradable(r.Context(), in.person)
	if err != nil {
		h.log.LogAttrs(r.Context(), slog.LevelWarn, "no passkey offered", slog.String("ref", Reference(r)), slog.String("err", err.Error()))
	}
	return ok
}

// upgrade shows the page whose script has the browser make a passkey, if it wants to, and goes on, whatever comes of it.
func (h *Handlers) upgrade(w http.ResponseWriter, r *http.Request) error {
	v, step, err := h.stepOf(w, r, provider.StepLogin)
	if err != nil {
		return err
	}
	if v.person == nil {
		seeOther(w, h.base+signInFrom(step))
		return nil
	}
	base, err := h.Base(w, r, upgradePath)
	if err != nil {
		return err
	}
	return h.showStep(w, r, http.StatusOK, templates.Upgrade{
		Base: base, Action: upgradePath, Challenge: upgradeChallengePath, Request: requestOf(step), Next: onward(requestOf(step)), Redirect: destination(step),
	}, step)
}

// onward is where somebody goes who has signed in.
func onward(sealed string) string {
	if sealed == "" {
		return "/"
	}
	return authorizePath + "?" + continueParam + "=" + url.QueryEscape(sealed)
}

// upgradeChallenge begins to make a passkey of whoever has just signed in.
func (h *Handlers) upgradeChallenge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	ok, err := h.accounts.Upgradable(r.Context(), v.person)
	if err != nil {
		return err
	}
	if !ok {
		return refuse("E-PAGE-01")
	}
	options, data, err := h.accounts.OfferUpgrade(r.Context(), v.person)
	return h.giveChallenge(w, v, ceremonyUpgrade, v.person.Subject, options, data, err)
}

// upgradePosted keeps what the browser has made. What cannot be kept is no reason to hold anybody up.
func (h *Handlers) upgradePosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if ok, err := h.accounts.Upgradable(r.Context(), v.person); err == nil && ok {
		browser, system := agentOf(r.UserAgent())
		err = h.keepPasskey(r, v, ceremonyUpgrade, strings.TrimSpace(browser+" "+system))
		if err != nil {
			h.note(r, explain(err))
		}
	}
	seeOther(w, h.base+onward(r.PostForm.Get(requestParam)))
	return nil
}
