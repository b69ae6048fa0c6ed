package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"signet/storage"
)

const cachedPeople = 10_000

// people reads people through the cache, and straight from storage for those who are to be changed.
type people struct {
	now   func() time.Time
	table *storage.Table[Person]
	cache *cache[*Person]
	stop  func()
}

func newPeople(db *storage.DB, size int) *people {
	if size <= 0 {
		size = cachedPeople
	}
	p := &people{now: db.Now, table: storage.NewTable(db, personKind, personCodec, personTerms), cache: newCache[*Person](size)}
	p.stop = db.Watch(p.changed)
	return p
}

func (p *people) changed(c storage.Change) {
	switch c.Kind {
	case personKind.Name:
		p.cache.drop(c.ID)
	case "":
		p.cache.clear()
	}
}

// close also empties the cache, which nobody would keep true any more.
func (p *people) close() {
	p.stop()
	p.cache.clear()
}

// get returns the shared person, or ErrUnknownPerson.
func (p *people) get(ctx context.Context, subject string) (*Person, error) {
	person, changes, ok := p.cache.get(subject)
	if ok {
		return person, nil
	}
	row, err := p.fresh(ctx, subject)
	if err != nil {
		return nil, err
	}
	person = ofRow(row)
	p.cache.put(subject, person, changes)
	return person, nil
}

// fresh reads a person past the cache, to build a change on.
func (p *people) fresh(ctx context.Context, subject string) (storage.Row[Person], error) {
	if !IsSubject(subject) {
		return storage.Row[Person]{}, ErrUnknownPerson
	}
	row, err := p.table.Get(ctx, subject, 0)
	if isNotFound(err) {
		return row, ErrUnknownPerson
	}
	return row, err
}

func ofRow(row storage.Row[Person]) *Person {
	row.Value.version = row.Version
	return &row.Value
}

func (p *people) list(ctx context.Context, term storage.Term, after string, limit int) ([]*Person, string, error) {
	rows, next, err := p.table.List(ctx, &term, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("account: list people: %w", err)
	}
	found := make([]*Person, 0, len(rows))
	for _, row := range rows {
		found = append(found, ofRow(row))
	}
	return found, next, nil
}

// Person returns the person of a subject, or ErrUnknownPerson. It is shared: do not write to it.
func (a *Accounts) Person(ctx context.Context, subject string) (*Person, error) {
	return a.people.get(ctx, subject)
}

// FindPerson returns the person of a subject, a username or an e-mail address, or ErrUnknownPerson. It is shared: do not
// write to it.
func (a *Accounts) FindPerson(ctx context.Context, identifier string) (*Person, error) {
	if s := strings.TrimSpace(identifier); IsSubject(s) {
		return a.people.get(ctx, s)
	}
	return a.resolve(ctx, identifier)
}

// FreshPerson is FindPerson, read past the cache: as the person is now, on whatever node they were changed.
func (a *Accounts) FreshPerson(ctx context.Context, identifier string) (*Person, error) {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return nil, err
	}
	row, err := a.people.fresh(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	return ofRow(row), nil
}

// ListPeople returns a page of people whose usernames begin with prefix, in their order; people without a username stand
// under their subject. after is the next of the page before, or empty; limit is 1 to 1000. next is empty at the end.
func (a *Accounts) ListPeople(ctx context.Context, prefix, after string, limit int) (page []*Person, next string, err error) {
	value := norm.NFC.String(cases.Lower(language.Und).String(strings.TrimSpace(prefix)))
	return a.people.list(ctx, storage.Term{Index: indexName, Value: value, Ordered: true}, after, limit)
}

// Members returns a page of the people of a group; see ListPeople for after, limit and next.
func (a *Accounts) Members(ctx context.Context, group, after string, limit int) (page []*Person, next string, err error) {
	return a.people.list(ctx, groupTerm(group), after, limit)
}
