package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"signet/templates"
)

// call is one that the provider has made, or somebody in its name, to say that a session has ended.
type call struct {
	channel string
	at      time.Time
	// raw is the message as it was received.
	raw string
	// rows are what it said; token and verdict are those of a logout token.
	rows    []templates.Row
	token   string
	verdict *verdict
	good    bool
}

// The channels (OIDC Front-Channel Logout, OIDC Back-Channel Logout).
const (
	channelFront = "front"
	channelBack  = "back"
)

// maxCalls is how many calls of a run are kept, the last ones.
const maxCalls = 6

// sid is the session that a run signed in with, as the provider calls it.
func (r *run) sid() string {
	if r.tokens == nil || r.tokens.verdict == nil || r.tokens.verdict.claims == nil {
		return ""
	}
	return r.tokens.verdict.claims.SID
}

// keep adds a call.
func (e *ending) keep(c call) {
	if len(e.calls) >= maxCalls {
		e.calls = e.calls[1:]
	}
	e.calls = append(e.calls, c)
	e.over = e.over || c.good
}

// received is a request as it came, with its body.
func received(r *http.Request, body string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.Proto, r.Host)
	header := r.Header.Clone()
	header.Del("Cookie") // it is another's business
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n" + body)
	return b.String()
}

// frontCalled is loaded in a frame of the provider's page (OIDC Front-Channel Logout §2). No cookie of ours need come with it:
// browsers keep them from frames of other sites.
func (s pages) frontCalled(w http.ResponseWriter, r *http.Request) error {
	run := s.called(r)
	if run == nil {
		return s.nothing(w)
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		params = url.Values{}
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	iss, sid := stateOf(params.Get("iss") == s.issuer), stateOf(params.Get("sid") != "" && params.Get("sid") == run.sid())
	run.ending.keep(call{
		channel: channelFront, at: s.clock(), raw: received(r, ""), good: iss == templates.OK && sid == templates.OK,
		rows: []templates.Row{
			{Name: "iss", Value: params.Get("iss"), State: iss, Meaning: compared("iss", iss)},
			{Name: "sid", Value: params.Get("sid"), State: sid, Meaning: templates.Msg("playground.check.sid-" + string(sid))},
		},
	})
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!DOCTYPE html><title>Signed out</title>")) // whoever asked may have gone
	return nil
}

// backCalled receives a logout token from the provider (OIDC Back-Channel Logout §2.5).
func (s pages) backCalled(w http.ResponseWriter, r *http.Request) error {
	run := s.called(r)
	if run == nil {
		return s.nothing(w)
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	c := s.judgeCall(r.Context(), run, r.PostForm.Get("logout_token"))
	c.raw = received(r, r.PostForm.Encode())
	run.ending.keep(c)
	if c.good {
		return nil // 200 and no body (OIDC Back-Channel Logout §2.8)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"error":"invalid_request"}`)) // whoever asked may have gone
	return nil
}

// judgeCall holds a logout token to its rules. What was taken once is not taken again.
func (p *Playground) judgeCall(ctx context.Context, r *run, token string) call {
	x := expected{issuer: p.issuer, client: r.client.id, now: p.clock(), subject: r.subject(), session: r.sid(), seen: r.ending.seen}
	v := p.examine(ctx, r, token, logoutRules, x)
	c := call{channel: channelBack, at: p.clock(), token: token, verdict: v, good: v.good()}
	if c.good {
		if r.ending.seen == nil {
			r.ending.seen = map[string]bool{}
		}
		r.ending.seen[v.claims.JTI] = true
	}
	return c
}

// subject is the person that a run signed in.
func (r *run) subject() string {
	if r.tokens == nil {
		return ""
	}
	return r.tokens.verdict.subject()
}

// logoutRules are the checks of a logout token (OIDC Back-Channel Logout §2.6).
var logoutRules = []rule{
	issRule, audRule, iatRule, expRule,
	{"sid", func(c *claims, x expected) templates.State {
		if c.SID == "" && c.Subject != "" {
			return ""
		}
		return stateOf(c.SID != "" && c.SID == x.session)
	}},
	{"sub", func(c *claims, x expected) templates.State {
		if c.Subject == "" && c.SID != "" {
			return ""
		}
		return stateOf(c.Subject != "" && c.Subject == x.subject)
	}},
	{"events", func(c *claims, _ expected) templates.State {
		var event map[string]any
		raw, ok := c.Events[logoutEvent]
		return stateOf(ok && json.Unmarshal(raw, &event) == nil && event != nil)
	}},
	{"no-nonce", func(c *claims, _ expected) templates.State { return stateOf(find(c.all, "nonce") == nil) }},
	{"jti", func(c *claims, x expected) templates.State { return stateOf(c.JTI != "" && !x.seen[c.JTI]) }},
}

// logoutEvent says what a logout token is (OIDC Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// callBlocks show the calls of a channel, the last one first, or say that there is none.
func (r *run) callBlocks(channel string) []templates.Block {
	var blocks []templates.Block
	calls := r.ending.calls
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i].channel == channel {
			blocks = append(blocks, calls[i].blocks(fmt.Sprintf("%s-%d", channel, i))...)
		}
	}
	if len(blocks) > 0 {
		return blocks
	}
	none := templates.Notice{ID: channel, Text: templates.Msg("playground.call.none-" + channel)}
	if r.registration != nil && r.ending.sent {
		none.Link = templates.Link{Path: r.path(stepEnded), Text: templates.Msg("playground.call.again")}
	}
	return []templates.Block{none}
}

// blocks show a call as it was received, and what was made of it.
func (c *call) blocks(id string) []templates.Block {
	said := "bad"
	if c.good {
		said = "good"
	}
	title := templates.Msg("playground.call."+c.channel, "time", c.at.UTC().Format(time.TimeOnly))
	blocks := []templates.Block{templates.Notice{State: stateOf(c.good), Text: templates.Msg("playground.call." + c.channel + "-" + said)}}
	if c.channel == channelFront {
		blocks = append(blocks, templates.Fields{ID: id, Title: title, Rows: c.rows})
	} else {
		header, payload := decode(c.token)
		blocks = append(blocks, templates.Token{
			ID: id, Title: title, Raw: c.token, Checks: c.verdict.checks, Header: rows("header", members(header), nil),
			Claims: rows("logout", members(payload), c.verdict.states),
		})
	}
	return append(blocks, templates.Message{ID: id + "-received", Title: templates.Msg("playground.call.received"), Raw: c.raw, Folded: true})
}
