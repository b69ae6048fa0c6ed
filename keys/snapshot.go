package keys

import (
	"math"
	"slices"
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
	// keys belong to the schedule's, in their order. They are *Signer, or *decrypter for an algorithm that decrypts.
	keys []ringKey
}

// snapshot is what is true from one moment until another, made of the loaded keys. It is immutable.
type snapshot struct {
	loaded      *loaded
	from, until int64
	signing     map[string]*Signer
	known       map[string]PublicKey
	decrypting  []*decrypter
	document    *Document
}

// covers tells whether the snapshot is right at a moment.
func (s *snapshot) covers(now int64) bool { return s.from <= now && now < s.until }

// newSnapshot works out the state at now, and between which moments it stays so.
func newSnapshot(l *loaded, now int64, retain time.Duration) *snapshot {
	s := &snapshot{loaded: l, from: math.MinInt64, until: math.MaxInt64, signing: map[string]*Signer{}, known: map[string]PublicKey{}}
	var published, others []PublicKey
	for i := range l.lines {
		line := &l.lines[i]
		for k := range line.schedule.Keys {
			s.bound(now, line.schedule.Keys[k].Active, line.schedule.gone(k, retain))
		}
		if line.algorithm.decrypts {
			others = append(others, s.addDecrypters(line, now, retain))
		} else {
			published = append(published, s.addSigners(line, now, retain)...)
		}
	}
	for _, p := range published {
		s.known[p.ID] = p
	}
	s.document = newDocument(append(published, others...))
	return s
}

// addSigners chooses the key of a line that signs, and publishes it before all that may have signed or will.
func (s *snapshot) addSigners(l *line, now int64, retain time.Duration) []PublicKey {
	current := l.schedule.signing(now)
	signer := l.keys[current].(*Signer)
	s.signing[l.algorithm.name] = signer
	published := []PublicKey{signer.Public()}
	for i, k := range l.keys {
		if i != current && l.schedule.gone(i, retain) > now {
			published = append(published, k.Public())
		}
	}
	return published
}

// has tells whether there is a key of an algorithm.
func (s *snapshot) has(a *algorithm) bool {
	return slices.ContainsFunc(s.loaded.lines, func(l line) bool { return l.algorithm == a })
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
