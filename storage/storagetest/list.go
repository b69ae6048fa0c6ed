package storagetest

import (
	"fmt"
	"strings"

	"signet/storage"
)

// awkwardValues trip engines that escape, terminate or compare bytes wrongly: each is near another.
var awkwardValues = []string{
	"a", "a\x00", "a\x00\x00", "a\x00\x01", "a\x00\xff", "a\x01", "aa", "ab", "b", "A",
	"\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "\xff", "\xff\x00", "\xff\xff", "é", "%", "_", `\`, "'",
}

var listTests = []test{
	{"nothing there", func(h *harness) {
		for _, k := range both {
			h.wantIDs(storage.Query{Kind: k, Limit: 10})
			h.wantIDs(storage.Query{Kind: k, Index: "x", Limit: 10})
			h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte("a"), Limit: 10})
		}
	}},
	{"no such index", func(h *harness) {
		h.write(put(forever("a"), 1, "value", entry("x", "one")))
		h.wantIDs(storage.Query{Kind: lasting, Index: "y", Limit: 10})
	}},
	{"lasting records by id", func(h *harness) {
		for _, id := range []string{"b", "a", "c\x00", "c", "\xff"} {
			h.write(put(forever(id), 1, "value"))
		}
		h.wantIDs(storage.Query{Kind: lasting, Limit: 10}, "a", "b", "c", "c\x00", "\xff")
	}},
	{"passing records by expiry", func(h *harness) {
		for i, id := range []string{"d", "c", "b", "a"} {
			h.write(put(storage.Key{Kind: passing, ID: id, Expires: start + 100 + int64(i/2)*1000}, 1, "value"))
		}
		h.wantIDs(storage.Query{Kind: passing, Limit: 10}, "c", "d", "a", "b")
	}},
	{"what is listed is what was written", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 3, "value", entry("x", "one"), entry("y", "two"))
			h.write(w)
			for _, index := range []string{"", "x", "y"} {
				recs := h.list(storage.Query{Kind: k, Index: index, Limit: 10})
				if len(recs) != 1 {
					h.Fatalf("index %q: %d records, want 1", index, len(recs))
				}
				if diff := difference(recs[0], w.Record); diff != "" {
					h.Fatalf("index %q: %s", index, diff)
				}
			}
		}
	}},
	{"exactly", func(h *harness) {
		for i, v := range []string{"one", "two", "one", "on", "onet"} {
			h.write(put(forever(fmt.Sprint(i)), 1, "value", entry("x", v), entry("y", "one")))
		}
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("one"), Limit: 10}, "0", "2")
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("o"), Limit: 10})
	}},
	{"in order of values, then keys", func(h *harness) {
		for _, w := range []struct{ id, value string }{{"1", "b"}, {"2", "a"}, {"4", "a"}, {"3", "a"}, {"0", "c"}} {
			h.write(put(forever(w.id), 1, "value", entry("x", w.value)))
		}
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Limit: 10}, "2", "3", "4", "1", "0")
	}},
	{"by prefix", func(h *harness) {
		for _, v := range []string{"ann", "anna", "anne", "bob", "an", "Ann"} {
			h.write(put(forever(v), 1, "value", entry("x", v)))
		}
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Prefix: []byte("ann"), Limit: 10}, "ann", "anna", "anne")
		h.wantIDs(storage.Query{Kind: lasting, Prefix: []byte("ann"), Limit: 10}, "ann", "anna", "anne")
		h.wantIDs(storage.Query{Kind: lasting, Prefix: []byte("c"), Limit: 10})
	}},
	{"a replaced record is found by its new values only", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "value", entry("x", "old"), entry("x", "kept"), entry("y", "gone")))
			h.write(put(key(k, "a"), 2, "value", entry("x", "new"), entry("x", "kept")))
			for value, want := range map[string][]string{"old": nil, "kept": {"a"}, "new": {"a"}} {
				h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte(value), Limit: 10}, want...)
			}
			h.wantIDs(storage.Query{Kind: k, Index: "y", Limit: 10})
		}
	}},
	{"a deleted record is not found", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "value", entry("x", "one")), put(key(k, "b"), 1, "value", entry("x", "one")))
			h.write(del(key(k, "a")))
			h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte("one"), Limit: 10}, "b")
			h.wantIDs(storage.Query{Kind: k, Limit: 10}, "b")
		}
	}},
	{"a record that was written again is found once", func(h *harness) {
		for i := range 3 {
			h.write(put(key(lasting, "a"), uint64(i+1), "value", entry("x", "one")))
		}
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Limit: 10}, "a")
	}},
	{"a failed batch changes no index", func(h *harness) {
		h.write(put(forever("a"), 1, "value", entry("x", "one")))
		h.conflict(storage.Batch{
			If:   []storage.Condition{absent(forever("a"))},
			Then: []storage.Write{put(forever("a"), 2, "value", entry("x", "two"))},
		}, 0)
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("one"), Limit: 10}, "a")
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("two"), Limit: 10})
	}},
	{"indexes and kinds are apart", func(h *harness) {
		h.write(put(forever("a"), 1, "v", entry("x", "one")), put(forever("b"), 1, "v", entry("x.y", "one")),
			put(storage.Key{Kind: noticed, ID: "c"}, 1, "v", entry("x", "one")))
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Limit: 10}, "a")
		h.wantIDs(storage.Query{Kind: lasting, Index: "x.y", Limit: 10}, "b")
		h.wantIDs(storage.Query{Kind: noticed, Index: "x", Limit: 10}, "c")
	}},
	{"several values of a record", func(h *harness) {
		h.write(put(forever("a"), 1, "v", entry("x", "m1"), entry("x", "m3"), entry("x", "z")))
		h.write(put(forever("b"), 1, "v", entry("x", "m2"), entry("x", "a")))
		for _, limit := range []int{1, 10} {
			h.wantIDs(storage.Query{Kind: lasting, Index: "x", Prefix: []byte("m"), Limit: limit}, "a", "b")
			h.wantIDs(storage.Query{Kind: lasting, Index: "x", Limit: limit}, "b", "a")
			h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("z"), Limit: limit}, "a")
		}
	}},
	{"awkward values", listAwkward},
	{"long values", func(h *harness) {
		long := strings.Repeat("\x00", storage.MaxIndexValue)
		for _, v := range []string{long, long[1:], long[1:] + "\x01"} {
			h.write(put(forever(fmt.Sprintf("%d%x", len(v), v[255%len(v)])), 1, "value", entry("x", v)))
		}
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Limit: 1}, "2550", "2560", "2561")
		h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte(long[1:]), Limit: 1}, "2550")
	}},
}

// listAwkward compares every query over awkward values with what a plain sort gives.
func listAwkward(h *harness) {
	m := newModel()
	for _, k := range both {
		var b storage.Batch
		for i, v := range awkwardValues {
			next := awkwardValues[(i+5)%len(awkwardValues)]
			b.Then = append(b.Then, put(key(k, v), 1, v, entry("x", v), entry("y", v), entry("y", next), entry("y", v+next)))
		}
		h.apply(b)
		_ = m.apply(h.now, b)
	}
	d := &drunkard{harness: h, model: m}
	for _, k := range both {
		for _, index := range []string{"x", "y"} {
			for _, v := range awkwardValues {
				d.compare(storage.Query{Kind: k, Index: index, Equal: []byte(v), Limit: 2})
				d.compare(storage.Query{Kind: k, Index: index, Prefix: []byte(v), Limit: 2})
			}
			for limit := range 4 {
				d.compare(storage.Query{Kind: k, Index: index, Limit: limit + 1})
			}
		}
	}
	for _, v := range awkwardValues {
		d.compare(storage.Query{Kind: lasting, Prefix: []byte(v), Limit: 3})
	}
}
