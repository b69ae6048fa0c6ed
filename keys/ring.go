package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"signet/storage"
)

// Config is what a Ring is made of.
type Config struct {
	// DB keeps the keys; its clock is the Ring's.
	DB *storage.DB
	// Rand makes keys and signatures.
	Rand io.Reader
	// Log hears of keys made and switched. It never hears a key.
	Log *slog.Logger
	// Lead is how long a key is published before it signs, 24 hours if 0. It must not be shorter than clients may cache the
	// JWKS. Every node must have the same Lead, Period and Retain.
	Lead time.Duration
	// Period is how long a key signs, 90 days if 0.
	Period time.Duration
	// Retain is how long a key is published after it signed last, 100 days if 0. It must not be shorter than the longest life
	// of a signed token.
	Retain time.Duration
	// Every is how often Run looks at the storage besides hearing of changes, one minute if 0.
	Every time.Duration
	// Changed may append to the batch that changes the keys of an algorithm, of which the newest is given; it may be nil.
	Changed func(ctx context.Context, b *storage.Batch, algorithm, newest string) error
}

// ErrSealedKeys says that the stored keys cannot be opened: another master key file belongs to the data, or they were changed.
var ErrSealedKeys = errors.New("keys: the stored signing keys do not open: either another master key file belongs to these data, or they were changed")

func (c *Config) check() error {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&c.Lead, 24 * time.Hour}, {&c.Period, 90 * 24 * time.Hour}, {&c.Retain, 100 * 24 * time.Hour}, {&c.Every, time.Minute}} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	switch {
	case c.DB == nil || c.Rand == nil || c.Log == nil:
		return errors.New("keys: config: DB, Rand and Log are needed")
	case c.Lead < 0 || c.Retain < 0 || c.Every < 0 || c.Period <= c.Lead:
		return fmt.Errorf("keys: config: lead %s, period %s, retain %s: the period must be longer than the lead, none negative", c.Lead, c.Period, c.Retain)
	}
	return nil
}

// Ring is the issuer's signing keys. Its methods may be called at once from many goroutines; Signer, JWKS and Verify take no
// lock and touch no storage, so they go on when the storage does not.
type Ring struct {
	config  Config
	table   *storage.Table[schedule]
	state   atomic.Pointer[snapshot]
	loading sync.Mutex
	making  flight
	// looked is when an unknown key last made the Ring look at the storage, in Unix seconds.
	looked atomic.Int64
	// signed counts signatures by algorithm; the map itself does not change.
	signed map[string]*atomic.Int64
}

// Open loads the keys, and makes those that are there from the first start on: RS256 and ES256 to sign, RSA-OAEP-256 and
// ECDH-ES for others to encrypt with. It returns an
// ErrSealedKeys (also storage.ErrDamaged) if another master key sealed them, and what the storage returns. Call Run to keep
// the keys rotating.
func Open(ctx context.Context, c Config) (*Ring, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &Ring{config: c, signed: newCounts(), table: storage.NewTable(c.DB, kind, storage.JSON[schedule](), nil)}
	if err := r.Reload(ctx); err != nil {
		return nil, err
	}
	first := slices.Clone(decryption)
	for _, name := range initial {
		a, err := algorithmByName(name)
		if err != nil {
			return nil, err
		}
		first = append(first, a)
	}
	errs := make([]error, len(first))
	var wg sync.WaitGroup
	for i, a := range first {
		wg.Go(func() { errs[i] = r.ensure(ctx, a) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Ring) now() int64 { return r.config.DB.Now().Unix() }

// current is the state at this moment. When the loaded keys change their states, it is worked out anew; it does not matter
// whose result stays.
func (r *Ring) current() *snapshot {
	now, s := r.now(), r.state.Load()
	if s.covers(now) {
		return s
	}
	fresh := newSnapshot(s.loaded, now, r.config.Retain)
	r.state.CompareAndSwap(s, fresh)
	return fresh
}

// Signer returns the key that signs now with an algorithm. If the algorithm has none yet, one is made, on whichever node comes
// first. It returns an ErrAlgorithm for an unknown name, and what the storage returns.
func (r *Ring) Signer(ctx context.Context, algorithm string) (*Signer, error) {
	if s, ok := r.current().signing[algorithm]; ok {
		return s, nil
	}
	a, err := algorithmByName(algorithm)
	if err != nil {
		return nil, err
	}
	if err := r.ensure(ctx, a); err != nil {
		return nil, err
	}
	if s, ok := r.current().signing[algorithm]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("keys: no %s key came to be", a.name)
}

// ensure sees that an algorithm has a key.
func (r *Ring) ensure(ctx context.Context, a *algorithm) error {
	if r.current().has(a) {
		return nil
	}
	return r.making.do(ctx, a.name, func(ctx context.Context) error { return r.begin(ctx, a) })
}

// JWKS is the document with all public keys that sign, will sign, or signed what may still be alive. Those that sign come
// first within their algorithm. The keys to encrypt with come last.
func (r *Ring) JWKS() *Document { return r.current().document }

// Reload reads the keys from the storage. Run does so when it hears of a change.
func (r *Ring) Reload(ctx context.Context) error {
	r.loading.Lock()
	defer r.loading.Unlock()
	ids := make([]storage.Key, len(rows))
	for i, a := range rows {
		ids[i] = r.table.Key(a.name, 0)
	}
	records, err := r.config.DB.Get(ctx, ids...)
	if err != nil {
		return fmt.Errorf("keys: load: %w", err)
	}
	l := &loaded{}
	for i, record := range records {
		line, err := r.decode(rows[i], record)
		if err != nil {
			return err
		}
		if len(line.keys) > 0 {
			l.lines = append(l.lines, line)
		}
	}
	r.state.Store(newSnapshot(l, r.now(), r.config.Retain))
	return nil
}

// decode opens a record. Keys that are known already are kept, since reading a private key takes a while.
func (r *Ring) decode(a *algorithm, record storage.Record) (line, error) {
	row, err := r.table.Decode(record)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return line{algorithm: a}, nil
	case errors.Is(err, ErrSeal):
		return line{}, fmt.Errorf("%w: %w", ErrSealedKeys, err)
	case err != nil:
		return line{}, fmt.Errorf("keys: load: %w", err)
	}
	l := line{algorithm: a, schedule: row.Value}
	for i, k := range l.schedule.Keys {
		key, err := r.ringKey(a, k)
		if err != nil {
			return line{}, fmt.Errorf("%w: %s key %s: %w", storage.ErrDamaged, a.name, k.ID, err)
		}
		l.keys = append(l.keys, key)
		l.schedule.Keys[i].Private = nil
	}
	return l, nil
}

func (r *Ring) ringKey(a *algorithm, k storedKey) (ringKey, error) {
	if key := r.loadedKey(a, k.ID); key != nil {
		return key, nil
	}
	key, err := r.newRingKey(a, k.Private)
	if err != nil {
		return nil, err
	}
	if id := key.Public().ID; id != k.ID {
		return nil, fmt.Errorf("it is the key %s", id)
	}
	return key, nil
}

func (r *Ring) loadedKey(a *algorithm, id string) ringKey {
	s := r.state.Load()
	if s == nil {
		return nil
	}
	for _, line := range s.loaded.lines {
		for i, key := range line.keys {
			if line.algorithm == a && line.schedule.Keys[i].ID == id {
				return key
			}
		}
	}
	return nil
}
