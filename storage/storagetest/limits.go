package storagetest

import (
	"fmt"
	"strings"

	"signet/storage"
)

var limitTests = []test{
	{"keys", func(h *harness) {
		for _, k := range badKeys() {
			h.refuse(then(put(k, 1, "value")), storage.ErrInvalid)
			h.refuse(then(del(k)), storage.ErrInvalid)
			h.refuse(storage.Batch{If: []storage.Condition{absent(k)}}, storage.ErrInvalid)
			h.refuse(storage.Batch{Else: []storage.Write{del(k)}}, storage.ErrInvalid)
			if _, err := h.engine.Get(h.ctx, h.now, forever("a"), k); !isInvalid(err) {
				h.Errorf("Get(%v): got error %v, want ErrInvalid", k, err)
			}
		}
	}},
	{"writes", func(h *harness) {
		for name, w := range badWrites() {
			h.refuse(then(w), storage.ErrInvalid)
			h.refuse(storage.Batch{Else: []storage.Write{w}}, storage.ErrInvalid)
			h.wantAbsent(w.Key)
			h.Log(name, "refused")
		}
	}},
	{"too many writes", func(h *harness) {
		var b storage.Batch
		for i := range storage.MaxWrites {
			b.Then = append(b.Then, put(forever(fmt.Sprint(i)), 1, "value"))
		}
		b.If = []storage.Condition{absent(forever("x"))}
		h.refuse(b, storage.ErrInvalid)
		h.wantAbsent(forever("0"), forever("999"))
	}},
	{"queries", func(h *harness) {
		for _, q := range badQueries() {
			if _, err := h.engine.List(h.ctx, h.now, q); !isInvalid(err) {
				h.Errorf("List(%+v): got error %v, want ErrInvalid", q, err)
			}
		}
	}},
}

func badKeys() []storage.Key {
	return []storage.Key{
		{ID: "a"},
		{Kind: &storage.Kind{}, ID: "a"},
		{Kind: &storage.Kind{Name: "Upper"}, ID: "a"},
		{Kind: &storage.Kind{Name: strings.Repeat("k", 33)}, ID: "a"},
		{Kind: lasting},
		{Kind: lasting, ID: strings.Repeat("i", storage.MaxID+1)},
		{Kind: lasting, ID: "a", Expires: -1},
		{Kind: passing, ID: "a"},
		{Kind: passing, ID: "a", Expires: -start},
	}
}

func badWrites() map[string]storage.Write {
	entries := make([]storage.Entry, storage.MaxEntries+1)
	for i := range entries {
		entries[i] = entry("x", fmt.Sprint(i))
	}
	return map[string]storage.Write{
		"version 0":         put(forever("a"), 0, "value"),
		"large value":       put(forever("a"), 1, strings.Repeat("v", storage.MaxValue+1)),
		"many entries":      put(forever("a"), 1, "value", entries...),
		"nameless index":    put(forever("a"), 1, "value", entry("", "one")),
		"oddly named index": put(forever("a"), 1, "value", entry("X:", "one")),
		"empty entry":       put(forever("a"), 1, "value", entry("x", "")),
		"large entry":       put(forever("a"), 1, "value", entry("x", strings.Repeat("v", storage.MaxIndexValue+1))),
	}
}

func badQueries() []storage.Query {
	return []storage.Query{
		{Limit: 1},
		{Kind: lasting},
		{Kind: lasting, Limit: -1},
		{Kind: lasting, Limit: storage.MaxList + 1},
		{Kind: lasting, Limit: 1, Index: "X"},
		{Kind: lasting, Limit: 1, Equal: []byte("a")},
		{Kind: lasting, Limit: 1, Index: "x", Equal: []byte("a"), Prefix: []byte("a")},
		{Kind: passing, Limit: 1, Prefix: []byte("a")},
	}
}
