package account

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
)

// wrong is a code that is refused, right one that is not.
func wrong(*storage.Batch) error { return refused(ErrWrongCode) }

func right(*storage.Batch) error { return nil }

// Of forty wrong codes at the same moment five are judged, on either engine.
func TestAttack_AI02_FiveAreJudged(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, _ *postbox) {
		ada, bob := w.add(t, "ada", ""), w.add(t, "bob", "")
		var judged, held atomic.Int32
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				var b storage.Batch
				var wait *WaitError
				switch err := w.TryFactor(t.Context(), &b, ada, nil, wrong); {
				case errors.As(err, &wait):
					held.Add(1)
				case errors.Is(err, ErrRefused):
					judged.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if judged.Load() != FactorTries || held.Load() != 40-FactorTries {
			t.Errorf("%d judged, %d held back", judged.Load(), held.Load())
		}
		var b storage.Batch
		var wait *WaitError
		if err := w.TryFactor(t.Context(), &b, ada, nil, right); !errors.As(err, &wait) || wait.Wait <= 0 || wait.Wait > FactorPeriod || !b.Empty() {
			t.Errorf("the right one after them: %v, %v", err, b)
		}
		b = storage.Batch{}
		if err := w.TryFactor(t.Context(), &b, bob, nil, right); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	})
}

// A right code counts only if no wrong one was counted meanwhile: whoever guesses in parallel gains nothing.
func TestAttack_AI02_RightAmongWrong(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", "")
	var b storage.Batch
	noErr(t, w.TryFactor(t.Context(), &b, ada, nil, right))
	wantErr(t, w.TryFactor(t.Context(), &storage.Batch{}, ada, nil, wrong), ErrRefused, ErrWrongCode)
	wantErr(t, w.db.Apply(t.Context(), b), storage.ErrConflict)
	b = storage.Batch{}
	noErr(t, w.TryFactor(t.Context(), &b, ada, nil, right))
	w.apply(t, &b)
	for range FactorTries { // and then all tries are there again
		wantErr(t, w.TryFactor(t.Context(), &storage.Batch{}, ada, nil, wrong), ErrRefused)
	}
}

// Five in any quarter of an hour, whenever that begins.
func TestAttack_AI02_AnyQuarterOfAnHour(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", "")
	var at []time.Time
	for range 400 {
		var wait *WaitError
		if err := w.TryFactor(t.Context(), &storage.Batch{}, ada, nil, wrong); !errors.As(err, &wait) {
			at = append(at, w.clock.time())
		}
		w.clock.advance(37 * time.Second)
	}
	for i := FactorTries; i < len(at); i++ {
		if between := at[i].Sub(at[i-FactorTries]); between < FactorPeriod {
			t.Fatalf("six within %s", between)
		}
	}
	if len(at) < 80 {
		t.Errorf("%d in four hours: it locks", len(at))
	}
}

// What cannot be judged does not count, and a failure of storage lets nobody try for nothing.
func TestTryFactor_Faults(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", "")
	fault := errors.New("a fault")
	for range 10 {
		if err := w.TryFactor(t.Context(), &storage.Batch{}, ada, nil, func(*storage.Batch) error { return fault }); !errors.Is(err, fault) {
			t.Fatal(err)
		}
	}
	wantErr(t, w.TryFactor(t.Context(), &storage.Batch{}, ada, nil, wrong), ErrRefused)
}
