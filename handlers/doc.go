// Package handlers turns requests into calls of the provider, and what comes of them into answers: routes, cookies, pages,
// JSON. It decides nothing and stores nothing by itself.
//
// A request goes this way:
//
//	ServeHTTP      gives it a reference, an address and a clock; catches panics; writes log and metrics afterwards
//	  router       finds its route (routes.go is the one list of them)
//	    endpoint   applies the route's policy: host, method, origin, form, form token, who may come, headers
//	      handler  does the one thing that the route is for
//	    adapter    turns an error into an answer for the route's audience: a page, JSON, or a challenge
//
// A handler returns an error or has answered, never both. Pages never know what comes next: a page does its one thing, adds
// its proof to the sealed request and returns to /authorize, which decides again.
package handlers
