package provider

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"signet/provider/account"
	"signet/provider/upstream"
	"signet/storage"
)

// Somebody has proved who they are at another provider, and must say or prove more before that account is connected to one here. The
// identity waits meanwhile: in a record, since it may be large and holds tokens; under a random name that only one browser has.

const waitingLife = 10 * time.Minute

var waitingKind = &storage.Kind{Name: "upstream.waiting", Passing: true}

// Waiting is an identity that waits to be connected.
type Waiting struct {
	Identity *upstream.Identity
	// Request is the sealed request to go on with; it may be empty.
	Request string
	// Subject is the person who asked for it on their own pages; empty if whoever signs in next is meant.
	Subject string

	row storage.Row[waiting]
}

// waiting is its record. Spending it moves its version on and takes everything away.
type waiting struct {
	Binding  []byte          `json:"binding,omitempty"`
	Identity json.RawMessage `json:"identity,omitempty"`
	Tokens   json.RawMessage `json:"tokens,omitempty"`
	Request  string          `json:"request,omitempty"`
	Subject  string          `json:"sub,omitempty"`
	Ends     int64           `json:"ends,omitempty"`
	Spent    bool            `json:"spent,omitempty"`
}

// waitingSlot is what expiries are rounded to, so that a name alone finds its record.
const waitingSlot = int64(waitingLife / time.Second)

func (p *Provider) waitingKey(name string, at int64) storage.Key {
	sum := sha256.Sum256([]byte(name))
	return p.waiting.Key(string(sum[:]), (at/waitingSlot+2)*waitingSlot)
}

// LetWait appends to a batch that an identity waits, for this browser, and returns the name under which.
func (p *Provider) LetWait(b *storage.Batch, id *upstream.Identity, request, subject string, browser Browser) (name string, err error) {
	s, err := p.upstreams.Source(id.Source)
	if err != nil {
		return "", UpstreamError(err)
	}
	one, err := p.randomID()
	if err != nil {
		return "", err
	}
	other, err := p.randomID()
	if err != nil {
		return "", err
	}
	name = base64.RawURLEncoding.EncodeToString([]byte(one + other))
	shown := *id
	shown.Tokens = upstream.Tokens{}
	record := &waiting{Binding: p.waitingBinding(browser), Request: request, Subject: subject, Ends: p.db.Now().Add(waitingLife).Unix()}
	if record.Identity, err = json.Marshal(&shown); err != nil {
		return "", err
	}
	if record.Tokens, err = tokensOf(s, id); err != nil {
		return "", err
	}
	return name, p.waiting.Create(b, p.waitingKey(name, p.db.Now().Unix()), record)
}

// Waiting returns the identity that waits under a name for this browser, and, if it waits for a person, for that person. Anything else is
// E-UP-02.
func (p *Provider) Waiting(ctx context.Context, name string, browser Browser) (*Waiting, error) {
	now := p.db.Now().Unix()
	records, err := p.db.Get(ctx, p.waitingKey(name, now), p.waitingKey(name, now-waitingSlot))
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if !r.Present() {
			continue
		}
		row, err := p.waiting.Decode(r)
		if err != nil {
			return nil, err
		}
		return p.openWaiting(row, browser, now)
	}
	return nil, refuse("E-UP-02").got("nothing that waits")
}

func (p *Provider) waitingBinding(browser Browser) []byte {
	return p.db.Hash("provider.waiting", p.requestBinding(browser))
}

func (p *Provider) openWaiting(row storage.Row[waiting], browser Browser, now int64) (*Waiting, error) {
	w := &Waiting{Request: row.Value.Request, Subject: row.Value.Subject, row: row, Identity: &upstream.Identity{}}
	switch {
	case row.Value.Spent || row.Value.Ends <= now:
		return nil, refuse("E-UP-02").got("something that was answered")
	case browser.Binding == "" || subtle.ConstantTimeCompare(row.Value.Binding, p.waitingBinding(browser)) != 1:
		return nil, refuse("E-UP-02").got("another browser")
	case w.Subject != "" && (browser.Person == nil || browser.Person.Subject != w.Subject):
		return nil, refuse("E-UP-02").got("another person")
	}
	if err := json.Unmarshal(row.Value.Identity, w.Identity); err != nil {
		return nil, err
	}
	if len(row.Value.Tokens) > 0 {
		var err error
		if w.Identity.Tokens, err = keptTokens(row.Value.Tokens); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// ConnectWaiting appends that the identity waits no longer and is the person's. The source must still be there.
func (p *Provider) ConnectWaiting(ctx context.Context, b *storage.Batch, w *Waiting, person *account.Person) error {
	if err := p.EndWaiting(b, w); err != nil {
		return err
	}
	known, err := p.accounts.Connected(ctx, foreignOf(w.Identity))
	if err == nil && known.Owner == person.Subject {
		return nil
	}
	if err != nil && !errors.Is(err, account.ErrNoConnection) {
		return err
	}
	return p.Connect(ctx, b, person, w.Identity)
}

// EndWaiting appends that an identity waits no longer.
func (p *Provider) EndWaiting(b *storage.Batch, w *Waiting) error {
	return p.waiting.Update(b, w.row, &waiting{Spent: true})
}
