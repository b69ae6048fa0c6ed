package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

var schemaKind = &Kind{Name: "schema"}

// schema is the record of what the data have been brought to.
type schema struct {
	// Number is how many migrations are done, Cursor how far the next one is.
	Number int    `json:"number"`
	Cursor string `json:"cursor,omitempty"`
	// Hash is the keyed hash of nothing. With another key, unique values would be free again and what was spent be forgotten,
	// while everything can still be opened.
	Hash []byte `json:"hash,omitempty"`
}

// Migration is one step from a schema to the next. Its place in the list is its number; the list only grows.
type Migration struct {
	// Name says what it does, for the log.
	Name string
	// Step does a bounded part, from a cursor that is empty at first, and returns the next cursor, empty when all is done. It
	// is called again from the last cursor written if the program was killed, and by several nodes at once: doing a part
	// twice must be the same as doing it once.
	Step func(ctx context.Context, db *DB, cursor string) (next string, err error)
}

// Migrate brings the data to the newest schema. New data get its number at once. It may be killed at any point and run by
// many nodes at a time. Data of a newer program are ErrSchema; data sealed or hashed with another master key are ErrDamaged.
func Migrate(ctx context.Context, db *DB, migrations []Migration) error {
	table := NewTable(db, schemaKind, JSON[schema](), nil)
	for {
		done, err := migrateOnce(ctx, db, table, migrations)
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
		if done {
			return nil
		}
	}
}

func migrateOnce(ctx context.Context, db *DB, table *Table[schema], migrations []Migration) (done bool, err error) {
	hash := db.Hash(schemaKind.Name, nil)
	row, err := table.Get(ctx, "schema", 0)
	if errors.Is(err, ErrNotFound) {
		return false, write(ctx, db, func(b *Batch) error {
			return table.Create(b, table.Key("schema", 0), &schema{Number: len(migrations), Hash: hash})
		})
	}
	if err != nil {
		return false, fmt.Errorf("storage: schema: is this the right master key? %w", err)
	}
	at := row.Value
	switch {
	case at.Hash != nil && !bytes.Equal(at.Hash, hash):
		return false, fmt.Errorf("%w: schema: is this the right master key? the part of it that hashes is another", ErrDamaged)
	case at.Number > len(migrations):
		return false, fmt.Errorf("%w: the data have schema %d, this program knows %d", ErrSchema, at.Number, len(migrations))
	case at.Hash == nil: // data from before it was kept
		at.Hash = hash
		return false, write(ctx, db, func(b *Batch) error { return table.Update(b, row, &at) })
	case at.Number == len(migrations):
		return true, nil
	}
	next, err := migrations[at.Number].Step(ctx, db, at.Cursor)
	if err != nil {
		return false, fmt.Errorf("storage: migration %d (%s): %w", at.Number+1, migrations[at.Number].Name, err)
	}
	at.Cursor = next
	if next == "" {
		at.Number++
	}
	return false, write(ctx, db, func(b *Batch) error { return table.Update(b, row, &at) })
}

func write(ctx context.Context, db *DB, fill func(*Batch) error) error {
	var b Batch
	if err := fill(&b); err != nil {
		return err
	}
	return db.Apply(ctx, b)
}
