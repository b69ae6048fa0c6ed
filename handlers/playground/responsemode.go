package playground

import (
	"strings"

	"signet/templates"
)

// The ways of an answer through the browser (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
const (
	byQuery    = "query"
	byFragment = "fragment"
	byForm     = "form_post"
)

// modeWords are the response modes that there is something to say about.
var modeWords = []string{byQuery, byFragment, byForm}

// mode is how the answer should come, and whether it should be signed (JARM §2.3): as the request says, or as its response
// type has it of old.
func (q *request) mode() (way string, signed bool) {
	asked := q.params.Get("response_mode")
	way, signed = strings.TrimSuffix(strings.TrimSuffix(asked, "jwt"), "."), strings.HasSuffix(asked, "jwt")
	switch {
	case way != "":
	case q.front():
		way = byFragment
	default:
		way = byQuery
	}
	return way, signed
}

// responseModes are those that can be picked; the empty one is the response type's own.
func (r *run) responseModes() []string {
	modes := r.meta.ResponseModes
	if len(modes) == 0 {
		modes = []string{byQuery, byFragment}
	}
	return append([]string{""}, modes...)
}

// expectations explain what will come and how.
func (q *request) expectations() templates.Fields {
	way, signed := q.mode()
	name := q.params.Get("response_type")
	rows := []templates.Row{{Name: "response_type", Value: name, Meaning: typeMeaning(name)}}
	how := templates.Row{Name: "response_mode", Value: way}
	if known(modeWords, way) {
		how.Meaning = templates.Msg("playground.mode." + way)
	}
	rows = append(rows, how)
	if signed {
		rows = append(rows, templates.Row{Name: "response", Value: "JWT", Meaning: templates.Msg("playground.mode.jwt")})
	}
	return templates.Fields{ID: "expected", Title: templates.Msg("playground.request.expected"), Rows: rows}
}
