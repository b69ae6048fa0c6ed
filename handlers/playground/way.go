package playground

import (
	"fmt"
	"net/url"

	"signet/templates"
)

// The ways of a request to the provider.
const (
	wayPlain      = "plain"
	wayPushed     = "par"
	wayValue      = "request"
	wayReference  = "request_uri"
	waySignedPush = "par-request"
)

// ways are all of them, in the order of the page.
var ways = []string{wayPlain, wayPushed, wayValue, wayReference, waySignedPush}

// pushed tells whether the client brings the request itself (RFC 9126).
func (q *request) pushes() bool { return q.way == wayPushed || q.way == waySignedPush }

// signed tells whether the client signs it (RFC 9101).
func (q *request) signed() bool {
	return q.way == wayValue || q.way == wayReference || q.way == waySignedPush
}

// possible tells whether a run can go a way: whether the provider says so in discovery, and the client has what it takes.
func (r *run) possible(way string) bool {
	key := r.client.key != nil
	switch way {
	case wayPushed:
		return r.meta.Push != ""
	case wayValue:
		return key && r.meta.RequestParam
	case wayReference:
		return key && r.meta.RequestURIParam
	case waySignedPush:
		return key && r.meta.Push != "" && r.meta.RequestParam
	}
	return way == wayPlain
}

// setWay chooses a way, if it can be gone.
func (r *run) setWay(way string) {
	if r.possible(way) && way != r.request.way {
		r.request.way, r.request.push = way, nil
	}
}

// wayInput is the field that chooses the way.
func (r *run) wayInput() templates.Input {
	in := templates.Input{Name: "way", Label: templates.Msg("playground.way.label"), Value: r.request.way, Help: templates.Msg("playground.way.help")}
	for _, way := range ways {
		if r.possible(way) {
			in.Options = append(in.Options, templates.Option{Value: way, Text: templates.Msg("playground.way." + way)})
		}
	}
	return in
}

// query is what the browser carries: the whole request, or what refers to it.
func (p *Playground) query(r *run) url.Values {
	q := &r.request
	switch {
	case q.pushes():
		return url.Values{"client_id": {r.client.id}, "request_uri": {q.push.uri()}}
	case q.object == nil:
		return q.params
	}
	out := q.beside()
	if q.way == wayReference {
		out.Set("request_uri", q.object.uri(p, r))
	} else {
		out.Set("request", q.object.text)
	}
	return out
}

// address is where the browser is sent.
func (p *Playground) address(r *run) (string, error) {
	u, err := url.Parse(r.meta.Authorization)
	if err != nil {
		return "", fmt.Errorf("playground: authorization_endpoint: %w", err)
	}
	q := u.Query()
	for name, values := range p.query(r) {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
