package playground

import (
	"encoding/json"
	"strconv"

	"signet/templates"
)

// showAnswer takes the token response apart.
func showAnswer(p *Playground, r *run) view {
	t := r.tokens
	v := view{next: r.next(stepAnswer)}
	if r.flow.person() {
		v.intro = templates.Msg("playground.answer.intro")
	}
	summary := t.summary(r.flow)
	summary.Link = v.next
	v.add(summary)
	if t.verdict != nil {
		v.add(p.idToken(t), templates.Fields{ID: "key", Title: templates.Msg("playground.answer.key"), Rows: t.keyRows()})
	}
	if t.Access != "" {
		v.add(p.accessToken(t))
	}
	if t.Refresh != "" {
		v.add(templates.Token{ID: "refresh-token", Title: templates.Msg("playground.answer.refresh"), Intro: templates.Msg("playground.answer.refresh-why"), Raw: t.Refresh})
	}
	v.add(templates.Fields{ID: "response", Title: templates.Msg("playground.answer.response"), Rows: t.responseRows()})
	if t.from != nil {
		v.add(messages("token", t.from)...)
	}
	if t.verdict != nil {
		v.add(templates.Message{ID: "jwks", Title: templates.Msg("playground.answer.keys"), Raw: t.verdict.keys.received, Folded: true})
	}
	return v
}

// summary says whether a client may believe what it got.
func (t *tokens) summary(f flow) templates.Notice {
	switch {
	case !f.person():
		return templates.Notice{State: templates.OK, Text: templates.Msg("playground.answer.alone")}
	case t.verdict == nil:
		return templates.Notice{State: templates.Warn, Text: templates.Msg("playground.answer.anonymous")}
	case !t.verdict.good():
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.answer.bad")}
	}
	return templates.Notice{State: templates.OK, Text: templates.Msg("playground.answer.good")}
}

// responseRows are the members of the response that are no tokens.
func (t *tokens) responseRows() []templates.Row {
	var out []templates.Row
	for _, row := range rows("response", t.said, nil) {
		switch row.Name {
		case "access_token", "id_token", "refresh_token":
			row.Value = strconv.Itoa(len(row.Value)) + " bytes"
		}
		out = append(out, row)
	}
	return out
}

// idToken shows who signed in, claim by claim.
func (p *Playground) idToken(t *tokens) templates.Token {
	header, payload := decode(t.ID)
	b := templates.Token{
		ID: "id-token", Title: templates.Msg("playground.answer.id"), Intro: templates.Msg("playground.answer.id-why"), Raw: t.ID, Checks: t.verdict.checks,
		Header: rows("header", members(header), nil), Claims: rows("claim", members(payload), t.verdict.states),
	}
	if c := t.verdict.claims; c != nil && c.Expires > c.Issued {
		b.Lifetime = int(c.Expires - c.Issued)
		b.Left = min(b.Lifetime, max(0, int(c.Expires)-int(p.clock().Unix())))
	}
	return b
}

// accessToken shows the key to the APIs: sealed, or a JWT (RFC 9068).
func (p *Playground) accessToken(t *tokens) templates.Token {
	b := templates.Token{ID: "access-token", Title: templates.Msg("playground.answer.access"), Intro: templates.Msg("playground.answer.opaque"), Raw: t.Access}
	if header, payload := decode(t.Access); header != nil {
		b.Intro = templates.Msg("playground.answer.jwt")
		b.Header, b.Claims = rows("header", members(header), nil), rows("claim", members(payload), nil)
	}
	b.Lifetime = max(0, t.ExpiresIn)
	b.Left = min(b.Lifetime, max(0, t.ExpiresIn-int(p.clock().Sub(t.at).Seconds())))
	return b
}

// keyRows show the key that the ID token names.
func (t *tokens) keyRows() []templates.Row {
	header, _ := decode(t.ID)
	kid := string(find(members(header), "kid"))
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(t.verdict.keys.body, &set) != nil {
		return nil
	}
	for _, key := range set.Keys {
		if all := members(key); string(find(all, "kid")) == kid {
			return rows("key", all, nil)
		}
	}
	return []templates.Row{{Name: "kid", State: templates.Bad, Meaning: templates.Msg("playground.answer.no-key")}}
}
