package limit

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"signet/storage"
)

// Config is what New needs.
type Config struct {
	// DB keeps what all nodes know of.
	DB *storage.DB
	// Log is told, once a minute, that records cannot be read or written; nil is nobody.
	Log *slog.Logger
	// Entries bounds how many buckets are in memory, default 100,000.
	Entries int
	// Pause is for how long nothing is written after a batch was; 0 is not at all.
	Pause time.Duration
}

// Keeper keeps the buckets of all limits. Its methods may be called from many goroutines.
type Keeper struct {
	c       Config
	records *storage.Table[bucket]
	// turn is held by who writes.
	turn chan struct{}

	mu      sync.Mutex
	limits  map[string]*Limit
	entries map[use]*entry
	// due are the buckets that are to be written.
	due map[use]bool
	// complained is when the log was told last, in Unix seconds.
	complained int64

	batches, failures atomic.Uint64
}

// Use is one try at one bucket.
type Use struct {
	Limit *Limit
	Key   Key
}

type use = Use

// entry is a bucket in memory.
type entry struct {
	bucket
	// own is the part of the debt that no record knows of; less than nothing if a record says more than is owed.
	own time.Duration
	// read is when a record was looked for, in Unix nanoseconds; 0 is never. stored says that there is one.
	read   int64
	stored bool
	// forgotten says that the record is to be overruled, forgets how often that was said.
	forgotten bool
	forgets   uint32
	// waiting is how many tries wait until they are written, excess what of them was too much.
	waiting int
	excess  time.Duration
	// changes counts what was read and written: what was read before the last of them is old.
	changes uint32
}

// New returns a keeper. Without Run, only what must be written before the next try is.
func New(c Config) *Keeper {
	if c.Entries <= 0 {
		c.Entries = 100_000
	}
	k := &Keeper{c: c, records: storage.NewTable(c.DB, recordKind, recordCodec, nil), turn: make(chan struct{}, 1),
		limits: map[string]*Limit{}, entries: map[use]*entry{}, due: map[use]bool{}}
	k.turn <- struct{}{}
	return k
}

// Limit is the limit of a name and a rate: the same one whenever it is asked for. With another rate, all buckets are full.
func (k *Keeper) Limit(name string, r Rate) *Limit {
	id := name + " " + r.String()
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.limits[id]
	if l == nil {
		l = newLimit(k, name, r)
		k.limits[id] = l
	}
	return l
}

// Names are what is limited, sorted.
func (k *Keeper) Names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for _, l := range k.limits {
		names = append(names, l.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Refused is how many tries this node has refused at the limits of a name since it began.
func (k *Keeper) Refused(name string) (n uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.limits {
		if l.name == name {
			n += l.Refused()
		}
	}
	return n
}

// Entries is how many buckets are in memory.
func (k *Keeper) Entries() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.entries)
}

// Batches is how many batches were written.
func (k *Keeper) Batches() uint64 { return k.batches.Load() }

// Failures is how often records could not be read or written.
func (k *Keeper) Failures() uint64 { return k.failures.Load() }

func (k *Keeper) now() int64 { return k.c.DB.Now().UnixNano() }

// look returns a bucket as it is now, or nil if there is none in memory. The lock is held.
func (k *Keeper) look(u use, now int64) *entry {
	e := k.entries[u]
	if e != nil {
		e.bucket = e.bucket.look(now)
		e.own = min(e.own, e.debt)
	}
	return e
}

// entry is look, and makes a full bucket if there is none.
func (k *Keeper) entry(u use, now int64) *entry {
	if e := k.look(u, now); e != nil {
		return e
	}
	if len(k.entries) >= k.c.Entries {
		k.evict(now)
	}
	e := &entry{bucket: bucket{at: now}}
	k.entries[u] = e
	u.Limit.held.Add(1)
	return e
}

// drop forgets a bucket that is in memory.
func (k *Keeper) drop(u use) {
	delete(k.entries, u)
	delete(k.due, u)
	u.Limit.held.Add(-1)
}

// evictSample is how many buckets are looked at to make room for one.
const evictSample = 16

// evict drops, of a few buckets, the one that is fullest: nobody gets rid of a delay by making a node forget, as long as there
// are others with less.
func (k *Keeper) evict(now int64) {
	var fullest use
	least, seen := 2.0, 0
	for u := range k.entries {
		e := k.look(u, now)
		share := float64(e.debt) / float64(u.Limit.full)
		if share < least {
			fullest, least = u, share
		}
		if seen++; seen == evictSample {
			break
		}
	}
	k.drop(fullest)
}

// complain tells the log that counts are not shared.
func (k *Keeper) complain(ctx context.Context, err error) {
	k.failures.Add(1)
	now := k.c.DB.Now().Unix()
	k.mu.Lock()
	quiet := k.c.Log == nil || now-k.complained < 60 && now >= k.complained
	if !quiet {
		k.complained = now
	}
	k.mu.Unlock()
	if !quiet {
		k.c.Log.LogAttrs(ctx, slog.LevelWarn, "limits are not shared for now: each node counts for itself", slog.String("err", err.Error()))
	}
}
