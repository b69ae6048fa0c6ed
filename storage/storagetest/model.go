package storagetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"signet/storage"
)

// model is the contract in its plainest form: a map. What an engine answers must be what it answers.
type model struct {
	recs map[place]storage.Record
	high int64
}

// place is what tells records apart.
type place struct {
	kind    *storage.Kind
	id      string
	expires int64
}

func newModel() *model { return &model{recs: make(map[place]storage.Record)} }

func placeOf(k storage.Key) place {
	if k.Kind.Passing {
		return place{k.Kind, k.ID, k.Expires}
	}
	return place{k.Kind, k.ID, 0}
}

func gone(r storage.Record, now int64) bool { return r.Expires != 0 && r.Expires <= now }

func (m *model) get(now int64, k storage.Key) storage.Record {
	r, ok := m.recs[placeOf(k)]
	if !ok || gone(r, max(now, m.high)) {
		return storage.Record{Key: k}
	}
	return r
}

func (m *model) apply(now int64, b storage.Batch) error {
	arm, verdict := b.Then, error(nil)
	var failed []int
	for i, c := range b.If {
		if m.get(now, c.Key).Version != c.Version {
			failed = append(failed, i)
		}
	}
	if failed != nil {
		arm, verdict = b.Else, &storage.ConflictError{Failed: failed}
	}
	for _, w := range arm {
		if !w.Delete && gone(w.Record, max(now, m.high)) {
			return storage.ErrPast
		}
	}
	for _, w := range arm {
		delete(m.recs, placeOf(w.Key))
		if !w.Delete {
			m.recs[placeOf(w.Key)] = w.Record
		}
	}
	return verdict
}

// sweep removes everything expired; which of it goes first is the engine's business.
func (m *model) sweep(now int64) (n int) {
	m.high = max(m.high, now)
	for p, r := range m.recs {
		if gone(r, m.high) {
			delete(m.recs, p)
			n++
		}
	}
	return n
}

// list answers a query in one page, whatever its limit.
func (m *model) list(now int64, q storage.Query) []storage.Record {
	type found struct {
		value []byte
		rec   storage.Record
	}
	var all []found
	for _, r := range m.recs {
		if r.Kind != q.Kind || gone(r, max(now, m.high)) {
			continue
		}
		if value, ok := match(q, r); ok {
			all = append(all, found{value, r})
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		c := bytes.Compare(a.value, b.value)
		if q.Kind.Passing {
			c = cmp.Or(c, cmp.Compare(a.rec.Expires, b.rec.Expires))
		}
		return cmp.Or(c, cmp.Compare(a.rec.ID, b.rec.ID))
	})
	recs := make([]storage.Record, len(all))
	for i, f := range all {
		recs[i] = f.rec
	}
	return recs
}

// match tells whether a record answers a query, and under which value: the least, if there are several.
func match(q storage.Query, r storage.Record) ([]byte, bool) {
	if q.Index == "" {
		return nil, bytes.HasPrefix([]byte(r.ID), q.Prefix)
	}
	for _, e := range sorted(r.Index) {
		if e.Index == q.Index && bytes.HasPrefix(e.Value, q.Prefix) && (len(q.Equal) == 0 || bytes.Equal(e.Value, q.Equal)) {
			return e.Value, true
		}
	}
	return nil, false
}

var modelTests = []test{
	{"random operations", func(h *harness) {
		h.Logf("STORAGETEST_SEED=%d", h.seed)
		d := &drunkard{harness: h, model: newModel(), rnd: rand.New(rand.NewPCG(h.seed, 0))}
		for range h.steps {
			d.step()
		}
		d.compareAll()
	}},
}

// drunkard does random things to an engine and to a model.
type drunkard struct {
	*harness
	model *model
	rnd   *rand.Rand
	done  int
}

func (d *drunkard) step() {
	d.done++
	switch n := d.rnd.IntN(100); {
	case n < 70:
		d.batch()
	case n < 80:
		d.read()
	case n < 92:
		d.query()
	case n < 96:
		// Clocks go forward, and now and then back.
		d.now += d.rnd.Int64N(20) - 5
	default:
		d.clean()
	}
}

func (d *drunkard) batch() {
	var b storage.Batch
	for range d.rnd.IntN(4) {
		k := d.key()
		version := d.model.get(d.now, k).Version
		if d.rnd.IntN(4) == 0 {
			version = uint64(d.rnd.IntN(3))
		}
		b.If = append(b.If, at(k, version))
	}
	b.Then, b.Else = d.arm(), d.arm()
	got, want := d.engine.Apply(d.ctx, d.now, b), d.model.apply(d.now, b)
	for _, kind := range []error{storage.ErrConflict, storage.ErrPast} {
		if errors.Is(got, kind) != errors.Is(want, kind) {
			d.Fatalf("operation %d: Apply: got error %v, want %v", d.done, got, want)
		}
	}
	if (got == nil) != (want == nil) {
		d.Fatalf("operation %d: Apply: got error %v, want %v", d.done, got, want)
	}
}

func (d *drunkard) arm() []storage.Write {
	var writes []storage.Write
	seen := make(map[place]bool)
	for range d.rnd.IntN(4) {
		k := d.key()
		if seen[placeOf(k)] {
			continue
		}
		seen[placeOf(k)] = true
		if d.rnd.IntN(4) == 0 {
			writes = append(writes, del(k))
			continue
		}
		w := put(k, uint64(1+d.rnd.IntN(3)), fmt.Sprint("value ", d.done, d.rnd.IntN(100)))
		w.Index = d.entries()
		writes = append(writes, w)
	}
	return writes
}

// key is one of few, so that operations meet.
func (d *drunkard) key() storage.Key {
	k := storage.Key{Kind: both[d.rnd.IntN(2)], ID: awkwardValues[d.rnd.IntN(len(awkwardValues))]}
	if k.Kind.Passing || d.rnd.IntN(2) == 0 {
		k.Expires = d.now - 2 + d.rnd.Int64N(3)*10
	}
	return k
}

func (d *drunkard) entries() []storage.Entry {
	var all []storage.Entry
	for range d.rnd.IntN(4) {
		e := entry([]string{"x", "y"}[d.rnd.IntN(2)], awkwardValues[d.rnd.IntN(len(awkwardValues))])
		if !slices.ContainsFunc(all, func(o storage.Entry) bool { return sameEntry(o, e) }) {
			all = append(all, e)
		}
	}
	return all
}

func (d *drunkard) read() {
	keys := []storage.Key{d.key(), d.key(), d.key()}
	for i, r := range d.get(keys...) {
		if diff := difference(r, d.model.get(d.now, keys[i])); diff != "" {
			d.Fatalf("operation %d: Get: %s", d.done, diff)
		}
	}
}

func (d *drunkard) query() {
	q := storage.Query{Kind: both[d.rnd.IntN(2)], Limit: 1 + d.rnd.IntN(5)}
	value := []byte(awkwardValues[d.rnd.IntN(len(awkwardValues))])
	switch d.rnd.IntN(4) {
	case 0:
		q.Index, q.Equal = "x", value
	case 1:
		q.Index, q.Prefix = "y", value[:d.rnd.IntN(len(value)+1)]
	case 2:
		q.Index = "x"
	case 3:
		if !q.Kind.Passing {
			q.Prefix = value[:d.rnd.IntN(len(value)+1)]
		}
	}
	d.compare(q)
}

// compare lists a query's pages and the model's answer.
func (d *drunkard) compare(q storage.Query) {
	d.Helper()
	got, want := d.list(q), d.model.list(d.now, q)
	if !slices.Equal(ids(got), ids(want)) {
		d.Fatalf("operation %d: List(%s index %q equal %q prefix %q limit %d):\n got %q\nwant %q",
			d.done, q.Kind.Name, q.Index, q.Equal, q.Prefix, q.Limit, ids(got), ids(want))
	}
	for i := range got {
		if diff := difference(got[i], want[i]); diff != "" {
			d.Fatalf("operation %d: List: %s", d.done, diff)
		}
	}
}

func (d *drunkard) clean() {
	const limit = 5
	removed := 0
	for n := limit; n == limit; removed += n {
		n = d.sweep(limit)
	}
	if want := d.model.sweep(d.now); removed != want {
		d.Fatalf("operation %d: Sweep removed %d records, want %d", d.done, removed, want)
	}
}

func (d *drunkard) compareAll() {
	for _, k := range both {
		for _, index := range []string{"", "x", "y"} {
			d.compare(storage.Query{Kind: k, Index: index, Limit: 7})
		}
	}
}
