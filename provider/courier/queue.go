package courier

import (
	"sync"

	"signet/storage"
)

const (
	// maxSending is how many attempts run at once, maxPerHost how many of them to one host.
	maxSending = 32
	maxPerHost = 4
	// maxRest is for how many seconds a host is left alone at most that does not answer.
	maxRest = 60
)

// queue is what this node is about to send, by host: a host that is slow keeps nobody else waiting.
type queue[T any] struct {
	mu      sync.Mutex
	workers int
	hosts   map[string]*host[T]
	// queued are the ids of what is in it or being sent.
	queued map[string]bool
}

// host is a host with what waits for it.
type host[T any] struct {
	waiting []letter[T]
	sending int
	// rest is for how long it is left alone after it did not answer, until when that ends; seconds, and Unix seconds.
	rest, until int64
}

// letter is a delivery with its address.
type letter[T any] struct {
	storage.Row[T]
	to, host string
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{hosts: map[string]*host[T]{}, queued: map[string]bool{}}
}

// put queues a letter, unless it is there. It tells whether another worker is wanted.
func (q *queue[T]) put(l letter[T]) (hire bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.queued[l.ID] {
		return false
	}
	q.queued[l.ID] = true
	at := q.hosts[l.host]
	if at == nil {
		at = &host[T]{}
		q.hosts[l.host] = at
	}
	at.waiting = append(at.waiting, l)
	if q.workers >= maxSending || at.sending+len(at.waiting) > maxPerHost {
		return false
	}
	q.workers++
	return true
}

// next is what a worker sends next; without anything it is dismissed. resting says that the letter's host did not answer just
// now.
func (q *queue[T]) next(now int64) (l letter[T], resting, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, at := range q.hosts {
		if len(at.waiting) == 0 || at.sending >= maxPerHost {
			continue
		}
		l, at.waiting = at.waiting[0], at.waiting[1:]
		at.sending++
		return l, at.until > now, true
	}
	q.workers--
	return letter[T]{}, false, false
}

// done takes a letter out that was sent, or left alone.
func (q *queue[T]) done(l letter[T], answered, tried bool, now int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.queued, l.ID)
	at := q.hosts[l.host]
	at.sending--
	switch {
	case tried && answered:
		at.rest, at.until = 0, 0
	case tried && at.until <= now:
		at.rest = min(max(at.rest*2, 1), maxRest)
		at.until = now + at.rest
	}
	if at.sending == 0 && len(at.waiting) == 0 && at.rest == 0 {
		delete(q.hosts, l.host)
	}
}
