package playground

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"signet/templates"
)

// frontTokens are what came beside a code or in its place (OIDC Core §3.2.2.5, §3.3.2.5), or nil.
func frontTokens(params url.Values, at time.Time) *tokens {
	t := &tokens{Access: params.Get("access_token"), Type: params.Get("token_type"), ID: params.Get("id_token"), Scope: params.Get("scope"), at: at}
	if t.Access == "" && t.ID == "" {
		return nil
	}
	t.ExpiresIn, _ = strconv.Atoi(params.Get("expires_in")) // without a number there is no bar
	for _, name := range sortedNames("response", params) {
		if known(explained["response"], name) {
			value, err := json.Marshal(params.Get(name))
			if err == nil {
				t.said = append(t.said, member{name, value})
			}
		}
	}
	return t
}

// judgeFront checks tokens that came through the browser. There the hashes are not optional: nothing else ties the parts of
// the answer together (OIDC Core §3.2.2.9, §3.3.2.9, §3.3.2.10).
func (p *Playground) judgeFront(ctx context.Context, r *run, t *tokens, code string) {
	x := p.expect(r, t)
	x.beside["c_hash"] = code
	if t.Access != "" {
		x.demanded = append(x.demanded, "at_hash")
	}
	if code != "" {
		x.demanded = append(x.demanded, "c_hash")
	}
	t.verdict = p.judge(ctx, r, t, x)
}

// takeFront takes tokens that came in the place of a code for those of the run.
func (p *Playground) takeFront(_ context.Context, r *run) {
	if c := r.callback; accepted(r) && c.front != nil && !r.request.asks("code") {
		r.tokens, r.deed = c.front, nil
		p.runs.remember(r.browser, c.front.ID)
	}
}

// missing are the parameters that the response type promises and that did not come.
func (q *request) missing(params url.Values) []string {
	var out []string
	for _, p := range promises {
		if q.asks(p.word) && params.Get(p.param) == "" {
			out = append(out, p.param)
		}
	}
	return out
}

// uncalled tells whether a parameter is one that the request did not ask for.
func (q *request) uncalled(param string) bool {
	return slices.ContainsFunc(promises, func(p struct{ word, param string }) bool { return p.param == param && !q.asks(p.word) })
}

// frontBlocks show what came beside the code: an app looks at it before it uses the code.
func (p *Playground) frontBlocks(t *tokens) []templates.Block {
	var blocks []templates.Block
	if t.verdict != nil {
		b := p.idToken(t)
		b.Intro = templates.Msg("playground.callback.beside-why")
		blocks = append(blocks, b)
	}
	if t.Access != "" {
		blocks = append(blocks, p.accessToken(t))
	}
	return blocks
}
