package storagetest

import (
	"errors"

	"signet/storage"
)

func isInvalid(err error) bool { return errors.Is(err, storage.ErrInvalid) }

var expiryTests = []test{
	{"gone from its second on", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 1, "value")
			h.write(w)
			h.now = start + hour - 1
			h.want(w)
			h.now = start + hour
			h.wantAbsent(w.Key)
			h.now = start
		}
	}},
	{"judged by the caller's clock", func(h *harness) {
		w := put(storage.Key{Kind: lasting, ID: "a", Expires: 2000}, 1, "value")
		h.now = 1000
		h.write(w)
		h.want(w)
		h.now = 3000
		h.wantAbsent(w.Key)
		h.now = 1000
		h.want(w)
	}},
	{"not written when past", func(h *harness) {
		for _, k := range both {
			for _, expires := range []int64{1, start - 1, start} {
				w := put(storage.Key{Kind: k, ID: "a", Expires: expires}, 1, "value")
				h.refuse(then(w), storage.ErrPast)
			}
			w := put(storage.Key{Kind: k, ID: "a", Expires: start + 1}, 1, "value")
			h.write(w)
			h.want(w)
		}
	}},
	{"past in the arm that is not taken", func(h *harness) {
		past := put(storage.Key{Kind: lasting, ID: "past", Expires: start}, 1, "value")
		good := put(forever("good"), 1, "value")
		h.apply(storage.Batch{Then: []storage.Write{good}, Else: []storage.Write{past}})
		h.conflict(storage.Batch{
			If:   []storage.Condition{absent(good.Key)},
			Then: []storage.Write{past},
			Else: []storage.Write{put(good.Key, 2, "value")},
		}, 0)
		h.want(put(good.Key, 2, "value"))
	}},
	{"past in else", func(h *harness) {
		past := put(storage.Key{Kind: lasting, ID: "past", Expires: start}, 1, "value")
		b := storage.Batch{If: []storage.Condition{at(forever("a"), 1)}, Else: []storage.Write{put(forever("b"), 1, "value"), past}}
		h.refuse(b, storage.ErrPast)
		h.wantAbsent(past.Key, forever("b"))
	}},
	{"deleting what is past", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 1, "value")
			h.write(w)
			h.now = start + hour
			h.write(del(w.Key))
			h.now = start
			h.wantAbsent(w.Key)
		}
	}},
	{"left out of lists", func(h *harness) {
		for _, k := range both {
			soon, late := key(k, "soon"), key(k, "late")
			soon.Expires = start + 60
			h.write(put(soon, 1, "value", entry("x", "same")), put(late, 1, "value", entry("x", "same")))
			h.now = start + 60
			h.wantIDs(storage.Query{Kind: k, Limit: 10}, "late")
			h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte("same"), Limit: 10}, "late")
			h.wantIDs(storage.Query{Kind: k, Index: "x", Limit: 10}, "late")
			h.now = start
		}
	}},
	{"a record that lives longer", func(h *harness) {
		soon := storage.Key{Kind: lasting, ID: "a", Expires: start + 60}
		h.write(put(soon, 1, "value"))
		w := put(key(lasting, "a"), 2, "value")
		h.write(w)
		h.now = start + 60
		h.sweep(100)
		h.want(w)
	}},
	{"a record that lives shorter", func(h *harness) {
		h.write(put(key(lasting, "a"), 1, "value"))
		h.write(put(storage.Key{Kind: lasting, ID: "a", Expires: start + 60}, 2, "value"))
		h.now = start + 60
		h.wantAbsent(forever("a"))
		if n := h.sweep(100); n != 1 {
			h.Fatalf("Sweep removed %d records, want 1", n)
		}
	}},
}
