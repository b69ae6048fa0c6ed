package keys

import (
	"context"
	"sync"
	"time"
)

// makeTimeout bounds the making and storing of one key.
const makeTimeout = 30 * time.Second

// flight lets one goroutine do what many want done, while the others wait for its result.
type flight struct {
	mu    sync.Mutex
	calls map[string]*call
}

type call struct {
	done chan struct{}
	err  error
}

// do runs fn, or waits for the run of the same name that is under way. fn's context outlives the caller's, as others may be
// waiting for it too.
func (f *flight) do(ctx context.Context, name string, fn func(context.Context) error) error {
	c, first := f.join(name)
	if first {
		go f.run(context.WithoutCancel(ctx), name, c, fn)
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *flight) join(name string) (c *call, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.calls[name]; ok {
		return c, false
	}
	if f.calls == nil {
		f.calls = map[string]*call{}
	}
	c = &call{done: make(chan struct{})}
	f.calls[name] = c
	return c, true
}

func (f *flight) run(ctx context.Context, name string, c *call, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, makeTimeout)
	defer cancel()
	c.err = fn(ctx)
	f.mu.Lock()
	delete(f.calls, name)
	f.mu.Unlock()
	close(c.done)
}
