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
	"signet/provider/account/weak"
)

// PasswordConfig says how passwords are hashed and which new ones are allowed. Zero values mean the defaults.
type PasswordConfig struct {
	// Memory is in KiB, default 19456; Time is the number of passes, default 2; Threads default 1. (RFC 9106; the values
	// are OWASP's.)
	Memory, Time uint32
	Threads      uint8
	// Parallel is how many hashes are computed at once, default GOMAXPROCS.
	Parallel int
	// Queue is how many more may wait, default 32, of which a quarter are browsers in which the person has signed in before; Wait
	// for how long, default 2 s. Beyond either it is ErrBusy.
	Queue int
	Wait  time.Duration
	// MinLength of a new password is in characters, default 8.
	MinLength int
	// Words are what a new password must not be made of, beside its owner's names.
	Words []string
	// Breached are passwords that must not be chosen; nil is none.
	Breached *weak.List
}

func (c PasswordConfig) withDefaults() PasswordConfig {
	return PasswordConfig{
		Memory: orDefault(c.Memory, 19456), Time: orDefault(c.Time, 2), Threads: orDefault(c.Threads, 1),
		Parallel: orDefault(c.Parallel, runtime.GOMAXPROCS(0)), Queue: orDefault(c.Queue, 32),
		Wait: orDefault(c.Wait, 2*time.Second), MinLength: orDefault(c.MinLength, 8), Words: c.Words, Breached: c.Breached,
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
	// decoy is verified for whoever has no password, if there is no better one. Nothing equals its key but by chance, and what
	// any decoy says is not listened to.
	decoy hash
	// computed is told which hash is computed once more; nil outside tests.
	computed func(stored string)
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
// says whether what is stored is a hash at all. If it is none, the decoy is computed, or if that is none either, one of ours.
func (h *hasher) verify(ctx context.Context, stored, decoy keys.Secret, password string) (right, usable bool, err error) {
	if usable = isHash(stored); !usable {
		stored = decoy
	}
	known, ours := parseHash(stored.Reveal())
	if old, foreign := foreignHash(stored); !ours && foreign {
		right, err = h.verifyForeign(ctx, old, stored, password)
		return right && usable, usable, err
	}
	if !ours {
		known = h.decoy
	}
	key, err := h.run(ctx, password, known)
	if err != nil {
		return false, usable, err
	}
	right = subtle.ConstantTimeCompare(key, known.key) == 1 && usable
	return right, usable, nil
}

// isHash tells whether what is stored verifies a password.
func isHash(stored keys.Secret) bool {
	if _, ours := parseHash(stored.Reveal()); ours {
		return true
	}
	_, foreign := foreignHash(stored)
	return foreign
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
	h.note(like.String)
	return h.derive([]byte(password), like.salt, like.time, like.memory, like.threads, uint32(len(like.key))), nil
}

// note counts a hash that is computed.
func (h *hasher) note(stored func() string) {
	h.runs.Add(1)
	if h.computed != nil {
		h.computed(stored())
	}
}

// reservedShare is which part of the queue is kept for those whom strangers must not keep out.
const reservedShare = 4

type reservedKey struct{}

// reserved lets what is done in a context wait where strangers may not.
func reserved(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservedKey{}, true)
}

// places is how many may wait, he who asks among them.
func (h *hasher) places(ctx context.Context) int64 {
	if ctx.Value(reservedKey{}) != nil {
		return h.queue
	}
	return h.queue - h.queue/reservedShare
}

// acquire takes a slot, after a short and bounded wait.
func (h *hasher) acquire(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.places(ctx) {
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
