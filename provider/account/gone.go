package account

import (
	"context"

	"signet/storage"
)

// goneKind says for ever that a subject was somebody's who was deleted, so that it becomes nobody else's; its id is the subject. It
// says nothing else of the person, save of whom they became a part.
var goneKind = &storage.Kind{Name: "person.gone"}

// gone is what is left of a person.
type gone struct {
	// At is when they were deleted, in Unix seconds.
	At   int64  `json:"at"`
	Into string `json:"into,omitempty"`
}

// bury appends that a subject is nobody's any more, whatever is said of it already.
func (a *Accounts) bury(b *storage.Batch, p *Person) error {
	left := gone{At: a.unix()}
	if p.Leaving != nil {
		left.Into = p.Leaving.Into
	}
	var create storage.Batch
	if err := a.gone.Create(&create, a.gone.Key(p.Subject, 0), &left); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

// WasRemoved tells whether a subject was a person's who was deleted, and whom they became a part of, if anybody.
func (a *Accounts) WasRemoved(ctx context.Context, subject string) (removed bool, into string, err error) {
	if !IsSubject(subject) {
		return false, "", nil
	}
	row, err := a.gone.Get(ctx, subject, 0)
	if isNotFound(err) {
		return false, "", nil
	}
	return err == nil, row.Value.Into, err
}
