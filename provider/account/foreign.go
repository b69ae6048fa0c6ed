package account

import (
	"context"
	"errors"

	"signet/keys"
	"signet/provider/account/oldhash"
)

// foreignHash reads a hash that another program made. Whoever has one signs in with it once, and then has one of ours.
func foreignHash(stored keys.Secret) (oldhash.Hash, bool) {
	old, err := oldhash.Parse(stored.Reveal())
	return old, err == nil
}

// verifyForeign computes one hash of another program, in the same queue as ours. One that costs nothing is computed beside
// ours, or the quick answer would tell who came from a directory.
func (h *hasher) verifyForeign(ctx context.Context, old oldhash.Hash, stored keys.Secret, password string) (bool, error) {
	if old.Quick {
		if _, err := h.run(ctx, password, h.decoy); err != nil {
			return false, err
		}
		return old.Matches(password), nil
	}
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	h.note(stored.Reveal)
	return old.Matches(password), nil
}

// accepts tells whether a hash may become somebody's: one of ours that costs no more than those made today, or one of any
// format within the bounds of package oldhash.
func (h *hasher) accepts(offered keys.Secret) error {
	if known, ok := parseHash(offered.Reveal()); ok && known.within(h.cost) {
		return nil
	}
	_, err := oldhash.Parse(offered.Reveal())
	return err
}

// within tells whether a hash is at most as much work as another.
func (c cost) within(other cost) bool {
	return c.memory <= other.memory && c.time <= other.time && c.threads <= other.threads
}

// settlePassword refuses a hash that cannot be verified, or not at a bearable cost.
func (a *Accounts) settlePassword(before, after *Person) error {
	if after.Password == "" || before != nil && before.Password == after.Password {
		return nil
	}
	err := a.hasher.accepts(after.Password)
	switch {
	case errors.Is(err, oldhash.ErrCost):
		return invalid(ErrInvalidProfile, "password_hash", "[hidden]", "a hash that takes at most about a second and 128 MiB to verify")
	case err != nil:
		return invalid(ErrInvalidProfile, "password_hash", "[hidden]", "argon2, bcrypt, PBKDF2, scrypt or salted SHA, as its program wrote it")
	}
	return nil
}
