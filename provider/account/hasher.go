package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"signet/keys"
)

// PasswordConfig says how passwords are hashed and which new ones are allowed. Zero values mean the defaults.
type PasswordConfig struct {
	// Memory is in KiB, default 19456; Time is the number of passes, default 2; Threads default 1. (RFC 9106; the values
	// are OWASP's.)
	Memory, Time uint32
	Threads      uint8
	// Parallel is how many hashes are computed at once, default GOMAXPROCS.
	Parallel int
	// Queue is how many more may wait, default 32; Wait for how long, default 2 s. Beyond either it is ErrBusy.
	Queue int
	Wait  time.Duration
	// MinLength of a new password is in characters, default 8.
	MinLength int
}

func (c PasswordConfig) withDefaults() PasswordConfig {
	return PasswordConfig{
		Memory: orDefault(c.Memory, 19456), Time: orDefault(c.Time, 2), Threads: orDefault(c.Threads, 1),
		Parallel: orDefault(c.Parallel, runtime.GOMAXPROCS(0)), Queue: orDefault(c.Queue, 32),
		Wait: orDefault(c.Wait, 2*time.Second), MinLength: orDefault(c.MinLength, 8),
	}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (c PasswordConfig) check() error {
	switch {
	case !c.cost().good():
		return fmt.Errorf("account: argon2id: memory %d KiB, time %d, threads %d: allowed are at most %d KiB (and 8 a thread), %d, %d",
			c.Memory, c.Time, c.Threads, maxMemory, maxTime, maxThreads)
	case c.Parallel < 0 || c.Queue < 0 || c.Wait < 0:
		return fmt.Errorf("account: hashing: parallel %d, queue %d, wait %s: must not be negative", c.Parallel, c.Queue, c.Wait)
	case c.MinLength < 1 || c.MinLength > maxPassword:
		return fmt.Errorf("account: shortest password %d: allowed are 1 to %d", c.MinLength, maxPassword)
	}
	return nil
}

func (c PasswordConfig) cost() cost { return cost{memory: c.Memory, time: c.Time, threads: c.Threads} }

// hasher computes password hashes, so many at once and no more: each takes a core and much memory.
type hasher struct {
	cost    cost
	rand    io.Reader
	slots   chan struct{}
	queue   int64
	wait    time.Duration
	waiting atomic.Int64
	runs    atomic.Uint64
	// decoy is verified for whoever has no password, so that it takes as long. Nothing equals its key but by chance, and
	// what it says is not listened to.
	decoy hash
	// derive is argon2.IDKey.
	derive func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte
}

func newHasher(c PasswordConfig, rand io.Reader) (*hasher, error) {
	h := &hasher{cost: c.cost(), rand: rand, slots: make(chan struct{}, c.Parallel), queue: int64(c.Queue), wait: c.Wait,
		derive: argon2.IDKey}
	salt, err := h.salt()
	h.decoy = hash{cost: h.cost, salt: salt, key: make([]byte, keySize)}
	return h, err
}

func (h *hasher) salt() ([]byte, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return nil, fmt.Errorf("account: salt: %w", err)
	}
	return salt, nil
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (keys.Secret, error) {
	salt, err := h.salt()
	if err != nil {
		return "", err
	}
	made := hash{cost: h.cost, salt: salt, key: make([]byte, keySize)}
	made.key, err = h.run(ctx, password, made)
	return keys.Secret(made.String()), err
}

// verify tells whether a password is the one of a stored hash. It computes exactly one hash, whatever is stored; usable
// says whether what is stored is a hash at all.
func (h *hasher) verify(ctx context.Context, stored keys.Secret, password string) (right, usable bool, err error) {
	known, usable := parseHash(stored.Reveal())
	if old, foreign := foreignHash(stored); !usable && foreign {
		right, err = h.verifyForeign(ctx, old, password)
		return right, true, err
	}
	if !usable {
		known = h.decoy
	}
	key, err := h.run(ctx, password, known)
	if err != nil {
		return false, usable, err
	}
	right = subtle.ConstantTimeCompare(key, known.key) == 1 && usable
	return right, usable, nil
}

// outdated tells whether a stored hash was made with other parameters than today's, or by another program.
func (h *hasher) outdated(stored keys.Secret) bool {
	known, ok := parseHash(stored.Reveal())
	if !ok {
		_, foreign := foreignHash(stored)
		return foreign
	}
	return (known.cost != h.cost || len(known.salt) < saltSize || len(known.key) != keySize)
}

func (h *hasher) run(ctx context.Context, password string, like hash) ([]byte, error) {
	if err := h.acquire(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.slots }()
	h.runs.Add(1)
	return h.derive([]byte(password), like.salt, like.time, like.memory, like.threads, uint32(len(like.key))), nil
}

// acquire takes a slot, after a short and bounded wait.
func (h *hasher) acquire(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.queue {
		h.waiting.Add(-1)
		return ErrBusy
	}
	defer h.waiting.Add(-1)
	timer := time.NewTimer(h.wait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}
