package storagetest

import (
	"fmt"
	"slices"
	"strings"

	"signet/storage"
)

var pageTests = []test{
	{"end", func(h *harness) {
		for i := range 6 {
			h.write(put(forever(fmt.Sprint(i)), 1, "value", entry("x", "same")))
		}
		for _, index := range []string{"", "x"} {
			q := storage.Query{Kind: lasting, Index: index, Limit: 6}
			if page := h.page(q); page.Next != "" || len(page.Records) != 6 {
				h.Fatalf("the page with the last record has %d records, next %q", len(page.Records), page.Next)
			}
			q.Limit = 5
			if page := h.page(q); page.Next == "" {
				h.Fatal("a page before the end has no next")
			}
		}
	}},
	{"every limit", func(h *harness) {
		var want []string
		for i := range 12 {
			want = append(want, fmt.Sprintf("%02d", i))
			for _, k := range both {
				h.write(put(key(k, want[i]), 1, "value", entry("x", "same"), entry("y", want[i])))
			}
		}
		for _, k := range both {
			for limit := 1; limit <= 13; limit++ {
				h.wantIDs(storage.Query{Kind: k, Limit: limit}, want...)
				h.wantIDs(storage.Query{Kind: k, Index: "x", Equal: []byte("same"), Limit: limit}, want...)
				h.wantIDs(storage.Query{Kind: k, Index: "y", Limit: limit}, want...)
			}
		}
	}},
	{"records come and go", func(h *harness) {
		for _, k := range both {
			h.comeAndGo(storage.Query{Kind: k, Limit: 3})
			h.comeAndGo(storage.Query{Kind: k, Index: "x", Equal: []byte("same"), Limit: 3})
			h.comeAndGo(storage.Query{Kind: k, Index: "y", Prefix: []byte("id"), Limit: 3})
		}
	}},
	{"records change", func(h *harness) {
		for i := range 10 {
			h.write(put(forever(fmt.Sprint("id", i)), 1, "value", entry("x", "same")))
		}
		q := storage.Query{Kind: lasting, Index: "x", Equal: []byte("same"), Limit: 4}
		var seen []string
		for version := uint64(2); ; version++ {
			page := h.page(q)
			seen = append(seen, ids(page.Records)...)
			if q.After = page.Next; q.After == "" {
				break
			}
			for i := range 10 {
				h.write(put(forever(fmt.Sprint("id", i)), version, "other", entry("x", "same")))
			}
		}
		if want := []string{"id0", "id1", "id2", "id3", "id4", "id5", "id6", "id7", "id8", "id9"}; !slices.Equal(seen, want) {
			h.Fatalf("got %q", seen)
		}
	}},
	{"many dead records before a living one", func(h *harness) {
		var b storage.Batch
		for i := range storage.MaxWrites - 1 {
			b.Then = append(b.Then, put(storage.Key{Kind: lasting, ID: fmt.Sprintf("a%03d", i), Expires: start + 1}, 1, "v"))
		}
		b.Then = append(b.Then, put(forever("z"), 1, "value"))
		h.apply(b)
		h.now = start + 1
		h.wantIDs(storage.Query{Kind: lasting, Limit: 1}, "z")
	}},
	{"large records", func(h *harness) {
		var want []string
		for i := range 12 {
			want = append(want, fmt.Sprintf("%02d", i))
			h.write(put(forever(want[i]), 1, strings.Repeat("v", storage.MaxValue)))
		}
		h.wantIDs(storage.Query{Kind: lasting, Limit: storage.MaxList}, want...)
	}},
	{"a strange after", func(h *harness) {
		h.write(put(forever("a"), 1, "value", entry("x", "one")))
		for _, after := range []string{"x", "\x00", "%", "!!", "' OR 1=1", "AAAA", strings.Repeat("A", 4000), "{}", "null", "-1"} {
			for _, index := range []string{"", "x"} {
				q := storage.Query{Kind: lasting, Index: index, After: after, Limit: 10}
				if _, err := h.engine.List(h.ctx, h.now, q); err != nil && !isInvalid(err) {
					h.Errorf("List after %q: got error %v, want none or ErrInvalid", after, err)
				}
			}
		}
	}},
}

// comeAndGo reads a list page by page. Between pages the record last shown goes, as do one not yet shown and one shown
// long ago, and others come at both ends and in the middle. The records that stay must be seen exactly once.
func (h *harness) comeAndGo(q storage.Query) {
	h.Helper()
	record := func(i int) storage.Write {
		id := fmt.Sprintf("id%03d", i)
		return put(key(q.Kind, id), 1, "value", entry("x", "same"), entry("y", id))
	}
	staying, shown := make(map[string]bool), make(map[string]int)
	for i := 100; i < 200; i += 5 {
		h.write(record(i))
		staying[record(i).ID] = true
	}
	for round := 0; ; round++ {
		page := h.page(q)
		for _, r := range page.Records {
			shown[r.ID]++
		}
		if q.After = page.Next; q.After == "" {
			break
		}
		goes := []string{record(195 - 10*round).ID, record(100).ID}
		if n := len(page.Records); n > 0 {
			goes = append(goes, page.Records[n-1].ID)
		}
		for _, id := range goes {
			h.write(del(key(q.Kind, id)))
			delete(staying, id)
		}
		h.write(record(round), record(900-round), record(101+round*7))
	}
	for id := range staying {
		if shown[id] != 1 {
			h.Errorf("%s index %q: %s was there all the while and shown %d times", q.Kind.Name, q.Index, id, shown[id])
		}
	}
	for id, n := range shown {
		if n > 1 {
			h.Errorf("%s index %q: %s was shown %d times", q.Kind.Name, q.Index, id, n)
		}
	}
	for _, r := range h.list(storage.Query{Kind: q.Kind, Limit: 100}) {
		h.write(del(r.Key))
	}
}
