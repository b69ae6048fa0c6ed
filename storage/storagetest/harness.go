package storagetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"signet/storage"
)

// The kinds of the tests.
var (
	lasting  = &storage.Kind{Name: "lasting"}
	passing  = &storage.Kind{Name: "passing", Passing: true}
	noticed  = &storage.Kind{Name: "noticed", Notify: true}
	noticedP = &storage.Kind{Name: "noticed.passing", Notify: true, Passing: true}
	both     = []*storage.Kind{lasting, passing}
)

// hour is long enough for a test: nothing expires unless the test moves its clock.
const hour = 3600

// key names a record of either kind that lives for an hour.
func key(k *storage.Kind, id string) storage.Key {
	return storage.Key{Kind: k, ID: id, Expires: start + hour}
}

func forever(id string) storage.Key { return storage.Key{Kind: lasting, ID: id} }

func put(k storage.Key, version uint64, value string, index ...storage.Entry) storage.Write {
	return storage.Write{Record: storage.Record{Key: k, Version: version, Value: []byte(value), Index: index}}
}

func del(k storage.Key) storage.Write {
	return storage.Write{Record: storage.Record{Key: k}, Delete: true}
}

func entry(index, value string) storage.Entry {
	return storage.Entry{Index: index, Value: []byte(value)}
}

func at(k storage.Key, version uint64) storage.Condition {
	return storage.Condition{Key: k, Version: version}
}

func absent(k storage.Key) storage.Condition { return storage.Condition{Key: k} }

func then(writes ...storage.Write) storage.Batch { return storage.Batch{Then: writes} }

// write applies writes without conditions.
func (h *harness) write(writes ...storage.Write) {
	h.Helper()
	h.apply(then(writes...))
}

func (h *harness) apply(b storage.Batch) {
	h.Helper()
	if err := h.engine.Apply(h.ctx, h.now, b); err != nil {
		h.Fatalf("Apply: %v", err)
	}
}

// refuse applies a batch that must fail with want.
func (h *harness) refuse(b storage.Batch, want error) {
	h.Helper()
	if err := h.engine.Apply(h.ctx, h.now, b); !errors.Is(err, want) {
		h.Fatalf("Apply: got error %v, want %v", err, want)
	}
}

// conflict applies a batch of which some conditions, by index, must not hold.
func (h *harness) conflict(b storage.Batch, failed ...int) {
	h.Helper()
	err := h.engine.Apply(h.ctx, h.now, b)
	var conflict *storage.ConflictError
	if !errors.As(err, &conflict) || !errors.Is(err, storage.ErrConflict) {
		h.Fatalf("Apply: got error %v, want a ConflictError", err)
	}
	got := conflict.Failed
	if !slices.Equal(got, failed) && !slices.Equal(got, failed[:1]) {
		h.Fatalf("ConflictError names %v, want %v or just the first", got, failed)
	}
}

func (h *harness) get(keys ...storage.Key) []storage.Record {
	h.Helper()
	recs, err := h.engine.Get(h.ctx, h.now, keys...)
	if err != nil {
		h.Fatalf("Get: %v", err)
	}
	if len(recs) != len(keys) {
		h.Fatalf("Get: %d records for %d keys", len(recs), len(keys))
	}
	return recs
}

// want fails unless a record is as it was written.
func (h *harness) want(w storage.Write) {
	h.Helper()
	if diff := difference(h.get(w.Key)[0], w.Record); diff != "" {
		h.Fatalf("%s %q: %s", w.Kind.Name, w.ID, diff)
	}
}

// wantAbsent fails if any of the records is there.
func (h *harness) wantAbsent(keys ...storage.Key) {
	h.Helper()
	for i, r := range h.get(keys...) {
		if r.Present() {
			h.Fatalf("%s %q is there, version %d", keys[i].Kind.Name, keys[i].ID, r.Version)
		}
	}
}

// difference describes how two records differ. The order of index entries says nothing.
func difference(got, want storage.Record) string {
	switch {
	case got.Kind != want.Kind || got.ID != want.ID:
		return fmt.Sprintf("got %v %q, want %v %q", got.Kind, got.ID, want.Kind, want.ID)
	case got.Version != want.Version:
		return fmt.Sprintf("got version %d, want %d", got.Version, want.Version)
	case got.Expires != want.Expires:
		return fmt.Sprintf("got expiry %d, want %d", got.Expires, want.Expires)
	case !bytes.Equal(got.Value, want.Value):
		return fmt.Sprintf("got value %.40q, want %.40q", got.Value, want.Value)
	case !slices.EqualFunc(sorted(got.Index), sorted(want.Index), sameEntry):
		return fmt.Sprintf("got index %q, want %q", got.Index, want.Index)
	}
	return ""
}

func sorted(entries []storage.Entry) []storage.Entry {
	return slices.SortedFunc(slices.Values(entries), compareEntries)
}

func compareEntries(a, b storage.Entry) int {
	return cmp.Or(cmp.Compare(a.Index, b.Index), bytes.Compare(a.Value, b.Value))
}

func sameEntry(a, b storage.Entry) bool { return compareEntries(a, b) == 0 }

func (h *harness) sweep(limit int) int {
	h.Helper()
	n, err := h.engine.Sweep(h.ctx, h.now, limit)
	if err != nil {
		h.Fatalf("Sweep: %v", err)
	}
	return n
}

func (h *harness) page(q storage.Query) storage.Page {
	h.Helper()
	page, err := h.engine.List(h.ctx, h.now, q)
	if err != nil {
		h.Fatalf("List: %v", err)
	}
	if len(page.Records) > q.Limit {
		h.Fatalf("List: %d records, limit %d", len(page.Records), q.Limit)
	}
	return page
}

// list reads all pages of a query.
func (h *harness) list(q storage.Query) []storage.Record {
	h.Helper()
	var all []storage.Record
	for {
		page := h.page(q)
		all = append(all, page.Records...)
		if page.Next == "" {
			return all
		}
		if page.Next == q.After {
			h.Fatalf("List: page %q is followed by itself", q.After)
		}
		q.After = page.Next
	}
}

// wantIDs fails unless the query lists exactly these records, in this order.
func (h *harness) wantIDs(q storage.Query, want ...string) {
	h.Helper()
	if got := ids(h.list(q)); !slices.Equal(got, want) {
		h.Fatalf("List(%s index %q equal %q prefix %q limit %d):\n got %q\nwant %q",
			q.Kind.Name, q.Index, q.Equal, q.Prefix, q.Limit, got, want)
	}
}

func ids(recs []storage.Record) []string {
	out := make([]string, len(recs))
	for i, r := range recs {
		out[i] = r.ID
	}
	return out
}
