package provider

import (
	"context"
	"crypto/sha256"
	"sync"
)

// A client that sends the same code_challenge or nonce with every request has neither: whoever has seen one of its requests
// knows them all (RFC 9700 §2.1.1). repeats remembers what was answered lately, on this node and in memory, and says when
// something has come too often. It is a net with holes, which is enough to find a client that always repeats itself.
type repeats struct {
	mu sync.Mutex
	// young and old are counts by what was sent. When young is full it becomes old, and old is forgotten.
	young, old map[[8]byte]uint8
}

const (
	// maxRepeats is how often the same value may come: a person who goes back and forth in their browser repeats a request.
	maxRepeats = 2
	// maxRemembered bounds each of the two maps.
	maxRemembered = 4096
)

func newRepeats() *repeats { return &repeats{young: map[[8]byte]uint8{}} }

// tooOften counts a value that a client has sent, and tells whether it has come too often.
func (r *repeats) tooOften(clientID, name, value string) bool {
	if value == "" {
		return false
	}
	sum := sha256.Sum256([]byte(clientID + "\x00" + name + "\x00" + value))
	key := [8]byte(sum[:8])
	r.mu.Lock()
	defer r.mu.Unlock()
	n := max(r.young[key], r.old[key])
	if n <= maxRepeats {
		n++
	}
	if len(r.young) >= maxRemembered {
		r.old, r.young = r.young, map[[8]byte]uint8{}
	}
	r.young[key] = n
	return n > maxRepeats
}

// repetition names what the request repeats once too often, or is empty.
func (p *Provider) repetition(q *question) string {
	challenge := p.repeats.tooOften(q.client.ID, "code_challenge", q.request.Params.Get("code_challenge"))
	nonce := p.repeats.tooOften(q.client.ID, "nonce", q.nonce)
	switch {
	case challenge:
		return "code_challenge"
	case nonce:
		return "nonce"
	}
	return ""
}

func (p *Provider) warnOfRepeats(ctx context.Context, q *question, a *Answer, repeats string) {
	if repeats == "" {
		return
	}
	a.Repeats = repeats
	p.observeEvent(ctx, Event{Kind: "warning", Client: q.client.ID, Text: "sends the same " + repeats + " again and again; it must be new for each request"})
}
