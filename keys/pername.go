package keys

import (
	"maps"
	"sync"
	"sync/atomic"
)

// perName makes a value once for each name, and finds it again without a lock. Names are constants of the program, so it
// stays small.
type perName[T any] struct {
	derive func(name string) T
	made   atomic.Pointer[map[string]T]
	mu     sync.Mutex
}

func (p *perName[T]) get(name string) T {
	if made := p.made.Load(); made != nil {
		if v, ok := (*made)[name]; ok {
			return v
		}
	}
	return p.add(name)
}

func (p *perName[T]) add(name string) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := map[string]T{}
	if made := p.made.Load(); made != nil {
		if v, ok := (*made)[name]; ok {
			return v
		}
		next = maps.Clone(*made)
	}
	v := p.derive(name)
	next[name] = v
	p.made.Store(&next)
	return v
}
