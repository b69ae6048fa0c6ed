package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"signet/provider"
)

// endpoint is a route in service: its handler behind its policy.
type endpoint struct {
	Route
	h       *Handlers
	headers []header
	meter   *routeMeter
}

func (h *Handlers) newEndpoint(route Route) *endpoint {
	return &endpoint{Route: route, h: h, headers: headersOf(route, h.hsts), meter: h.metrics.route(route.Path)}
}

// serve answers a request of this route.
func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r)
	x.endpoint = e
	setHeaders(w.Header(), e.headers)
	w.Header()["X-Request-Id"] = []string{x.reference}
	err := e.admit(w, r)
	if err == nil {
		e.share(w, r, false)
		err = e.Handler(w, r)
	} else if err != errAnswered {
		// The provider tells of its own refusals; it never hears of these.
		e.h.tell(r, provider.Event{Kind: "refused", Refusal: explain(err)})
	}
	if err != nil && err != errAnswered {
		e.fail(w, r, err)
	}
}

// errAnswered says that the policy itself has answered: there is nothing left to do.
var errAnswered = errors.New("handlers: answered")

// admit applies the policy to a request. What it lets through has the right host, and its form has been read.
func (e *endpoint) admit(w http.ResponseWriter, r *http.Request) error {
	if e.Audience != ForMachines && !e.h.hosts.has(r.Host) {
		return refuseFor("E-PAGE-05", "%.200s", r.Host)
	}
	if !safeMethod(r.Method) {
		if err := e.admitUnsafe(w, r); err != nil {
			return err
		}
	}
	switch e.Policy.Who {
	case SignedIn:
		return e.h.demandPerson(w, r)
	case SignedInRecently:
		return e.h.demandRecent(w, r)
	}
	return nil
}

func (e *endpoint) admitUnsafe(w http.ResponseWriter, r *http.Request) error {
	if e.Policy.CrossSite == Refused {
		if err := e.h.origins.Check(r); err != nil {
			refusal := refuse("E-FORM-01")
			refusal.Cause = err
			return refusal
		}
	}
	if e.RawBody {
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(e.MaxBody, e.h.maxBody))
		return nil
	}
	if err := readForm(w, r, cmp.Or(e.MaxBody, e.h.maxBody)); err != nil {
		return err
	}
	// /authorize, the page without a form token, leaves repetitions to the provider, which knows where to tell of them.
	if !e.Audience.pages() || e.Policy.CSRF != NothingToForge {
		if err := once(r.PostForm); err != nil {
			return err
		}
	}
	if !e.Policy.CSRF.demands() {
		return nil
	}
	genuine, err := e.h.Genuine(r)
	if err == nil && !genuine {
		err = refuse("E-FORM-01")
	}
	return err
}

// site is all routes of one path. The router knows paths only, so that Allow can name every method.
type site struct {
	endpoints []*endpoint
	// preflight is nil where no page may call.
	preflight *endpoint
	wrong     *endpoint
}

// newSite joins the routes of a path. They are checked before.
func (h *Handlers) newSite(routes []Route) *site {
	s := &site{}
	var methods []string
	for _, route := range routes {
		s.endpoints = append(s.endpoints, h.newEndpoint(route))
		methods = append(methods, route.Methods...)
	}
	if preflight, ok := h.preflightOf(routes); ok {
		s.preflight = h.newEndpoint(preflight)
	}
	allow := Route{Methods: methods}.allow()
	first := routes[0]
	s.wrong = h.newEndpoint(nothing(first.Path, first.Audience, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allow)
		return refuseFor("E-PAGE-02", "%.20s", r.Method)
	}))
	return s
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(s.endpoints, func(e *endpoint) bool { return e.answers(r.Method) })
	switch {
	case i >= 0:
		s.endpoints[i].serve(w, r)
	case s.preflight != nil && isPreflight(r):
		s.preflight.serve(w, r)
	default:
		s.wrong.serve(w, r)
	}
}

// nothing is a route on which there is nothing to do but to say so.
func nothing(path string, a Audience, handler Handler) Route {
	return Route{
		Methods: []string{http.MethodGet}, Path: path, Audience: a, Handler: handler, RawBody: true,
		Policy: Policy{Who: Anybody, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: MayPost},
	}
}
