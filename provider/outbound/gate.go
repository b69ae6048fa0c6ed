package outbound

import (
	"context"
	"errors"
	"sync"
)

// How many exchanges may be going on at once: with one host, so that nobody is flooded in our name, and altogether.
const (
	perHost  = 8
	perWorld = 256
)

// gate holds exchanges back while there are too many.
type gate struct {
	world chan struct{}

	mu    *sync.Mutex
	hosts map[string]*queue
}

// queue is who is at a host, or waits for it.
type queue struct {
	room chan struct{}
	n    int
}

func newGate() gate {
	return gate{world: make(chan struct{}, perWorld), mu: &sync.Mutex{}, hosts: map[string]*queue{}}
}

var errBusy = errors.New("too many requests to this host were going on")

// enter waits for room and returns how to give it back.
func (g gate) enter(ctx context.Context, host string) (leave func(), err error) {
	q := g.join(host)
	for _, room := range []chan struct{}{q.room, g.world} {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			if room == g.world {
				<-q.room
			}
			g.part(host, q)
			return nil, errBusy
		}
	}
	return func() {
		<-g.world
		<-q.room
		g.part(host, q)
	}, nil
}

func (g gate) join(host string) *queue {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.hosts[host]
	if q == nil {
		q = &queue{room: make(chan struct{}, perHost)}
		g.hosts[host] = q
	}
	q.n++
	return q
}

func (g gate) part(host string, q *queue) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.n--; q.n == 0 {
		delete(g.hosts, host)
	}
}
