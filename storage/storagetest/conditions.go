package storagetest

import (
	"signet/storage"
)

var conditionTests = []test{
	{"absent holds", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 1, "value")
			h.apply(storage.Batch{If: []storage.Condition{absent(w.Key)}, Then: []storage.Write{w}})
			h.want(w)
		}
	}},
	{"absent fails", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 1, "value")
			h.write(w)
			h.conflict(storage.Batch{If: []storage.Condition{absent(w.Key)}, Then: []storage.Write{put(w.Key, 2, "other")}}, 0)
			h.want(w)
		}
	}},
	{"absent after deleting", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 1, "value"))
			h.write(del(key(k, "a")))
			h.apply(storage.Batch{If: []storage.Condition{absent(key(k, "a"))}})
		}
	}},
	{"version holds", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 7, "value"))
			w := put(key(k, "a"), 8, "other")
			h.apply(storage.Batch{If: []storage.Condition{at(w.Key, 7)}, Then: []storage.Write{w}})
			h.want(w)
		}
	}},
	{"version fails", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 7, "value")
			h.write(w)
			for _, version := range []uint64{1, 6, 8, 1 << 40} {
				h.conflict(storage.Batch{If: []storage.Condition{at(w.Key, version)}, Then: []storage.Write{del(w.Key)}}, 0)
			}
			h.want(w)
		}
	}},
	{"version of an absent record fails", func(h *harness) {
		for _, k := range both {
			h.conflict(storage.Batch{If: []storage.Condition{at(key(k, "a"), 1)}}, 0)
		}
	}},
	{"deletes at a version", func(h *harness) {
		for _, k := range both {
			h.write(put(key(k, "a"), 2, "value"))
			h.apply(storage.Batch{If: []storage.Condition{at(key(k, "a"), 2)}, Then: []storage.Write{del(key(k, "a"))}})
			h.wantAbsent(key(k, "a"))
		}
	}},
	{"lasting conditions ignore expiry", func(h *harness) {
		h.write(put(key(lasting, "a"), 1, "value"))
		h.apply(storage.Batch{If: []storage.Condition{at(forever("a"), 1)}})
		h.conflict(storage.Batch{If: []storage.Condition{absent(storage.Key{Kind: lasting, ID: "a", Expires: 9})}}, 0)
	}},
	{"expired counts as absent", expiredIsAbsent},
	{"else instead of then", elseInstead},
	{"else that is not needed", func(h *harness) {
		h.apply(storage.Batch{
			If:   []storage.Condition{absent(forever("a"))},
			Then: []storage.Write{put(forever("a"), 1, "value")},
			Else: []storage.Write{put(forever("b"), 1, "value")},
		})
		h.wantAbsent(forever("b"))
	}},
	{"all must hold", func(h *harness) {
		h.write(put(forever("a"), 1, "value"))
		holds, fails := at(forever("a"), 1), at(forever("b"), 1)
		w := []storage.Write{put(forever("c"), 1, "value")}
		h.conflict(storage.Batch{If: []storage.Condition{holds, fails}, Then: w}, 1)
		h.conflict(storage.Batch{If: []storage.Condition{fails, holds, fails}, Then: w}, 0, 2)
		h.wantAbsent(forever("c"))
		h.apply(storage.Batch{If: []storage.Condition{holds, absent(forever("b")), holds}, Then: w})
	}},
	{"judged before writing", func(h *harness) {
		a := forever("a")
		h.apply(storage.Batch{If: []storage.Condition{absent(a), absent(a)}, Then: []storage.Write{put(a, 1, "value")}})
		h.want(put(a, 1, "value"))
	}},
	{"only conditions", func(h *harness) {
		h.write(put(forever("a"), 1, "value"))
		h.apply(storage.Batch{If: []storage.Condition{at(forever("a"), 1)}})
		h.conflict(storage.Batch{If: []storage.Condition{at(forever("a"), 2)}}, 0)
	}},
	{"a spent marker revokes", markerRevokes},
}

func expiredIsAbsent(h *harness) {
	for _, k := range both {
		old := put(key(k, "a"), 1, "old", entry("x", "old"))
		h.write(old)
		h.now = start + hour
		h.conflict(storage.Batch{If: []storage.Condition{at(old.Key, 1)}}, 0)
		h.apply(storage.Batch{If: []storage.Condition{absent(old.Key)}})
		h.now = start
	}
	fresh := put(storage.Key{Kind: lasting, ID: "a", Expires: start + 2*hour}, 1, "new")
	h.now = start + hour
	h.apply(storage.Batch{If: []storage.Condition{absent(fresh.Key)}, Then: []storage.Write{fresh}})
	h.want(fresh)
	h.wantIDs(storage.Query{Kind: lasting, Index: "x", Equal: []byte("old"), Limit: 9})
}

func elseInstead(h *harness) {
	h.write(put(forever("a"), 1, "value"), put(forever("gone"), 1, "value"))
	h.conflict(storage.Batch{
		If:   []storage.Condition{absent(forever("a"))},
		Then: []storage.Write{put(forever("then"), 1, "value")},
		Else: []storage.Write{put(forever("else"), 1, "value"), del(forever("gone"))},
	}, 0)
	h.wantAbsent(forever("then"), forever("gone"))
	h.want(put(forever("else"), 1, "value"))
}

// markerRevokes is what Else is for: the second use of a code revokes its grant.
func markerRevokes(h *harness) {
	grant := put(forever("grant"), 1, "live")
	h.write(grant)
	var b storage.Batch
	storage.Markers{Kind: passing}.Spend(&b, "code", start+60)
	b.Else = append(b.Else, put(grant.Key, 2, "revoked"))
	h.apply(b)
	h.want(grant)
	h.conflict(b, 0)
	h.want(put(grant.Key, 2, "revoked"))
}
