package handlers

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/provider"
	"signet/templates"
)

// continueParam carries the sealed request back to /authorize.
const continueParam = "continue"

// maxBounced is how long a query may be that a form is turned into.
const maxBounced = 6 << 10

// authorize is the authorization endpoint: a fresh request, or one that a page sends back.
func (h *Handlers) authorize(w http.ResponseWriter, r *http.Request) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	v, err := h.bound(w, r)
	switch {
	case err != nil:
		return err
	case !params.Has(continueParam):
		return h.begun(w, r, v, params)
	case len(params) != 1 || len(params[continueParam]) != 1:
		return refuseFor("E-REQ-01", "%s with other parameters", continueParam)
	}
	out, err := h.provider.Resume(r.Context(), params.Get(continueParam), v.browser())
	return h.proceed(w, r, out, err)
}

// authorizePosted takes a request by POST (OIDC Core §3.1.2.1). It usually comes from the application's site, and then
// without our cookies: sent on as a GET it has them. A request that no URL can hold is judged without; its browser gets no
// cookie, which would take the place of the one that stayed behind.
func (h *Handlers) authorizePosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	if q := r.PostForm.Encode(); v.binding == "" && len(q) <= maxBounced {
		seeOther(w, h.base+authorizePath+"?"+q)
		return nil
	}
	if r.PostForm.Has(continueParam) {
		return refuseFor("E-REQ-01", "%s in a form", continueParam)
	}
	return h.begun(w, r, v, r.PostForm)
}

func (h *Handlers) begun(w http.ResponseWriter, r *http.Request, v *visitor, params url.Values) error {
	out, err := h.provider.Authorize(r.Context(), params, v.browser())
	return h.proceed(w, r, out, err)
}

// proceed sends the browser where the provider decided: to the client, or to a page.
func (h *Handlers) proceed(w http.ResponseWriter, r *http.Request, out provider.Outcome, err error) error {
	switch {
	case err != nil:
		return err
	case out.Answer != nil:
		h.warnOfRepeats(r, out.Answer)
		h.keepState(w, r)
		return h.deliver(w, r, out.Answer)
	case out.Errand != "":
		return h.arrive(w, out.Errand)
	}
	seeOther(w, h.pageOf(out.Step.Name, out.Step.Request))
	return nil
}

// warnOfRepeats tells the operator of a client that is careless with what must be new each time (RFC 9700 §2.1.1).
func (h *Handlers) warnOfRepeats(r *http.Request, a *provider.Answer) {
	if a.Repeats == "" {
		return
	}
	h.metrics.repeats.Inc()
	if ok, skipped := h.noted.allow(exchangeOf(r).start.Unix()); ok {
		h.log.LogAttrs(r.Context(), slog.LevelInfo, "repeated parameter", slog.String("ref", Reference(r)),
			slog.String("parameter", a.Repeats), slog.String("client_id", a.ClientID), slog.Int("skipped", skipped))
	}
}

// pagesOfSteps are the paths of the pages that /authorize sends people to.
var pagesOfSteps = map[string]string{
	provider.StepLogin: loginPath, provider.StepSignUp: signUpPath, provider.StepFactor: factorPath, provider.StepSelect: selectPath, provider.StepDetails: detailsPath, provider.StepTerms: agreePath, provider.StepConsent: consentPath,
	provider.StepDevice: deviceConsentPath, provider.StepDeviceDone: deviceDonePath,
}

// pageOf is the address of a step's page with a sealed request.
func (h *Handlers) pageOf(step, sealed string) string {
	return h.base + pagesOfSteps[step] + "?" + requestParam + "=" + url.QueryEscape(sealed)
}

// back sends the browser back to /authorize, which decides what comes next.
func (h *Handlers) back(w http.ResponseWriter, sealed string) {
	seeOther(w, h.base+authorizePath+"?"+continueParam+"="+url.QueryEscape(sealed))
}

// deliver takes an answer to the client: by a redirect, which is always 303 so that nothing a person typed goes with it
// (RFC 9700 §4.12), or by a form (OAuth 2.0 Form Post Response Mode).
func (h *Handlers) deliver(w http.ResponseWriter, r *http.Request, a *provider.Answer) error {
	if a.Mode != "form_post" {
		seeOther(w, a.URL())
		return nil
	}
	to, err := templates.ParseDestination(a.RedirectURI)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	page := templates.FormPost{Base: base, Action: to}
	for name, values := range a.Params {
		for _, value := range values {
			page.Fields = append(page.Fields, templates.Field{Name: name, Value: value})
		}
	}
	slices.SortFunc(page.Fields, func(a, b templates.Field) int { return strings.Compare(a.Name, b.Name) })
	return h.Render(w, r, http.StatusOK, page)
}
