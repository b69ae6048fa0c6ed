package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// mount builds the router of a list of routes. mux tries paths in the order in which they were added, so the list begins
// with those that are asked most. Paths are matched as they are: what would have to be cleaned first, or needs another slash,
// is not found.
func (h *Handlers) mount(routes []Route) error {
	router := mux.NewRouter()
	for _, group := range byPath(routes, h.base) {
		for _, route := range group.routes {
			if err := route.Check(); err != nil {
				return err
			}
		}
		if err := distinct(group.routes); err != nil {
			return err
		}
		if err := router.Handle(group.path, h.newSite(group.routes)).GetError(); err != nil {
			return fmt.Errorf("%w %s: %w", errPolicy, group.path, err)
		}
	}
	router.NotFoundHandler = h.notFound()
	h.router, h.routes, h.entries, h.errands = router, routes, map[string]bool{}, errandsOf(routes)
	for _, route := range routes {
		if route.Policy.CSRF == EntryToken {
			h.entries[route.Path] = true
		}
	}
	return nil
}

// pathGroup is the routes of one path.
type pathGroup struct {
	path   string
	routes []Route
}

// byPath gathers routes by their full path, in the order in which the paths first come.
func byPath(routes []Route, base string) []pathGroup {
	var groups []pathGroup
	for _, route := range routes {
		path := base + route.Path
		if route.AtRoot {
			path = route.Path
		}
		i := slices.IndexFunc(groups, func(g pathGroup) bool { return g.path == path })
		if i < 0 {
			i = len(groups)
			groups = append(groups, pathGroup{path: path})
		}
		groups[i].routes = append(groups[i].routes, route)
	}
	return groups
}

// distinct refuses two routes for one method of one path: the second would never be reached.
func distinct(routes []Route) error {
	seen := map[string]bool{}
	for _, route := range routes {
		for _, m := range route.Methods {
			if seen[m] {
				return fmt.Errorf("%w %s: %s twice", errPolicy, route.Path, m)
			}
			seen[m] = true
		}
	}
	return nil
}

// unmatched is the path of what no route answers.
const unmatched = "unmatched"

// notFound answers what no route does: people with a page, everybody else with JSON.
func (h *Handlers) notFound() http.Handler {
	none := func(http.ResponseWriter, *http.Request) error { return refuse("E-PAGE-01") }
	page := h.newEndpoint(nothing(unmatched, ForPeople, none))
	json := h.newEndpoint(nothing(unmatched, ForClients, none))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.serve(w, r)
			return
		}
		json.serve(w, r)
	})
}
