package postgres

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"signet/storage"
)

// A lockspace makes the numbers of advisory locks, which belong to a whole database, from a schema and what is locked in
// it. Nodes of different versions must make the same numbers.
type lockspace struct{ schema string }

func newLockspace(schema string) lockspace { return lockspace{schema} }

// everything is the lock that each batch holds for share, and that is held alone to move the high-water time.
func (l lockspace) everything() int64 { return l.number("everything", "", 0, "") }

// migration is held by the node that creates or migrates the tables.
func (l lockspace) migration() int64 { return l.number("migration", "", 0, "") }

func (l lockspace) record(k storage.Key) int64 {
	if !k.Kind.Passing {
		return l.number("lasting", k.Kind.Name, 0, k.ID)
	}
	return l.number("passing", k.Kind.Name, k.Expires, k.ID)
}

func (l lockspace) number(class, kind string, expires int64, id string) int64 {
	h := fnv.New64a()
	for _, part := range []string{l.schema, class, kind} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(expires)))
	h.Write([]byte(id))
	return int64(h.Sum64())
}

// manyKeys is how many keys a batch may lock one by one. A server has room for some thousands of locks in all.
const manyKeys = 64

// lock is one advisory lock, held alone or for share.
type lock struct {
	key   int64
	alone bool
}

// locks returns what a batch locks, in the order in which all batches lock: the lock on everything, then one for each key
// that it asks about or may write.
func (l lockspace) locks(b storage.Batch) []lock {
	locks := make([]lock, 0, 1+len(b.If)+len(b.Then)+len(b.Else))
	for _, arm := range [][]storage.Write{b.Then, b.Else} {
		for _, w := range arm {
			locks = append(locks, lock{key: l.record(w.Key), alone: true})
		}
	}
	for _, c := range b.If {
		locks = append(locks, lock{key: l.record(c.Key)})
	}
	slices.SortFunc(locks, compareLocks)
	locks = slices.CompactFunc(locks, func(a, b lock) bool { return a.key == b.key })
	if len(locks) > manyKeys {
		return []lock{{key: l.everything(), alone: true}}
	}
	return slices.Insert(locks, 0, lock{key: l.everything()})
}

// compareLocks puts the stronger of two locks on one key first, which is the one to keep.
func compareLocks(a, b lock) int {
	if c := cmp.Compare(a.key, b.key); c != 0 || a.alone == b.alone {
		return c
	}
	if a.alone {
		return -1
	}
	return 1
}
