package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Event is something that happened. It must hold no secret, and no name or address of mail: it outlives the person.
type Event struct {
	// Kind is the name of a row of the table.
	Kind string `json:"kind"`
	// Subject is whom it is about, ClientID the client; either may be empty.
	Subject string `json:"sub,omitempty"`
	// Actor is who did it: a person's subject, or one of the Actor constants. Empty is the person whom it is about.
	Actor    string `json:"actor,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	// Address is the network address that it came from, Agent the browser; both are cut.
	Address string `json:"address,omitempty"`
	Agent   string `json:"agent,omitempty"`
	// Facts say more. Values are cut.
	Facts map[string]string `json:"facts,omitempty"`
	// Veiled is what is personal in it, encrypted, in base64url; see Trail.SetVeil. Whoever reads records finds it in the members above, as long as
	// the person is there.
	Veiled string `json:"veiled,omitempty"`
	// Veil is the key of a person who is not stored yet.
	Veil []byte `json:"-"`
}

// Actors that are no people.
const (
	// Operator is whoever may use the administration interface of this machine.
	Operator = "operator"
	// System is the program itself: its configuration, its schedule.
	System = "system"
	// AClient is the client that the event is about.
	AClient = "client"
)

// Origin is who stands behind a request, and where.
type Origin struct{ Actor, Address, Agent string }

// Source tells an origin when it is asked for: most requests record nothing.
type Source interface {
	// Origin is where what is done comes from.
	Origin() Origin
}

// Origin implements Source.
func (o Origin) Origin() Origin { return o }

type originKey struct{}

// WithOrigin gives a context the origin of what is done in it. Record takes from there what an event does not say.
func WithOrigin(ctx context.Context, s Source) context.Context {
	return context.WithValue(ctx, originKey{}, s)
}

// OriginOf is the origin that a context has, or none.
func OriginOf(ctx context.Context) Origin {
	if s, ok := ctx.Value(originKey{}).(Source); ok {
		return s.Origin()
	}
	return Origin{}
}

// from completes an event by where its context came from.
func (e Event) from(ctx context.Context) Event {
	o := OriginOf(ctx)
	for _, f := range []struct {
		field *string
		from  string
	}{{&e.Actor, o.Actor}, {&e.Address, o.Address}, {&e.Agent, o.Agent}} {
		if *f.field == "" {
			*f.field = f.from
		}
	}
	return e
}

const (
	maxAddress = 64
	maxText    = 200
	maxFacts   = 16
)

// settle brings an event into the form that is kept.
func (e *Event) settle() error {
	if _, ok := byName[e.Kind]; !ok {
		return fmt.Errorf("audit: kind %q: not in the table", e.Kind)
	}
	if len(e.Facts) > maxFacts {
		return fmt.Errorf("audit: %s: %d facts, allowed %d", e.Kind, len(e.Facts), maxFacts)
	}
	e.Address, e.Agent = cut(e.Address, maxAddress), cut(e.Agent, maxText)
	e.Facts = maps.Clone(e.Facts)
	for _, name := range slices.Collect(maps.Keys(e.Facts)) {
		if e.Facts[name] = cut(e.Facts[name], maxText); e.Facts[name] == "" {
			delete(e.Facts, name)
		}
	}
	return nil
}

// cut shortens a text to at most n bytes, between characters, and makes it valid UTF-8.
func cut(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
