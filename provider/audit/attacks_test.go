package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
)

func (w *world) verify(t testing.TB) Report {
	t.Helper()
	r, err := w.Verify(t.Context(), w.ring, func(Report) {})
	noErr(t, err)
	if !r.Done {
		t.Fatal("not done")
	}
	return r
}

// found are the problems of a report, by what they are.
func (r Report) found() string {
	var list []string
	for _, p := range r.Problems {
		list = append(list, p.What)
	}
	return strings.Join(list, ", ")
}

// intervals makes three checkpoints over seven records.
func intervals(t testing.TB) *world {
	w := newWorld(t)
	for _, kinds := range [][]string{{"sign-in", "consent.given"}, {"password.set", "session.ended", "sign-in"}, {"sign-out", "sign-in"}} {
		w.happen(t, kinds...)
		w.seal(t)
		w.clock.pass(time.Second)
	}
	w.clock.pass(10 * time.Minute)
	return w
}

func (w *world) rowsOf(t testing.TB) (records []storage.Row[Record], checkpoints []storage.Row[checkpoint]) {
	t.Helper()
	records, _, err := w.records.List(t.Context(), nil, "", 100)
	noErr(t, err)
	checkpoints, _, err = w.checkpoints.List(t.Context(), nil, "", 100)
	noErr(t, err)
	return records, checkpoints
}

func (w *world) remove(t testing.TB, keys ...storage.Key) {
	t.Helper()
	var b storage.Batch
	for _, key := range keys {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: key}, Delete: true})
	}
	noErr(t, w.db.Apply(t.Context(), b))
}

func TestVerify_FindsNothingInWhatIsWhole(t *testing.T) {
	w := intervals(t)
	r := w.verify(t)
	if r.Records != 7 || r.Checkpoints != 3 || len(r.Problems) != 0 || len(r.Heads) != 1 || r.Heads[0].Number != 3 {
		t.Fatalf("report %+v", r)
	}
	w.seal(t)
	if again := w.verify(t); again.Checkpoints != 3 {
		t.Errorf("a checkpoint over nothing")
	}
}

// A-M12: whoever has the file, and even the master key, cannot take a record away, change it, or take away or reorder checkpoints
// without being found.
func TestAttack_AM12_TamperingIsFound(t *testing.T) {
	tampers := []struct {
		name, found, where string
		do                 func(t *testing.T, w *world, records []storage.Row[Record], checkpoints []storage.Row[checkpoint])
	}{
		{"a record removed", FoundMissing, "checkpoint 2 ", func(t *testing.T, w *world, r []storage.Row[Record], _ []storage.Row[checkpoint]) {
			w.remove(t, r[3].Key)
		}},
		{"the newest record removed", FoundMissing, "checkpoint 3 ", func(t *testing.T, w *world, r []storage.Row[Record], _ []storage.Row[checkpoint]) {
			w.remove(t, r[6].Key)
		}},
		{"a record changed by who has the master key", FoundChanged, "checkpoint 2 ", func(t *testing.T, w *world, r []storage.Row[Record], _ []storage.Row[checkpoint]) {
			var b storage.Batch
			other := r[3].Value
			other.Subject = "usr_eve"
			noErr(t, w.records.Update(&b, r[3], &other))
			noErr(t, w.db.Apply(t.Context(), b))
		}},
		{"a record's bytes changed", FoundChanged, "checkpoint 1 ", func(t *testing.T, w *world, r []storage.Row[Record], _ []storage.Row[checkpoint]) {
			raw, err := w.db.Get(t.Context(), r[0].Key, r[1].Key)
			noErr(t, err)
			raw[0].Value = raw[1].Value // another record's, sealed with the right key
			noErr(t, w.db.Apply(t.Context(), storage.Batch{Then: []storage.Write{{Record: raw[0]}}}))
		}},
		{"a checkpoint removed with its records", FoundNoCheckpoint, "checkpoint 2 ", func(t *testing.T, w *world, r []storage.Row[Record], c []storage.Row[checkpoint]) {
			w.remove(t, c[1].Key, r[2].Key, r[3].Key, r[4].Key)
		}},
		{"the last checkpoint removed with its records", FoundNoCheckpoint, "the end of the chain", func(t *testing.T, w *world, r []storage.Row[Record], c []storage.Row[checkpoint]) {
			w.remove(t, c[2].Key, r[5].Key, r[6].Key)
		}},
		{"two checkpoints in each other's place", FoundOrder, "where checkpoint", func(t *testing.T, w *world, _ []storage.Row[Record], c []storage.Row[checkpoint]) {
			var b storage.Batch
			noErr(t, w.checkpoints.Update(&b, c[0], &c[1].Value))
			noErr(t, w.checkpoints.Update(&b, c[1], &c[0].Value))
			noErr(t, w.db.Apply(t.Context(), b))
		}},
		{"a checkpoint that says something else", FoundBadCheckpoint, "", func(t *testing.T, w *world, _ []storage.Row[Record], c []storage.Row[checkpoint]) {
			forged := c[1].Value
			parts := strings.Split(forged.JWS, ".")
			said, _, err := forged.read()
			noErr(t, err)
			said.Count, said.IDs = 2, said.IDs[:2*idBytes]
			text, err := json.Marshal(said)
			noErr(t, err)
			parts[1] = b64.EncodeToString(text)
			forged.JWS = strings.Join(parts, ".")
			var b storage.Batch
			noErr(t, w.checkpoints.Update(&b, c[1], &forged))
			noErr(t, w.db.Apply(t.Context(), b))
		}},
		{"a token of the issuer in a checkpoint's place", FoundBadCheckpoint, "", func(t *testing.T, w *world, _ []storage.Row[Record], c []storage.Row[checkpoint]) {
			signer, err := w.ring.Signer(t.Context(), "ES256")
			noErr(t, err)
			said, _, err := c[1].Value.read()
			noErr(t, err)
			text, err := json.Marshal(said)
			noErr(t, err)
			forged := c[1].Value
			forged.JWS, err = signer.SignJWT("at+jwt", text)
			noErr(t, err)
			var b storage.Batch
			noErr(t, w.checkpoints.Update(&b, c[1], &forged))
			noErr(t, w.db.Apply(t.Context(), b))
		}},
	}
	for _, tamper := range tampers {
		t.Run(tamper.name, func(t *testing.T) {
			w := intervals(t)
			records, checkpoints := w.rowsOf(t)
			tamper.do(t, w, records, checkpoints)
			r := w.verify(t)
			for _, p := range r.Problems {
				if p.What == tamper.found && strings.Contains(p.Where, tamper.where) && p.Damage() {
					return
				}
			}
			t.Errorf("found %v, want %q at %q", r.Problems, tamper.found, tamper.where)
		})
	}
}

// A checkpoint is no token: whoever verifies tokens of this issuer refuses it.
func TestAttack_CheckpointIsNoToken(t *testing.T) {
	w := intervals(t)
	_, checkpoints := w.rowsOf(t)
	for _, typ := range []string{"at+jwt", "JWT", "", "logout+jwt"} {
		opts := keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{typ}, MaxBytes: maxCheckpoint}
		if _, _, err := w.ring.Verify(t.Context(), checkpoints[0].Value.JWS, opts); err == nil {
			t.Errorf("taken as %q", typ)
		}
	}
}

// The keys of checkpoints leave the ring long before the checkpoints go.
func TestVerify_OutlivesTheKeys(t *testing.T) {
	w := intervals(t)
	old := w.ring.JWKS()
	for range 2 {
		w.clock.pass(91 * 24 * time.Hour)
		noErr(t, w.ring.Tick(t.Context()))
		w.clock.pass(25 * time.Hour)
		noErr(t, w.ring.Tick(t.Context()))
	}
	w.clock.pass(120 * 24 * time.Hour)
	noErr(t, w.ring.Tick(t.Context()))
	if string(old.Body) == string(w.ring.JWKS().Body) {
		t.Fatal("the keys are the same")
	}
	w.happen(t, "sign-in")
	w.seal(t)
	if r := w.verify(t); len(r.Problems) != 0 || r.Checkpoints != 4 {
		t.Errorf("report %+v", r)
	}
}

// Retention takes whole intervals, and what is left verifies.
func TestVerify_AfterRetention(t *testing.T) {
	w := newWorld(t)
	w.SetRetain(24 * time.Hour)
	for range 30 {
		w.happen(t, "sign-in", "sign-out")
		w.seal(t)
		w.clock.pass(57 * time.Minute)
		_, err := w.db.Sweep(t.Context(), 1000)
		noErr(t, err)
		if r := w.verify(t); len(r.Problems) != 0 {
			t.Fatalf("found %v", r.Problems)
		}
	}
	w.clock.pass(5 * time.Minute)
	if r := w.verify(t); r.Checkpoints < 20 || r.Checkpoints > 28 || r.Records != 2*r.Checkpoints {
		t.Errorf("%d checkpoints over %d records are left", r.Checkpoints, r.Records)
	}
}

// The program is killed before the second is over: whoever begins next covers what was written.
func TestSealer_CoversWhatAKilledNodeLeft(t *testing.T) {
	for _, away := range []time.Duration{3 * time.Minute, 70 * time.Minute, 90 * time.Hour} {
		t.Run(fmt.Sprint(away), func(t *testing.T) {
			w := newWorld(t)
			w.happen(t, "sign-in")
			w.seal(t)
			w.happen(t, "password.set", "sign-out")
			w.clock.pass(away)
			w.restart()
			if r := w.verify(t); r.found() != FoundUncovered+", "+FoundUncovered {
				t.Fatalf("before: %v", r.Problems)
			}
			noErr(t, w.Find(t.Context()))
			if r := w.verify(t); len(r.Problems) != 0 || r.Records != 3 || len(r.Heads) != 1 {
				t.Errorf("after: %+v", r)
			}
			noErr(t, w.Find(t.Context()))
			if r := w.verify(t); r.Checkpoints != 2 {
				t.Errorf("%d checkpoints, want 2: what is covered is not covered again", r.Checkpoints)
			}
		})
	}
}

// Many nodes record and seal at once, and each has a chain of its own.
func TestSealer_RacingNodes(t *testing.T) {
	w := newWorld(t)
	const nodes, each = 4, 30
	var wg sync.WaitGroup
	for range nodes {
		n := *w
		n.restart()
		wg.Go(func() {
			for i := range each {
				var b storage.Batch
				if err := n.Append(&b, Event{Kind: "sign-in", Subject: "usr_ada"}); err != nil {
					t.Error(err)
				}
				if err := n.db.Apply(t.Context(), b); err != nil {
					t.Error(err)
				}
				n.Count(t.Context(), Event{Kind: "sign-in.failed"})
				if i%5 == 0 {
					if err := n.Seal(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
			n.Close()
		})
	}
	wg.Wait()
	w.clock.pass(10 * time.Minute)
	r := w.verify(t)
	if len(r.Problems) != 0 || r.Records != nodes*each+nodes || len(r.Heads) > nodes {
		t.Errorf("%d records in %d chains, problems %v", r.Records, len(r.Heads), r.Problems)
	}
}

// A batch that is applied long after its record was made is covered all the same.
func TestSealer_WaitsForABatch(t *testing.T) {
	w := newWorld(t)
	var b storage.Batch
	noErr(t, w.Append(&b, Event{Kind: "sign-in"}))
	for range 20 {
		w.seal(t)
		w.clock.pass(time.Second)
	}
	noErr(t, w.db.Apply(t.Context(), b))
	w.seal(t)
	w.clock.pass(10 * time.Minute)
	if r := w.verify(t); len(r.Problems) != 0 || r.Checkpoints != 1 {
		t.Errorf("report %+v", r)
	}
	noErr(t, w.Append(&storage.Batch{}, Event{Kind: "sign-in"})) // never applied
	w.clock.pass(2 * patience)
	w.seal(t)
	if len(w.pending) != 0 {
		t.Errorf("%d records are waited for for ever", len(w.pending))
	}
}

func TestExport_HasEverythingToVerifyWith(t *testing.T) {
	w := intervals(t)
	records, checkpoints := 0, 0
	noErr(t, w.Export(t.Context(), func(l Line) error {
		switch {
		case l.Damaged != "":
			t.Errorf("damaged: %+v", l)
		case l.JWS != "":
			checkpoints++
		case len(l.ID) == 2*idBytes && json.Valid(l.Record):
			records++
		}
		return nil
	}))
	if records != 7 || checkpoints != 3 {
		t.Errorf("%d records, %d checkpoints", records, checkpoints)
	}
}
