package playground

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"signet/templates"
)

// registration is how a run's client came to be registered (RFC 7591, OIDC Registration), and what manages its record (RFC 7592).
type registration struct {
	// document is what the client says of itself: JSON, as it stands in the form.
	document string
	// last is the last exchange, and deed what it was for.
	last *exchange
	deed string
	// uri and token are where the record is, and what lets the client at it. Both are empty while there is no record.
	uri, token string
	// record is what the provider says that it has recorded.
	record []member
}

// What can be done with a registration.
const (
	doRegister = "register"
	doRead     = "read"
	doUpdate   = "update"
	doDelete   = "delete"
)

// recorded tells whether the provider has the client's record.
func (g *registration) recorded() bool { return g != nil && g.token != "" }

// ready tells whether a run knows its client.
func ready(r *run) bool { return discovered(r) && (r.registration == nil || r.client.id != "") }

// registered tells whether the step lies behind.
func registered(r *run) bool { return r.registration == nil || r.client.id != "" }

// actRegister does what a button says.
func actRegister(p *Playground, ctx context.Context, r *run, form url.Values) (string, error) {
	g := r.registration
	if text := form.Get("metadata"); text != "" {
		g.document = withMethod(text, form.Get("method"))
	}
	req, err := p.registrationRequest(ctx, r, form.Get("do"))
	if err != nil || req == nil {
		return r.path(stepRegister), err
	}
	g.last, g.deed = p.send(req), form.Get("do")
	return r.path(stepRegister) + "#outcome", p.adopt(r)
}

// registrationRequest makes the request for a button, or none.
func (p *Playground) registrationRequest(ctx context.Context, r *run, do string) (*http.Request, error) {
	g := r.registration
	switch {
	case do == doRegister && r.meta.Registration != "":
		return newJSON(ctx, http.MethodPost, r.meta.Registration, g.document, "")
	case do == doRead && g.recorded():
		return newJSON(ctx, http.MethodGet, g.uri, "", g.token)
	case do == doUpdate && g.recorded():
		return newJSON(ctx, http.MethodPut, g.uri, g.whole(r.client), g.token)
	case do == doDelete && g.recorded():
		return newJSON(ctx, http.MethodDelete, g.uri, "", g.token)
	}
	return nil, nil
}

// whole is the document of an update, which says everything again, and who says it (RFC 7592 §2.2).
func (g *registration) whole(c client) string {
	var all map[string]any
	if json.Unmarshal([]byte(g.document), &all) != nil || all == nil {
		return g.document
	}
	all["client_id"] = c.id
	if c.secret != "" {
		all["client_secret"] = c.secret
	}
	out, err := json.Marshal(all)
	if err != nil {
		return g.document
	}
	return indented(string(out))
}

// adopt takes over what the provider has answered.
func (p *Playground) adopt(r *run) error {
	g := r.registration
	if g.deed == doDelete && g.last.status == http.StatusNoContent {
		r.registration = &registration{document: g.document, last: g.last, deed: g.deed}
		r.client = client{key: r.client.key}
		r.afresh()
		return nil
	}
	var answer struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Method string `json:"token_endpoint_auth_method"`
		URI    string `json:"registration_client_uri"`
		Token  string `json:"registration_access_token"`
	}
	if g.last.status >= http.StatusBadRequest || json.Unmarshal(g.last.body, &answer) != nil || answer.ID == "" {
		return nil
	}
	g.record = members(g.last.body)
	if answer.Token != "" {
		g.uri, g.token = answer.URI, answer.Token
	}
	if answer.Secret != "" || answer.ID != r.client.id {
		r.client.secret = answer.Secret
	}
	r.client.id, r.client.method = answer.ID, answer.Method
	if g.deed != doRegister {
		return nil
	}
	r.request.params.Set("client_id", answer.ID)
	return p.refresh(r)
}

func showRegister(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.register.intro")}
	g := r.registration
	if r.meta.Registration == "" {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Msg("playground.register.closed"), Link: templates.Link{Path: Path, Text: templates.Msg("playground.lost.again")}})
	}
	if g.last != nil {
		v.add(g.outcome(p, r)...)
	}
	if g.recorded() {
		v.add(templates.Fields{ID: "record", Title: templates.Msg("playground.register.record"), Rows: g.rows()}, r.manageForm())
	}
	v.add(r.registerForm())
	if !g.recorded() {
		v.add(templates.Fields{ID: "metadata", Title: templates.Msg("playground.register.says"), Rows: briefly(rows("record", members([]byte(compact(g.document))), nil))})
	}
	if g.last != nil {
		v.add(messages("registration", g.last)...)
	}
	if ready(r) {
		v.next = r.next(stepRegister)
	}
	return v
}

// outcome says what came of the last exchange.
func (g *registration) outcome(p *Playground, r *run) []templates.Block {
	if g.last.problem != "" || g.last.status >= http.StatusBadRequest {
		said := templates.Notice{ID: "outcome", State: templates.Bad, Text: templates.Msg("playground.register.refused", "status", g.last.status)}
		return append([]templates.Block{said}, p.refusal(g.last)...)
	}
	said := templates.Notice{ID: "outcome", State: templates.OK, Text: templates.Msg("playground.register.did-" + g.deed)}
	if ready(r) {
		said.Link = r.next(stepRegister)
	}
	return []templates.Block{said}
}

// rows are what is recorded. A server may record something else than was said (RFC 7591 §2): a client must look.
func (g *registration) rows() []templates.Row {
	said := map[string]json.RawMessage{}
	for _, m := range members([]byte(g.document)) {
		said[m.name] = m.value
	}
	states := map[string]templates.State{}
	for _, m := range g.record {
		if asked, ok := said[m.name]; ok {
			states[m.name] = templates.OK
			if !sameJSON(asked, m.value) {
				states[m.name] = templates.Warn
			}
		}
	}
	out := rows("record", g.record, states)
	for i := range out {
		if out[i].State == templates.Warn {
			out[i].Meaning = templates.Msg("playground.register.otherwise")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if find(g.record, name) == nil {
			out = append(out, templates.Row{Name: name, State: templates.Warn, Meaning: templates.Msg("playground.register.dropped")})
		}
	}
	return briefly(out)
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// registerForm is the document, which can be changed before it is sent.
func (r *run) registerForm() templates.Form {
	g := r.registration
	f := templates.Form{
		ID: "register", Title: templates.Msg("playground.register.title"), Intro: templates.Msg("playground.register.why"), Action: r.path(stepRegister),
		Fields: []templates.Input{
			{Name: "method", Label: templates.Literal("token_endpoint_auth_method"), Value: named([]byte(g.document), "token_endpoint_auth_method"), Options: registrationMethods(),
				Help: templates.Msg("playground.register.method-help")},
			{Name: "metadata", Label: templates.Msg("playground.register.metadata"), Value: g.document, Lines: 16, Code: true, Help: templates.Msg("playground.register.metadata-help")},
		},
	}
	button := func(do string, quiet bool) {
		f.Buttons = append(f.Buttons, templates.Button{Name: "do", Value: do, Text: templates.Msg("playground.register.do-" + do), Quiet: quiet})
	}
	if g.recorded() {
		button(doUpdate, false)
	}
	button(doRegister, g.recorded())
	return f
}

// manageForm reads the record, or deletes it.
func (r *run) manageForm() templates.Form {
	return templates.Form{
		ID: "manage", Title: templates.Msg("playground.register.manage"), Intro: templates.Msg("playground.register.manage-why"), Action: r.path(stepRegister),
		Buttons: []templates.Button{
			{Name: "do", Value: doRead, Text: templates.Msg("playground.register.do-read"), Quiet: true},
			{Name: "do", Value: doDelete, Text: templates.Msg("playground.register.do-delete"), Quiet: true},
		},
	}
}

// registrationMethods are the methods that a client which registers itself can choose.
func registrationMethods() []templates.Option {
	var out []templates.Option
	for _, m := range []string{methodKey, methodBasic, methodPost, methodNone} {
		out = append(out, templates.Option{Value: m, Text: templates.Msg("playground.method." + m)})
	}
	return out
}
