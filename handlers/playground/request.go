package playground

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"signet/templates"
)

// request is an authorization request (OIDC Core §3.1.2.1).
type request struct {
	params   url.Values
	verifier string
	sent     bool
}

// requestParams are those that have a field of their own, in the order of the page.
var requestParams = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"prompt", "max_age", "login_hint", "acr_values", "ui_locales", "response_mode",
}

// choices are the values of parameters that have only a few.
var choices = map[string][]string{
	"prompt":        {"", "none", "login", "consent", "select_account"},
	"response_mode": {"", "query", "form_post"},
}

// newRequest makes a request with fresh random values.
func (p *Playground) newRequest(r *run, scope string) error {
	var random [3]string
	for i, n := range []int{32, 16, 16} {
		var err error
		if random[i], err = p.random(n); err != nil {
			return err
		}
	}
	r.afresh()
	r.request.verifier = random[0]
	r.request.params = url.Values{
		"response_type": {"code"}, "client_id": {r.client.id}, "redirect_uri": {p.redirectURI()}, "scope": {scope},
		"state": {random[1]}, "nonce": {random[2]}, "code_challenge": {challenge(random[0])}, "code_challenge_method": {"S256"},
	}
	return nil
}

// challenge is the transformation S256 of a verifier (RFC 7636 §4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// address is where the browser is sent.
func (r *run) address() (string, error) {
	u, err := url.Parse(r.meta.Authorization)
	if err != nil {
		return "", fmt.Errorf("playground: authorization_endpoint: %w", err)
	}
	q := u.Query()
	for name, values := range r.request.params {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// actRequest takes the form over. "go" sends the browser to the provider, "fresh" begins again.
func actRequest(p *Playground, _ context.Context, r *run, form url.Values) (string, error) {
	if form.Get("do") == "fresh" {
		return r.path(stepRequest), p.newRequest(r, r.request.params.Get("scope"))
	}
	if form.Has("more") {
		r.edit(form)
	}
	if form.Get("do") != "go" {
		return r.path(stepRequest), nil
	}
	r.afresh()
	r.request.sent = true
	return r.address()
}

// edit replaces the parameters by those of the form. An empty field is a parameter that is not sent.
func (r *run) edit(form url.Values) {
	params := url.Values{}
	for _, name := range requestParams {
		if v := form.Get("p." + name); v != "" {
			params.Set(name, v)
		}
	}
	for line := range strings.Lines(form.Get("more")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && name != "" {
			params.Add(name, value)
		}
	}
	r.request.params = params
}

func showRequest(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.request.intro")}
	address, err := r.address()
	if err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	if r.request.sent {
		v.add(templates.Notice{State: templates.Warn, Text: templates.Msg("playground.request.sent")})
	}
	if r.request.params.Get("redirect_uri") != p.redirectURI() {
		v.add(templates.Notice{State: templates.Warn, Text: templates.Msg("playground.request.elsewhere")})
	}
	v.add(
		templates.Message{ID: "url", Title: templates.Msg("playground.request.url"), Raw: address},
		r.goForm(),
		templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: p.curlTo(address), Folded: true},
		templates.Fields{ID: "verifier", Title: templates.Msg("playground.request.verifier"), Rows: []templates.Row{
			{Name: "code_verifier", Value: r.request.verifier, Meaning: templates.Msg("playground.request.verifier-why")},
			{Name: "code_challenge", Value: challenge(r.request.verifier), Meaning: templates.Msg("playground.request.challenge-why"), State: r.challengeState()},
		}},
		r.requestForm(),
	)
	return v
}

func (r *run) challengeState() templates.State {
	if r.request.params.Get("code_challenge") == challenge(r.request.verifier) {
		return templates.OK
	}
	return templates.Bad
}

// goForm sends the request as it is.
func (r *run) goForm() templates.Form {
	return templates.Form{
		ID: "go", Intro: templates.Msg("playground.request.go-why"), Action: r.path(stepRequest),
		Buttons: []templates.Button{{Name: "do", Value: "go", Text: templates.Msg("playground.request.go")}},
	}
}

// requestForm takes the request apart: each parameter is explained and can be changed.
func (r *run) requestForm() templates.Form {
	f := templates.Form{
		ID: "request", Title: templates.Msg("playground.request.change"), Intro: templates.Msg("playground.request.change-why"), Action: r.path(stepRequest),
		Beside: true, Buttons: []templates.Button{
			{Name: "do", Value: "go", Text: templates.Msg("playground.request.go-changed")},
			{Name: "do", Value: "show", Text: templates.Msg("playground.request.show"), Quiet: true},
			{Name: "do", Value: "fresh", Text: templates.Msg("playground.request.fresh"), Quiet: true},
		},
	}
	for _, name := range requestParams {
		in := templates.Input{Name: "p." + name, Label: templates.Literal(name), Value: r.request.params.Get(name), Code: true, Help: meaning("param", name)}
		for _, choice := range choices[name] {
			text := templates.Literal(choice)
			if choice == "" {
				text = templates.Msg("playground.request.unsent")
			}
			in.Options = append(in.Options, templates.Option{Value: choice, Text: text})
		}
		f.Fields = append(f.Fields, in)
	}
	f.Fields = append(f.Fields, templates.Input{
		Name: "more", Label: templates.Msg("playground.request.more"), Value: r.moreParams(), Lines: 3, Code: true, Help: templates.Msg("playground.request.more-help"),
	})
	return f
}

// moreParams are those without a field, a line each.
func (r *run) moreParams() string {
	var b strings.Builder
	for _, name := range sortedNames("param", r.request.params) {
		values := r.request.params[name]
		if known(requestParams, name) {
			values = values[1:]
		}
		for _, value := range values {
			b.WriteString(name + "=" + value + "\n")
		}
	}
	return b.String()
}
