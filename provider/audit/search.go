package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"signet/storage"
)

// Query asks for records. Empty fields ask for everything.
type Query struct {
	Subject, ClientID, Kind string
	// Since and Until bound the time: from Since on, before Until. A zero Since is the beginning of the retention, a zero Until now.
	Since, Until time.Time
}

// index chooses the narrowest index for a query.
func (q Query) index() (name, value string) {
	switch {
	case q.Subject != "":
		return indexSubject, q.Subject
	case q.ClientID != "":
		return indexClient, q.ClientID
	case q.Kind != "":
		return indexKind, q.Kind
	}
	return indexHour, ""
}

func (q Query) matches(r *Record) bool {
	return (q.Subject == "" || r.Subject == q.Subject) && (q.ClientID == "" || r.ClientID == q.ClientID) && (q.Kind == "" || r.Kind == q.Kind) &&
		!r.Time.Before(q.Since) && (q.Until.IsZero() || r.Time.Before(q.Until))
}

// Check returns an error that says what a query may ask for.
func (q Query) Check() error {
	if _, ok := byName[q.Kind]; q.Kind != "" && !ok {
		return fmt.Errorf("audit: kind %q, allowed are those of the table", q.Kind)
	}
	return nil
}

// spanStart is the beginning of the span of time of an index that a time lies in, and spanNext that of the one after.
func spanStart(index string, at time.Time) time.Time {
	at = at.UTC()
	switch index {
	case indexHour:
		return at.Truncate(time.Hour)
	case indexKind:
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	}
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func spanNext(index string, start time.Time) time.Time {
	switch index {
	case indexHour:
		return start.Add(time.Hour)
	case indexKind:
		return start.AddDate(0, 0, 1)
	}
	return start.AddDate(0, 1, 0)
}

// Each calls do with each record that a query asks for, the oldest first, until it returns an error.
func (t *Trail) Each(ctx context.Context, q Query, do func(Record) error) error {
	now := t.db.Now()
	if oldest := now.Add(-time.Duration(t.retain.Load()) - time.Hour); q.Since.Before(oldest) {
		q.Since = oldest
	}
	until := q.Until
	if until.IsZero() || until.After(now) {
		until = now.Add(time.Second)
	}
	index, value := q.index()
	for at := spanStart(index, q.Since); at.Before(until); at = spanNext(index, at) {
		err := t.eachTerm(ctx, termOf(index, value, at), func(r Record) error {
			if !q.matches(&r) {
				return nil
			}
			return do(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachTerm calls do with each record that a term finds.
func (t *Trail) eachTerm(ctx context.Context, term storage.Term, do func(Record) error) error {
	for after, more := "", true; more; {
		rows, next, err := t.records.List(ctx, &term, after, storage.MaxList)
		if err != nil {
			return err
		}
		for _, row := range rows {
			r := ofRow(row)
			if err := t.unveil(ctx, &r); err != nil {
				return err
			}
			if err := do(r); err != nil {
				return err
			}
		}
		after, more = next, next != ""
	}
	return nil
}

// Last returns the newest records that a query asks for, at most limit of them, the newest last. It looks back until it has
// found so many, or to the beginning.
func (t *Trail) Last(ctx context.Context, q Query, limit int) ([]Record, error) {
	index, value := q.index()
	now := t.db.Now()
	if q.Until.IsZero() || q.Until.After(now) {
		q.Until = now.Add(time.Second)
	}
	oldest := now.Add(-time.Duration(t.retain.Load()) - time.Hour)
	if q.Since.After(oldest) {
		oldest = q.Since
	}
	var newest []Record
	for at := spanStart(index, q.Until); len(newest) < limit && !spanNext(index, at).Before(oldest); at = spanStart(index, at.Add(-time.Second)) {
		var span []Record
		err := t.eachTerm(ctx, termOf(index, value, at), func(r Record) error {
			if q.matches(&r) {
				span = append(span, r)
			}
			if len(span) > 2*limit {
				span = append([]Record(nil), span[len(span)-limit:]...)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		newest = append(span, newest...)
	}
	return newest[max(0, len(newest)-limit):], nil
}

// OfSubject returns what a person may see of their own trail, the newest first, at most limit records. before is the Text of the
// last record of the page before, or empty.
func (t *Trail) OfSubject(ctx context.Context, subject, before string, limit int) ([]Record, error) {
	if t == nil || subject == "" {
		return nil, nil
	}
	q := Query{Subject: subject}
	end, err := hex.DecodeString(before)
	if err != nil || len(end) != 0 && len(end) != idBytes {
		return nil, fmt.Errorf("%w: audit: cursor", storage.ErrInvalid)
	}
	if before != "" {
		q.Until = timeOf(string(end)).Add(time.Second)
	}
	var page []Record
	for want := limit; ; want *= 2 {
		found, err := t.Last(ctx, q, want+1)
		if err != nil {
			return nil, err
		}
		page = page[:0]
		for _, r := range slices.Backward(found) {
			if byName[r.Kind].Own && (before == "" || r.ID < string(end)) && len(page) < limit {
				page = append(page, r)
			}
		}
		if len(page) == limit || len(found) <= want {
			return page, nil
		}
	}
}
