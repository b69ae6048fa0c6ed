package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"signet/provider/audit"
	"signet/storage"
)

// MaxArrivals is how many people one call of Import takes: each needs up to four records of a batch, and their conditions;
// the groups of all of them are conditions too.
const MaxArrivals = 50

// Import adds people who come from elsewhere, with the hashes of their passwords, in one batch, and returns for each of them
// the person as added, or what is wrong: ErrTaken, an InvalidError, ErrUnknownGroup. Those who are wrong stay out, the
// others come in. A subject that is given is kept, and is a TakenError of the field "sub" if it is somebody's.
//
// A dry run changes nothing and returns the same; groups are then names that are still to be added before the people come.
func (a *Accounts) Import(ctx context.Context, people []Person, groups []string, dry bool) ([]Arrival, error) {
	if len(people) > MaxArrivals {
		return nil, errors.New("account: import: too many people at once")
	}
	var arrivals []Arrival
	build := func(b *storage.Batch) (err error) {
		if arrivals, err = a.arrivals(ctx, b, people, groups); err != nil {
			return err
		}
		return a.recordImport(ctx, b, arrivals)
	}
	if dry {
		err := build(&storage.Batch{})
		return arrivals, err
	}
	err := a.retry(ctx, build)
	return arrivals, err
}

// Arrival is what became of one person of an import: one of the two is set.
type Arrival struct {
	Person *Person
	Wrong  error
}

// recordImport appends that people were imported, how many, beside the records of each.
func (a *Accounts) recordImport(ctx context.Context, b *storage.Batch, arrivals []Arrival) error {
	n := 0
	for _, one := range arrivals {
		if one.Person != nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return a.Record(ctx, b, audit.Event{Kind: "data.imported", Facts: map[string]string{"people": strconv.Itoa(n)}})
}

func (a *Accounts) arrivals(ctx context.Context, b *storage.Batch, people []Person, groups []string) ([]Arrival, error) {
	together := newGathering(b)
	list := make([]Arrival, 0, len(people))
	for i := range people {
		var own storage.Batch
		p, err := a.arrive(ctx, &own, people[i].without(groups))
		if err == nil {
			err = together.admit(&own)
		}
		if err != nil && !isFault(err) {
			return nil, err
		}
		arrived, _ := orNil(p, err)
		list = append(list, Arrival{Person: arrived, Wrong: err})
	}
	return list, nil
}

// isFault tells whether an error is about what was said of a person, and not about the storage.
func isFault(err error) bool {
	var invalid *InvalidError
	return errors.As(err, &invalid) || errors.Is(err, ErrTaken) || errors.Is(err, ErrUnknownGroup) || errors.Is(err, ErrInvalidProfile)
}

// without returns a copy that is not in some groups.
func (p *Person) without(groups []string) *Person {
	c := p.clone()
	for _, g := range groups {
		_ = leave(g)(c)
	}
	return c
}

// arrive appends one person. A subject of somebody who was removed comes back for nobody. Whoever keeps a subject begins at an epoch
// beyond any that it can have had in other data, so that no token of then comes alive again.
func (a *Accounts) arrive(ctx context.Context, b *storage.Batch, p *Person) (*Person, error) {
	p.Declared = false
	if p.Subject == "" {
		return a.create(ctx, b, p)
	}
	if !IsSubject(p.Subject) {
		return nil, invalid(ErrInvalidProfile, "sub", p.Subject, "one that this program gave, or none")
	}
	_, err := a.people.fresh(ctx, p.Subject)
	removed, _, goneErr := a.WasRemoved(ctx, p.Subject)
	switch {
	case goneErr != nil:
		return nil, goneErr
	case removed:
		return nil, invalid(ErrInvalidProfile, "sub", p.Subject, "one that was nobody's here who has been removed")
	case err == nil:
		return nil, &TakenError{Field: "sub", Value: p.Subject}
	case !errors.Is(err, ErrUnknownPerson):
		return nil, err
	}
	b.If = append(b.If, storage.Condition{Key: a.gone.Key(p.Subject, 0)})
	return a.createAs(ctx, b, p, p.Subject, uint32(a.db.Now().Unix()))
}

// gathering joins the batches of several people. Two of them who want the same name don't both get it.
type gathering struct {
	all  *storage.Batch
	seen map[recordName]bool
}

type recordName struct{ kind, id string }

func newGathering(all *storage.Batch) *gathering {
	return &gathering{all: all, seen: map[recordName]bool{}}
}

func nameOf(k storage.Key) recordName { return recordName{k.Kind.Name, k.ID} }

func (g *gathering) admit(own *storage.Batch) error {
	for _, w := range own.Then {
		if g.seen[nameOf(w.Key)] {
			return fmt.Errorf("%w: by somebody before in the same import", ErrTaken)
		}
	}
	for _, w := range own.Then {
		g.seen[nameOf(w.Key)] = true
	}
	for _, c := range own.If {
		// A group is the condition of each of its members.
		if name := nameOf(c.Key); c.Key.Kind != groupKind || !g.seen[name] {
			g.seen[name] = true
			g.all.If = append(g.all.If, c)
		}
	}
	g.all.Then = append(g.all.Then, own.Then...)
	return nil
}
