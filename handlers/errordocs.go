package handlers

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"signet/provider"
	"signet/templates"
)

// errorDocs explains a code of the catalogue: the page that error_uri points to (RFC 6749 §5.2).
func (h *Handlers) errorDocs(w http.ResponseWriter, r *http.Request) error {
	e, ok := provider.Lookup(mux.Vars(r)["code"])
	if !ok {
		return refuse("E-PAGE-01")
	}
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.Playground{
		Base: base, Title: templates.Literal(e.Code), Intro: templates.Literal(e.Why),
		Steps: codesLike(e), Blocks: []templates.Block{explained(e)},
	})
}

// explained is a row of the catalogue, in the protocol's own words.
func explained(e provider.Entry) templates.Fields {
	return templates.Fields{ID: "entry", Rows: []templates.Row{
		{Name: "error", Value: e.OAuth},
		{Name: "error_description", Value: e.Description, Meaning: templates.Literal(e.Remedy)},
		{Name: "status", Value: strconv.Itoa(e.Status), Meaning: templates.Literal(http.StatusText(e.Status))},
	}}
}

// codesLike lists the whole catalogue, to go on from one code to another.
func codesLike(current provider.Entry) []templates.Step {
	var steps []templates.Step
	for _, e := range provider.Catalogue() {
		s := templates.Step{Name: templates.Literal(e.Code), State: templates.StepTodo, Link: docsPath + e.Code}
		if e.Code == current.Code {
			s.State = templates.StepCurrent
		}
		steps = append(steps, s)
	}
	return steps
}
