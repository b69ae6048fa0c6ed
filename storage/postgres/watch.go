package postgres

import (
	"maps"
	"slices"
	"sync"

	"signet/storage"
)

// watchers are the functions that want to know of changes.
type watchers struct {
	mu   sync.RWMutex
	last int
	fns  map[int]func(storage.Change)
}

// Watch implements storage.Engine. When the connection for notices is lost, which is found out within two seconds, and
// after each attempt to get another, there is a Change without a kind: what a watcher remembers is never much older than
// the interface promises.
func (e *Engine) Watch(fn func(storage.Change)) (stop func()) { return e.watchers.add(fn) }

// announce tells this engine's watchers of changes.
func (e *Engine) announce(changes []storage.Change) { e.watchers.announce(changes) }

func (w *watchers) add(fn func(storage.Change)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fns == nil {
		w.fns = make(map[int]func(storage.Change))
	}
	w.last++
	n := w.last
	w.fns[n] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.fns, n)
	}
}

// announce tells every watcher. The functions run without the lock, so that one may end its own watch.
func (w *watchers) announce(changes []storage.Change) {
	if len(changes) == 0 {
		return
	}
	w.mu.RLock()
	fns := slices.Collect(maps.Values(w.fns))
	w.mu.RUnlock()
	for _, fn := range fns {
		for _, c := range changes {
			fn(c)
		}
	}
}
