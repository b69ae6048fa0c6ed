package handlers

import (
	"net/http"
	"slices"

	"signet/provider"
)

// Cross-origin calls (Fetch standard §3.2): pages of a client call the token endpoint and its neighbours. There are no cookies
// on this way, so Access-Control-Allow-Credentials is never said, and an answer is for one origin, never for all.
//
// Whose origin must it be? A client's answers can be read by the client's own pages. A preflight names no client: it is granted
// to an origin of any client, and an error about an unknown one may be read by it.

// preflightAge is for how long, in seconds, browsers may keep the answer to a preflight.
const preflightAge = "600"

// pageHeaderNames are the headers that pages may send.
const pageHeaderNames = "Authorization, Content-Type, DPoP"

// originOf is the origin that a request's browser names; empty if it names none, or several.
func originOf(r *http.Request) string {
	if named := r.Header["Origin"]; len(named) == 1 {
		return named[0]
	}
	return ""
}

// isPreflight tells a preflight from another OPTIONS request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && originOf(r) != "" && len(r.Header["Access-Control-Request-Method"]) > 0
}

// preflight answers a browser that asks before it sends a page's request. What the page wants to send does not matter: the
// answer says what it may.
func (h *Handlers) preflight(methods string) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		origin := originOf(r)
		if !h.provider.OriginMay(r.Context(), origin, "") {
			refusal := refuseFor("E-ORIGIN-01", "%.300s", origin)
			refusal.Fix = remedyFor(origin)
			h.tell(r, provider.Event{Kind: "refused", Refusal: refusal})
			return refusal
		}
		head := w.Header()
		head["Access-Control-Allow-Origin"] = []string{origin}
		head["Access-Control-Allow-Methods"] = []string{methods}
		head["Access-Control-Allow-Headers"] = []string{pageHeaderNames}
		head["Access-Control-Max-Age"] = []string{preflightAge}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// remedyFor is the command that lets an origin in. Pages from files and in sandboxed frames have none of their own.
func remedyFor(origin string) string {
	if origin == "null" {
		return "serve the page over http or https: it was opened as a file, or in a sandboxed frame"
	}
	return "signet client edit CLIENT_ID --web-origin " + provider.ShellWord(origin)
}

// shareWith lets the page that asked read the answer, if its origin is one of the client's; clientID is empty where no client is
// known.
func (h *Handlers) shareWith(w http.ResponseWriter, r *http.Request, clientID string) {
	if origin := originOf(r); origin != "" && h.provider.OriginMay(r.Context(), origin, clientID) {
		w.Header()["Access-Control-Allow-Origin"] = []string{origin}
		w.Header()["Access-Control-Expose-Headers"] = exposedHeaders
	}
}

var exposedHeaders = []string{"WWW-Authenticate"}

// share lets a page read the answer of a client's call before it is known whether the client is who it claims to be: another's
// page could read nothing but that it is not. Where there is an access token, only the handler knows whose it is; until then an
// answer is an error.
func (e *endpoint) share(w http.ResponseWriter, r *http.Request, failed bool) {
	switch {
	case e.Policy.CrossSite != MayCall:
	case e.Audience == ForClients:
		e.h.shareWith(w, r, provider.ClaimedClient(r))
	case failed:
		e.h.shareWith(w, r, "")
	}
}

// preflightOf is the route that answers preflights for the routes of a path, if pages may call one of them.
func (h *Handlers) preflightOf(routes []Route) (Route, bool) {
	i := slices.IndexFunc(routes, func(r Route) bool { return r.Policy.CrossSite == MayCall })
	if i < 0 {
		return Route{}, false
	}
	var methods []string
	for _, r := range routes {
		methods = append(methods, r.Methods...)
	}
	preflight := nothing(routes[i].Path, routes[i].Audience, h.preflight(Route{Methods: methods}.allow()))
	preflight.Methods = []string{http.MethodOptions}
	return preflight, true
}
