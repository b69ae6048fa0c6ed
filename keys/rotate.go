package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/storage"
)

// attempts is how often a change is tried again after another node was quicker; each round some node gets on.
const attempts = 10

// begin makes the first key of an algorithm, unless another node has. It signs at once: nothing was published before it that
// clients could cache.
func (r *Ring) begin(ctx context.Context, a *algorithm) error {
	if err := r.Reload(ctx); err != nil {
		return err
	}
	if r.current().has(a) {
		return nil
	}
	key, err := r.generate(a)
	if err != nil {
		return err
	}
	return r.change(ctx, a, func(s *schedule, now int64) bool {
		if len(s.Keys) > 0 {
			return false
		}
		s.follow(key, now, now)
		return true
	})
}

// Tick brings the keys of every algorithm to where the schedule has them: it loads them, publishes a next key Lead before
// the signing one's Period ends, and removes those that retired Retain ago. Any node may call it at any time. After a long
// standstill an old key goes on signing until its successor was published for Lead.
func (r *Ring) Tick(ctx context.Context) error {
	if err := r.Reload(ctx); err != nil {
		return err
	}
	var errs []error
	for _, line := range r.current().loaded.lines {
		if err := r.advance(ctx, line.algorithm, line.schedule); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// advance looks at a copy first, so that keys are made before, and not within, the change that may need one.
func (r *Ring) advance(ctx context.Context, a *algorithm, seen schedule) error {
	now, c := r.now(), &r.config
	due := seen.due(now, c)
	if !due && !seen.prune(now, c.Retain) {
		return nil
	}
	var key storedKey
	if due {
		var err error
		if key, err = r.generate(a); err != nil {
			return err
		}
	}
	return r.change(ctx, a, func(s *schedule, now int64) bool {
		changed := s.prune(now, c.Retain)
		if due && s.due(now, c) {
			ends := s.Keys[s.signing(now)].Active + seconds(c.Period)
			s.follow(key, now, max(ends, now+seconds(c.Lead)))
			changed = true
		}
		return changed
	})
}

// Rotate begins the use of another key for an algorithm, outside the schedule, and returns that key.
//
// With now a fresh key signs at once, for the day on which the old one is no longer trusted: clients that cache the JWKS must
// fetch it again, and other nodes follow within two seconds. Without it the next key, made if there is none, signs as soon as
// it was published for Lead. A key to encrypt with replaces another in the JWKS; the old one still opens what comes.
func (r *Ring) Rotate(ctx context.Context, algorithm string, now bool) (Info, error) {
	a, err := rowByName(algorithm)
	if err != nil {
		return Info{}, err
	}
	key, err := r.generate(a)
	if err != nil {
		return Info{}, err
	}
	id := key.ID
	err = r.change(ctx, a, func(s *schedule, at int64) bool {
		lead := seconds(r.config.Lead)
		next := s.next(at)
		switch {
		case now || len(s.Keys) == 0:
			s.follow(key, at, at)
		case next < 0:
			s.follow(key, at, at+lead)
		default:
			n := &s.Keys[next]
			id, n.Active = n.ID, min(n.Active, max(at, n.Created+lead))
		}
		return true
	})
	if err != nil {
		return Info{}, err
	}
	return r.info(id)
}

// Withdraw removes a key that does not sign from the JWKS at once: what it signed is refused from now on, here and, once
// clients have fetched the JWKS again, everywhere; what was encrypted with it does not open any more. It returns an ErrSigning
// for the key in use (rotate first), and storage.ErrNotFound.
func (r *Ring) Withdraw(ctx context.Context, keyID string) error {
	if err := r.Reload(ctx); err != nil {
		return err
	}
	for _, line := range r.current().loaded.lines {
		for _, k := range line.schedule.Keys {
			if k.ID == keyID {
				return r.withdraw(ctx, line.algorithm, keyID)
			}
		}
	}
	return fmt.Errorf("%w: key %.80q", storage.ErrNotFound, keyID)
}

// ErrSigning says that a key cannot be withdrawn because it is the one that signs, or that others encrypt with.
var ErrSigning = errors.New("keys: the key is in use")

func (r *Ring) withdraw(ctx context.Context, a *algorithm, keyID string) error {
	var refused error
	err := r.change(ctx, a, func(s *schedule, now int64) bool {
		refused = nil
		for i, k := range s.Keys {
			if k.ID != keyID {
				continue
			}
			if i == s.signing(now) {
				refused = fmt.Errorf("%w: %s", ErrSigning, keyID)
				return false
			}
			s.Keys = append(s.Keys[:i], s.Keys[i+1:]...)
			return true
		}
		return false
	})
	return errors.Join(err, refused)
}

// generate makes a key while nothing is locked and no batch waits: an RSA key takes a tenth of a second.
func (r *Ring) generate(a *algorithm) (storedKey, error) {
	private, err := a.generate(r.config.Rand)
	if err != nil {
		return storedKey{}, fmt.Errorf("keys: generate %s key: %w", a.name, err)
	}
	return newStoredKey(a, private)
}

// change applies edit to the stored schedule of an algorithm, again if another node changed it in between, and loads the
// result. edit returns false if there is nothing to do; it may run several times.
func (r *Ring) change(ctx context.Context, a *algorithm, edit func(s *schedule, now int64) bool) error {
	err := storage.ErrConflict
	for range attempts {
		if err = r.tryChange(ctx, a, edit); !errors.Is(err, storage.ErrConflict) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("keys: change %s: %w", a.name, err)
	}
	return r.Reload(ctx)
}

func (r *Ring) tryChange(ctx context.Context, a *algorithm, edit func(s *schedule, now int64) bool) error {
	row, err := r.table.Get(ctx, a.name, 0)
	absent := errors.Is(err, storage.ErrNotFound)
	if err != nil && !absent {
		return err
	}
	before, now := len(row.Value.Keys), r.now()
	if !edit(&row.Value, now) {
		return nil
	}
	var b storage.Batch
	if absent {
		err = r.table.Create(&b, r.table.Key(a.name, 0), &row.Value)
	} else {
		err = r.table.Update(&b, row, &row.Value)
	}
	if err != nil {
		return err
	}
	if r.config.Changed != nil {
		if err := r.config.Changed(ctx, &b, a.name, row.Value.Keys[len(row.Value.Keys)-1].ID); err != nil {
			return err
		}
	}
	if err := r.config.DB.Apply(ctx, b); err != nil {
		return err
	}
	r.report(a, &row.Value, before)
	return nil
}

func (r *Ring) report(a *algorithm, s *schedule, before int) {
	last := s.Keys[len(s.Keys)-1]
	r.config.Log.Info("keys changed", "alg", a.name, "keys", len(s.Keys), "before", before,
		"newest", last.ID, "active", time.Unix(last.Active, 0).UTC())
}
