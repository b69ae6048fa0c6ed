package bolt

import (
	"context"
	"fmt"
	"sync"

	"signet/storage"
)

// Limits of one commit: so many requests, or so many bytes unless the first alone has more.
const (
	maxGroup      = 1024
	maxGroupBytes = 1 << 20
)

// request is work for one write transaction. run may be called again in another transaction if the first came to nothing.
type request struct {
	run  func(*txn) error
	size int
	err  error
	done chan struct{}
}

// queue gathers requests and lets one of those who wait commit for all. There is no goroutine of its own: whoever gets the
// seat is the committer, so a lone request pays for no switch between goroutines.
type queue struct {
	commit func([]*request)
	seat   chan struct{}

	mu      sync.Mutex
	waiting []*request
	closed  bool
	running sync.WaitGroup
}

func newQueue(commit func([]*request)) *queue {
	return &queue{commit: commit, seat: make(chan struct{}, 1)}
}

// do runs a request in some transaction and returns its verdict after the transaction is on disk. If the context ends
// while the request waits, the request is withdrawn; once it is being committed, do waits for the outcome.
func (q *queue) do(ctx context.Context, r *request) error {
	r.done = make(chan struct{})
	if err := q.enter(ctx, r); err != nil {
		return err
	}
	defer q.running.Done()
	gone := ctx.Done()
	for {
		select {
		case <-r.done:
			return r.err
		case q.seat <- struct{}{}:
			q.lead(r)
		case <-gone:
			if q.withdraw(r) {
				return fmt.Errorf("bolt: %w", ctx.Err())
			}
			gone = nil
		}
	}
}

func (q *queue) enter(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("bolt: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return fmt.Errorf("%w: closed", storage.ErrStopped)
	}
	q.running.Add(1)
	q.waiting = append(q.waiting, r)
	return nil
}

// lead commits one group, unless the one before it has answered r already, and leaves the seat. Should commit panic, the
// others are not left waiting.
func (q *queue) lead(r *request) {
	defer func() { <-q.seat }()
	select {
	case <-r.done:
		return
	default:
	}
	group := q.take()
	fail(group, storage.ErrUnknown)
	defer func() {
		for _, r := range group {
			close(r.done)
		}
	}()
	q.commit(group)
}

// take removes the head of the queue. It is called by who holds the seat and still waits, so there is one.
func (q *queue) take() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) && n < maxGroup {
		size += q.waiting[n].size
		if n > 0 && size > maxGroupBytes {
			break
		}
		n++
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return group
}

// withdraw takes a request back that no committer has taken yet.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w == r {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// close refuses further requests and waits for those that are in.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.running.Wait()
}
