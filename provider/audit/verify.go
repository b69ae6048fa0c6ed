package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"signet/keys"
	"signet/storage"
)

// Problem is something that verification found.
type Problem struct {
	// What is one of the Found constants.
	What string `json:"what"`
	// Where is the interval and the record.
	Where string `json:"where"`
}

// What verification finds. The first five are damage: somebody removed or changed what was written.
const (
	// FoundMissing is a record that a checkpoint covers and that is gone, FoundChanged one that is not what was covered.
	FoundMissing = "record missing"
	FoundChanged = "record changed"
	// FoundNoCheckpoint is a checkpoint that is gone though another names it, FoundBadCheckpoint one that is not what was signed.
	FoundNoCheckpoint  = "checkpoint missing"
	FoundBadCheckpoint = "checkpoint changed"
	// FoundOrder is a checkpoint that does not follow the one before it.
	FoundOrder = "checkpoint out of order"
	// FoundUncovered is a record that no checkpoint covers: it was written just before a node was killed, and no node has begun since.
	FoundUncovered = "record not covered"
)

// Damage tells whether a problem is more than an incomplete end.
func (p Problem) Damage() bool { return p.What != FoundUncovered }

// Report is what verification found, so far or altogether.
type Report struct {
	Checkpoints int       `json:"checkpoints"`
	Records     int       `json:"records"`
	Problems    []Problem `json:"problems,omitempty"`
	// Cut says that there are more problems than are listed.
	Cut bool `json:"cut,omitempty"`
	// Heads are the newest checkpoints, to be kept elsewhere: who has them can tell whether the end was cut off.
	Heads []Head `json:"heads,omitempty"`
	// Done says that everything was looked at.
	Done bool `json:"done"`
}

// Head is the newest checkpoint of a chain, with its hash in base64url.
type Head struct {
	Chain  string `json:"chain"`
	Number uint64 `json:"number"`
	Hash   string `json:"hash"`
}

// maxProblems bounds a report.
const maxProblems = 1000

// uncoveredAfter is after how long a record without a checkpoint is a problem: a node that lives has covered it by then.
const uncoveredAfter = 2 * patience

// verification is a run of Verify.
type verification struct {
	t      *Trail
	ring   *keys.Ring
	report Report
	say    func(Report)
	// covered are the records that checkpoints of the present end name, end is that end in Unix seconds.
	covered map[string]bool
	end     int64
	// records goes through all records beside the checkpoints: both are in the order of their ends.
	records cursor
}

// Verify looks at every checkpoint and record there is, and tells say from time to time how far it is. It returns an error only if the
// storage cannot be read; whatever it finds is in the report.
func (t *Trail) Verify(ctx context.Context, ring *keys.Ring, say func(Report)) (Report, error) {
	v := &verification{t: t, ring: ring, say: say, covered: map[string]bool{}, records: cursor{more: true}}
	for after, more := "", true; more; {
		page, err := t.checkpoints.Page(ctx, nil, after, 100)
		if err != nil {
			return v.report, err
		}
		for _, raw := range page.Records {
			if err := v.checkpoint(ctx, raw); err != nil {
				return v.report, err
			}
		}
		after, more = page.Next, page.Next != ""
		v.say(v.report)
	}
	if err := v.uncovered(ctx, 1<<62); err != nil {
		return v.report, err
	}
	err := v.heads(ctx)
	v.report.Done = err == nil
	return v.report, err
}

func (v *verification) found(what, format string, args ...any) {
	if len(v.report.Problems) >= maxProblems {
		v.report.Cut = true
		return
	}
	v.report.Problems = append(v.report.Problems, Problem{What: what, Where: fmt.Sprintf(format, args...)})
}

// over tells whether what ends then has ended by now, and may be gone.
func (v *verification) over(expires int64) bool { return expires <= v.t.db.Now().Unix() }

func (v *verification) checkpoint(ctx context.Context, raw storage.Record) error {
	if raw.Expires != v.end {
		if err := v.uncovered(ctx, raw.Expires); err != nil {
			return err
		}
		clear(v.covered)
		v.end = raw.Expires
	}
	v.report.Checkpoints++
	said, _, problem := v.open(ctx, raw)
	if problem != nil {
		v.found(FoundBadCheckpoint, "the checkpoint made at %s: %v", stamp(timeOf(raw.ID)), problem)
		return nil
	}
	for _, id := range said.ids() {
		v.covered[id] = true
	}
	if err := v.content(ctx, said); err != nil {
		return err
	}
	return v.predecessor(ctx, said)
}

// open reads a checkpoint: its seal, its signature, whose key it is, and that it stands where it says.
func (v *verification) open(ctx context.Context, raw storage.Record) (*Statement, *checkpoint, error) {
	row, err := v.t.checkpoints.Decode(raw)
	if err != nil {
		return nil, nil, err
	}
	said, _, err := row.Value.read()
	if err != nil {
		return nil, nil, err
	}
	// A key that is still in the ring must be the one there; one that has left it is vouched for by the seal of the record.
	opts := keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{TypeCheckpoint}, MaxBytes: maxCheckpoint}
	if _, _, err := v.ring.Verify(ctx, row.Value.JWS, opts); err != nil && !errors.Is(err, keys.ErrUnknownKey) {
		return nil, nil, err
	}
	if said.Expires != raw.Expires {
		return nil, nil, fmt.Errorf("it ends at %d, its record at %d", said.Expires, raw.Expires)
	}
	return said, &row.Value, nil
}

// content compares the records with what was covered.
func (v *verification) content(ctx context.Context, said *Statement) error {
	var want []storage.Key
	for _, id := range said.ids() {
		want = append(want, v.t.records.Key(id, said.Expires))
	}
	stored, err := v.t.db.Get(ctx, want...)
	if err != nil || v.over(said.Expires) {
		return err
	}
	var records []Record
	whole := true
	for i, raw := range stored {
		v.report.Records++
		row, err := v.t.records.Decode(raw)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			v.found(FoundMissing, "%s: the record %x of %s", said.interval(), want[i].ID, stamp(timeOf(want[i].ID)))
			whole = false
		case err != nil:
			v.found(FoundChanged, "%s: the record %x of %s does not open", said.interval(), want[i].ID, stamp(timeOf(want[i].ID)))
			whole = false
		default:
			records = append(records, ofRow(row))
		}
	}
	if whole && !bytes.Equal(hashRecords(records), said.Hash) {
		v.found(FoundChanged, "%s: one of its %d records", said.interval(), said.Count)
	}
	return nil
}

// predecessor looks for the checkpoint that one names as the one before it.
func (v *verification) predecessor(ctx context.Context, said *Statement) error {
	before := said.Previous
	if before == nil {
		if said.Number != 1 {
			v.found(FoundOrder, "%s: it names none before it", said.interval())
		}
		return nil
	}
	return v.named(ctx, before, said.Number-1, said.Chain, "named by "+said.interval())
}

// named looks for a checkpoint that another record names.
func (v *verification) named(ctx context.Context, l *link, number uint64, chain, by string) error {
	recs, err := v.t.db.Get(ctx, v.t.checkpoints.Key(string(l.ID), l.Expires))
	if err != nil || v.over(l.Expires) {
		return err
	}
	if !recs[0].Present() {
		v.found(FoundNoCheckpoint, "checkpoint %d of chain %s, made at %s, %s", number, chain, stamp(timeOf(string(l.ID))), by)
		return nil
	}
	said, c, problem := v.open(ctx, recs[0])
	switch {
	case problem != nil: // it is found where it stands
	case said.Number != number || said.Chain != chain || !bytes.Equal(hashText(c.JWS), l.Hash):
		v.found(FoundOrder, "checkpoint %d of chain %s, where checkpoint %d of chain %s is %s", said.Number, said.Chain, number, chain, by)
	}
	return nil
}

// heads compares the ends of the chains with what they should be.
func (v *verification) heads(ctx context.Context) error {
	for after, more := "", true; more; {
		page, err := v.t.heads.Page(ctx, nil, after, storage.MaxList)
		if err != nil {
			return err
		}
		for _, raw := range page.Records {
			row, err := v.t.heads.Decode(raw)
			if err != nil {
				v.found(FoundBadCheckpoint, "the end of chain %s: %v", raw.ID, err)
				continue
			}
			h := row.Value
			if err := v.named(ctx, &h.Last, h.Number, row.ID, "the end of the chain"); err != nil {
				return err
			}
			v.report.Heads = append(v.report.Heads, Head{Chain: row.ID, Number: h.Number, Hash: b64.EncodeToString(h.Last.Hash)})
		}
		after, more = page.Next, page.Next != ""
	}
	return nil
}

// cursor goes through all records in their order, with the next one in sight.
type cursor struct {
	page  []storage.Record
	after string
	more  bool
}

// uncovered goes on to the records that end at end or later, and reports those on the way that no checkpoint has named.
func (v *verification) uncovered(ctx context.Context, end int64) error {
	young := v.t.db.Now().Add(-uncoveredAfter)
	for {
		if len(v.records.page) == 0 {
			if !v.records.more {
				return nil
			}
			page, err := v.t.records.Page(ctx, nil, v.records.after, storage.MaxList)
			if err != nil {
				return err
			}
			v.records = cursor{page: page.Records, after: page.Next, more: page.Next != ""}
			continue
		}
		next := v.records.page[0]
		if next.Expires >= end {
			return nil
		}
		v.records.page = v.records.page[1:]
		if at := timeOf(next.ID); !(next.Expires == v.end && v.covered[next.ID]) && at.Before(young) && !v.over(next.Expires) {
			v.report.Records++
			v.found(FoundUncovered, "the record %x of %s", next.ID, at.Format(time.RFC3339))
		}
	}
}
