package bolt

import (
	"log/slog"
	"sync"

	"signet/storage"
)

// watchers are the functions that want to hear of changes.
type watchers struct {
	log  *slog.Logger
	mu   sync.Mutex
	next int
	fns  map[int]func(storage.Change)
}

// Watch implements storage.Engine.
func (e *Engine) Watch(fn func(storage.Change)) (stop func()) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fns == nil {
		w.fns = make(map[int]func(storage.Change))
	}
	id := w.next
	w.next++
	w.fns[id] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.fns, id)
	}
}

// announce tells every watcher of every change. It holds the lock meanwhile, so that none is called after its stop.
func (w *watchers) announce(changed []storage.Change) {
	if len(changed) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, fn := range w.fns {
		for _, c := range changed {
			w.call(fn, c)
		}
	}
}

// call keeps a watcher's panic from the committer: the change is on disk and others wait to be told.
func (w *watchers) call(fn func(storage.Change), c storage.Change) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("watcher panicked", "kind", c.Kind, "panic", p)
		}
	}()
	fn(c)
}
