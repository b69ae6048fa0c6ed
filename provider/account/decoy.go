package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"signet/keys"
)

// decoys choose what is computed for whoever has no password. Where people have come with hashes of other programs, one of ours
// would tell a name that is nobody's from one whose owner has not signed in yet: those hashes take another time. So a name that is
// nobody's gets the hash of a neighbour: of one of the people behind a place in the order of subjects; place and person are chosen by
// the name's keyed hash. As subjects are random, all kinds of hashes come up as often as people have them; the same name always gets
// the same neighbour; and when that one has signed in and has a hash of ours, the name has, too, as it would be with anybody.
type decoys struct {
	people *people

	mu sync.Mutex
	// known are the crowds at places.
	known map[string]crowd
}

// crowd are some people at a place, as they were at a time.
type crowd struct {
	neighbours []neighbour
	// until is in Unix seconds.
	until int64
}

type neighbour struct {
	subject string
	hash    keys.Secret
}

const (
	// decoyLetters are so many of a subject that name a place: a thousand places.
	decoyLetters = 2
	// decoyCrowd is how many people are looked at in one place.
	decoyCrowd = 8
	// decoyLife is for how long a node goes by what it has found.
	decoyLife = 10 * time.Minute
)

func newDecoys(p *people) *decoys { return &decoys{people: p, known: map[string]crowd{}} }

// of returns the hash to compute for a name that is nobody's; empty for one of ours. It is asked for everybody's name, so that this
// takes the same time.
func (d *decoys) of(ctx context.Context, key AccountKey) (keys.Secret, error) {
	place := subjectPrefix + subjectEncoding.EncodeToString(key[:])[:decoyLetters]
	now := d.people.now().Unix()
	d.mu.Lock()
	found, ok := d.known[place]
	d.mu.Unlock()
	if ok && now < found.until && found.until-now <= int64(decoyLife/time.Second) {
		return found.chosen(key), nil
	}
	found, err := d.look(ctx, place)
	if err != nil {
		return "", err
	}
	found.until = now + int64(decoyLife/time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[place] = found
	return found.chosen(key), nil
}

// look finds people with a password at a place, or if there are none, in ever wider surroundings.
func (d *decoys) look(ctx context.Context, place string) (crowd, error) {
	var found crowd
	for n := len(place); n >= len(subjectPrefix) && len(found.neighbours) == 0; n-- {
		rows, err := d.people.table.Under(ctx, place[:n], decoyCrowd)
		if err != nil {
			return found, fmt.Errorf("account: decoy: %w", err)
		}
		for _, row := range rows {
			if isHash(row.Value.Password) {
				found.neighbours = append(found.neighbours, neighbour{row.ID, row.Value.Password})
			}
		}
	}
	return found, nil
}

// chosen is one of the crowd, for each key always the same: whoever comes or goes changes it only if they are the one.
func (c crowd) chosen(key AccountKey) (hash keys.Secret) {
	var least []byte
	for _, n := range c.neighbours {
		if sum := sha256.Sum256(append(key[:], n.subject...)); least == nil || bytes.Compare(sum[:], least) < 0 {
			least, hash = sum[:], n.hash
		}
	}
	return hash
}
