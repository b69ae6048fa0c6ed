package playground

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"signet/templates"
)

// grantDevice is the grant type of RFC 8628 §3.4.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// waiting is a device that waits for a person (RFC 8628 §3.2).
type waiting struct {
	*exchange
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Verify     string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
}

// good tells whether the answer is what a device needs.
func (w *waiting) good() bool {
	return w.ok() && w.DeviceCode != "" && w.UserCode != "" && w.Verify != ""
}

var (
	asksDevice = step{stepDevice, ready, begun, showDevice, actDevice}
	atPerson   = step{name: stepProvider, open: never, done: hasTokens}
	polls      = step{stepToken, begun, hasTokens, showPoll, actPoll}
	withDevice = []step{discovery, registers, asksDevice, atPerson, polls, receives, uses, signsOut, ends}
)

// begun tells whether a device waits for a person.
func begun(r *run) bool { return r.device != nil && r.device.good() }

// deviceRequest makes a device authorization request (RFC 8628 §3.1), with PKCE, which this provider holds to.
func (p *Playground) deviceRequest(ctx context.Context, r *run) (*http.Request, error) {
	q := r.request.params
	form := url.Values{
		"scope": {q.Get("scope")}, "nonce": {q.Get("nonce")}, "code_challenge": {challenge(r.request.verifier)}, "code_challenge_method": {"S256"},
	}
	return p.newPost(ctx, r.meta.Device, form, r.client)
}

// actDevice asks for codes. A fresh request forgets the ones before.
func actDevice(p *Playground, ctx context.Context, r *run, form url.Values) (string, error) {
	if form.Has("scope") {
		r.request.params.Set("scope", form.Get("scope"))
	}
	if err := p.refresh(r); err != nil {
		return "", err
	}
	req, err := p.deviceRequest(ctx, r)
	if err != nil {
		return "", err
	}
	r.device = &waiting{exchange: p.send(req)}
	if r.device.ok() {
		_ = json.Unmarshal(r.device.body, r.device) // what is missing is shown to be missing
	}
	return r.path(stepDevice) + "#outcome", nil
}

func showDevice(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.device.intro")}
	req, err := p.deviceRequest(context.Background(), r)
	if err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	x := p.preview(req)
	ask := templates.Form{
		ID: "ask", Action: r.path(stepDevice), Buttons: []templates.Button{{Text: templates.Msg("playground.device.ask"), Quiet: begun(r)}},
		Fields: []templates.Input{{Name: "scope", Label: templates.Literal("scope"), Value: r.request.params.Get("scope"), Code: true}},
	}
	if r.device != nil {
		v.add(p.showCodes(r)...)
	}
	if begun(r) {
		v.add(ask)
		v.next = r.next(stepDevice)
		return v
	}
	v.add(templates.Message{ID: "preview", Title: templates.Msg("playground.device.message"), Raw: x.sent}, ask,
		templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: x.curl, Folded: true})
	return v
}

// showCodes shows what the device got, and leads to the page where the person types the code.
func (p *Playground) showCodes(r *run) []templates.Block {
	d := r.device
	if !d.good() {
		said := templates.Notice{ID: "outcome", State: templates.Bad, Text: templates.Msg("playground.device.refused")}
		return append(append([]templates.Block{said}, p.refusal(d.exchange)...), messages("device", d.exchange)...)
	}
	said := templates.Notice{ID: "outcome", State: templates.OK, Text: templates.Msg("playground.device.type", "code", d.UserCode, "address", d.Verify)}
	if path := p.typingPath(d); path != "" {
		said.Link = templates.Link{Path: path, Text: templates.Msg("playground.device.open")}
	}
	blocks := []templates.Block{
		said,
		templates.Message{ID: "user-code", Title: templates.Msg("playground.device.code"), Raw: d.UserCode},
		templates.Fields{ID: "codes", Title: templates.Msg("playground.device.answer"), Rows: d.rows()},
	}
	return append(blocks, messages("device", d.exchange)...)
}

func (w *waiting) rows() []templates.Row {
	out := rows("device", members(w.body), nil)
	for i := range out {
		if out[i].Name == "device_code" {
			out[i].Value = strconv.Itoa(len(w.DeviceCode)) + " bytes"
		}
	}
	return out
}

// plainCode is a code that can stand in a link as it is.
var plainCode = regexp.MustCompile(`^[A-Z-]{1,20}$`)

// typingPath is the page where the person types the code, with the code, if it is on this host.
func (p *Playground) typingPath(d *waiting) string {
	path := p.localPath(d.Verify)
	if path == "" || d.Complete != d.Verify+"?user_code="+d.UserCode || !plainCode.MatchString(d.UserCode) {
		return path
	}
	return path + "?user_code=" + d.UserCode
}

// pollForm is the body of a poll (RFC 8628 §3.4).
func (r *run) pollForm() url.Values {
	return url.Values{"grant_type": {grantDevice}, "device_code": {r.device.DeviceCode}, "code_verifier": {r.request.verifier}}
}

// actPoll asks whether the person has answered.
func actPoll(p *Playground, ctx context.Context, r *run, _ url.Values) (string, error) {
	req, err := p.newPost(ctx, r.meta.Token, r.pollForm(), r.client)
	if err != nil {
		return "", err
	}
	r.attempt = &attempt{p.send(req), sendRight}
	got := p.tokensIn(r.attempt.exchange)
	if got == nil {
		return r.path(stepToken) + "#outcome", nil
	}
	got.verdict = p.judge(ctx, r, got, p.expect(r, got))
	r.tokens, r.deed = got, nil
	p.runs.remember(r.browser, got.ID)
	return r.path(stepAnswer), nil
}

func showPoll(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.token.intro-" + grantDevice)}
	req, err := p.newPost(context.Background(), r.meta.Token, r.pollForm(), r.client)
	if err != nil {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Literal(err.Error())})
		return v
	}
	x := p.preview(req)
	poll := templates.Form{
		ID: "poll", Action: r.path(stepToken), Intro: templates.Msg("playground.device.poll-why", "code", r.device.UserCode),
		Buttons: []templates.Button{{Text: templates.Msg("playground.device.poll")}},
	}
	if path := p.typingPath(r.device); path != "" && !hasTokens(r) {
		v.add(templates.Notice{Text: templates.Msg("playground.device.first"), Link: templates.Link{Path: path, Text: templates.Msg("playground.device.open")}})
	}
	v.add(poll)
	if r.attempt != nil && !r.attempt.ok() {
		v.add(p.pollOutcome(r)...)
	}
	v.add(templates.Message{ID: "preview", Title: templates.Msg("playground.token.message"), Raw: x.sent},
		templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: x.curl, Folded: true})
	if hasTokens(r) {
		v.next = r.next(stepToken)
	}
	return v
}

// pollOutcome explains a poll that got no tokens. That the person has not answered yet is no fault.
func (p *Playground) pollOutcome(r *run) []templates.Block {
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(r.attempt.body, &said) // an answer without an error is explained by its status
	outcome := templates.Notice{ID: "outcome", State: templates.Bad, Text: templates.Msg("playground.device.no-tokens")}
	if said.Error == "authorization_pending" || said.Error == "slow_down" {
		outcome.State, outcome.Text = templates.Warn, meaning("error", said.Error)
		return append([]templates.Block{outcome}, messages("attempt", r.attempt.exchange)...)
	}
	blocks := append([]templates.Block{outcome}, p.refusal(r.attempt.exchange)...)
	return append(blocks, messages("attempt", r.attempt.exchange)...)
}
