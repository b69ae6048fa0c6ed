package storagetest

import (
	"fmt"

	"signet/storage"
)

var applyTests = []test{
	{"nothing", func(h *harness) { h.apply(storage.Batch{}) }},
	{"replaces all of a record", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "long value", entry("x", "one")))
			w := put(key(k, "a"), 9, "", entry("y", "two"))
			h.write(w)
			h.want(w)
		}
	}},
	{"changes the expiry of a lasting record", func(h *harness) {
		for _, expires := range []int64{start + 5, start + 2*hour, 0, start + 7} {
			w := put(storage.Key{Kind: lasting, ID: "a", Expires: expires}, 1, "value")
			h.write(w)
			h.want(w)
		}
	}},
	{"deletes", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "value"), put(key(k, "b"), 1, "value"))
			h.write(del(key(k, "a")))
			h.wantAbsent(key(k, "a"))
			h.want(put(key(k, "b"), 1, "value"))
		}
	}},
	{"deletes what is absent", func(h *harness) {
		for _, k := range both {
			h.write(del(key(k, "a")))
			h.write(put(key(k, "a"), 1, "value"))
			h.write(del(key(k, "a")))
			h.write(del(key(k, "a")))
			h.wantAbsent(key(k, "a"))
		}
	}},
	{"deletes a lasting record whatever its expiry", func(h *harness) {
		h.write(put(key(lasting, "a"), 1, "value"))
		h.write(del(forever("a")))
		h.wantAbsent(forever("a"))
	}},
	{"writes again after deleting", func(h *harness) {
		w := put(forever("a"), 1, "second")
		h.write(put(forever("a"), 4, "first"))
		h.write(del(forever("a")))
		h.write(w)
		h.want(w)
	}},
	{"many writes", applyMany},
	{"several kinds at once", func(h *harness) {
		a, b, c := put(forever("a"), 1, "1"), put(key(passing, "b"), 2, "2"), put(storage.Key{Kind: noticed, ID: "c"}, 3, "3")
		h.write(a, b, c)
		for _, w := range []storage.Write{a, b, c} {
			h.want(w)
		}
	}},
	{"all or nothing", applyNothing},
}

func applyMany(h *harness) {
	var b storage.Batch
	for i := range storage.MaxWrites {
		b.Then = append(b.Then, put(key(both[i%2], fmt.Sprint(i)), uint64(i+1), fmt.Sprint("value ", i)))
	}
	h.apply(b)
	for _, w := range b.Then {
		h.want(w)
	}
}

// applyNothing has batches that fail in each way, each with a write before and after what fails.
func applyNothing(h *harness) {
	before, after := put(forever("before"), 1, "x"), put(key(passing, "zafter"), 1, "x")
	past := put(storage.Key{Kind: lasting, ID: "past", Expires: start - 1}, 1, "x")
	invalid := put(forever(""), 1, "x")
	h.refuse(then(before, past, after), storage.ErrPast)
	h.refuse(then(before, invalid, after), storage.ErrInvalid)
	h.conflict(storage.Batch{If: []storage.Condition{at(forever("a"), 1)}, Then: []storage.Write{before, after}}, 0)
	h.wantAbsent(before.Key, past.Key, after.Key)
}
