package storagetest

import (
	"slices"
	"sync"

	"signet/storage"
)

var watchTests = []test{
	{"told before Apply returns", func(h *harness) {
		w := h.watch()
		for _, k := range []*storage.Kind{noticed, noticedP} {
			h.write(put(key(k, "a"), 1, "value"))
			w.want(k, "a")
			h.write(put(key(k, "a"), 2, "value"))
			w.want(k, "a")
			h.write(del(key(k, "a")))
			w.want(k, "a")
		}
	}},
	{"every record of a batch", func(h *harness) {
		w := h.watch()
		h.write(put(key(noticed, "a"), 1, "value"), put(key(lasting, "b"), 1, "value"), put(key(noticedP, "c"), 1, "value"))
		for _, c := range []storage.Change{{Kind: noticed.Name, ID: "a"}, {Kind: noticedP.Name, ID: "c"}} {
			if !slices.Contains(w.heard(), c) {
				h.Fatalf("not told of %v", c)
			}
		}
		w.wantSilence(lasting, "b")
	}},
	{"other kinds are silent", func(h *harness) {
		w := h.watch()
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "value"))
			w.wantSilence(k, "a")
		}
	}},
	{"else", func(h *harness) {
		h.write(put(key(noticed, "a"), 1, "value"))
		w := h.watch()
		h.conflict(storage.Batch{
			If:   []storage.Condition{absent(key(noticed, "a"))},
			Then: []storage.Write{put(key(noticed, "then"), 1, "value")},
			Else: []storage.Write{put(key(noticed, "else"), 1, "value")},
		}, 0)
		w.want(noticed, "else")
		w.wantSilence(noticed, "then")
	}},
	{"what failed is silent", func(h *harness) {
		w := h.watch()
		h.refuse(then(put(key(noticed, "a"), 1, "v"), put(storage.Key{Kind: noticed, ID: "b", Expires: start}, 1, "v")), storage.ErrPast)
		h.conflict(storage.Batch{
			If:   []storage.Condition{at(key(noticed, "a"), 1)},
			Then: []storage.Write{put(key(noticed, "a"), 1, "v")},
		}, 0)
		w.wantSilence(noticed, "a")
		w.wantSilence(noticed, "b")
	}},
	{"several watchers, and their end", func(h *harness) {
		one, two := h.watch(), h.watch()
		h.write(put(key(noticed, "a"), 1, "value"))
		one.want(noticed, "a")
		two.want(noticed, "a")
		one.stop()
		one.stop()
		h.write(put(key(noticed, "b"), 1, "value"))
		one.wantSilence(noticed, "b")
		two.want(noticed, "b")
	}},
}

// watcher remembers what it was told.
type watcher struct {
	h    *harness
	stop func()
	mu   sync.Mutex
	told []storage.Change
}

func (h *harness) watch() *watcher {
	w := &watcher{h: h}
	w.stop = h.engine.Watch(func(c storage.Change) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, c)
	})
	h.Cleanup(w.stop)
	return w
}

// heard returns what the watcher was told since the last want that held.
func (w *watcher) heard() []storage.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

// want fails unless the watcher was told of a record, or that any record may have changed.
func (w *watcher) want(k *storage.Kind, id string) {
	w.h.Helper()
	told := w.heard()
	if !slices.Contains(told, storage.Change{Kind: k.Name, ID: id}) && !slices.Contains(told, storage.Change{}) {
		w.h.Fatalf("not told of %s %q, but of %v", k.Name, id, told)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = nil
}

func (w *watcher) wantSilence(k *storage.Kind, id string) {
	w.h.Helper()
	if slices.Contains(w.heard(), storage.Change{Kind: k.Name, ID: id}) {
		w.h.Fatalf("told of %s %q", k.Name, id)
	}
}
