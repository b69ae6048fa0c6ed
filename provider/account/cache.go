package account

import "sync"

// cache keeps decoded values by id, in two generations: what is asked for moves to the young one, and when that is full the
// old one is dropped. So it is bounded, and what is in use stays.
type cache[V any] struct {
	mu         sync.RWMutex
	half       int
	young, old map[string]V
	// changes counts invalidations. A value that was read from storage before one must not be stored after it.
	changes uint64
}

func newCache[V any](size int) *cache[V] {
	return &cache[V]{half: max(size/2, 1), young: map[string]V{}, old: map[string]V{}}
}

// get returns the value, or the count of changes so far, which put wants back.
func (c *cache[V]) get(id string) (v V, changes uint64, ok bool) {
	c.mu.RLock()
	v, ok = c.young[id]
	changes = c.changes
	c.mu.RUnlock()
	if ok {
		return v, changes, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok = c.old[id]; ok {
		c.store(id, v)
	}
	return v, c.changes, ok
}

// put stores a value unless anything changed since its get.
func (c *cache[V]) put(id string, v V, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes == changes {
		c.store(id, v)
	}
}

func (c *cache[V]) store(id string, v V) {
	if len(c.young) >= c.half {
		c.young, c.old = map[string]V{}, c.young
	}
	c.young[id] = v
}

// drop forgets a value, and all that are being read just now.
func (c *cache[V]) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.young, id)
	delete(c.old, id)
}

// clear forgets everything.
func (c *cache[V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.young, c.old = map[string]V{}, map[string]V{}
}

func (c *cache[V]) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
