package playground

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"signet/templates"
)

// attempt is a token request that was sent.
type attempt struct {
	*exchange
	// kind is a value of the form's buttons.
	kind string
}

// Kinds of attempts: the right one, and those that must fail.
const (
	sendRight         = "send"
	sendAgain         = "again"
	sendWrongVerifier = "verifier"
	sendWrongClient   = "client"
	sendWrongKey      = "key"
)

// tokens is a token response (RFC 6749 §5.1, OIDC Core §3.1.3.3).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Refresh   string `json:"refresh_token"`
	ID        string `json:"id_token"`
	Scope     string `json:"scope"`

	at time.Time
	// from is the answer with which they came, or nil; said are its members.
	from *exchange
	said []member
	// old is a refresh token that this answer has replaced.
	old string
	// verdict is what was found out about the ID token when it came.
	verdict *verdict
}

// stranger is a client that the code was not issued to.
const stranger = "somebody-else"

// tokenForm is the body of a token request of a kind.
func (r *run) tokenForm(kind string) url.Values {
	form := url.Values{"grant_type": {r.flow.grant}}
	if !r.flow.person() {
		if scope := r.request.params.Get("scope"); scope != "" {
			form.Set("scope", scope)
		}
		return form
	}
	form.Set("code", r.callback.params.Get("code"))
	form.Set("code_verifier", r.request.verifier)
	if uri := r.request.params.Get("redirect_uri"); uri != "" {
		form.Set("redirect_uri", uri)
	}
	if kind == sendWrongVerifier {
		form.Set("code_verifier", "wrong."+r.request.verifier)
	}
	return form
}

// tokenRequest makes a token request of a kind (RFC 6749 §4.1.3, §4.4.2).
func (p *Playground) tokenRequest(ctx context.Context, r *run, kind string) (*http.Request, error) {
	c := r.client
	switch {
	case kind == sendWrongClient:
		c.id = stranger
	case kind == sendWrongKey && c.key != nil:
		other, err := newClientKey(p.rand)
		if err != nil {
			return nil, err
		}
		other.kid = c.key.kid // it pretends to be the client's
		c.key = other
	}
	return p.newPost(ctx, r.meta.Token, r.tokenForm(kind), c)
}

// attemptKind reads a button; none of ours is the right request.
func attemptKind(button string) string {
	switch button {
	case sendAgain, sendWrongVerifier, sendWrongClient, sendWrongKey:
		return button
	}
	return sendRight
}

// actToken sends a token request. If the answer has tokens, they are shown; otherwise the refusal is.
func actToken(p *Playground, ctx context.Context, r *run, form url.Values) (string, error) {
	kind := attemptKind(form.Get("do"))
	if form.Has("scope") {
		r.request.params.Set("scope", form.Get("scope"))
	}
	req, err := p.tokenRequest(ctx, r, kind)
	if err != nil {
		return "", err
	}
	r.attempt = &attempt{p.send(req), kind}
	got := p.tokensIn(r.attempt.exchange)
	if got == nil {
		return r.path(stepToken) + "#outcome", nil
	}
	x := p.expect(r, got)
	if r.callback != nil && r.callback.front != nil {
		x.subject = r.callback.front.verdict.subject()
	}
	got.verdict = p.judge(ctx, r, got, x)
	r.tokens, r.deed = got, nil
	p.runs.remember(r.browser, got.ID)
	return r.path(stepAnswer), nil
}

// tokensIn reads a token response, or returns nil.
func (p *Playground) tokensIn(x *exchange) *tokens {
	t := &tokens{at: p.clock(), from: x}
	if !x.ok() || json.Unmarshal(x.body, t) != nil || t.Access == "" {
		return nil
	}
	t.said = members(x.body)
	return t
}

func showToken(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.token.intro-" + r.flow.grant)}
	req, err := p.tokenRequest(context.Background(), r, sendRight)
	if err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	x := p.preview(req)
	v.add(
		templates.Message{ID: "preview", Title: templates.Msg("playground.token.message"), Raw: x.sent},
		r.tokenButtons(),
	)
	v.add(proof(x.form)...)
	if r.attempt != nil && !r.attempt.ok() {
		v.add(r.outcome(p)...)
	}
	v.add(
		templates.Fields{ID: "parameters", Title: templates.Msg("playground.token.parameters"), Rows: r.tokenRows()},
		templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: x.curl, Folded: true},
	)
	if hasTokens(r) {
		v.next = r.next(stepToken)
	}
	return v
}

func (r *run) tokenRows() []templates.Row {
	var rows []templates.Row
	form := r.tokenForm(sendRight)
	for _, name := range sortedNames("form", form) {
		rows = append(rows, templates.Row{Name: name, Value: brief(form.Get(name)), Meaning: meaning("form", name)})
	}
	return append(rows, templates.Row{Name: r.client.method, Value: r.client.id, Meaning: templates.Msg("playground.method-why." + r.client.method)})
}

func (r *run) tokenButtons() templates.Form {
	f := templates.Form{ID: "token", Title: templates.Msg("playground.token.send-title"), Action: r.path(stepToken)}
	button := func(kind string, quiet bool) {
		f.Buttons = append(f.Buttons, templates.Button{Name: "do", Value: kind, Text: templates.Msg("playground.token.do-" + kind), Quiet: quiet})
	}
	if !r.flow.person() {
		f.Fields = []templates.Input{{Name: "scope", Label: templates.Literal("scope"), Value: r.request.params.Get("scope"), Code: true, Help: templates.Msg("playground.token.scope-help")}}
		button(sendRight, false)
		return f
	}
	f.Intro = templates.Msg("playground.token.send-why")
	if hasTokens(r) {
		button(sendAgain, false)
	} else {
		button(sendRight, false)
	}
	button(sendWrongVerifier, true)
	button(sendWrongClient, true)
	if r.client.method == methodKey {
		button(sendWrongKey, true)
	}
	return f
}

// outcome shows what came of an attempt that got no tokens.
func (r *run) outcome(p *Playground) []templates.Block {
	said := templates.Notice{ID: "outcome", State: templates.Bad, Text: templates.Msg("playground.token.refused-" + r.attempt.kind)}
	if r.attempt.kind == sendAgain && hasTokens(r) {
		said.Link = r.next(stepAnswer)
	}
	blocks := append([]templates.Block{said}, p.refusal(r.attempt.exchange)...)
	blocks = append(blocks, messages("attempt", r.attempt.exchange)...)
	if r.flow.person() && r.attempt.kind != sendWrongClient && r.attempt.kind != sendWrongKey {
		blocks = append(blocks, restart(r))
	}
	return blocks
}
