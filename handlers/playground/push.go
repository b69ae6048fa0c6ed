package playground

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"time"

	"signet/templates"
)

// push is a request that the client has brought to the provider itself (RFC 9126 §2).
type push struct {
	*exchange
	at time.Time
	// URI and ExpiresIn are the answer.
	URI       string `json:"request_uri"`
	ExpiresIn int    `json:"expires_in"`
}

// uri is what stands for the request, or empty.
func (x *push) uri() string {
	if x == nil {
		return ""
	}
	return x.URI
}

// pushDone tells whether the provider has the request.
func pushDone(r *run) bool { return r.request.push.uri() != "" }

// pushForm is the body of the push: the request, or the object that holds it.
func (q *request) pushForm() url.Values {
	if q.object != nil {
		return url.Values{"client_id": q.params["client_id"], "request": {q.object.text}}
	}
	return maps.Clone(q.params)
}

// actPush brings the request to the provider, or sends the browser after it.
func actPush(p *Playground, ctx context.Context, r *run, form url.Values) (string, error) {
	switch {
	case form.Get("do") == "go" && pushDone(r):
		r.afresh()
		r.request.sent = true
		return p.address(r)
	case form.Get("do") != "push":
		return r.path(stepPush), nil
	}
	if err := p.object(r); err != nil {
		return "", err
	}
	req, err := p.newPost(ctx, r.meta.Push, r.request.pushForm(), r.client)
	if err != nil {
		return "", err
	}
	x := &push{exchange: p.send(req), at: p.clock()}
	if x.status == http.StatusCreated || x.status == http.StatusOK {
		if json.Unmarshal(x.body, x) != nil {
			x.URI = ""
		}
	}
	r.request.push = x
	return r.path(stepPush) + "#outcome", nil
}

func showPush(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.push.intro")}
	if r.request.push != nil {
		v.add(r.pushOutcome(p)...)
	}
	if !pushDone(r) {
		v.add(r.pushPreview(p)...)
	}
	if r.request.push != nil {
		v.add(messages("push", r.request.push.exchange)...)
	}
	return v
}

// pushPreview shows what will be sent.
func (r *run) pushPreview(p *Playground) []templates.Block {
	err := p.object(r)
	if err == nil {
		var req *http.Request
		if req, err = p.newPost(context.Background(), r.meta.Push, r.request.pushForm(), r.client); err == nil {
			x := p.preview(req)
			blocks := []templates.Block{
				templates.Message{ID: "preview", Title: templates.Msg("playground.token.message"), Raw: x.sent},
				r.pushButton("push", "playground.push.go", "playground.push.why"),
			}
			if o := r.request.object; o != nil {
				blocks = append(blocks, o.block())
			}
			return append(append(blocks, proof(x.form)...), templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: x.curl, Folded: true})
		}
	}
	return []templates.Block{templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())}}
}

func (r *run) pushButton(do, text, why string) templates.Form {
	return templates.Form{
		ID: "push", Action: r.path(stepPush), Intro: templates.Msg(why), Buttons: []templates.Button{{Name: "do", Value: do, Text: templates.Msg(text)}},
	}
}

// pushOutcome shows what came of it, and the way on.
func (r *run) pushOutcome(p *Playground) []templates.Block {
	x := r.request.push
	if !pushDone(r) {
		said := templates.Notice{ID: "outcome", State: templates.Bad, Text: templates.Msg("playground.push.refused")}
		return append([]templates.Block{said}, p.refusal(x.exchange)...)
	}
	address, err := p.address(r)
	if err != nil {
		return []templates.Block{templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())}}
	}
	return []templates.Block{
		templates.Notice{ID: "outcome", State: templates.OK, Text: templates.Msg("playground.push.good")},
		templates.Token{
			ID: "pushed", Title: templates.Msg("playground.push.title"), Intro: templates.Msg("playground.push.uri-why"), Raw: x.URI,
			Lifetime: x.ExpiresIn, Left: max(0, x.ExpiresIn-int(p.clock().Sub(x.at).Seconds())),
		},
		templates.Message{ID: "url", Title: templates.Msg("playground.request.url"), Raw: address},
		r.pushButton("go", "playground.request.go", "playground.push.go-why"),
	}
}
