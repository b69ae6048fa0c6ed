// Package storagetest is the contract of storage.Engine as a test: whatever passes Run is an engine.
//
//	func TestContract(t *testing.T) {
//		storagetest.Run(t, func(t testing.TB) storage.Engine { return openEmpty(t) })
//	}
package storagetest

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"signet/storage"
)

// Option changes what Run does.
type Option func(*suite)

// Reopen lets Run test that a closed engine's data are there when it is opened again. reopen gets a closed engine that
// open returned and returns another on the same data.
func Reopen(reopen func(t testing.TB, closed storage.Engine) storage.Engine) Option {
	return func(s *suite) { s.reopen = reopen }
}

// Races sets how often each kind of race is run. The default is 20; the environment variable STORAGETEST_RACES goes before
// both.
func Races(n int) Option { return func(s *suite) { s.races = n } }

// Steps sets how many operations the comparison with a model makes. The default is 1500; STORAGETEST_STEPS goes before
// both.
func Steps(n int) Option { return func(s *suite) { s.steps = n } }

// suite is one run of the contract.
type suite struct {
	open   func(testing.TB) storage.Engine
	reopen func(testing.TB, storage.Engine) storage.Engine
	races  int
	steps  int
	seed   uint64
}

// Run tests an engine. open returns an empty one, each time another; Run closes it. What open has to clear away after that
// it registers with t.Cleanup.
//
// Random choices come from a seed that is logged; STORAGETEST_SEED repeats a run.
func Run(t *testing.T, open func(t testing.TB) storage.Engine, options ...Option) {
	s := &suite{open: open, races: 20, steps: 1500, seed: rand.Uint64()}
	for _, o := range options {
		o(s)
	}
	s.races = int(fromEnvironment(t, "STORAGETEST_RACES", uint64(s.races)))
	s.steps = int(fromEnvironment(t, "STORAGETEST_STEPS", uint64(s.steps)))
	s.seed = fromEnvironment(t, "STORAGETEST_SEED", s.seed)
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"Get", getTests},
		{"Apply", applyTests},
		{"Conditions", conditionTests},
		{"Limits", limitTests},
		{"Expiry", expiryTests},
		{"Sweep", sweepTests},
		{"List", listTests},
		{"Pages", pageTests},
		{"Watch", watchTests},
		{"Life", lifeTests},
		{"Race", raceTests},
		{"Model", modelTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.tests {
				t.Run(c.name, func(t *testing.T) { c.run(s.start(t)) })
			}
		})
	}
}

// test is one clause of the contract.
type test struct {
	name string
	run  func(*harness)
}

func (s *suite) start(t *testing.T) *harness {
	e := s.open(t)
	t.Cleanup(func() { _ = e.Close() })
	return &harness{T: t, ctx: t.Context(), suite: s, engine: e, now: start}
}

func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// start is when every test begins, in Unix seconds. It is no special time.
const start int64 = 1_800_000_000

// harness is an engine under test and a clock.
type harness struct {
	*testing.T
	*suite
	ctx    context.Context
	engine storage.Engine
	now    int64
}
