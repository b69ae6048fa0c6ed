package keys

import (
	"context"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// relyingParty caches one node's JWKS, as its library does.
type relyingParty struct {
	set     *Set
	etag    string
	fetched time.Time
}

func (p *relyingParty) refresh(t *testing.T, r *Ring, now time.Time) {
	p.fetched = now
	if p.etag == r.JWKS().ETag {
		return
	}
	set, err := ParseJWKS(r.JWKS().Body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p.set, p.etag = set, r.JWKS().ETag
}

// rollover plays three nodes and two relying parties through ten periods.
type rollover struct {
	*site
	t     *testing.T
	rnd   *rand.Rand
	nodes []*Ring
	// heard is when each node last looked at the storage; a node may be cut off from it for half the lead.
	heard   []time.Time
	parties [2]relyingParty
	// fresh are relying parties that ask their node each time.
	fresh [3]relyingParty
	// alive is until when tokens of a key live, sample a token of it.
	alive  map[string]time.Time
	sample map[string]string
}

const (
	cutOff  = 11 * time.Hour
	caching = 12 * time.Hour
	period  = 9 * day
	retain  = 12 * day
)

// At every moment every unexpired token verifies with every node and with every node's JWKS, new ones even with a JWKS that a
// relying party has cached, and all nodes sign with the same key; though nodes tick when they like, are cut off from the
// storage for hours, and an operator rotates now and then.
func TestAttack_AD12_Rollover(t *testing.T) {
	s := newSite(t)
	p := &rollover{site: s, t: t, rnd: rand.New(rand.NewPCG(1, 2)), alive: map[string]time.Time{}, sample: map[string]string{}}
	c := s.config()
	c.Period, c.Retain = period, retain
	for range 3 {
		r, err := Open(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		p.nodes, p.heard = append(p.nodes, r), append(p.heard, s.now())
	}
	used := map[string]bool{}
	for end := s.now().Add(100 * day); s.now().Before(end); {
		s.advance(time.Duration(p.rnd.Int64N(int64(5 * time.Hour))))
		p.nodesWork()
		used[p.signAll()] = true
		p.verifyAll()
	}
	if len(used) < 10 {
		t.Errorf("only %d keys were used", len(used))
	}
	for _, name := range initial {
		if n := len(list(t, p.nodes[0], name, Next, Active, Retired)); n > 6 {
			t.Errorf("%s: %d keys left in the end", name, n)
		}
	}
}

func (p *rollover) nodesWork() {
	ctx := context.Background()
	for i, r := range p.nodes {
		cut := p.now().Sub(p.heard[i]) < cutOff && p.rnd.IntN(3) > 0
		if cut {
			continue
		}
		p.heard[i] = p.now()
		if err := r.Tick(ctx); err != nil {
			p.t.Fatal(err)
		}
		if p.rnd.IntN(300) == 0 {
			if _, err := r.Rotate(ctx, "ES256", false); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for i := range p.parties {
		if party := &p.parties[i]; party.set == nil || p.now().Sub(party.fetched) > caching-5*time.Hour {
			party.refresh(p.t, p.nodes[p.rnd.IntN(len(p.nodes))], p.now())
		}
	}
}

// signAll signs a token on each node and returns the one key that all of them used.
func (p *rollover) signAll() string {
	first := signer(p.t, p.nodes[0], "ES256")
	for _, r := range p.nodes {
		s := signer(p.t, r, "ES256")
		if s.KeyID != first.KeyID {
			p.t.Fatalf("%s: nodes sign with %s and %s", p.now(), s.KeyID, first.KeyID)
		}
		if _, ok := p.sample[s.KeyID]; !ok {
			p.sample[s.KeyID] = sign(p.t, s, "JWT", `{}`)
		}
		life := time.Duration(p.rnd.Int64N(int64(retain)))
		if end := p.now().Add(life); end.After(p.alive[s.KeyID]) {
			p.alive[s.KeyID] = end
		}
		for _, party := range p.parties {
			if !party.set.has(s.KeyID) {
				p.t.Fatalf("%s: a relying party that fetched the JWKS at %s does not know the key", p.now(), party.fetched)
			}
		}
	}
	return first.KeyID
}

// verifyAll looks on every node and in its JWKS for every key in question, and verifies with those of one node.
func (p *rollover) verifyAll() {
	maps.DeleteFunc(p.alive, func(_ string, end time.Time) bool { return !end.After(p.now()) })
	chosen := p.rnd.IntN(len(p.nodes))
	for i, r := range p.nodes {
		fresh := &p.fresh[i]
		fresh.refresh(p.t, r, p.now())
		for id, end := range p.alive {
			if _, known := r.current().known[id]; !known || !fresh.set.has(id) {
				p.t.Fatalf("%s: node %d has lost the key of tokens until %s", p.now(), i, end)
			}
			if i != chosen {
				continue
			}
			if _, _, err := VerifyWith(fresh.set, p.sample[id], anyJWT); err != nil {
				p.t.Fatalf("%s: token until %s by node %d's JWKS: %v", p.now(), end, i, err)
			}
			if err := verifyBy(r, p.sample[id]); err != nil {
				p.t.Fatalf("%s: token until %s by node %d: %v", p.now(), end, i, err)
			}
		}
	}
}

// verifyBy verifies with what the node has loaded, without its second look at the storage.
func verifyBy(r *Ring, token string) error {
	u, err := ParseUnverified(token, anyJWT)
	if err != nil {
		return err
	}
	return r.verify(u)
}
