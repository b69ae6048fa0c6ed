package account

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"signet/provider/limit"
)

// stuffing is an attack with passwords of elsewhere: so many attempts, 300 in a second, on people by turns, from networks by turns.
type stuffing struct {
	*gated
	keeper *limit.Keeper
	people []*Person
	home   []Device
}

// newStuffing is a world with the limits that are the configuration's defaults.
func newStuffing(t *testing.T, people int) *stuffing {
	w := newWorld(t)
	s := &stuffing{keeper: limit.New(limit.Config{DB: w.db})}
	quarter := func(n int) limit.Rate { return limit.Rate{Count: n, Per: 15 * time.Minute} }
	s.gated = &gated{w, w.NewGate(GateConfig{Keeper: s.keeper, Account: quarter(10), Network: quarter(50), Device: quarter(10)}), t}
	for i := range people {
		p := s.add(t, fmt.Sprintf("person%d", i), goodPassword)
		s.people, s.home = append(s.people, p), append(s.home, s.remembered(p))
	}
	return s
}

// attack returns how many attempts were let through.
func (s *stuffing) attack(attempts, networks int) (let int) {
	const rate = 300
	for i := range attempts {
		network := i % networks
		addr := netip.AddrFrom4([4]byte{byte(20 + network>>16), byte(network >> 8), byte(network), byte(i)})
		if through, _ := s.try(s.people[i*7919%len(s.people)].Username, fmt.Sprint("tried elsewhere ", i), addr); through {
			let++
		}
		s.clock.advance(time.Second / rate)
	}
	return let
}

// spared checks that everybody gets in: at once where they are known, and elsewhere after the longest wait there is.
func (s *stuffing) spared(i int) {
	s.t.Helper()
	p, there := s.people[i], netip.AddrFrom4([4]byte{198, 51, byte(i), 1})
	if through, wait := s.try(p.Username, goodPassword, netip.AddrFrom4([4]byte{20, 0, 0, 1}), s.home[i]); !through {
		s.t.Errorf("%s is kept out of their own browser for %s", p.Username, wait)
	}
	try := Try{Identifier: p.Username, Password: goodPassword, Address: there}
	got, err := s.gate.Authenticate(s.t.Context(), try)
	var held *WaitError
	if errors.As(err, &held) {
		if held.Wait > 90*time.Second {
			s.t.Errorf("%s has to wait for %s", p.Username, held.Wait)
		}
		s.clock.advance(held.Wait)
		got, err = s.gate.Authenticate(s.t.Context(), try)
	}
	if err != nil || got.Subject != p.Subject {
		s.t.Errorf("%s does not get in: %v", p.Username, err)
	}
}

// TestAttack_AH03_CredentialStuffing makes 50,000 attempts: from four networks on a thousand people, and from ten thousand networks on
// a hundred. What is let through, and so what is hashed, is what the limits say; it is written in few batches; nobody is locked.
func TestAttack_AH03_CredentialStuffing(t *testing.T) {
	const attempts = 25_000
	took := attempts * (time.Second / 300)
	for name, c := range map[string]struct {
		people, networks int
		// most is what the limits let through in the time that the attack takes.
		most int
	}{
		"spraying from few networks":         {1000, 4, 4 * (50 + 1 + int(took/(18*time.Second)))},
		"few people from very many networks": {100, 10_000, 100 * (10 + 1 + int(took/(90*time.Second)))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStuffing(t, c.people)
			before := s.HashCount()
			let := s.attack(attempts, c.networks)
			hashes := int(s.HashCount() - before)
			if let > c.most || let < c.most/2 || hashes != let {
				t.Errorf("%d let through and %d hashes, at most %d", let, hashes, c.most)
			}
			if batches := int(s.keeper.Batches()); batches > let {
				t.Errorf("%d batches for %d that were let through", batches, let)
			}
			t.Logf("%d attempts in %s: %d let through, %d batches, %d buckets", attempts, took.Round(time.Second), let, s.keeper.Batches(), s.keeper.Entries())
			for i := range 50 {
				s.spared(i * c.people / 50)
			}
		})
	}
}
