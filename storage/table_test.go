package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"signet/storage"
)

// pet is something to keep.
type pet struct {
	Name  string   `json:"name"`
	Owner string   `json:"owner"`
	Tags  []string `json:"tags,omitempty"`
}

var (
	petKind   = &storage.Kind{Name: "pet"}
	guestKind = &storage.Kind{Name: "guest", Passing: true}
)

func petTerms(p *pet) []storage.Term {
	terms := []storage.Term{{Index: "owner", Value: p.Owner}, {Index: "name", Value: p.Name, Ordered: true}}
	for _, tag := range p.Tags {
		terms = append(terms, storage.Term{Index: "tag", Value: tag})
	}
	return terms
}

func (f *fixture) pets() *storage.Table[pet] {
	return storage.NewTable(f.db, petKind, storage.JSON[pet](), petTerms)
}

func (f *fixture) create(table *storage.Table[pet], key storage.Key, p pet) {
	f.Helper()
	var b storage.Batch
	f.must(table.Create(&b, key, &p))
	f.apply(b)
}

func TestTableKeepsRows(t *testing.T) {
	f := newFixture(t)
	pets, guests := f.pets(), storage.NewTable(f.db, guestKind, storage.JSON[pet](), nil)
	f.create(pets, pets.Key("1", 0), pet{Name: "Rex", Owner: "ann"})
	f.create(guests, guests.Key("1", start+60), pet{Name: "Tom"})
	row, err := pets.Get(t.Context(), "1", 0)
	if err != nil || row.Value.Name != "Rex" || row.Version != 1 || row.ID != "1" {
		t.Errorf("got %+v, error %v", row, err)
	}
	guest, err := guests.Get(t.Context(), "1", start+60)
	if err != nil || guest.Value.Name != "Tom" || guest.Expires != start+60 {
		t.Errorf("got %+v, error %v", guest, err)
	}
	for _, expires := range []int64{start + 59, start + 61} {
		if _, err := guests.Get(t.Context(), "1", expires); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("guest at %d: got error %v, want ErrNotFound", expires, err)
		}
	}
	if _, err := pets.Get(t.Context(), "2", 0); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got error %v, want ErrNotFound", err)
	}
}

func TestTableRowsExpire(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	f.create(pets, pets.Key("1", start+60), pet{Name: "Rex"})
	f.now.Add(60)
	if _, err := pets.Get(t.Context(), "1", 0); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got error %v, want ErrNotFound", err)
	}
	var b storage.Batch
	f.must(pets.Create(&b, pets.Key("2", start+60), &pet{Name: "Max"}))
	f.refuse(b, storage.ErrPast)
	if n, err := f.db.Sweep(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("Sweep removed %d, error %v", n, err)
	}
}

func TestTableChangesAreConditional(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	key := pets.Key("1", 0)
	f.create(pets, key, pet{Name: "Rex"})
	var again, first, second, remove storage.Batch
	f.must(pets.Create(&again, key, &pet{Name: "Max"}))
	f.refuse(again, storage.ErrConflict)

	row, err := pets.Get(t.Context(), "1", 0)
	f.must(err)
	f.must(pets.Update(&first, row, &pet{Name: "Rex II"}))
	f.must(pets.Update(&second, row, &pet{Name: "Rex III"}))
	pets.Delete(&remove, row)
	f.apply(first)
	f.refuse(second, storage.ErrConflict)
	f.refuse(remove, storage.ErrConflict)

	row, err = pets.Get(t.Context(), "1", 0)
	if err != nil || row.Value.Name != "Rex II" || row.Version != 2 {
		t.Errorf("got %+v, error %v", row, err)
	}
	remove = storage.Batch{}
	pets.Delete(&remove, row)
	f.apply(remove)
	if _, err := pets.Get(t.Context(), "1", 0); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got error %v, want ErrNotFound", err)
	}
}

func TestTableUpdateChangesExpiry(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	f.create(pets, pets.Key("1", start+60), pet{Name: "Rex"})
	row, err := pets.Get(t.Context(), "1", 0)
	f.must(err)
	row.Expires += 60
	var b storage.Batch
	f.must(pets.Update(&b, row, &row.Value))
	f.apply(b)
	f.now.Add(60)
	if row, err = pets.Get(t.Context(), "1", 0); err != nil || row.Expires != start+120 {
		t.Errorf("got %+v, error %v", row, err)
	}
}

// TestTableNoticesMovedValues writes sealed values to other places, as someone with the file but not the key could.
func TestTableNoticesMovedValues(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	others := storage.NewTable(f.db, &storage.Kind{Name: "other"}, storage.JSON[pet](), nil)
	f.create(pets, pets.Key("1", start+600), pet{Name: "Rex"})
	recs, err := f.db.Get(t.Context(), pets.Key("1", 0))
	f.must(err)
	for name, move := range map[string]func(*storage.Record){
		"another id":      func(r *storage.Record) { r.ID = "2" },
		"another version": func(r *storage.Record) { r.Version++ },
		"another expiry":  func(r *storage.Record) { r.Expires++ },
		"no expiry":       func(r *storage.Record) { r.Expires = 0 },
		"another value":   func(r *storage.Record) { r.Value[len(r.Value)-1] ^= 1 },
		"less value":      func(r *storage.Record) { r.Value = r.Value[:10] },
	} {
		r := recs[0]
		r.Value = bytes.Clone(r.Value)
		move(&r)
		f.apply(storage.Batch{Then: []storage.Write{{Record: r}}})
		if _, err := pets.Get(t.Context(), r.ID, 0); !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("%s: got error %v, want ErrDamaged", name, err)
		}
	}
	r := recs[0]
	r.Key.Kind = &storage.Kind{Name: "other"}
	f.apply(storage.Batch{Then: []storage.Write{{Record: r}}})
	if _, err := others.Get(t.Context(), "1", 0); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("another kind: got error %v, want ErrDamaged", err)
	}
	f.apply(storage.Batch{Then: []storage.Write{{Record: recs[0]}}})
	if _, err := pets.Get(t.Context(), "1", 0); err != nil {
		t.Errorf("the record as it was: %v", err)
	}
	stranger := storage.NewTable(storage.New(f.engine, testSealer{"two"}, f.clock), petKind, storage.JSON[pet](), nil)
	if _, err := stranger.Get(t.Context(), "1", 0); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("another key: got error %v, want ErrDamaged", err)
	}
}

func TestTableLists(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	for i, p := range []pet{
		{Name: "Rex", Owner: "ann"}, {Name: "Max", Owner: "bob"}, {Name: "Rexona", Owner: "ann", Tags: []string{"old"}},
		{Name: "Bob", Owner: "cat", Tags: []string{"old", "fat"}}, {Name: "Re", Owner: "ann"},
	} {
		f.create(pets, pets.Key(fmt.Sprint(i), 0), p)
	}
	for name, c := range map[string]struct {
		term *storage.Term
		want []string
	}{
		"all":              {nil, []string{"Rex", "Max", "Rexona", "Bob", "Re"}},
		"by owner":         {&storage.Term{Index: "owner", Value: "ann"}, []string{"Rex", "Rexona", "Re"}},
		"by half an owner": {&storage.Term{Index: "owner", Value: "an"}, nil},
		"by tag":           {&storage.Term{Index: "tag", Value: "old"}, []string{"Rexona", "Bob"}},
		"by name":          {&storage.Term{Index: "name", Value: "Rex", Ordered: true}, []string{"Rex", "Rexona"}},
		"in order of name": {&storage.Term{Index: "name", Ordered: true}, []string{"Bob", "Max", "Re", "Rex", "Rexona"}},
	} {
		for limit := 1; limit < 7; limit++ {
			if got := f.listNames(pets, c.term, limit); !slices.Equal(got, c.want) {
				t.Errorf("%s, %d at a time: got %q, want %q", name, limit, got, c.want)
			}
		}
	}
}

func (f *fixture) listNames(pets *storage.Table[pet], term *storage.Term, limit int) (names []string) {
	f.Helper()
	for after := ""; ; {
		rows, next, err := pets.List(f.Context(), term, after, limit)
		f.must(err)
		for _, r := range rows {
			names = append(names, r.Value.Name)
		}
		if after = next; after == "" {
			return names
		}
	}
}

// TestTableHidesValues looks at what the engine was given.
func TestTableHidesValues(t *testing.T) {
	f := newFixture(t)
	pets := f.pets()
	f.create(pets, pets.Key("1", 0), pet{Name: "Rex", Owner: "ann@example.com", Tags: []string{"secret-tag"}})
	recs, err := f.engine.Get(t.Context(), start, pets.Key("1", 0))
	f.must(err)
	all := bytes.Clone(recs[0].Value)
	for _, e := range recs[0].Index {
		if e.Index != "name" {
			all = append(all, e.Value...)
		}
	}
	for _, secret := range []string{"Rex", "ann@example.com", "secret-tag"} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("the engine was given %q", secret)
		}
	}
}

func TestExactTermsOfIndexesAndTablesDiffer(t *testing.T) {
	f := newFixture(t)
	same := func(*pet) []storage.Term {
		return []storage.Term{{Index: "a", Value: "same"}, {Index: "b", Value: "same"}}
	}
	seen := make(map[string]bool)
	for _, k := range []*storage.Kind{petKind, {Name: "other"}} {
		table := storage.NewTable(f.db, k, storage.JSON[pet](), same)
		f.create(table, table.Key("1", 0), pet{})
		recs, err := f.db.Get(t.Context(), table.Key("1", 0))
		f.must(err)
		for _, e := range recs[0].Index {
			if seen[string(e.Value)] {
				t.Errorf("index %s of %s has the hash of another", e.Index, k.Name)
			}
			seen[string(e.Value)] = true
		}
	}
}

func TestMarkersAreSpentOnce(t *testing.T) {
	f := newFixture(t)
	m := storage.Markers{Kind: guestKind}
	var b storage.Batch
	m.Spend(&b, "code", start+60)
	f.apply(b)
	f.refuse(b, storage.ErrConflict)
	recs, err := f.db.Get(t.Context(), m.Key("code", start+60))
	if err != nil || !recs[0].Present() || len(recs[0].Value) != 0 {
		t.Errorf("got %+v, error %v", recs, err)
	}
	f.now.Add(60)
	f.refuse(b, storage.ErrPast)
}

func TestAnEmptyBatchAsksNothingOfTheEngine(t *testing.T) {
	f := newFixture(t)
	f.must(f.engine.Close())
	f.apply(storage.Batch{})
}
