package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"

	"signet/storage"
)

// Line is a line of an export: a record as it was written, or a checkpoint with the key that verifies it. A checkpoint is a JWS whose
// payload is a Statement; its hash is over its records, each with its ID, the length of its bytes in 64 bits and its bytes.
type Line struct {
	ID     string          `json:"id,omitempty"`
	Record json.RawMessage `json:"record,omitempty"`
	// Personal is what the record's veil hides; checkpoints don't cover it.
	Personal *personal       `json:"personal,omitempty"`
	JWS      string          `json:"checkpoint,omitempty"`
	Key      json.RawMessage `json:"key,omitempty"`
	Damaged  string          `json:"damaged,omitempty"`
}

// Export calls do with each record, the oldest first, and then with each checkpoint. What cannot be opened is a line, too.
func (t *Trail) Export(ctx context.Context, do func(Line) error) error {
	err := eachRaw(ctx, t.records, func(row storage.Row[Record], damage error) error {
		line := Line{ID: hex.EncodeToString([]byte(row.ID)), Record: row.Value.raw}
		if damage != nil {
			line.Damaged = "record"
			return do(line)
		}
		r := ofRow(row)
		if err := t.unveil(ctx, &r); err != nil {
			return err
		}
		if p := r.takePersonal(); len(row.Value.Veiled) > 0 && !p.isEmpty() {
			line.Personal = &p
		}
		return do(line)
	})
	if err != nil {
		return err
	}
	return eachRaw(ctx, t.checkpoints, func(row storage.Row[checkpoint], damage error) error {
		if damage != nil {
			return do(Line{ID: hex.EncodeToString([]byte(row.ID)), Damaged: "checkpoint"})
		}
		return do(Line{JWS: row.Value.JWS, Key: row.Value.Key})
	})
}

// eachRaw calls do with each record of a table, or with why it does not open.
func eachRaw[T any](ctx context.Context, table *storage.Table[T], do func(storage.Row[T], error) error) error {
	for after, more := "", true; more; {
		page, err := table.Page(ctx, nil, after, storage.MaxList)
		if err != nil {
			return err
		}
		for _, raw := range page.Records {
			row, err := table.Decode(raw)
			if err != nil && !errors.Is(err, storage.ErrDamaged) {
				return err
			}
			if err := do(row, err); err != nil {
				return err
			}
		}
		after, more = page.Next, page.Next != ""
	}
	return nil
}
