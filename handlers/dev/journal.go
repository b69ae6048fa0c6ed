package dev

import (
	"context"
	"fmt"
	"sync"
	"time"

	"signet/provider"
)

// keptEvents is how many events can be looked at afterwards, queuedEvents how many may wait for whoever follows.
const (
	keptEvents   = 500
	queuedEvents = 1024
)

// Journal is what happened lately.
type Journal struct {
	clock func() time.Time
	data  string

	mu     sync.Mutex
	events []Event
	follow chan Event
	lost   int
	closed bool
}

func newJournal(clock func() time.Time, data string) *Journal {
	return &Journal{clock: clock, data: data, follow: make(chan Event, queuedEvents)}
}

// Observe takes an event of the provider. It is a provider.Observe.
func (j *Journal) Observe(ctx context.Context, e provider.Event) {
	j.add(fromProvider(e, visitOf(ctx), j.data))
}

// Tell adds an event of development mode itself.
func (j *Journal) Tell(kind, text string) {
	j.add(Event{Kind: kind, Time: j.clock(), Text: clean(text)})
}

// Warn tells whoever follows, and keeps nothing: for what is said again and again.
func (j *Journal) Warn(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.send(Event{Kind: "warning", Time: j.clock(), Text: clean(text)})
}

func (j *Journal) add(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.events) >= keptEvents {
		j.events = append(j.events[:0], j.events[1:]...)
	}
	j.events = append(j.events, e)
	j.send(e)
}

// send never waits: whoever reads too slowly is told how many events were left out.
func (j *Journal) send(e Event) {
	if j.closed {
		return
	}
	if j.lost > 0 && len(j.follow)+2 <= queuedEvents {
		j.follow <- Event{Kind: "lost", Time: e.Time, Text: fmt.Sprintf("%d events came too fast", j.lost)}
		j.lost = 0
	}
	select {
	case j.follow <- e:
	default:
		j.lost++
	}
}

// Follow returns the events as they come. There is one such channel; it is closed by Close.
func (j *Journal) Follow() <-chan Event { return j.follow }

// Close ends the channel of Follow.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.closed = true
		close(j.follow)
	}
}

// Last returns the last n events, oldest first.
func (j *Journal) Last(n int) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	from := max(0, len(j.events)-n)
	return append([]Event{}, j.events[from:]...)
}
