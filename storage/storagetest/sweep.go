package storagetest

import (
	"fmt"

	"signet/storage"
)

var sweepTests = []test{
	{"nothing there", func(h *harness) {
		if n := h.sweep(10); n != 0 {
			h.Fatalf("Sweep of nothing removed %d", n)
		}
	}},
	{"removes what has expired", func(h *harness) {
		h.fill(start+60, 30)
		h.now = start + 59
		if n := h.sweep(1000); n != 0 {
			h.Fatalf("Sweep removed %d living records", n)
		}
		h.now = start + 60
		if n := h.sweep(1000); n != 60 {
			h.Fatalf("Sweep removed %d records, want 60", n)
		}
		if n := h.sweep(1000); n != 0 {
			h.Fatalf("second Sweep removed %d records", n)
		}
	}},
	{"keeps what lives", func(h *harness) {
		h.fill(start+60, 10)
		kept := []storage.Write{put(forever("kept"), 1, "value"), put(key(lasting, "late"), 1, "v"), put(key(passing, "late"), 1, "v")}
		h.write(kept...)
		h.now = start + 60
		h.sweep(1000)
		for _, w := range kept {
			h.want(w)
		}
	}},
	{"is bounded", sweepBounded},
	{"removes index entries", func(h *harness) {
		for i, k := range both {
			expires := start + hour + int64(i)
			h.write(put(storage.Key{Kind: k, ID: "a", Expires: expires}, 1, "value", entry("x", "same")))
			h.now = expires
			h.sweep(10)
			h.wantIDs(storage.Query{Kind: k, Index: "x", Limit: 10})
			fresh := put(storage.Key{Kind: k, ID: "a", Expires: expires + hour}, 1, "value")
			h.write(fresh)
			h.wantIDs(storage.Query{Kind: k, Index: "x", Limit: 10})
			h.write(del(fresh.Key))
			h.now = start
		}
	}},
	{"the clock set back", sweepSetBack},
	{"the clock set back by a sweep", func(h *harness) {
		w := put(key(lasting, "a"), 1, "value")
		h.write(w)
		h.now = start + hour
		h.sweep(10)
		h.now = start
		h.sweep(10)
		h.refuse(then(w), storage.ErrPast)
	}},
	{"judges by high-water time", func(h *harness) {
		w := put(storage.Key{Kind: lasting, ID: "a", Expires: start + 2*hour}, 1, "value")
		h.now = start + hour
		h.sweep(10)
		h.now = start
		h.write(w)
		h.want(w)
		h.now = start + 3*hour
		h.sweep(10)
		h.now = start
		h.wantAbsent(w.Key)
		h.wantIDs(storage.Query{Kind: lasting, Limit: 10})
		h.conflict(storage.Batch{If: []storage.Condition{at(w.Key, 1)}}, 0)
	}},
	{"a spent marker stays spent", func(h *harness) {
		var b storage.Batch
		storage.Markers{Kind: passing}.Spend(&b, "code", start+60)
		h.apply(b)
		h.conflict(b, 0)
		h.now = start + 60
		h.sweep(10)
		h.now = start
		h.refuse(b, storage.ErrPast)
	}},
	{"what was not reached is expired too", func(h *harness) {
		h.fill(start+60, 2)
		h.now = start + 60
		h.sweep(1)
		h.now = start
		for _, k := range both {
			h.wantIDs(storage.Query{Kind: k, Limit: 10})
			for _, id := range []string{"dead0", "dead1"} {
				h.wantAbsent(storage.Key{Kind: k, ID: id, Expires: start + 60})
			}
		}
	}},
	{"with writes in between", func(h *harness) {
		h.fill(start+60, 20)
		h.now = start + 60
		total, written := 0, 0
		for n := 7; n == 7; written++ {
			n = h.sweep(7)
			total += n
			h.write(put(key(passing, fmt.Sprint("new", written)), 1, "value"))
		}
		if total != 40 {
			h.Fatalf("Sweep removed %d records, want 40", total)
		}
		if n := len(h.list(storage.Query{Kind: passing, Limit: 100})); n != written {
			h.Fatalf("%d of %d new records are there", n, written)
		}
	}},
}

// fill writes n records of each kind that expire then.
func (h *harness) fill(expires int64, n int) {
	h.Helper()
	for _, k := range both {
		for i := range n {
			h.write(put(storage.Key{Kind: k, ID: fmt.Sprint("dead", i), Expires: expires}, 1, "value"))
		}
	}
}

func sweepBounded(h *harness) {
	h.fill(start+60, 20)
	h.now = start + 60
	total, calls := 0, 0
	for {
		n := h.sweep(7)
		total += n
		calls++
		if n > 7 {
			h.Fatalf("Sweep removed %d records, limit 7", n)
		}
		if n < 7 {
			break
		}
	}
	if total != 40 || calls != 6 {
		h.Fatalf("%d calls of Sweep removed %d records, want 6 calls and 40 records", calls, total)
	}
}

func sweepSetBack(h *harness) {
	for _, k := range both {
		h.write(put(key(k, "a"), 1, "value"))
	}
	h.now = start + hour
	h.sweep(10)
	h.now = start
	for _, k := range both {
		h.wantAbsent(key(k, "a"))
		h.apply(storage.Batch{If: []storage.Condition{absent(key(k, "a"))}})
		h.refuse(then(put(key(k, "a"), 1, "value")), storage.ErrPast)
		h.refuse(then(put(key(k, "b"), 1, "value")), storage.ErrPast)
	}
}
