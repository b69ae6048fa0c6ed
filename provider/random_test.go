package provider

import (
	"crypto/rand"
	"testing"
)

// Ids of codes, tokens and grants come from the random source alone and never meet. That nothing else makes random values is
// held by the rules of the house: math/rand is in no package.
func TestAttack_AD15_IdsDoNotRepeat(t *testing.T) {
	p := &Provider{rand: rand.Reader}
	const many = 1_000_000
	seen := make(map[string]struct{}, many)
	for range many {
		id, err := p.randomID()
		if err != nil || len(id) != 16 {
			t.Fatalf("%x, %v", id, err)
		}
		seen[id] = struct{}{}
	}
	if len(seen) != many {
		t.Errorf("%d of %d are others' twins", many-len(seen), many)
	}
	if _, err := (&Provider{rand: exhausted{}}).randomID(); err == nil {
		t.Error("an id without randomness")
	}
}

type exhausted struct{}

func (exhausted) Read([]byte) (int, error) { return 0, errWire }
