package keys

import (
	"context"
	"errors"
	"fmt"
)

// lookEvery is how many seconds pass at least between two looks at the storage for the sake of unknown keys: tokens with
// invented ones must cost nothing.
const lookEvery = 1

// Verify verifies a token that this issuer signed and returns header and payload; the claims, expiry among them, are the
// caller's to check. Active and retired keys count, and the next one too: another node's clock may be ahead by a moment. It
// returns an ErrToken.
func (r *Ring) Verify(ctx context.Context, token string, opts VerifyOptions) (Header, []byte, error) {
	u, err := ParseUnverified(token, opts)
	if err != nil {
		return Header{}, nil, err
	}
	err = r.verify(u)
	if errors.Is(err, ErrUnknownKey) && r.lookAgain(ctx) {
		err = r.verify(u)
	}
	if err != nil {
		return Header{}, nil, err
	}
	return u.Header, u.Payload, nil
}

func (r *Ring) verify(u *Unverified) error {
	if u.algorithm == nil {
		return fmt.Errorf("%w: %s takes no public key", ErrToken, u.Header.Algorithm)
	}
	key, ok := r.current().known[u.Header.KeyID]
	switch {
	case !ok:
		return ErrUnknownKey
	case key.Algorithm != u.algorithm.name:
		return fmt.Errorf("%w: algorithm %s, the key has %s", ErrToken, u.algorithm.name, key.Algorithm)
	case !u.algorithm.verify(key.Key, []byte(u.input), u.signature):
		return fmt.Errorf("%w: signature", ErrToken)
	}
	return nil
}

// lookAgain loads the keys if that was not tried just now, and tells whether it did. Another node may have made a key of which
// this one has not heard yet.
func (r *Ring) lookAgain(ctx context.Context) bool {
	now, last := r.now(), r.looked.Load()
	recent := now >= last && now < last+lookEvery
	return !recent && r.looked.CompareAndSwap(last, now) && r.Reload(ctx) == nil
}
