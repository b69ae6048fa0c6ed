package limit

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"signet/storage"
)

// recordKind holds what is owed; its id is a keyed hash of limit and key.
var recordKind = &storage.Kind{Name: "limit", Passing: true}

// recordForm begins every record; a later one has another number.
const recordForm = 1

var errRecord = errors.New("limit: record of another form")

var recordCodec = storage.Codec[bucket]{
	Marshal: func(b *bucket) ([]byte, error) {
		out := binary.AppendVarint([]byte{recordForm}, int64(b.debt))
		return binary.AppendVarint(out, b.at), nil
	},
	Unmarshal: func(data []byte, b *bucket) error {
		if len(data) == 0 || data[0] != recordForm {
			return errRecord
		}
		debt, n := binary.Varint(data[1:])
		if n <= 0 || debt < 0 {
			return errRecord
		}
		at, m := binary.Varint(data[1+n:])
		if m <= 0 || 1+n+m != len(data) {
			return errRecord
		}
		b.debt, b.at = time.Duration(debt), at
		return nil
	},
}

// recordKeys are those under which a bucket can be: a record is written until its window of time is over, and lives as long again.
// What is owed is paid by then, as no window is shorter than it takes to fill a bucket; so nobody has to know more than the time.
func (k *Keeper) recordKeys(u use) (present, former storage.Key) {
	id := string(k.c.DB.Hash("limit", append([]byte(u.Limit.name+"\x00"+u.Limit.rate.String()+"\x00"), u.Key[:]...))[:16])
	begun := k.c.DB.Now().Unix() / u.Limit.window * u.Limit.window
	return k.records.Key(id, begun+2*u.Limit.window), k.records.Key(id, begun+u.Limit.window)
}

// found is the row to write next, which holds what is owed; known says that a record says so.
type found struct {
	storage.Row[bucket]
	known bool
}

// fetch reads the records of buckets.
func (k *Keeper) fetch(ctx context.Context, uses []use) ([]found, error) {
	keys := make([]storage.Key, 0, 2*len(uses))
	for _, u := range uses {
		present, former := k.recordKeys(u)
		keys = append(keys, present, former)
	}
	records, err := k.c.DB.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	rows := make([]found, len(uses))
	for i := range uses {
		rows[i].Row = storage.Row[bucket]{Key: keys[2*i], Version: records[2*i].Version}
		for _, record := range records[2*i : 2*i+2] {
			if row, err := k.records.Decode(record); err == nil { // what cannot be read owes nothing, and is written over
				rows[i].Value, rows[i].known = row.Value, true
				break
			}
		}
	}
	return rows, nil
}

// read takes over what records say.
func (k *Keeper) read(ctx context.Context, uses []use) {
	seen := make([]uint32, len(uses))
	k.mu.Lock()
	for i, u := range uses {
		if e := k.entries[u]; e != nil {
			seen[i] = e.changes
		}
	}
	k.mu.Unlock()
	rows, err := k.fetch(ctx, uses)
	if err != nil {
		k.complain(ctx, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	for i, u := range uses {
		e := k.entry(u, now)
		if e.changes != seen[i] || k.due[u] { // there is, or will be, later news
			continue
		}
		e.read = now // and if it could not be read, it is not asked again with every try
		if err == nil && rows[i].known {
			owed := rows[i].Value.look(now)
			e.debt, e.stored = max(owed.debt+e.own, 0), owed.debt > 0
			e.changes++
		}
	}
}
