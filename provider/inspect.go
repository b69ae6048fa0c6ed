package provider

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/ory/fosite"

	"signet/keys"
)

// Inspection is what an operator may know of a value that this provider has issued.
type Inspection struct {
	// Kind is access token, refresh token, code, device code, pushed request, id token or unknown.
	Kind string `json:"kind"`
	// Alive tells whether it would be accepted now; Why not, if it would not.
	Alive bool   `json:"alive"`
	Why   string `json:"why,omitempty"`

	ClientID string          `json:"client_id,omitempty"`
	Subject  string          `json:"sub,omitempty"`
	Scopes   []string        `json:"scopes,omitempty"`
	Audience []string        `json:"aud,omitempty"`
	Issued   time.Time       `json:"issued,omitzero"`
	Expires  time.Time       `json:"expires,omitzero"`
	Claims   json.RawMessage `json:"claims,omitempty"`
}

// Inspect looks into a code or token for an operator. It spends nothing.
func (p *Provider) Inspect(ctx context.Context, text string) (Inspection, error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, prefixCode):
		return p.inspectCode(ctx, text)
	case strings.HasPrefix(text, prefixRefresh):
		return p.inspectRefresh(ctx, text)
	case strings.HasPrefix(text, prefixDevice):
		return p.inspectDevice(ctx, text)
	case strings.HasPrefix(text, pushedPrefix):
		return p.inspectPushed(ctx, text)
	}
	if t, ok := p.openAccess(ctx, text); ok {
		in := inspection("access token", &t.Mandate, t.Issued, t.Expires)
		_, err := p.liveAccess(ctx, text, p.db.Now().Unix())
		return in.judged(err)
	}
	return p.inspectIDToken(ctx, text), nil
}

func inspection(kind string, m *Mandate, issued, expires int64) Inspection {
	return Inspection{
		Kind: kind, ClientID: m.ClientID, Subject: orDefault(m.Subject, m.ClientID), Scopes: m.Scopes, Audience: m.Audience,
		Issued: time.Unix(issued, 0).UTC(), Expires: time.Unix(expires, 0).UTC(),
	}
}

func (in Inspection) judged(err error) (Inspection, error) {
	if err == nil {
		in.Alive = true
		return in, nil
	}
	if errors.Is(err, fosite.ErrNotFound) {
		in.Why = "expired, spent or revoked, or its client, person or session is gone"
		return in, nil
	}
	return in, err
}

func (p *Provider) inspectCode(ctx context.Context, text string) (Inspection, error) {
	code, err := p.openCode(ctx, text)
	if err != nil || code == nil {
		return unknownValue, err
	}
	in := inspection("code", &code.Mandate, code.Issued, code.Expires)
	live, err := p.readLiving(ctx, &code.Mandate, p.spent.Key(code.ID, code.Expires))
	if err != nil {
		return in, err
	}
	if live.marked || !live.stands() || code.Expires <= p.db.Now().Unix() {
		return in.judged(fosite.ErrNotFound)
	}
	return in.judged(nil)
}

// inspectDevice tells of a device code that waits or was approved; one that was refused or spent is dead.
func (p *Provider) inspectDevice(ctx context.Context, text string) (Inspection, error) {
	code, ok := p.openDevice(text)
	if !ok {
		return unknownValue, nil
	}
	row, err := p.deviceOf(ctx, code)
	if ignoreNotFound(err) != nil {
		return Inspection{}, err
	}
	d := &row.Value
	if err != nil {
		d = &device{Mandate: Mandate{ClientID: code.ClientID}}
	}
	in := inspection("device code", &d.Mandate, d.Started, code.Expires)
	if err != nil || d.State == deviceDenied || d.State == deviceSpent || code.Expires <= p.db.Now().Unix() {
		return in.judged(fosite.ErrNotFound)
	}
	return in.judged(nil)
}

// inspectPushed tells of a request_uri whether a browser may still come with it.
func (p *Provider) inspectPushed(ctx context.Context, text string) (Inspection, error) {
	origin, ok := p.openPushed(text)
	if !ok {
		return unknownValue, nil
	}
	row, err := p.pushed.Get(ctx, origin.ID, origin.Expires)
	if ignoreNotFound(err) != nil {
		return Inspection{}, err
	}
	comeBy := row.Value.ComeBy
	in := inspection("pushed request", &Mandate{ClientID: row.Value.ClientID}, comeBy-int64(pushedLife.Seconds()), comeBy)
	if in.Subject = ""; err != nil || row.Value.Spent || comeBy <= p.db.Now().Unix() {
		return in.judged(fosite.ErrNotFound)
	}
	return in.judged(nil)
}

func (p *Provider) inspectRefresh(ctx context.Context, text string) (Inspection, error) {
	t, ok := p.openRefresh(text)
	if !ok {
		return unknownValue, nil
	}
	_, grant, err := p.liveRefresh(ctx, text, p.db.Now().Unix())
	if err != nil {
		return inspection("refresh token", &Mandate{ClientID: t.ClientID}, t.Issued, t.Expires).judged(err)
	}
	in := inspection("refresh token", &grant.Value.Mandate, t.Issued, t.Expires)
	if t.Generation != grant.Value.Generation {
		err = fosite.ErrNotFound
	}
	return in.judged(err)
}

var unknownValue = Inspection{Kind: "unknown", Why: "not issued here, or changed on the way"}

func (p *Provider) inspectIDToken(ctx context.Context, text string) Inspection {
	_, payload, err := p.ring.Verify(ctx, text, keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{keys.AnyType}})
	if err != nil {
		return unknownValue
	}
	in := Inspection{Kind: "id token", Claims: payload}
	var claims struct {
		Exp keys.NumericDate `json:"exp"`
	}
	in.Alive = keys.DecodeJSON(payload, &claims) == nil && int64(claims.Exp) > p.db.Now().Unix()
	if !in.Alive {
		in.Why = "expired"
	}
	return in
}
