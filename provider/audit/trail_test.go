package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/storage"
)

func TestAppend_StandsOrFallsWithItsBatch(t *testing.T) {
	w := newWorld(t)
	w.happen(t, "sign-in")
	var b storage.Batch
	b.If = append(b.If, storage.Condition{Key: w.heads.Key("no such chain", 0), Version: 7})
	noErr(t, w.Append(&b, Event{Kind: "sign-out", Subject: "usr_ada"}))
	if err := w.db.Apply(t.Context(), b); !errors.Is(err, storage.ErrConflict) {
		t.Fatalf("error %v, want a conflict", err)
	}
	if got := w.all(t, Query{}); !slices.Equal(got, []string{"sign-in"}) {
		t.Fatalf("recorded %v, want the sign-in alone", got)
	}
	if len(b.Then) != 1 {
		t.Fatalf("%d writes for one event", len(b.Then))
	}
}

func TestAppend_RefusesWhatIsNotInTheTable(t *testing.T) {
	w := newWorld(t)
	var b storage.Batch
	if err := w.Append(&b, Event{Kind: "sign-on"}); err == nil || len(b.Then) != 0 {
		t.Fatalf("error %v, %d writes", err, len(b.Then))
	}
	if err := (*Trail)(nil).Append(&b, Event{Kind: "sign-on"}); err != nil || len(b.Then) != 0 {
		t.Fatalf("no trail: error %v, %d writes", err, len(b.Then))
	}
}

func TestAppend_CutsWhatComesFromOutside(t *testing.T) {
	w := newWorld(t)
	var b storage.Batch
	long := strings.Repeat("ü", 5000) + "\xff"
	noErr(t, w.Append(&b, Event{Kind: "sign-in", Agent: long, Address: long, Facts: map[string]string{"client": long, "none": ""}}))
	noErr(t, w.db.Apply(t.Context(), b))
	last, err := w.Last(t.Context(), Query{}, 1)
	noErr(t, err)
	r := last[0]
	if len(r.Agent) > maxText || len(r.Address) > maxAddress || len(r.Facts["client"]) > maxText || len(r.Facts) != 1 {
		t.Fatalf("kept %d bytes of agent, %d of address, facts %d", len(r.Agent), len(r.Address), len(r.Facts))
	}
}

func TestRecord_TakesTheOriginOfItsContext(t *testing.T) {
	w := newWorld(t)
	ctx := WithOrigin(t.Context(), Origin{Actor: Operator, Address: "192.0.2.7", Agent: "curl"})
	var b storage.Batch
	noErr(t, w.Record(ctx, &b, Event{Kind: "client.changed", ClientID: "shop", Agent: "own"}))
	noErr(t, w.db.Apply(ctx, b))
	last, err := w.Last(ctx, Query{}, 1)
	noErr(t, err)
	if r := last[0]; r.Actor != Operator || r.Address != "192.0.2.7" || r.Agent != "own" {
		t.Fatalf("origin %+v", r.Event)
	}
}

func TestEach_FindsByEveryIndexInOrderOfTime(t *testing.T) {
	w := newWorld(t)
	w.happen(t, "sign-in", "sign-out")
	w.clock.pass(40 * 24 * time.Hour)
	w.happen(t, "sign-in", "consent.given")
	for _, q := range []Query{{}, {Subject: "usr_ada"}, {ClientID: "shop"}} {
		if got := w.all(t, q); !slices.Equal(got, []string{"sign-in", "sign-out", "sign-in", "consent.given"}) {
			t.Errorf("%+v: found %v", q, got)
		}
	}
	if got := w.all(t, Query{Kind: "sign-in"}); len(got) != 2 {
		t.Errorf("by kind: %v", got)
	}
	if got := w.all(t, Query{Subject: "usr_eve"}); len(got) != 0 {
		t.Errorf("somebody else's: %v", got)
	}
	since := w.clock.time().Add(-time.Hour)
	if got := w.all(t, Query{Since: since}); !slices.Equal(got, []string{"sign-in", "consent.given"}) {
		t.Errorf("since: %v", got)
	}
	if got := w.all(t, Query{Until: since}); !slices.Equal(got, []string{"sign-in", "sign-out"}) {
		t.Errorf("until: %v", got)
	}
}

func TestLast_LooksBackAsFarAsItMust(t *testing.T) {
	w := newWorld(t)
	w.happen(t, "sign-in", "sign-out", "sign-in")
	w.clock.pass(50 * time.Hour)
	w.happen(t, "consent.given")
	last, err := w.Last(t.Context(), Query{}, 2)
	noErr(t, err)
	if len(last) != 2 || last[0].Kind != "sign-in" || last[1].Kind != "consent.given" {
		t.Fatalf("last two: %+v", last)
	}
	if last, err = w.Last(t.Context(), Query{}, 10); err != nil || len(last) != 4 {
		t.Fatalf("all: %d, %v", len(last), err)
	}
}

func TestOfSubject_PagesThroughWhatIsTheirOwn(t *testing.T) {
	w := newWorld(t)
	for range 7 {
		w.happen(t, "sign-in", "person.removed") // the second is not for them to see
	}
	seen := map[string]bool{}
	before := ""
	for pages := 0; ; pages++ {
		page, err := w.OfSubject(t.Context(), "usr_ada", before, 3)
		noErr(t, err)
		if len(page) == 0 {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
		for _, r := range page {
			if seen[r.ID] || r.Kind != "sign-in" || before != "" && r.Text() >= before {
				t.Fatalf("page %d: %s again, or not in order", pages, r.Kind)
			}
			seen[r.ID], before = true, r.Text()
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d records, want 7", len(seen))
	}
	if _, err := w.OfSubject(t.Context(), "usr_ada", "nonsense", 3); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("a wrong cursor: %v", err)
	}
}

func TestCount_WritesOneRecordAMinute(t *testing.T) {
	w := newWorld(t)
	before := w.engine.batches.Load()
	for i := range 300 {
		w.Count(t.Context(), Event{Kind: "sign-in.failed", Subject: fmt.Sprint("usr_", i%3), Address: "192.0.2.7"})
	}
	w.seal(t)
	if n := w.engine.batches.Load() - before; n != 0 {
		t.Fatalf("%d batches within the minute", n)
	}
	w.clock.pass(time.Minute)
	w.seal(t)
	if n := w.engine.batches.Load() - before; n != 2 {
		t.Errorf("%d batches after it, want one with the counts and one with their checkpoint", n)
	}
	total, records := 0, 0
	noErr(t, w.Each(t.Context(), Query{Kind: "sign-in.failed"}, func(r Record) error {
		total, records = total+r.Count, records+1
		return nil
	}))
	if total != 300 || records != 3 {
		t.Errorf("%d failures in %d records, want 300 in 3", total, records)
	}
}

// Whoever fails from many addresses, or for many names, fills no memory and no storage.
func TestCount_IsBounded(t *testing.T) {
	w := newWorld(t)
	for i := range maxCounters + 5000 {
		w.Count(t.Context(), Event{Kind: "sign-in.failed", Address: fmt.Sprint(i)})
	}
	if n := len(w.counters.counts); n > maxCounters+1 {
		t.Fatalf("%d counters", n)
	}
	w.clock.pass(time.Minute)
	w.seal(t)
	total := 0
	noErr(t, w.Each(t.Context(), Query{}, func(r Record) error {
		total += r.Count
		return nil
	}))
	if total != maxCounters+5000 {
		t.Errorf("%d counted, want all", total)
	}
}

func TestRetention_EndsWithItsHour(t *testing.T) {
	w := newWorld(t)
	w.SetRetain(48 * time.Hour)
	w.happen(t, "sign-in")
	w.seal(t)
	w.clock.pass(48 * time.Hour)
	if got := w.all(t, Query{}); len(got) != 1 {
		t.Fatalf("%d records at the end of the retention, want 1", len(got))
	}
	w.clock.pass(time.Hour)
	if got := w.all(t, Query{}); len(got) != 0 {
		t.Fatalf("%d records after it", len(got))
	}
	removed, err := w.db.Sweep(t.Context(), 100)
	noErr(t, err)
	if removed != 3 {
		t.Errorf("%d records swept, want the record, its checkpoint and the head", removed)
	}
}
