package keys

import (
	"context"
	"fmt"
	"math"
	"time"

	"signet/storage"
)

// State is where a key stands in its life.
type State string

// A key is published as next, signs while active, and is still published, for verification, while retired. One to encrypt with
// is published while active alone, and opens what comes in every state.
const (
	Next    State = "next"
	Active  State = "active"
	Retired State = "retired"
)

// Info describes a key without its private part. Times are in UTC; those that are not settled yet are zero.
type Info struct {
	KeyID     string `json:"kid"`
	Algorithm string `json:"alg"`
	// Use is "sig", or "enc" for a key with which others encrypt.
	Use   string `json:"use"`
	State State  `json:"state"`
	// Created is when the key was made, Active from when it signs or others encrypt with it, Retired when that stops, Gone when
	// it is removed.
	Created time.Time `json:"created"`
	Active  time.Time `json:"active"`
	Retired time.Time `json:"retired,omitzero"`
	Gone    time.Time `json:"gone,omitzero"`
}

// List returns all keys as the storage has them, in the order of the table of algorithms, then of their time.
func (r *Ring) List(ctx context.Context) ([]Info, error) {
	if err := r.Reload(ctx); err != nil {
		return nil, err
	}
	return r.infos(), nil
}

func (r *Ring) infos() []Info {
	now := r.now()
	var out []Info
	for _, line := range r.current().loaded.lines {
		for i := range line.schedule.Keys {
			out = append(out, line.info(i, now, r.config.Retain))
		}
	}
	return out
}

func (l *line) info(i int, now int64, retain time.Duration) Info {
	k, state := l.schedule.Keys[i], Active
	switch current := l.schedule.signing(now); {
	case i > current:
		state = Next
	case i < current:
		state = Retired
	}
	return Info{
		KeyID: k.ID, Algorithm: l.algorithm.name, Use: l.algorithm.use(), State: state,
		Created: moment(k.Created), Active: moment(k.Active),
		Retired: moment(l.schedule.retired(i)), Gone: moment(l.schedule.gone(i, retain)),
	}
}

func (r *Ring) info(keyID string) (Info, error) {
	for _, info := range r.infos() {
		if info.KeyID == keyID {
			return info, nil
		}
	}
	return Info{}, fmt.Errorf("%w: key %s", storage.ErrNotFound, keyID)
}

func moment(unix int64) time.Time {
	if unix == math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}
