package limit

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	w := newWorld(t)
	l, key := w.node(), KeyOf("ada")
	if n := drain(t, l, key); n != 10 {
		t.Fatalf("%d tries, want 10", n)
	}
	if wait := l.Take(t.Context(), key); wait != 90*time.Second {
		t.Errorf("wait %s", wait)
	}
	if n := drain(t, l, KeyOf("bob")); n != 10 {
		t.Errorf("%d tries of another, want 10", n)
	}
	w.pass(89 * time.Second)
	if wait := l.Take(t.Context(), key); wait != time.Second {
		t.Errorf("wait %s", wait)
	}
	w.pass(time.Second)
	if n := drain(t, l, key); n != 1 {
		t.Errorf("%d tries after the wait it asked for, want 1", n)
	}
	w.pass(time.Hour)
	if n := drain(t, l, key); n != 10 {
		t.Errorf("%d tries after a long time, want 10", n)
	}
	if l.Refused() != 6 {
		t.Errorf("%d refused", l.Refused())
	}
}

func TestOff(t *testing.T) {
	w := newWorld(t)
	k := New(Config{DB: w.db})
	off, on := k.Limit("off", Rate{}), k.Limit("on", Rate{2, time.Hour})
	for i := range 1000 {
		off.Count(t.Context(), Key{})
		off.Forget(Key{})
		if off.Take(t.Context(), Key{}) != 0 || off.Wait(Key{}) != 0 {
			t.Fatal("a limit that is off refuses")
		}
		if wait := k.Take(t.Context(), Use{off, Key{}}, Use{on, Key{}}); (wait == 0) != (i < 2) {
			t.Fatalf("try %d: wait %s", i, wait)
		}
	}
}

// A try at several buckets is counted at all of them, or at none.
func TestTake_Together(t *testing.T) {
	w := newWorld(t)
	k := New(Config{DB: w.db})
	small, large := k.Limit("small", Rate{2, time.Hour}), k.Limit("large", Rate{8, time.Hour})
	for range 50 {
		k.Take(t.Context(), Use{small, KeyOf("ada")}, Use{large, KeyOf("net")})
	}
	if n := drain(t, large, KeyOf("net")); n != 6 {
		t.Errorf("%d left of 8 after 2, want 6", n)
	}
	k.GiveBack(Use{small, KeyOf("ada")}, Use{large, KeyOf("net")})
	if wait := k.Take(t.Context(), Use{small, KeyOf("ada")}, Use{large, KeyOf("net")}); wait != 0 {
		t.Errorf("what was given back is not there: wait %s", wait)
	}
}

func TestTake_ManyAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.node()
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if l.Take(t.Context(), KeyOf("ada")) == 0 {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 10 {
		t.Errorf("%d at once, want 10", allowed.Load())
	}
}

// Whoever is held back is held back after a restart, and on another node.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	key := KeyOf("ada")
	slack := 10 / slackShare
	total := 0
	for restart := range 5 {
		n := drain(t, w.node(), key)
		if total += n; restart > 0 && n > slack {
			t.Errorf("restart %d gives %d tries, at most %d may be forgotten", restart, n, slack)
		}
	}
	if total > 10+4*slack {
		t.Errorf("%d tries with four restarts", total)
	}
	w.pass(time.Hour)
	if n := drain(t, w.node(), key); n != 10 {
		t.Errorf("%d tries after a long time, want 10", n)
	}
}

// A node that is told to stop forgets nothing that is due; one that gives a try back says so.
func TestGiveBack_Shared(t *testing.T) {
	w := newWorld(t)
	a, key := w.node(), KeyOf("ada")
	for range 8 {
		a.Take(t.Context(), key)
	}
	for range 5 {
		a.GiveBack(key)
	}
	if err := a.keeper.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := drain(t, w.node(), key); n != 7 {
		t.Errorf("%d tries on another node after 8 with 5 given back, want 7", n)
	}
}

func TestForget_Shared(t *testing.T) {
	w := newWorld(t)
	a, b, key := w.node(), w.node(), KeyOf("ada")
	drain(t, a, key)
	if n := drain(t, b, key); n > 2 {
		t.Fatalf("%d tries on another node", n)
	}
	a.Forget(key)
	if err := a.keeper.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.pass(freshFor + time.Second)
	if n := drain(t, b, key); n < 8 {
		t.Errorf("%d tries on another node after it was forgotten, want 10 but for what it let through itself", n)
	}
	if n := drain(t, w.node(), key); n > 2 {
		t.Errorf("%d tries on a third, after 10", n)
	}
}

// Of nodes that count at the same time, all together let through no more than the bucket, and each a quarter of it.
func TestNodes(t *testing.T) {
	for engine, open := range map[string]func(testing.TB) *world{"bolt": newWorld, "postgres": newPostgres} {
		t.Run(engine, func(t *testing.T) {
			w := open(t)
			for _, count := range []int{1, 3, 5, 10, 60} {
				w.race(t, count)
			}
		})
	}
}

// race lets four nodes try at the same moment.
func (w *world) race(t *testing.T, count int) {
	t.Helper()
	const nodes = 4
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range nodes {
		l := New(Config{DB: w.db}).Limit("test", Rate{count, time.Hour})
		for range 4 {
			all.Go(func() {
				for range 2 * count {
					if l.Take(t.Context(), KeyOf("ada")) == 0 {
						allowed.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	if n, most := int(allowed.Load()), count+nodes*(count/slackShare); n > most || n == 0 {
		t.Errorf("%d of %d tries, at most %d are allowed", n, count, most)
	}
}

// However nodes, restarts, waits and returns follow one another: what was let through in a time is no more than the bucket, what
// fills it, and a quarter for each node and each restart.
func TestModel(t *testing.T) {
	for seed := range 20 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := newWorld(t)
		nodes := []*Limit{w.node(), w.node(), w.node()}
		begun, let, lives := w.now, 0, len(nodes)
		for range 400 {
			l := nodes[r.IntN(len(nodes))]
			switch r.IntN(12) {
			case 0:
				nodes[r.IntN(len(nodes))] = w.node()
				lives++
			case 1, 2:
				w.pass(time.Duration(r.IntN(200)) * time.Second)
			case 3:
				if err := l.keeper.Write(t.Context()); err != nil {
					t.Fatal(err)
				}
			default:
				if l.Take(t.Context(), KeyOf("ada")) == 0 {
					let++
					if r.IntN(4) == 0 {
						l.GiveBack(KeyOf("ada"))
						let--
					}
				}
			}
			// what a bucket owes is paid once, but each life may have kept its quarter from the records while others paid theirs
			if most := 10 + int(w.now.Sub(begun)/(90*time.Second)) + lives*(10/slackShare); let > most {
				t.Fatalf("seed %d: %d let through, at most %d after %s and %d lives", seed, let, most, w.now.Sub(begun), lives)
			}
		}
	}
}

// What is refused costs neither a read nor a write; what is let through costs one write for each quarter of a bucket at most.
func TestFlood_OneKey(t *testing.T) {
	w := newWorld(t)
	l, key := w.node(), KeyOf("ada")
	drain(t, l, key)
	if n := w.engine.writes.Load(); n > slackShare {
		t.Errorf("%d writes for ten tries", n)
	}
	reads, writes := w.engine.reads.Load(), w.engine.writes.Load()
	for range 10_000 {
		if l.Take(t.Context(), key) == 0 {
			t.Fatal("let through")
		}
	}
	if r, n := w.engine.reads.Load()-reads, w.engine.writes.Load()-writes; r != 0 || n != 0 {
		t.Errorf("10,000 refused tries: %d reads, %d writes", r, n)
	}
	// At 300 a second for half a minute one more is let through, when it is time; the records are looked at every few seconds.
	for range 9000 {
		w.pass(time.Second / 300)
		l.Take(t.Context(), key)
	}
	if r, n := w.engine.reads.Load()-reads, w.engine.writes.Load()-writes; r > 6 || n != 0 {
		t.Errorf("half a minute: %d reads, %d writes", r, n)
	}
}

// One try each for very many buckets writes nothing; a few for each are written together.
func TestFlood_ManyKeys(t *testing.T) {
	w := newWorld(t)
	l := w.node()
	const keys = 3000
	for range 2 {
		for i := range keys {
			l.Take(t.Context(), KeyOf(fmt.Sprint(i)))
		}
	}
	if n := w.engine.writes.Load(); n != 0 {
		t.Errorf("%d writes for two tries each", n)
	}
	// A hundred at a time come to their third try, and wait for one another.
	var all sync.WaitGroup
	k := l.keeper
	<-k.turn
	for i := range 100 {
		all.Go(func() { l.Take(t.Context(), KeyOf(fmt.Sprint(i))) })
	}
	for k.dueNow() < 100 {
		time.Sleep(time.Millisecond)
	}
	k.turn <- struct{}{}
	all.Wait()
	if n := w.engine.writes.Load(); n != 1 {
		t.Errorf("%d batches for a hundred that wait together", n)
	}
}

func (k *Keeper) dueNow() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.due)
}

// Without storage, each node counts by itself: nobody is locked out, and nobody is let through without limit.
func TestBroken(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	l := New(Config{DB: w.db, Log: slog.New(slog.NewTextHandler(&log, nil))}).Limit("test", tenPerQuarter)
	w.engine.broken.Store(true)
	if n := drain(t, l, KeyOf("ada")); n != 10 {
		t.Errorf("%d tries, want 10", n)
	}
	for range 100 {
		l.Take(t.Context(), KeyOf("ada"))
	}
	if n := strings.Count(log.String(), "not shared"); n != 1 {
		t.Errorf("the log was told %d times in a minute:\n%s", n, &log)
	}
	w.engine.broken.Store(false)
	if err := l.keeper.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := drain(t, w.node(), KeyOf("ada")); n > 2 {
		t.Errorf("%d tries on another node after it was mended", n)
	}
}

// However many buckets there are, memory is bounded, and a delay is not washed out.
func TestBounded(t *testing.T) {
	w := newWorld(t)
	k := New(Config{DB: w.db, Entries: 100})
	l := k.Limit("test", tenPerQuarter)
	drain(t, l, KeyOf("victim"))
	for i := range 5000 {
		l.Count(t.Context(), KeyOf(fmt.Sprint(i)))
		if n := k.Entries(); n > 100 || int64(n) != l.held.Load() {
			t.Fatalf("%d entries, %d held", n, l.held.Load())
		}
	}
	if l.Wait(KeyOf("victim")) == 0 {
		t.Error("the victim's delay is forgotten")
	}
}

// What has only failed so often is counted without being asked, and known after a restart from the first failure on.
func TestCount(t *testing.T) {
	w := newWorld(t)
	a, key := w.node(), KeyOf("client")
	for range 30 {
		a.Count(t.Context(), key)
	}
	wait := a.Wait(key)
	if wait <= 0 || wait > 90*time.Second {
		t.Errorf("wait %s", wait)
	}
	if err := a.keeper.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := w.node()
	if b.Any() || b.Wait(key) != 0 {
		t.Error("a node looked before there was a failure")
	}
	b.Count(t.Context(), key)
	for range 2 {
		b.Count(t.Context(), key)
	}
	if b.Wait(key) == 0 {
		t.Error("another node begins anew")
	}
}

// A clock that is set back neither gives tries nor takes them away.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	l := w.node()
	drain(t, l, KeyOf("ada"))
	l.Take(t.Context(), KeyOf("bob"))
	w.pass(-time.Hour)
	if l.Take(t.Context(), KeyOf("ada")) == 0 {
		t.Error("a clock that is set back gives tries")
	}
	for i := range 9 {
		if l.Take(t.Context(), KeyOf("bob")) != 0 {
			t.Errorf("a clock that is set back takes try %d away", i)
		}
	}
}

// Nothing that is counted is named in a record, and every record passes away.
func TestRecords(t *testing.T) {
	w := newWorld(t)
	l := w.node()
	for range 3 {
		drain(t, l, KeyOf("ada@example.org"))
		w.pass(20 * time.Minute)
	}
	if n := w.engine.records.Load(); n == 0 {
		t.Fatal("nothing was written")
	}
	w.pass(2 * time.Hour)
	removed, err := w.db.Sweep(t.Context(), 1000)
	if err != nil || removed == 0 || removed > 6 {
		t.Errorf("%d records of one bucket had passed away, %v", removed, err)
	}
}

// A window's end changes nothing.
func TestWindows(t *testing.T) {
	w := newWorld(t)
	for range 40 {
		key := KeyOf(w.now.String())
		drain(t, w.node(), key)
		w.pass(45 * time.Second)
		if n := drain(t, w.node(), key); n > 10/slackShare {
			t.Errorf("%s: %d tries", w.now, n)
		}
		w.pass(37 * time.Second)
	}
}

// With another rate everybody begins anew; with the same one nobody does.
func TestKeeper_Limit(t *testing.T) {
	w := newWorld(t)
	k := New(Config{DB: w.db})
	drain(t, k.Limit("a", tenPerQuarter), Key{})
	if k.Limit("a", tenPerQuarter).Take(t.Context(), Key{}) == 0 {
		t.Error("asked for again, it begins anew")
	}
	if k.Limit("b", tenPerQuarter).Take(t.Context(), Key{}) != 0 || k.Limit("a", Rate{20, 15 * time.Minute}).Take(t.Context(), Key{}) != 0 {
		t.Error("another limit is the same")
	}
	if KeyOf("a", "b") == KeyOf("ab") || KeyOf("a", "") == KeyOf("a") {
		t.Error("parts of a key run together")
	}
}

func BenchmarkTake(b *testing.B) {
	w := newWorld(b)
	k := New(Config{DB: w.db})
	account, network := k.Limit("account", tenPerQuarter), k.Limit("network", Rate{50, 15 * time.Minute})
	b.ReportAllocs()
	for b.Loop() {
		k.Take(b.Context(), Use{account, KeyOf("ada")}, Use{network, KeyOf("net")})
		account.Forget(KeyOf("ada"))
		network.GiveBack(KeyOf("net"))
	}
}
