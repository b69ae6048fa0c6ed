package keys

import (
	"math"
	"time"
)

// loaded is what the storage holds, decoded. It is immutable.
type loaded struct {
	// lines are in the order of the table of algorithms; those without a key are left out.
	lines []line
}

// line is all keys of one algorithm.
type line struct {
	algorithm *algorithm
	// schedule has no private keys any more.
	schedule schedule
	// signers belong to the schedule's keys, in their order.
	signers []*Signer
}

// snapshot is what is true from one moment until another, made of the loaded keys. It is immutable.
type snapshot struct {
	loaded      *loaded
	from, until int64
	signing     map[string]*Signer
	known       map[string]PublicKey
	document    *Document
}

// covers tells whether the snapshot is right at a moment.
func (s *snapshot) covers(now int64) bool { return s.from <= now && now < s.until }

// newSnapshot works out the state at now, and between which moments it stays so.
func newSnapshot(l *loaded, now int64, retain time.Duration) *snapshot {
	s := &snapshot{loaded: l, from: math.MinInt64, until: math.MaxInt64, signing: map[string]*Signer{}, known: map[string]PublicKey{}}
	var published []PublicKey
	for i := range l.lines {
		line := &l.lines[i]
		current := line.schedule.signing(now)
		s.signing[line.algorithm.name] = line.signers[current]
		published = append(published, line.signers[current].Public())
		for k := range line.schedule.Keys {
			s.bound(now, line.schedule.Keys[k].Active, line.schedule.gone(k, retain))
			if k != current && line.schedule.gone(k, retain) > now {
				published = append(published, line.signers[k].Public())
			}
		}
	}
	for _, p := range published {
		s.known[p.ID] = p
	}
	s.document = newDocument(published)
	return s
}

// bound narrows the span of the snapshot by moments at which something changes.
func (s *snapshot) bound(now int64, moments ...int64) {
	for _, m := range moments {
		if m <= now {
			s.from = max(s.from, m)
		} else {
			s.until = min(s.until, m)
		}
	}
}
